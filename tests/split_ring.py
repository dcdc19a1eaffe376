# SPDX-License-Identifier: Apache-2.0
"""Device side of a split ring over raw memory, written from section 2.7 of the standard."""

from __future__ import annotations

import struct

import numpy as np
from raw_memory import RawMemory

Part = tuple[int, int, bool]


class SplitRing(RawMemory):
    """Takes chains and gives them back in any order; ``start`` is the first ring index."""

    def __init__(
        self, memory: np.ndarray, base: int, size: int, desc: int, avail: int, used: int, start: int = 0
    ) -> None:
        super().__init__(memory, base)
        self.size, self.desc, self.avail, self.used = size, desc, avail, used
        self.next_avail = self.used_index = start
        self.event_idx = True
        self.in_order_descriptors = 0

    def pending(self) -> int:
        return (self.u16(self.avail + 2) - self.next_avail) % 65536

    def take(self) -> tuple[int, list[Part]] | None:
        """The next chain: head and (address, length, writable) of each descriptor."""
        if not self.pending():
            return None
        head = self.u16(self.avail + 4 + 2 * (self.next_avail % self.size))
        self.next_avail = (self.next_avail + 1) % 65536
        table, limit, index, parts = self.desc, self.size, head, []
        while True:
            assert index < limit, "descriptor index beyond its table"
            address, length, flags, following = struct.unpack("<QIHH", self.read(table + 16 * index, 16))
            if flags & 4:
                assert not flags & 1 and table == self.desc and length % 16 == 0 and length
                table, limit, index = address, length // 16, 0
                continue
            parts.append((address, length, bool(flags & 2)))
            assert len(parts) <= self.size, "chain longer than the queue"
            if not flags & 1:
                break
            index = following
        writable = [part[2] for part in parts]
        assert writable == sorted(writable), "readable after writable"
        return head, parts

    def untake(self, chains: list[int]) -> None:
        """The chains taken last were not taken."""
        self.next_avail = (self.next_avail - len(chains)) % 65536

    def complete(self, head: int, length: int, skipped: tuple[int, ...] = ()) -> None:
        """Give a chain back; ``skipped`` (in-order devices): those before it that get no element of their own."""
        slot = self.used + 4 + 8 * (self.used_index % self.size)
        self.write(slot, struct.pack("<II", head, length))
        self.used_index = (self.used_index + 1 + len(skipped)) % 65536

    def publish(self, count: int) -> bool:
        """Show the completion of ``count`` chains; True: the driver wants an interrupt."""
        old = (self.used_index - count) % 65536
        self.write(self.used + 2, struct.pack("<H", self.used_index))
        if not self.event_idx:
            return not self.u16(self.avail) & 1
        event = self.u16(self.avail + 4 + 2 * self.size)
        return any((old + step) % 65536 == event for step in range(count))

    def want_kick_in(self, steps: int = 0) -> None:
        """With event indices: be told when the entry so many after the next to come is made available."""
        event = (self.next_avail + steps) % 65536
        self.write(self.used + 4 + 8 * self.size, struct.pack("<H", event))

    def want_kicks(self, wanted: bool) -> None:
        """Without event indices."""
        self.write(self.used, struct.pack("<H", not wanted))
