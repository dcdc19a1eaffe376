# SPDX-License-Identifier: Apache-2.0
"""Bytes of host memory, and descriptors in them: a chain as the rules of docs/errors.md read it, a table as a whole."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from testbench.lib.bus_types import READ, WRITE
from testbench.system.hostile import plan
from testbench.system.hostile.plan import INDIRECT, NEXT

DESCRIPTOR = struct.Struct("<QIHH")  # address, length, and flags and link (split), or buffer id and flags (packed)
Load = Callable[[int, int], bytes | None]
Piece = tuple[int, int, int]  # address, bytes, READ or WRITE


@dataclass
class Walk:
    """A chain as the standard reads it, up to what makes it bad. ``slots``: descriptors of the ring that it takes.

    ``ident``: buffer id of the last one, in a packed ring.
    """

    segments: list[tuple[int, int, bool]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    slots: set[int] = field(default_factory=set)
    fault: str = ""
    ident: int = 0

    @property
    def room(self) -> int:
        """Bytes the device may write."""
        return sum(length for _, length, write in self.segments if write)

    def take(self, address: int, length: int, flags: int) -> None:
        """A descriptor that names a buffer; or what is wrong with it."""
        write = bool(flags & plan.WRITE)
        if not length:
            self.fault = "length 0"
        elif not write and any(segment[2] for segment in self.segments):
            self.fault = "order"
        else:
            self.segments.append((address, length, write))
            self.pieces.append((address, length, WRITE if write else READ))

    def refer(self, address: int, length: int, size: int, legal: bool) -> None:
        """A descriptor that names a table, where it may or not; or what is wrong with it."""
        if not legal or not length or length % DESCRIPTOR.size:
            self.fault = "bad indirect"
        elif length > DESCRIPTOR.size * size:
            self.fault = "table too long"
        else:
            self.pieces.append((address, length, READ))


def walk_split(load: Load, table: int, size: int, head: int, indirect: bool) -> Walk:
    """Follow a chain from ``head`` of a ring of ``size`` descriptors, by the rules of docs/errors.md."""
    found = Walk()
    entries, index, inside = size, head, False
    while True:
        raw = load(table + 16 * index, 16)
        if raw is None:
            found.fault = "descriptor outside memory"
            return found
        if not inside:
            found.slots.add(index)
        address, length, flags, link = DESCRIPTOR.unpack(raw)
        if flags & INDIRECT:
            found.refer(address, length, size, indirect and not inside and not flags & NEXT)
            if found.fault:
                return found
            table, entries, index, inside = address, length // 16, 0, True
            continue
        found.take(address, length, flags)
        if found.fault or not flags & NEXT:
            return found
        if link >= entries:
            found.fault = "next beyond"
        elif len(found.segments) >= size:
            found.fault = "too long"
        if found.fault:
            return found
        index = link


def walk_packed(load: Load, ring: int, size: int, place: int, indirect: bool) -> Walk:
    """Follow a chain from ``place`` of a ring of ``size`` descriptors, to its end also where it is bad."""
    found = Walk()
    for step in range(size):
        at = (place + step) % size
        found.slots.add(at)
        raw = load(ring + 16 * at, 16)
        if raw is None:
            found.fault = found.fault or "descriptor outside memory"
            return found
        address, length, found.ident, flags = DESCRIPTOR.unpack(raw)
        if found.fault:
            pass
        elif not flags & INDIRECT:
            found.take(address, length, flags)
        else:
            found.refer(address, length, size, indirect and not step and not flags & NEXT)
            _walk_table(load, found, address, 0 if found.fault else length)
        if not flags & NEXT:
            return found
    found.fault = found.fault or "too long"
    return found


def _walk_table(load: Load, found: Walk, table: int, length: int) -> None:
    """All of a packed ring's indirect table, in its order: of the flags in it only WRITE counts (2.8.7)."""
    for at in range(table, table + length, 16):
        raw = load(at, 16)
        if raw is None:
            found.fault = "descriptor outside memory"
        else:
            address, size, _, flags = DESCRIPTOR.unpack(raw)
            found.take(address, size, flags)
        if found.fault:
            return


def piece_of(address: int, length: int, flags: int) -> Piece:
    """What a descriptor gives by itself, wherever it is met."""
    return address, length, READ if flags & INDIRECT or not flags & plan.WRITE else WRITE


def sweep(load: Load, table: int, entries: int, packed: bool, inside: bool = False) -> Iterator[Piece]:
    """All that any descriptor of a table gives, reached or not; of one that says INDIRECT what it gives as either."""
    raw = load(table, 16 * entries)
    if raw is None:
        return
    for fields in DESCRIPTOR.iter_unpack(raw):
        yield from gives(load, fields, entries, packed, inside)


def gives(load: Load, fields: Sequence[int], entries: int, packed: bool, inside: bool = False) -> Iterator[Piece]:
    """All that one descriptor of a table of so many entries gives."""
    address, length, *_ = fields
    flags = fields[3] if packed else fields[2]
    if not length:
        return
    yield piece_of(address, length, flags)
    if flags & INDIRECT:
        yield address, length, WRITE if flags & plan.WRITE else READ
        if not inside:
            yield from sweep(load, address, min(length // 16, entries), packed, True)


class HostMemory:
    """Bytes by bus address; what lies outside host memory takes nothing and gives None."""

    def __init__(self, host: Any) -> None:
        self.data, self._base, self._size = host.memory.data, host.memory_base, len(host.memory)

    def load(self, address: int, length: int) -> bytes | None:
        """A copy."""
        at = address - self._base
        return bytes(self.data[at : at + length]) if 0 <= at <= self._size - length else None

    def store(self, address: int, data: bytes) -> None:
        """Write."""
        at = address - self._base
        if 0 <= at <= self._size - len(data):
            self.data[at : at + len(data)] = data
