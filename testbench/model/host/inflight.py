# SPDX-License-Identifier: Apache-2.0
"""Writes the inflight region of vhost-user (INFLIGHT_SHMFD) beside the card's stores to a ring, right at any instant.

Why in this order: firmware/vhost/README.md. The front end may write what is in the region, so it is never read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from testbench.model.rings.chain import DESCRIPTOR, DESCRIPTOR_BYTES, NEXT
from testbench.model.rings.packed import FLAGS_AT, LENGTH_AT

U16, INFLIGHT = struct.Struct("<H"), b"\x01"
PLACE = struct.Struct("<HHBB2x")  # used_idx, old_used_idx, used_wrap_counter, old_used_wrap_counter: one aligned word
FREE_HEAD_AT, OLD_FREE_HEAD_AT, PLACE_AT, SPLIT_USED_AT = 12, 14, 16, 14
HEAD_BYTES, ENTRY_BYTES = 32, 32
ENTRY_NEXT_AT, ENTRY_LINKS_AT, ENTRY_DESCRIPTOR_AT = 2, 4, 16
LINKS = struct.Struct("<HHQ")  # last, num, counter
SAVED = struct.Struct("<HHIQ")  # id, flags, length, address
USED_INDEX_AT = 2
Done = Callable[[], None]


@dataclass
class Saved:
    """A chain that the card has written over and not published."""

    entry: int
    last: int
    places: int


class SplitRegion:
    """A split ring loses nothing: its used index is noted."""

    def __init__(self, view: memoryview, ring: tuple[bool, int, int, int, int]) -> None:
        self._view, self.watched = view, range(ring[1] + USED_INDEX_AT, ring[1] + USED_INDEX_AT + 2)

    def before(self, _: int, data: bytes | memoryview) -> Done | None:
        """The card is about to store."""
        used = bytes(data)
        return lambda: _store(self._view, SPLIT_USED_AT, used)


class PackedRegion:
    """A packed ring's place, and copies of descriptors that are written over before they are published."""

    def __init__(
        self, view: memoryview, ring: tuple[bool, int, int, int, int], entries: int,
        peek: Callable[[int, int], bytes | None],
    ) -> None:  # fmt: skip
        _, self._base, self._size, self._index, self._wrap = ring
        self._view, self._peek = view, peek
        self.watched = range(self._base, self._base + DESCRIPTOR_BYTES * self._size)
        self._next = list(range(1, entries + 1))
        self._free = self._counter = 0
        self._chains: dict[int, Saved] = {}
        """By its place in the ring, in order."""

    def before(self, address: int, data: bytes | memoryview) -> Done | None:
        """The card is about to store."""
        place, inside = divmod(address - self._base, DESCRIPTOR_BYTES)
        if inside == LENGTH_AT:
            self._save(place)
        elif inside == FLAGS_AT and place == next(iter(self._chains), None):
            return self._announce()  # the flags of all others are there
        return None

    def _save(self, place: int) -> None:
        first, free, where, places, more = self._free, self._free, place, 0, True
        last = first
        while more and places < self._size:
            raw = self._peek(self._base + DESCRIPTOR_BYTES * where, DESCRIPTOR_BYTES)
            if raw is None or free == len(self._next):
                return  # a guest that writes its ring as it likes: there are more chains than ring
            address, length, buffer_id, flags = DESCRIPTOR.unpack(raw)
            _store(self._view, _entry(free) + ENTRY_DESCRIPTOR_AT, SAVED.pack(buffer_id, flags, length, address))
            last, free = free, self._next[free]
            places += 1
            where = (where + 1) % self._size
            more = bool(flags & NEXT)
        _store(self._view, _entry(first) + ENTRY_LINKS_AT, LINKS.pack(last, places, self._counter))
        self._counter += 1
        _store(self._view, _entry(first), INFLIGHT)
        self._free = free
        _store(self._view, FREE_HEAD_AT, U16.pack(free))
        _store(self._view, OLD_FREE_HEAD_AT, U16.pack(free))  # from here on the chain counts
        self._chains[place] = Saved(first, last, places)

    def _announce(self) -> Done:
        """What comes makes these chains visible: they are free and the place is behind them, or it has not happened."""
        index, wrap = self._index, self._wrap
        published = list(self._chains)
        for chain in self._chains.values():
            self._next[chain.last] = self._free
            _store(self._view, _entry(chain.last) + ENTRY_NEXT_AT, U16.pack(self._free))
            self._free = chain.entry
            self._index += chain.places
            if self._index >= self._size:
                self._index, self._wrap = self._index - self._size, self._wrap ^ 1
        _store(self._view, FREE_HEAD_AT, U16.pack(self._free))
        _store(self._view, PLACE_AT, PLACE.pack(self._index, index, self._wrap, wrap))
        return lambda: self._settle(published)

    def _settle(self, published: list[int]) -> None:
        for place in published:
            _store(self._view, _entry(self._chains.pop(place).entry), b"\x00")
        _store(self._view, OLD_FREE_HEAD_AT, U16.pack(self._free))
        _store(self._view, PLACE_AT, PLACE.pack(self._index, self._index, self._wrap, self._wrap))


def _entry(index: int) -> int:
    return HEAD_BYTES + ENTRY_BYTES * index


def _store(view: memoryview, at: int, data: bytes) -> None:
    """A copy of one slice: up to 8 bytes that are aligned are there together."""
    view[at : at + len(data)] = data
