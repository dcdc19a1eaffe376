# SPDX-License-Identifier: Apache-2.0
"""Device side of a packed ring over raw memory, written from section 2.8 of the standard."""

from __future__ import annotations

import struct

import numpy as np
from raw_memory import RawMemory

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
ENABLE, DISABLE, DESC, RESERVED = 0, 1, 2, 3
Part = tuple[int, int, bool]
Position = tuple[int, bool]  # place in the ring, wrap counter


class PackedRing(RawMemory):
    """Takes chains and gives them back in any order; ``start``: the first place, bit 15 set for wrap counters of 0."""

    def __init__(
        self, memory: np.ndarray, base: int, size: int, desc: int, avail: int, used: int, start: int = 0
    ) -> None:
        super().__init__(memory, base)
        self.size, self.desc, self.driver_events, self.device_events = size, desc, avail, used
        self.next_avail: Position = start & 0x7FFF, not start >> 15
        self.next_used = self.next_avail
        self.event_idx = True
        self.descriptors: dict[int, int] = {}  # of each chain that is ours, by id
        self._done: list[tuple[int, int, int]] = []

    def after(self, position: Position, steps: int) -> Position:
        """So many places on."""
        rounds, place = divmod(position[0] + steps, self.size)
        return place, position[1] ^ bool(rounds % 2)

    def _is_available(self, position: Position) -> bool:
        place, wrap = position
        flags = self.u16(self.desc + 16 * place + 14)
        return bool(flags & AVAIL) == wrap and bool(flags & USED) != wrap

    def pending(self) -> bool:
        return self._is_available(self.next_avail)

    def take(self) -> tuple[int, list[Part]] | None:
        """The next chain: id and (address, length, writable) of each part."""
        if not self.pending():
            return None
        parts: list[Part] = []
        count, ended = 0, False
        while not ended:
            assert self._is_available(self.next_avail), "the head of a chain was made available before the rest"
            entry = self.read(self.desc + 16 * self.next_avail[0], 16)
            address, length, number, flags = struct.unpack("<QIHH", entry)
            assert length, "a descriptor of zero length"
            ended = not flags & NEXT
            count += 1
            if flags & INDIRECT:
                assert count == 1 and ended, "a list has descriptors of one kind only"
                assert length % 16 == 0
                for at in range(address, address + length, 16):
                    part, bytes_, _, inner = struct.unpack("<QIHH", self.read(at, 16))
                    assert inner in (0, WRITE), "WRITE is the only flag within a table"
                    parts.append((part, bytes_, bool(inner)))
            else:
                parts.append((address, length, bool(flags & WRITE)))
            assert count <= self.size, "a list longer than the queue"
            self.next_avail = self.after(self.next_avail, 1)
        assert number not in self.descriptors, "an id is used for two buffers"
        self.descriptors[number] = count
        assert sum(self.descriptors.values()) <= self.size
        writable = [part[2] for part in parts]
        assert writable == sorted(writable), "readable after writable"
        return number, parts

    def untake(self, chains: list[int]) -> None:
        """The chains taken last were not taken."""
        back = sum(self.descriptors.pop(number) for number in chains)
        place, wrap = self.next_avail
        self.next_avail = (place - back, wrap) if place >= back else (place - back + self.size, not wrap)

    def complete(self, number: int, length: int, skipped: tuple[int, ...] = ()) -> None:
        """Give a chain back; ``skipped`` (in-order devices): those before it that get no descriptor of their own."""
        count = sum(self.descriptors.pop(one, 1) for one in (*skipped, number))
        self._done.append((number, length, count))

    def publish(self, count: int) -> bool:
        """Show what was completed, the first flags last; True: the driver wants an interrupt."""
        done, self._done = self._done, []
        passed: list[Position] = []
        flags_of: list[tuple[int, int]] = []
        for number, length, descriptors in done:
            place, wrap = self.next_used
            self.write(self.desc + 16 * place, struct.pack("<QIH", 0xDEAD << 40, length, number))
            flags = (AVAIL | USED if wrap else 0) | (WRITE if length else 0)
            flags_of.append((self.desc + 16 * place + 14, flags))
            passed += [self.after(self.next_used, step) for step in range(descriptors)]
            self.next_used = self.after(self.next_used, descriptors)
        for address, flags in reversed(flags_of):
            self.write(address, struct.pack("<H", flags))
        where, mode = struct.unpack("<HH", self.read(self.driver_events, 4))
        assert mode in (ENABLE, DISABLE, DESC) and (self.event_idx or mode != DESC)
        if mode == DESC:
            return (where & 0x7FFF, bool(where >> 15)) in passed
        return mode == ENABLE

    def want_kick_in(self, steps: int = 0) -> None:
        """With event indices: be told when the descriptor so many after the next to come is made available."""
        place, wrap = self.after(self.next_avail, steps % (2 * self.size))
        self.write(self.device_events, struct.pack("<HH", place | wrap << 15, DESC))

    def want_kicks(self, wanted: bool) -> None:
        """Whatever is made available, or nothing."""
        self.write(self.device_events, struct.pack("<HH", 0, ENABLE if wanted else DISABLE))
