# SPDX-License-Identifier: Apache-2.0
"""A split virtqueue, written byte by byte: descriptor table, available ring, used ring."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from testbench.system.hostile.descriptors import DESCRIPTOR, Walk, walk_split
from testbench.system.hostile.offered import Offered
from testbench.system.hostile.plan import INDIRECT, NEXT, WRITE
from testbench.system.hostile.ring import Ring, RuleBroken, Span


class SplitRing(Ring):
    """``published`` and ``seen`` are the available index as it is written next, and the used index taken so far."""

    packed = False

    def begin(self, start: int) -> None:
        """The indices in memory say so too."""
        self.free = list(range(self.size))
        self.published = self.seen = start
        self.kept: dict[int, set[int]] = {}
        if start:
            self.store_index(start)
            self.want(0, start)
            self.memory.store(self.rings[2] + 2, struct.pack("<H", start))

    @property
    def areas(self) -> list[tuple[int, int]]:
        """Descriptor table, available and used ring."""
        desc, avail, used = self.rings
        return [(desc, 16 * self.size), (avail, 6 + 2 * self.size), (used, 6 + 8 * self.size)]

    # ---- the driver's part
    @property
    def room(self) -> int:
        """Descriptors of the table that are free."""
        return len(self.free)

    def descriptor(self, slot: int, fields: Sequence[int]) -> None:
        """Write a descriptor of the table."""
        self.memory.store(self.rings[0] + 16 * slot, DESCRIPTOR.pack(*fields))

    def entry(self, position: int, head: int) -> None:
        """Write an entry of the available ring."""
        self.memory.store(self.rings[1] + 4 + 2 * (position % self.size), struct.pack("<H", head))

    def store_index(self, index: int) -> None:
        """Write the available index."""
        self.memory.store(self.rings[1] + 2, struct.pack("<H", index & 0xFFFF))

    def want(self, flags: int, event: int) -> None:
        """The available ring's flags and, if negotiated, used_event."""
        self.memory.store(self.rings[1], struct.pack("<H", flags))
        if self.event_idx:
            self.memory.store(self.rings[1] + 4 + 2 * self.size, struct.pack("<H", event))

    def take(self, count: int) -> list[int] | None:
        """Descriptors that nothing uses; None: there are not so many."""
        if len(self.free) < count:
            return None
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    def chain(self, spans: Sequence[Span], table: int | None = None, **what: Any) -> Offered | None:
        """Linked in the order of the descriptors that are free, or of the table."""
        slots = self.take(len(spans) if table is None else 1)
        if slots is None:
            return None
        links = [*(slots if table is None else range(len(spans))), 0]
        rows = [
            (address, length, WRITE * write | NEXT * (place + 1 < len(spans)), links[place + 1])
            for place, (address, length, write) in enumerate(spans)
        ]
        if table is not None:
            self.table(table, rows)
            rows = [(table, 16 * len(rows), INDIRECT, 0)]
        for slot, fields in zip(slots, rows, strict=True):
            self.descriptor(slot, fields)
        return self.offer(slots[0], slots, honest=True, **what)

    def offer(self, head: int, slots: list[int], **what: Any) -> Offered:
        """Put a head into the ring; ``slots`` come back with it. Nothing is published yet."""
        chain = Walk()
        if head < self.size:
            chain = walk_split(self.memory.load, self.rings[0], self.size, head, self.indirect)
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

    def publish(self) -> None:
        """Write the index."""
        self.store_index(self.published)

    def confuse(self) -> None:
        """How much came back still shows, but not what."""
        self.sloppy = True
        self.expose_all()

    # ---- what came back
    def used_index(self) -> int:
        """As the card wrote it last."""
        raw = self.memory.load(self.rings[2] + 2, 2)
        return self.seen if raw is None else int.from_bytes(raw, "little")

    @property
    def complete(self) -> bool:
        """By the used index."""
        return self.used_index() == self.published

    def used(self) -> Iterator[tuple[int, int]]:
        """Entries of the used ring."""
        count = self.used_index() - self.seen & 0xFFFF
        if count > len(self.offered):
            raise RuleBroken(f"{self.name}: {count} buffers came back of {len(self.offered)} that were outstanding")
        for _ in range(count):
            place = self.rings[2] + 4 + 8 * (self.seen % self.size)
            self.seen = self.seen + 1 & 0xFFFF
            yield struct.unpack("<II", self.memory.load(place, 8) or bytes(8))

    def release(self, offered: Offered) -> None:
        """But for descriptors that another chain has as well."""
        for slot in self.kept.pop(id(offered), ()):
            if not any(slot in slots for slots in self.kept.values()):
                self.descriptor(slot, (0, 0, 0, 0))
                self.free.append(slot)

    def settle(self) -> None:
        """All descriptors are free again."""
        super().settle()
        self.kept.clear()
        self.free = list(range(self.size))
        for slot in self.free:
            self.descriptor(slot, (0, 0, 0, 0))
