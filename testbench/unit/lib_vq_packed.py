# SPDX-License-Identifier: Apache-2.0
"""The driver's side of a packed ring, written from the standard (virtio 1.2, 2.8).

Inside, a position counts places since the ring's first round began: its place is the position modulo the size, and the
wrap counter is 1 in even rounds. A ring index as registers and events have it is made from that.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from testbench.unit.lib_vq_driver import (
    E_INDIRECT,
    E_LENGTH,
    E_ORDER,
    E_ZERO,
    INDIRECT,
    NEXT,
    WRITE,
    Chain,
    RingDriver,
    Word,
)

AVAIL, USED = 1 << 7, 1 << 15
ENABLE, DISABLE, DESC = range(3)
PACKED_KINDS = ("endless", "zero", "order", "mixed", "table_next", "table_length", "table_empty", "table_long")


@dataclass
class Waiting:
    """A chain whose first descriptor lacks its flags."""

    flags_at: int
    flags: int
    chain: Chain


class PackedDriver(RingDriver):
    """A packed ring. ``careless``: share of chains with no descriptor but the first marked available."""

    bad_kinds = PACKED_KINDS

    def lay_out(self, base: int) -> None:
        """Descriptor ring, driver and device event suppression."""
        self.desc = base
        self.avail = base + 16 * self.size
        self.used = self.avail + 4
        self.end = self.used + 4
        self.careless = 0.0

    def start(self, first: int) -> None:
        """A ring used up to ``first``: 15 bits of place, bit 15 where the wrap counter is 0. For 0 it is all zeros."""
        self.next_avail = self.next_used = self.kick_old = self.position(first)
        self.forget()
        self.waiting: list[Waiting] = []
        self.begins: dict[int, int] = {}  # position of a descriptor in flight: where its chain begins
        self.memory.write(self.desc, bytes(self.end - self.desc))
        for position in range(self.next_used, self.next_used + self.size):
            self.memory.set_u16(self.slot(position) + 14, self.stale(position))

    # ---- positions -----------------------------------------------------------------------------------------------
    def position(self, index: int) -> int:
        """Of a ring index, in the first two rounds."""
        return (index & 0x7FFF) + (self.size if index >> 15 else 0)

    def index(self, position: int) -> int:
        """As registers have it."""
        return position % self.size | (0 if self.wrap(position) else 0x8000)

    def wrap(self, position: int) -> bool:
        """The wrap counter."""
        return not position // self.size & 1

    def slot(self, position: int) -> int:
        """Address of a descriptor."""
        return self.desc + 16 * (position % self.size)

    def marks(self, position: int) -> int:
        """Flags of an available descriptor."""
        return AVAIL if self.wrap(position) else USED

    def stale(self, position: int) -> int:
        """Flags of a descriptor used a round ago."""
        return 0 if self.wrap(position) else AVAIL | USED

    # ---- chains --------------------------------------------------------------------------------------------------
    def add(self, direct: int, tabled: int = 0, bad: str | None = None) -> bool:
        """Write a chain of ``direct`` descriptors, or one that refers to a table of ``tabled``; False: no room."""
        rng = self.rng
        if bad == "endless":
            direct, tabled = self.size, 0
        if bad in ("mixed", "table_next"):
            direct, tabled = max(1, direct), max(1, tabled)
        elif direct and tabled:
            raise ValueError("a packed list holds direct descriptors or one reference")
        start, count = self.next_avail, direct + bool(tabled)
        if not 0 < count <= self.size - (start - self.next_used):
            return False
        words = self.random_words(direct + tabled)
        self.spoil(words, bad)
        descs = [(*word[:2], WRITE * word[2]) for word in words[:direct]]
        table = None
        if tabled:
            table = self.put_table(words[direct:])
            reference = (table[0], self.said_length(table[1], bad), INDIRECT | (WRITE if rng.random() < 0.3 else 0))
            descs.insert(0 if bad == "table_next" else rng.randrange(direct + 1), reference)
        ident = next(n for n in iter(lambda: rng.getrandbits(16), None) if n not in self.flying)
        careless = rng.random() < self.careless
        for i, (addr, length, flags) in enumerate(descs):
            at, last = self.slot(start + i), i + 1 == count
            flags |= NEXT if not last or bad == "endless" else 0
            # the id counts in the last descriptor only
            self.memory.write(at, struct.pack("<QIH", addr, length, ident if last else rng.getrandbits(16)))
            self.memory.set_u16(at + 14, flags | (self.marks if i and not careless else self.stale)(start + i))
            self.begins[start + i] = start
        judged, error = self.walk(start, count)
        self.next_avail += count
        chain = Chain(ident, judged, error, list(range(start, start + count)), table, count)
        self.flying[ident] = chain
        flags = self.memory.u16(self.slot(start) + 14) & ~(AVAIL | USED) | self.marks(start)
        self.waiting.append(Waiting(self.slot(start) + 14, flags, chain))
        return True

    def put_table(self, words: list[Word]) -> tuple[int, int]:
        """Write an indirect table; of its flags and ids only WRITE counts, so the rest may be anything."""
        rng = self.rng
        noisy = rng.random() < self.scatter
        base = self.place_table(16 * len(words))
        for i, (addr, length, write) in enumerate(words):
            flags = WRITE * write | (rng.getrandbits(16) & ~WRITE if noisy else 0)
            self.memory.write(base + 16 * i, struct.pack("<QIHH", addr, length, rng.getrandbits(16), flags))
        return base, 16 * len(words)

    def walk(self, start: int, count: int) -> tuple[list[Word], int]:
        """What a device must make of the chain at ``start``; a bad one is followed to its end, which has the id."""
        words: list[Word] = []
        error = 0
        for i in range(count):
            addr, length, _, flags = struct.unpack("<QIHH", self.memory.read(self.slot(start + i), 16))
            if error:
                continue
            if not flags & INDIRECT:
                error = self.judge(words, addr, length, flags)
            elif i or flags & NEXT or not self.indirect or length == 0 or length % 16:
                error = E_INDIRECT
            elif length // 16 > self.size:
                error = E_LENGTH
            else:
                for at in range(addr, addr + length, 16):
                    error = error or self.judge(words, *struct.unpack("<QI2xH", self.memory.read(at, 16)))
        if flags & NEXT:
            error = error or E_LENGTH
        return words, error

    def judge(self, words: list[Word], addr: int, length: int, flags: int) -> int:
        """Take one element into a chain, or say what is wrong with it."""
        writable = int(bool(flags & WRITE))
        if length == 0:
            return E_ZERO
        if words and words[-1][2] and not writable:
            return E_ORDER
        words.append((addr, length, writable))
        return 0

    # ---- making available ----------------------------------------------------------------------------------------
    def stage(self) -> None:
        """Mark every waiting chain but the first one, which still hides them all."""
        for waiting in self.waiting[1:]:
            self.memory.set_u16(waiting.flags_at, waiting.flags)

    def publish(self) -> bool:
        """Make everything added visible, the first chain's flags last; True: the device wants a notification."""
        self.stage()
        if self.waiting:
            self.memory.set_u16(self.waiting[0].flags_at, self.waiting[0].flags)
        self.published += [waiting.chain for waiting in self.waiting]
        self.waiting.clear()
        old, self.kick_old = self.kick_old, self.next_avail
        off_wrap, flags = struct.unpack("<HH", self.memory.read(self.used, 4))
        if flags & 3 == DESC:
            assert self.event_idx, "events for a descriptor were not negotiated"
            return self.passes(off_wrap, self.next_avail, old)
        return flags & 3 != DISABLE

    def passes(self, off_wrap: int, new: int, old: int) -> bool:
        """Does the event's descriptor lie in the last round's worth of places from ``old`` to ``new``?"""
        return any(
            position % self.size == off_wrap & 0x7FFF and self.wrap(position) == off_wrap >> 15
            for position in range(max(old, new - self.size), new)
        )

    # ---- taking back ---------------------------------------------------------------------------------------------
    def is_used(self, position: int) -> bool:
        """By its flags, in the round of ``position``."""
        flags = self.memory.u16(self.slot(position) + 14)
        return bool(flags & AVAIL) == bool(flags & USED) == self.wrap(position)

    def reclaim(self) -> int:
        """Take back what the device has used, checking every entry; garbage is left in all but the marks."""
        taken, partial = 0, False
        while self.expected_used and self.is_used(self.next_used):
            length, ident, flags = struct.unpack("<IHH", self.memory.read(self.slot(self.next_used) + 8, 8))
            chain, partial = self.check_used(f"used descriptor {self.next_used}", ident, length)
            assert bool(flags & WRITE) == bool(length), f"used descriptor of {length} bytes: flags {flags:#x}"
            for position in chain.descs:
                at = self.slot(position)
                marks = self.memory.u16(at + 14) & (AVAIL | USED)
                self.memory.write(at, self.rng.randbytes(14))
                self.memory.set_u16(at + 14, marks | self.rng.getrandbits(16) & ~(AVAIL | USED))
                del self.begins[position]
            self.next_used += chain.ring_descs
            taken += 1
        assert not partial, "a part of a frame is visible"
        assert self.expected_used or not self.flying or not self.is_used(self.next_used), "used before it was completed"
        return taken

    def serve(self, ahead: int) -> bool:
        """Ask for an interrupt ``ahead`` places on; True: less than that is used, the driver may sleep."""
        event = self.next_used + ahead
        self.memory.set_u16(self.avail, event % self.size | self.wrap(event) << 15)
        self.memory.set_u16(self.avail + 2, DESC)
        position = self.next_used
        for used in self.expected_used:
            if position > event or not self.is_used(position):
                break
            position += self.flying[used.ident].ring_descs
        return position <= event

    def wants_interrupt(self, told: bytes, new: int, old: int) -> bool:
        """By what the device read, for places from position ``old`` to ``new``."""
        off_wrap, flags = struct.unpack("<HH", told)
        if flags & 3 == DESC and self.event_idx:
            return self.passes(off_wrap, new, old)
        return flags & 3 != DISABLE
