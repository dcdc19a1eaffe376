# SPDX-License-Identifier: Apache-2.0
"""The driver's side of a ring, and of a split one, from the standard: good and bad chains, publishing, reclaiming."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

NEXT, WRITE, INDIRECT = 1, 2, 4
E_DESC_INDEX, E_LENGTH, E_INDIRECT, E_ZERO, E_DESC_DMA, E_RING_DMA, E_ORDER = range(2, 9)
SPLIT_KINDS = ("link", "loop", "zero", "order", "table_next", "table_length", "table_empty", "table_long", "nested")

Word = tuple[int, int, int]  # address, length, writable


def need_event(event: int, new: int, old: int) -> bool:
    """The standard's vring_need_event()."""
    return (new - event - 1) & 0xFFFF < (new - old) & 0xFFFF


class Memory:
    """Host memory at a high bus address of at most ``reach`` bits, little-endian as the standard wants it."""

    def __init__(self, rng: random.Random, size: int = 1 << 20, reach: int = 64) -> None:
        self.base, self.size, self.reach = 0x7A12_3450_0000 & ((1 << reach) - 1), size, reach
        self.data = bytearray(rng.randbytes(size))

    def read(self, address: int, length: int) -> bytes:
        """Bytes at a bus address."""
        offset = address - self.base
        assert offset >= 0 and offset + length <= self.size, f"access outside memory: {address:#x}+{length}"
        return bytes(self.data[offset : offset + length])

    def write(self, address: int, data: bytes) -> None:
        """Store bytes at a bus address."""
        offset = address - self.base
        assert offset >= 0 and offset + len(data) <= self.size, f"access outside memory: {address:#x}+{len(data)}"
        self.data[offset : offset + len(data)] = data

    def u16(self, address: int) -> int:
        """A 16-bit word."""
        return int.from_bytes(self.read(address, 2), "little")

    def set_u16(self, address: int, value: int) -> None:
        """Store a 16-bit word."""
        self.write(address, (value & 0xFFFF).to_bytes(2, "little"))


@dataclass
class Chain:
    """What a published chain must give: words in order, then perhaps an error code. ``head``: what it comes back as."""

    head: int
    words: list[Word]
    error: int
    descs: list[int] = field(default_factory=list)
    table: tuple[int, int] | None = None
    ring_descs: int = 1
    written: int = 0


class Used(NamedTuple):
    """A completion that the driver must meet as a used entry; ``more``: it is visible only together with the next."""

    ident: int
    length: int
    more: bool


class RingDriver:
    """One queue of a driver, of either format; chains are remembered in ring order in ``published``."""

    bad_kinds: tuple[str, ...] = ()
    desc: int  # addresses of the ring's three parts, and of the end of the last
    avail: int
    used: int
    end: int

    def __init__(
        self,
        memory: Memory,
        rng: random.Random,
        offset: int,
        limit: int,
        size: int,
        event_idx: bool,
        indirect: bool,
        first: int = 0,
    ) -> None:
        self.memory, self.rng, self.size, self.event_idx, self.indirect = memory, rng, size, event_idx, indirect
        self.lay_out(memory.base + offset)
        self.pool = self.cursor = (self.end + 63) & ~63
        self.limit = limit
        self.readable_only = False
        self.scatter = 0.4  # share of indirect tables that are not as plain as they could be
        self.tables: dict[int, int] = {}
        self.start(first)

    def lay_out(self, base: int) -> None:
        """Set the addresses of the ring's parts."""
        raise NotImplementedError

    def start(self, first: int) -> None:
        """A fresh ring that begins at ring index ``first`` (0 for every real driver)."""
        raise NotImplementedError

    def stage(self) -> None:
        """Store everything but what makes it visible."""

    def forget(self) -> None:
        """What a fresh ring knows of chains: nothing."""
        self.published: list[Chain] = []  # not popped by the consumer yet
        self.flying: dict[int, Chain] = {}  # by head: not reclaimed yet
        self.expected_used: list[Used] = []
        self.tables.clear()
        self.reclaimed = 0

    def random_words(self, count: int) -> list[Word]:
        """Buffers in legal order: readable ones first."""
        readable = count if self.readable_only else self.rng.choice((0, count, self.rng.randint(0, count)))
        return [
            (
                self.rng.getrandbits(self.rng.choice((64, self.memory.reach))),
                self.rng.choice((1, 60, 1514, 4096, 0xFFFFFFFF, self.rng.randint(1, 70000))),
                int(i >= readable),
            )
            for i in range(count)
        ]

    def spoil(self, words: list[Word], bad: str | None) -> None:
        """Make the words break the rule that ``bad`` names, where it is one about words."""
        rng = self.rng
        if bad == "zero":
            spot = rng.randrange(len(words))
            words[spot] = (words[spot][0], 0, words[spot][2])
        if bad == "order" and len(words) > 1:
            spot = rng.randrange(len(words) - 1)
            words[spot] = (*words[spot][:2], 1)
            words[spot + 1] = (*words[spot + 1][:2], 0)

    def place_table(self, length: int) -> int:
        """Memory for a table, anywhere (no alignment is asked for) outside the tables in use."""
        room = length + 32
        while True:
            if self.cursor + room > self.limit:
                self.cursor = self.pool
            base = self.cursor + self.rng.randrange(16)
            self.cursor += room
            if not any(base < at + size and at < base + length for at, size in self.tables.items()):
                self.tables[base] = length
                return base

    def said_length(self, length: int, bad: str | None) -> int:
        """Length that the reference to a table of ``length`` bytes gives."""
        wrong = {"table_length": length + self.rng.randint(1, 15), "table_empty": 0, "table_long": 16 * (self.size + 1)}
        return wrong.get(bad or "", length)

    def check_used(self, name: str, ident: int, length: int) -> tuple[Chain, bool]:
        """Take a used entry off those expected; the chain, and whether the next must be visible too."""
        assert self.expected_used, f"{name} runs ahead of the completions"
        expected = self.expected_used.pop(0)
        assert (ident, length) == expected[:2], f"{name}: {(ident, length)}, expected {expected}"
        chain = self.flying.pop(ident)
        if chain.table:
            self.memory.write(chain.table[0], self.rng.randbytes(chain.table[1]))
            del self.tables[chain.table[0]]
        self.reclaimed += 1
        return chain, expected.more


