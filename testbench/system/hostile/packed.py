# SPDX-License-Identifier: Apache-2.0
"""A packed virtqueue, written byte by byte: the ring of descriptors and the two event suppression structures.

A position counts places since the ring's first round: its place is the position modulo the size, and its wrap counter
is 1 in the first round, 0 in the second, and so on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from testbench.lib.bus_types import BOTH
from testbench.lib.bus_types import WRITE as WRITES
from testbench.system.hostile.descriptors import DESCRIPTOR, walk_packed
from testbench.system.hostile.offered import Offered
from testbench.system.hostile.plan import INDIRECT, NEXT, TX, WRITE
from testbench.system.hostile.ring import Ring, RuleBroken, Span

AVAIL, USED = 1 << 7, 1 << 15
MARKS = AVAIL | USED
RIGHT, OTHER, DONE, STALE = "right", "other", "done", "stale"
"""Marks of a descriptor: available in this round, in the next one, used in this round, used in the round before."""
FLAGS_AT, USED_AT, USED_BYTES = 14, 8, 8  # of a descriptor: its flags, and all that the device writes
MOST_WRITTEN = 9212 + 20  # bytes into a chain: what a used descriptor may then say to be its buffer's length
Row = Sequence[Any]  # address, length, flags without marks, buffer id, marks


class PackedRing(Ring):
    """``next`` and ``seen`` are positions: where the next chain goes, and the first that has not come back."""

    packed = True

    def begin(self, start: int) -> None:
        """The ring is as a device left it that has used everything before ``start``."""
        self.next = self.seen = (start & 0x7FFF) + (self.size if start >> 15 else 0)
        self._hidden: dict[int, int] = {}  # positions of first descriptors that lack their marks: flags
        if start:
            for position in range(self.next, self.next + self.size):
                self.store_flags(position, 0, STALE)

    @property
    def areas(self) -> list[tuple[int, int]]:
        """Descriptor ring, driver and device event suppression structure."""
        desc, driver, device = self.rings
        return [(desc, 16 * self.size), (driver, 4), (device, 4)]

    # ---- positions
    def at(self, position: int) -> int:
        """Address of a descriptor."""
        return self.rings[0] + 16 * (position % self.size)

    def wrap(self, position: int) -> bool:
        """The wrap counter."""
        return not position // self.size & 1

    def marks(self, position: int, kind: str) -> int:
        """AVAIL and USED in the round of a position."""
        wrap = self.wrap(position)
        return {RIGHT: AVAIL if wrap else USED, OTHER: USED if wrap else AVAIL,
                DONE: MARKS * wrap, STALE: MARKS * (not wrap)}[kind]  # fmt: skip

    def store_flags(self, position: int, flags: int, kind: str) -> None:
        """Write a descriptor's flags alone."""
        word = flags & ~MARKS | self.marks(position, kind)
        self.memory.store(self.at(position) + FLAGS_AT, struct.pack("<H", word))

    def descriptor(self, position: int, row: Row) -> None:
        """Write a descriptor of the ring."""
        address, length, flags, ident, kind = row
        word = flags & ~MARKS | self.marks(position, kind)
        self.memory.store(self.at(position), DESCRIPTOR.pack(address, length, ident, word))

    # ---- the driver's part
    @property
    def room(self) -> int:
        """Places up to the first chain that has not come back."""
        return self.size - (self.next - self.seen)

    def chain(self, spans: Sequence[Span], table: int | None = None, **what: Any) -> Offered | None:
        """In places behind each other, under an id that no other honest chain has."""
        ident = self.next * 40503 & 0xFFFF
        rows: list[Row] = [
            (address, length, WRITE * write | NEXT * (place + 1 < len(spans)), ident, RIGHT)
            for place, (address, length, write) in enumerate(spans)
        ]
        if len(rows if table is None else rows[:1]) > self.room:
            return None
        if table is not None:
            self.table(table, [(address, length, 0, WRITE * write) for address, length, write in spans])
            rows = [(table, 16 * len(spans), INDIRECT, ident, RIGHT)]
        self.lay(rows)
        return self.offer(len(rows), honest=True, **what)[0]

    def lay(self, rows: Sequence[Row]) -> None:
        """Write descriptors from ``next`` on, the first one without its marks: it hides them all."""
        for step, row in enumerate(rows):
            self.descriptor(self.next + step, row if step else (*row[:4], STALE))
        self._hidden[self.next] = rows[0][2]

    def offer(self, count: int, **what: Any) -> list[Offered]:
        """The chains that a device finds in ``count`` places from ``next`` on, which may take places behind them."""
        end, found = self.next + count, []
        while self.next < end and (not found or self._available(self.next)):
            chain = walk_packed(self.memory.load, self.rings[0], self.size, self.next % self.size, self.indirect)
            offered = Offered(chain.ident, chain, used_at=self.at(self.next) + USED_AT, **what)
            if len(chain.slots) > self.room:
                self.confuse()  # it ends in what may be used in this moment
            self.expose(offered)
            self.next += len(chain.slots)
            self.offered.append(offered)
            found.append(offered)
        # a place that is not available ends it, and what is behind that one must not become a chain later
        for position in range(self.next + 1, end):
            self.store_flags(position, self._flags(position), STALE)
        return found

    def _flags(self, position: int) -> int:
        return int.from_bytes(self.memory.load(self.at(position) + FLAGS_AT, 2) or bytes(2), "little")

    def _available(self, position: int) -> bool:
        return self._flags(position) & MARKS == self.marks(position, RIGHT)

    def publish(self) -> None:
        """The marks that are missing, in the order of the chains."""
        for position in list(self._hidden):
            self.reveal(position)

    def reveal(self, position: int) -> None:
        """The marks that hide the chain at a position."""
        self.store_flags(position, self._hidden.pop(position), RIGHT)

    def want(self, flags: int, event: int) -> None:
        """The driver event suppression structure."""
        self.memory.store(self.rings[1], struct.pack("<HH", event, flags))

    def confuse(self) -> None:
        """Nobody knows where the device's next chain begins: nothing can be told until the ring is given anew."""
        self.wild = self.may_break = True
        self.expose_all()

    # ---- what the card may touch
    def expose(self, offered: Offered) -> None:
        """Also the used descriptor's bytes, which stand where the chain began."""
        super().expose(offered)
        self.exposure.add(offered.used_at, USED_BYTES, WRITES)

    def expose_all(self) -> None:
        """Any place may be written; and one that was may be read as part of a chain, with the length written there."""
        super().expose_all()
        for place in range(self.size):
            at = self.rings[0] + 16 * place
            self.exposure.add(at + USED_AT, USED_BYTES, WRITES)
            address = int.from_bytes(self.memory.load(at, 8) or b"", "little")
            if address and self.role != TX:
                self.exposure.add(address, MOST_WRITTEN, BOTH)

    # ---- what came back
    @property
    def complete(self) -> bool:
        """By what was taken back."""
        return not self.offered

    def used(self) -> Iterator[tuple[int, int]]:
        """Used descriptors, each where its chain began."""
        while self.offered:
            raw = self.memory.load(self.at(self.seen) + USED_AT, USED_BYTES) or bytes(USED_BYTES)
            length, ident, flags = struct.unpack("<IHH", raw)
            if flags & MARKS != self.marks(self.seen, DONE):
                return
            if flags & ~MARKS != WRITE * bool(length):
                raise RuleBroken(f"{self.name}: flags {flags:#x} in a used descriptor of {length} bytes")
            yield ident, length

    def release(self, offered: Offered) -> None:
        """Its places are used ones, with nothing in them."""
        for position in range(self.seen, self.seen + len(offered.chain.slots)):
            self.descriptor(position, (0, 0, 0, 0, DONE))
        self.seen += len(offered.chain.slots)
