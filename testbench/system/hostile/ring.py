# SPDX-License-Identifier: Apache-2.0
"""One split virtqueue in host memory, written byte by byte: what was offered, what came back, and what that may be."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from testbench.system.hostile.descriptors import DESCRIPTOR, HostMemory, Walk, sweep, walk
from testbench.system.hostile.exposure import Exposure
from testbench.system.hostile.plan import QUEUES, TX, Rings


class RuleBroken(Exception):
    """The device did what it must not do, or did not do what it must; the message says what."""


@dataclass
class Offered:
    """A head in the available ring. ``checked``: nothing else is in its buffers; ``request``: of an honest command."""

    head: int
    chain: Walk
    honest: bool = False
    checked: bool = True
    request: bytes = b""


@dataclass
class Returned:
    """A buffer that came back: how it was offered, and the bytes written into it."""

    offered: Offered
    length: int
    data: bytes


class Ring:
    """Queue ``index`` of the card. What is offered is exposed at that moment, exactly as far as its chain is good."""

    def __init__(self, memory: HostMemory, exposure: Exposure, index: int) -> None:
        self.memory, self.exposure, self.index = memory, exposure, index
        self.place((0, 0, 0), 2, False, False)

    def place(self, rings: Rings, size: int, event_idx: bool, indirect: bool, start: int = 0) -> None:
        """As before it is enabled: zeros, of which the caller has taken care, and the first index."""
        self.rings, self.size, self.event_idx, self.indirect = rings, size, event_idx, indirect
        self.free = list(range(size))
        self.published = self.seen = start
        if start:
            self.store_index(start)
            self.want(0, start)
            self.memory.store(rings[2] + 2, struct.pack("<H", start))
        self.offered: deque[Offered] = deque()
        self.returned: list[Returned] = []
        self.kept: dict[int, set[int]] = {}
        self.may_break = False
        """A hostile action may have stopped it: then it needs no answer once the device asks for its reset."""
        self.sloppy = False
        """Its entries may name a chain twice, or another than was meant.

        Any descriptor of the table may be met; order and content of what comes back are open.
        """
        self.wild = False
        """Its rings stand where nothing can be told of them."""
        self.lost = False
        """Its available index ran ahead: the device must ask for a reset, and may use what it had fetched before."""
        self.stopped = False
        """It did not give back what it had to."""

    @property
    def areas(self) -> list[tuple[int, int]]:
        """Address and bytes of descriptor table, available and used ring."""
        desc, avail, used = self.rings
        return [(desc, 16 * self.size), (avail, 6 + 2 * self.size), (used, 6 + 8 * self.size)]

    # ---- the driver's part
    def descriptor(self, slot: int, fields: Sequence[int]) -> None:
        """Write a descriptor of the table."""
        self.memory.store(self.rings[0] + 16 * slot, DESCRIPTOR.pack(*fields))

    def table(self, address: int, descriptors: Iterable[Sequence[int]]) -> None:
        """Write an indirect table."""
        self.memory.store(address, b"".join(DESCRIPTOR.pack(*fields) for fields in descriptors))

    def entry(self, position: int, head: int) -> None:
        """Write an entry of the available ring."""
        self.memory.store(self.rings[1] + 4 + 2 * (position % self.size), struct.pack("<H", head))

    def store_index(self, index: int) -> None:
        """Write the available index."""
        self.memory.store(self.rings[1] + 2, struct.pack("<H", index & 0xFFFF))

    def want(self, flags: int, event: int) -> None:
        """Write the flags and, if negotiated, the event index that say when the driver is to be told."""
        self.memory.store(self.rings[1], struct.pack("<H", flags))
        if self.event_idx:
            self.memory.store(self.rings[1] + 4 + 2 * self.size, struct.pack("<H", event))

    def take(self, count: int) -> list[int] | None:
        """Descriptors that nothing uses; None: there are not so many."""
        if len(self.free) < count:
            return None
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    def offer(self, head: int, slots: list[int], **what: Any) -> Offered:
        """Put a head into the ring; ``slots`` come back with it. Nothing is published yet."""
        chain = walk(self.memory.load, self.rings[0], self.size, head, self.indirect) if head < self.size else Walk()
        offered = Offered(head, chain, **what)
        self.expose(offered)
        self.entry(self.published, head)
        self.published = self.published + 1 & 0xFFFF
        self.offered.append(offered)
        self.may_break |= len(self.offered) > self.size
        held = self.kept.setdefault(id(offered), set(slots))
        held.update(slot for slot in chain.slots if slot in self.free)
        self.free = [slot for slot in self.free if slot not in held]
        return offered

    def expose(self, offered: Offered) -> None:
        """Give the card what the chain gives it."""
        for piece in offered.chain.pieces:
            self.exposure.add(*piece)
        if self.sloppy:
            self.expose_all()

    def expose_all(self) -> None:
        """Give the card what any descriptor of the table gives it."""
        for piece in sweep(self.memory.load, self.rings[0], self.size):
            self.exposure.add(*piece)

    def publish(self) -> None:
        """Make everything offered available."""
        self.store_index(self.published)

    # ---- what came back
    def used_index(self) -> int:
        """As the card wrote it last."""
        raw = self.memory.load(self.rings[2] + 2, 2)
        return self.seen if raw is None else int.from_bytes(raw, "little")

    @property
    def complete(self) -> bool:
        """Everything offered has come back."""
        return self.used_index() == self.published

    @property
    def told(self) -> bool:
        """What comes back can be told."""
        return not (self.wild or self.lost)

    def collect(self) -> None:
        """Take back what is in the used ring. Raises RuleBroken."""
        if not self.told:
            return
        name, count = QUEUES[self.index], self.used_index() - self.seen & 0xFFFF
        if count > len(self.offered):
            raise RuleBroken(f"{name}: {count} buffers came back of {len(self.offered)} that were outstanding")
        for _ in range(count):
            place = self.rings[2] + 4 + 8 * (self.seen % self.size)
            head, length = struct.unpack("<II", self.memory.load(place, 8) or bytes(8))
            self.seen = self.seen + 1 & 0xFFFF
            self._back(self.offered.popleft(), head, length, name)

    def _back(self, offered: Offered, head: int, length: int, name: str) -> None:
        chain = offered.chain
        if self.sloppy:
            if head >= self.size:
                raise RuleBroken(f"{name}: buffer {head} came back, beyond a ring of {self.size}")
        elif head != offered.head:
            raise RuleBroken(f"{name}: buffer {head} came back where {offered.head} was offered")
        elif self.index == TX and length:
            raise RuleBroken(f"{name}: {length} bytes said to be written into buffer {head}")
        elif length > chain.room or (length and chain.fault):
            raise RuleBroken(
                f"{name}: {length} bytes said to be written into buffer {head}, which has room for {chain.room}"
                f"{' and is bad: ' if chain.fault else ''}{chain.fault}"
            )
        self.returned.append(Returned(offered, length, b"" if self.sloppy else self._content(chain, length)))
        for slot in self.kept.pop(id(offered), ()):
            if not any(slot in slots for slots in self.kept.values()):
                # so that nothing old can be reached through a link that means nothing
                self.descriptor(slot, (0, 0, 0, 0))
                self.free.append(slot)

    def _content(self, chain: Walk, length: int) -> bytes:
        if self.index == TX:
            return b""
        parts = []
        for address, room, write in chain.segments:
            part = min(room, length) if write else 0
            parts.append(self.memory.load(address, part) or b"")
            length -= part
        return b"".join(parts)

    def settle(self) -> None:
        """Nothing is outstanding: all descriptors are free again, and what comes back from now on is known."""
        self.kept.clear()
        self.offered.clear()
        self.free = list(range(self.size))
        for slot in self.free:
            self.descriptor(slot, (0, 0, 0, 0))
        self.sloppy = False

    def restrict(self) -> None:
        """With everything at rest: only the rings and what has not come back belong to the card."""
        self.exposure.add_ring(self.rings, self.size, self.event_idx)
        for offered in self.offered:
            self.expose(offered)