class SplitDriver(RingDriver):
    """A split ring."""

    bad_kinds = SPLIT_KINDS

    def lay_out(self, base: int) -> None:
        """Descriptor table, avail ring, used ring."""
        self.desc = base
        self.avail = self.desc + 16 * self.size
        self.used = (self.avail + 6 + 2 * self.size + 3) & ~3
        self.end = self.used + 6 + 8 * self.size

    def start(self, first: int) -> None:
        """Indices begin at ``first``."""
        self.first = self.avail_idx = self.used_seen = self.kick_old = first
        self.free = list(range(self.size))
        self.forget()
        for address, value in ((self.avail, 0), (self.avail + 2, first), (self.used, 0), (self.used + 2, first)):
            self.memory.set_u16(address, value)
        self.memory.set_u16(self.used_event, first)
        self.memory.set_u16(self.avail_event, first)

    @property
    def used_event(self) -> int:
        """Address of used_event, which the driver writes."""
        return self.avail + 4 + 2 * self.size

    @property
    def avail_event(self) -> int:
        """Address of avail_event, which the device writes."""
        return self.used + 4 + 8 * self.size

    def put_desc(self, address: int, addr: int, length: int, flags: int, link: int) -> None:
        """Store a descriptor."""
        self.memory.write(address, struct.pack("<QIHH", addr, length, flags, link))

    def take_descs(self, count: int) -> list[int]:
        """Free descriptors, neighbours or scattered."""
        if self.rng.random() < 0.5:
            self.rng.shuffle(self.free)
        else:
            self.free.sort()
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    def add(self, direct: int, tabled: int = 0, bad: str | None = None) -> bool:
        """Publish a chain of ``direct`` ring descriptors and ``tabled`` in an indirect table; False: no room."""
        rng = self.rng
        in_ring = direct + (1 if tabled else 0)
        if in_ring > len(self.free) or in_ring == 0:
            return False
        descs = self.take_descs(in_ring)
        words = self.random_words(direct + tabled)
        self.spoil(words, bad)
        for i, index in enumerate(descs[:direct]):
            flags = WRITE * words[i][2] + (NEXT if i + 1 < in_ring else 0)
            link = descs[i + 1] if i + 1 < in_ring else rng.getrandbits(16)
            self.put_desc(self.desc + 16 * index, words[i][0], words[i][1], flags, link)
        base, count, last = self.desc, self.size, descs[-1]
        entries = descs[:direct]
        table = None
        if tabled:
            table, entries = self.put_table(descs[-1], words[direct:], bad)
            base, count, last = table[0], table[1] // 16, entries[-1]
        if bad in ("link", "loop"):
            address, length, flags, _ = struct.unpack("<QIHH", self.memory.read(base + 16 * last, 16))
            link = rng.choice((count, 0xFFFF, rng.randint(count, 0xFFFF))) if bad == "link" else rng.choice(entries)
            self.put_desc(base + 16 * last, address, length, flags | NEXT, link)
        words, error, ring_descs = self.walk(descs[0])
        chain = Chain(descs[0], words, error, descs, table, ring_descs)
        self.flying[descs[0]] = chain
        self.published.append(chain)
        self.put_avail(descs[0])
        return True

    def put_table(self, index: int, words: list[Word], bad: str | None) -> tuple[tuple[int, int], list[int]]:
        """Write an indirect table, linked in order or not, and the ring descriptor that refers to it."""
        rng = self.rng
        spare = rng.choice((0, 0, rng.randint(0, 5))) if len(words) + 5 <= self.size else 0
        count = len(words) + spare
        order = list(range(count))
        if rng.random() < self.scatter:
            order = [0, *rng.sample(order[1:], count - 1)]
        order = order[: len(words)]
        length = 16 * count
        base = self.place_table(length)
        for i, spot in enumerate(order):
            more = i + 1 < len(order)
            flags = WRITE * words[i][2] + (NEXT if more else 0)
            self.put_desc(
                base + 16 * spot, words[i][0], words[i][1], flags, order[i + 1] if more else rng.getrandbits(16)
            )
        if bad == "nested":
            self.put_desc(base + 16 * order[-1], rng.getrandbits(64), 16, INDIRECT, 0)
        flags = INDIRECT | (WRITE if rng.random() < 0.3 else 0) | (NEXT if bad == "table_next" else 0)
        self.put_desc(self.desc + 16 * index, base, self.said_length(length, bad), flags, rng.getrandbits(16))
        return (base, length), order

    def put_avail(self, head: int) -> None:
        """Ring entry; the index follows with ``publish``."""
        self.memory.set_u16(self.avail + 4 + 2 * (self.avail_idx % self.size), head)
        self.avail_idx = (self.avail_idx + 1) & 0xFFFF

    def publish(self) -> bool:
        """Make everything added visible; True: the device wants a notification."""
        self.memory.set_u16(self.avail + 2, self.avail_idx)
        old, self.kick_old = self.kick_old, self.avail_idx
        if self.event_idx:
            return need_event(self.memory.u16(self.avail_event), self.avail_idx, old)
        return not self.memory.u16(self.used) & 1

    def walk(self, head: int) -> tuple[list[Word], int, int]:
        """What a device must make of the chain at ``head``, step by step as the standard describes it."""
        words: list[Word] = []
        base, count, index, in_table, ring_descs = self.desc, self.size, head, False, 0
        while True:
            addr, length, flags, link = struct.unpack("<QIHH", self.memory.read(base + 16 * index, 16))
            ring_descs += not in_table
            if flags & INDIRECT:
                if not self.indirect or in_table or flags & NEXT or length == 0 or length % 16:
                    return words, E_INDIRECT, ring_descs
                if length // 16 > self.size:
                    return words, E_LENGTH, ring_descs
                base, count, index, in_table = addr, length // 16, 0, True
                continue
            if length == 0:
                return words, E_ZERO, ring_descs
            writable = int(bool(flags & WRITE))
            if words and words[-1][2] and not writable:
                return words, E_ORDER, ring_descs
            words.append((addr, length, writable))
            if not flags & NEXT:
                return words, 0, ring_descs
            if link >= count:
                return words, E_DESC_INDEX, ring_descs
            if len(words) >= self.size:
                return words, E_LENGTH, ring_descs
            index = link

    def reclaim(self) -> int:
        """Take back what the device has used, checking every element; garbage is left in freed descriptors."""
        taken, partial = 0, False
        seen_idx = self.memory.u16(self.used + 2)
        while self.used_seen != seen_idx:
            ident, length = struct.unpack("<II", self.memory.read(self.used + 4 + 8 * (self.used_seen % self.size), 8))
            chain, partial = self.check_used(f"used element {self.used_seen}", ident, length)
            for index in chain.descs:
                self.memory.write(self.desc + 16 * index, self.rng.randbytes(16))
            self.free += chain.descs
            self.used_seen = (self.used_seen + 1) & 0xFFFF
            taken += 1
        assert not partial, "a part of a frame is visible"
        return taken

    def serve(self, ahead: int) -> bool:
        """Ask for an interrupt ``ahead`` entries after the next; True: less than that is there, one may sleep."""
        self.memory.set_u16(self.used_event, self.used_seen + ahead)
        return (self.memory.u16(self.used + 2) - self.used_seen) & 0xFFFF <= ahead

    def wants_interrupt(self, told: bytes, new: int, old: int) -> bool:
        """By what the device read, for entries from index ``old`` to ``new``."""
        value = int.from_bytes(told, "little")
        return need_event(value, new, old) if self.event_idx else not value & 1
