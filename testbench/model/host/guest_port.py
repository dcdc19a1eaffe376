# SPDX-License-Identifier: Apache-2.0
"""A guest in another process beside the model: its memory in the card's reach, its kick and call descriptors."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Callable, Iterable

import numpy

from testbench.lib.bus_types import NOTIFY
from testbench.model.host.bus_error import survive
from testbench.model.host.inflight import ENTRY_BYTES, HEAD_BYTES, Done, PackedRegion, SplitRegion
from testbench.model.host.memory import HostMemory

NONE, POLLED = -1, -2
ONE = (1).to_bytes(8, "little")


class GuestPort:
    """With the surface of testbench/lib/guest_port.py; descriptors given here belong to it."""

    def __init__(self, memory: HostMemory, bar_write: Callable[[int, int, int], None]) -> None:
        self._memory, self._bar_write = memory, bar_write
        self._queues: dict[int, int] = {}
        self._kicks: dict[int, int] = {}
        self._calls: dict[int, int] = {}
        self._owed: set[int] = set()
        self._ranges: dict[int, range] = {}
        self._kept: dict[int, PackedRegion | SplitRegion] = {}
        self._kept_ranges: dict[int, range] = {}
        self.lost = 0
        """Pages that were no longer in the file behind them when the card touched them."""
        self.kicks = self.calls = self.calls_lost = self.dead_fds = 0

    # ---- memory
    def map(self, base: int, size: int, fd: int, offset: int) -> None:
        """``size`` bytes of a file from ``offset`` on, at the guest-physical address ``base``. Raises MemoryError."""
        array = _mapped(fd, offset, size, f"{base:#x}")
        if not self._ranges:
            survive(self._owns, self._lose)
        self._ranges[base] = _addresses(array)
        self._memory.insert(base, array)

    def unmap(self, base: int) -> None:
        """Take the region at this address away; its mapping ends with the last access that is under way."""
        del self._ranges[base]
        self._memory.remove(base)

    def read(self, address: int, length: int) -> bytes | None:
        """What is in the guest's memory; None: nothing is there."""
        return self._memory.peek(address, length)

    def write(self, address: int, data: bytes) -> None:
        """Store in the guest's memory, if there is any."""
        self._memory.poke(address, data)

    def _owns(self, address: int) -> bool:
        return any(address in place for places in (self._ranges, self._kept_ranges) for place in places.values())

    def _lose(self) -> None:
        self.lost += 1

    # ---- the inflight region
    def keep(self, queue: int, piece: tuple[int, int, int], ring: tuple[bool, int, int, int, int]) -> None:
        """Write a queue's part of the region with the card's stores, as on the RTL. Raises MemoryError."""
        fd, offset, entries = piece
        packed = ring[0]
        array = _mapped(fd, offset, HEAD_BYTES + packed * entries * ENTRY_BYTES, f"queue {queue}'s inflight region")
        self._kept_ranges[queue] = _addresses(array)
        region = PackedRegion(array.data, ring, entries, self._memory.peek) if packed else SplitRegion(array.data, ring)
        self._kept[queue] = region
        self._memory.witness = self._witness

    def end(self, queue: int) -> None:
        """Write there no more."""
        self._kept.pop(queue, None)
        self._kept_ranges.pop(queue, None)
        self._memory.witness = self._witness if self._kept else None

    def _witness(self, address: int, data: bytes | memoryview) -> Done | None:
        for region in self._kept.values():
            if address in region.watched:
                return region.before(address, data)
        return None

    # ---- kicks
    def kick(self, queue: int, fd: int) -> None:
        """What can be read here notifies the queue; ``NONE``: nothing does, ``POLLED``: the queue is looked at."""
        self._release(self._kicks.pop(queue, NONE))
        if fd != NONE:
            self._kicks[queue] = fd
        if fd >= 0:
            os.set_blocking(fd, False)
        self._queues = {fd: queue for queue, fd in self._kicks.items() if fd >= 0}

    @property
    def kick_fds(self) -> Iterable[int]:
        """Descriptors to wait for."""
        return self._queues.keys()

    @property
    def polled(self) -> bool:
        """Some queue has no descriptor and wants to be looked at."""
        return POLLED in self._kicks.values()

    def look(self, ready: Iterable[int]) -> None:
        """These descriptors can be read."""
        for queue, fd in tuple(self._kicks.items()):
            if fd == POLLED or (fd in ready and self._rung(queue, fd)):
                self.kicks += 1
                self._bar_write(NOTIFY + 4 * queue, queue, 2)

    def _rung(self, queue: int, fd: int) -> bool:
        try:
            if os.read(fd, 512):  # an eventfd gives its 8 bytes, a pipe what there is
                return True
        except BlockingIOError:
            return False
        except OSError:
            pass
        self.kick(queue, NONE)  # the other end is gone
        self.dead_fds += 1
        return False

    # ---- calls
    def call(self, vector: int, fd: int) -> None:
        """Where to tell of this interrupt vector, or ``NONE``; a message that came without is made up for."""
        self._release(self._calls.get(vector, NONE))
        self._calls[vector] = fd
        if fd >= 0:
            os.set_blocking(fd, False)
            if vector in self._owed:
                self._owed.discard(vector)
                self.message(vector)

    def message(self, vector: int) -> None:
        """The card has sent an interrupt message."""
        fd = self._calls.get(vector)
        if fd is None:
            return
        if fd < 0:
            self._owed.add(vector)
            return
        try:
            os.write(fd, ONE)
            self.calls += 1
        except OSError:  # full: a call is in it already; or its reader has gone
            self.calls_lost += 1

    def remind(self, vector: int) -> None:
        """Tell of this interrupt vector as if the card had."""
        self._calls.setdefault(vector, NONE)
        self.message(vector)

    def clear(self) -> None:
        """Close all descriptors."""
        for fd in (*self._kicks.values(), *self._calls.values()):
            self._release(fd)
        self._kicks.clear()
        self._calls.clear()
        self._queues.clear()
        self._owed.clear()

    @staticmethod
    def _release(fd: int) -> None:
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)

    def counters(self) -> dict[str, int]:
        """Under the names of the RTL's harness."""
        return {
            "guest.kicks": self.kicks, "guest.calls": self.calls, "guest.calls_lost": self.calls_lost,
            "guest.dead_fds": self.dead_fds, "memory.lost": self.lost,
        }  # fmt: skip


def _mapped(fd: int, offset: int, size: int, what: str) -> numpy.ndarray:
    extra = offset % mmap.ALLOCATIONGRANULARITY
    try:
        file = mmap.mmap(fd, size + extra, offset=offset - extra)
    except (OSError, ValueError) as error:
        raise MemoryError(f"cannot map {size} bytes at {what}: {error}") from error
    return numpy.frombuffer(file, numpy.uint8)[extra:]


def _addresses(array: numpy.ndarray) -> range:
    return range(array.ctypes.data, array.ctypes.data + len(array))
