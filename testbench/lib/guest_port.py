# SPDX-License-Identifier: Apache-2.0
"""A guest in another process beside the card: its memory in the card's reach, its kick and call descriptors."""

from __future__ import annotations

import ctypes

from testbench.lib.bus_types import NOTIFY
from testbench.lib.native import cell, lib

NONE, POLLED = -1, -2
LOOK_CYCLES = 100  # of the core, between two looks at the guest's descriptors while the card works


class GuestPort:
    """Served by the simulator itself (testbench/dpi/guest_events.cpp); descriptors given here belong to it."""

    @staticmethod
    def map(base: int, size: int, fd: int, offset: int) -> None:
        """``size`` bytes of a file from ``offset`` on, at the guest-physical address ``base``. Raises MemoryError."""
        cell("live.poll_cycles").value = LOOK_CYCLES
        if not lib.fr_mem_add(base, size, fd, offset):
            raise MemoryError(f"cannot map {size} bytes at {base:#x}")

    @staticmethod
    def unmap(base: int) -> None:
        """Take the region at this address away."""
        lib.fr_mem_remove(base)

    @staticmethod
    def read(address: int, length: int) -> bytes | None:
        """What is in the guest's memory; None: nothing is there."""
        buffer = ctypes.create_string_buffer(length)
        return buffer.raw if lib.fr_mem_peek(address, length, buffer) else None

    @staticmethod
    def write(address: int, data: bytes) -> None:
        """Store in the guest's memory, if there is any."""
        lib.fr_mem_poke(address, len(data), data)

    # ---- the inflight region
    @staticmethod
    def keep(queue: int, piece: tuple[int, int, int], ring: tuple[bool, int, int, int, int]) -> None:
        """Write a queue's part of the region with the card's stores (inflight.cpp). Raises MemoryError.

        ``piece``: file, which stays the caller's, offset, entries. ``ring``: packed or not, guest-physical address of
        its descriptors (packed) or used ring (split), size; of a packed one the index and wrap counter it goes on at.
        """
        if not lib.fr_inflight_keep(queue, *piece, *ring):
            raise MemoryError(f"queue {queue}: the inflight region cannot be mapped")

    @staticmethod
    def end(queue: int) -> None:
        """Write there no more."""
        lib.fr_inflight_end(queue)

    # ---- notifications
    @staticmethod
    def kick(queue: int, fd: int) -> None:
        """What can be read here notifies the queue; ``NONE``: nothing does, ``POLLED``: the queue is looked at."""
        lib.fr_guest_kick(queue, NOTIFY + 4 * queue, queue, fd)

    @staticmethod
    def call(vector: int, fd: int) -> None:
        """Where to tell of this interrupt vector, or ``NONE``."""
        lib.fr_guest_call(vector, fd)

    @staticmethod
    def remind(vector: int) -> None:
        """Tell of this interrupt vector as if the card had."""
        lib.fr_guest_remind(vector)

    @staticmethod
    def clear() -> None:
        """Close all descriptors."""
        lib.fr_guest_clear()

    @property
    def lost(self) -> int:
        """Pages that were no longer in the file behind them when the card touched them."""
        return cell("memory.lost").value
