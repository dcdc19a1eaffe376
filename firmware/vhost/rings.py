# SPDX-License-Identifier: Apache-2.0
"""The front end's rings: what it told of each, and when one runs on the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .inflight import Inflight
from .memory import GuestMemory
from .message import VhostError
from .port import LAP, CardPort

NO_FD, POLLED = -1, -2
USED_INDEX = 2  # its place in a split ring's device area


class Events(Protocol):
    """Listens to the guest's kick descriptors and writes to its call descriptors, which belong to it from then on."""

    def kick(self, queue: int, fd: int) -> None:
        """Notify the queue when this can be read; ``POLLED``: look at the queue from time to time."""

    def call(self, vector: int, fd: int) -> None:
        """Tell of the queue's interrupts here."""

    def remind(self, vector: int) -> None:
        """Tell of one now."""

    def clear(self) -> None:
        """Close all of them."""


@dataclass
class Ring:
    """One vring as the protocol describes it; addresses are the front end's."""

    index: int
    size: int = 0
    desc: int = 0
    driver: int = 0
    device: int = 0
    base: int = 0
    """As the card counts (QUEUE_START_INDEX)."""
    told_base: int = 0
    started: bool = False
    """There is something to kick with."""
    enabled: bool = False
    running: bool = False
    ran: bool = False
    """It has been started by this front end."""


class Rings:
    """All rings of one connection. One runs when it is started, enabled, and the card has its features.

    Front ends repeat themselves: a ring that runs is only stopped for what it was not told before.
    """

    def __init__(
        self, port: CardPort, memory: GuestMemory, inflight: Inflight, events: Events, packed: Callable[[], bool]
    ) -> None:
        self._port, self._memory, self._inflight, self._events, self._packed = port, memory, inflight, events, packed
        self._rings: dict[int, Ring] = {}
        self._enabled = False

    def enable_all(self) -> None:
        """Without VHOST_USER_F_PROTOCOL_FEATURES nobody enables a ring: all are."""
        self._enabled = True
        for ring in self._rings.values():
            ring.enabled = True

    def at(self, index: int) -> Ring:
        """The ring of this index. Raises VhostError."""
        if index > 2 * self._port.card.pairs:
            raise VhostError(f"there is no ring {index}: the card has {self._port.card.pairs} queue pairs")
        if index not in self._rings:
            self._rings[index] = Ring(index, enabled=self._enabled)
        return self._rings[index]

    @property
    def known(self) -> list[Ring]:
        """Those the front end has spoken of, in order."""
        return [ring for _, ring in sorted(self._rings.items())]

    @property
    def running(self) -> list[Ring]:
        """Those the card works on."""
        return [ring for ring in self._rings.values() if ring.running]

    @property
    def ready(self) -> list[Ring]:
        """Those that should run and do not."""
        return [ring for ring in self._rings.values() if ring.started and ring.enabled and not ring.running]

    @property
    def pairs(self) -> int:
        """Queue pairs that run, counted from the first on."""
        count = 0
        while all(i in self._rings and self._rings[i].running for i in (2 * count, 2 * count + 1)):
            count += 1
        return count

    async def set_base(self, index: int, base: int) -> None:
        """Where a ring goes on. A packed ring's base has a wrap counter at bit 15, and 0 says "from the beginning"."""
        if self._packed():
            # the high half is where the device writes: all before it is used, all behind it has to be done again
            place = base >> 16 or base
            own = place & ~LAP | ~place & LAP if base else 0
        elif base > 0xFFFF:
            raise VhostError(f"ring {index}: base {base:#x} is longer than 16 bits")
        else:
            own = base
        ring = self.at(index)
        if ring.told_base != base or not ring.running:
            await self.stop(ring)
            ring.told_base, ring.base = base, own

    def get_base(self, index: int) -> int:
        """The same the other way."""
        base = self.at(index).base
        return (base ^ LAP) * 0x1_0001 if self._packed() else base

    async def set_size(self, index: int, size: int) -> None:
        """Descriptors of a ring."""
        ring, largest = self.at(index), self._port.card.queue_size_max
        if not 0 < size <= largest or (size & size - 1 and not self._packed()):
            kind = "" if self._packed() else "a power of two "
            raise VhostError(f"ring {index}: size {size}, the card takes {kind}up to {largest}")
        if ring.size != size:
            await self.stop(ring)
            ring.size = size

    async def set_addresses(self, index: int, desc: int, driver: int, device: int) -> None:
        """Where a ring's three parts are."""
        ring = self.at(index)
        if (ring.desc, ring.driver, ring.device) != (desc, driver, device):
            await self.stop(ring)
            ring.desc, ring.driver, ring.device = desc, driver, device

    def set_kick(self, index: int, fd: int) -> None:
        """What starts the ring, and notifies it."""
        self.at(index).started = True
        self._events.kick(index, fd)

    def set_stopped(self, index: int) -> None:
        """It starts again only when there is something to kick with."""
        self.at(index).started = False
        self._events.kick(index, NO_FD)

    def areas(self, ring: Ring) -> list[tuple[int, int]]:
        """(guest address, bytes) of its descriptor, driver and device areas. Raises VhostError: they cannot be."""
        if not ring.size:
            raise VhostError(f"ring {ring.index}: it is to start and has no size")
        size = ring.size
        lengths = (16 * size, 4, 4) if self._packed() else (16 * size, 6 + 2 * size, 6 + 8 * size)
        aligns = (16, 4, 4) if self._packed() else (16, 2, 4)
        areas = []
        for what, user, length, align in zip(
            ("descriptors", "driver area", "device area"), (ring.desc, ring.driver, ring.device), lengths, aligns,
            strict=True,
        ):  # fmt: skip
            guest = self._memory.guest_address(user, length, f"ring {ring.index}, {what}")
            if guest % align:
                raise VhostError(f"ring {ring.index}, {what}: {guest:#x} is not a multiple of {align}")
            areas.append((guest, length))
        return areas

    async def start(self, ring: Ring) -> None:
        """Let the card work on it. Raises VhostError."""
        areas = [guest for guest, _ in self.areas(ring)]
        if not self._packed():
            # The ring itself says how far a back end has come, also one that ended without a word. Front ends rely on
            # it: DPDK gives base 0 for rings that have been used.
            ring.base = self._memory.word(areas[2] + USED_INDEX)
        ring.base, left = self._inflight.begin(ring.index, ring.size, self._packed(), areas, ring.base)
        if not ring.ran and (left or ring.base not in (0, LAP)):
            self._events.remind(ring.index)  # the back end before may have ended between a used buffer and its call
        await self._port.start_queue(ring.index, ring.size, areas, ring.base)
        ring.running = ring.ran = True

    async def stop(self, ring: Ring) -> None:
        """Take it from the card; ``base`` then says where to go on."""
        if ring.running:
            ring.base = await self._port.stop_queue(ring.index)
            self._inflight.end(ring.index)
            ring.running = False

    def described(self) -> list[dict[str, int]]:
        """What a record says of them."""
        return [
            {"index": ring.index, "size": ring.size, "enabled": int(ring.enabled), "running": int(ring.running)}
            for ring in self.known
        ]

    def forget(self) -> None:
        """The card has been reset: nothing runs."""
        for ring in self._rings.values():
            ring.running = False
