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

DESCRIPTOR = struct.Struct("<QIHH")
Load = Callable[[int, int], bytes | None]
Piece = tuple[int, int, int]  # address, bytes, READ or WRITE


@dataclass
class Walk:
    """A chain as the standard reads it, up to its end or to what makes it bad."""

    segments: list[tuple[int, int, bool]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    slots: set[int] = field(default_factory=set)
    fault: str = ""

    @property
    def room(self) -> int:
        """Bytes the device may write."""
        return sum(length for _, length, write in self.segments if write)


def walk(load: Load, table: int, size: int, head: int, indirect: bool) -> Walk:
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
            if not indirect or inside or flags & NEXT or not length or length % 16:
                found.fault = "bad indirect"
            elif length > 16 * size:
                found.fault = "table too long"
            if found.fault:
                return found
            found.pieces.append((address, length, READ))
            table, entries, index, inside = address, length // 16, 0, True
            continue
        write = bool(flags & plan.WRITE)
        if not length:
            found.fault = "length 0"
        elif not write and any(segment[2] for segment in found.segments):
            found.fault = "order"
        if found.fault:
            return found
        found.segments.append((address, length, write))
        found.pieces.append((address, length, WRITE if write else READ))
        if not flags & NEXT:
            return found
        if link >= entries:
            found.fault = "next beyond"
        elif len(found.segments) >= size:
            found.fault = "too long"
        if found.fault:
            return found
        index = link


def piece_of(descriptor: Sequence[int]) -> Piece:
    """What a descriptor gives by itself, wherever it is met."""
    address, length, flags, _ = descriptor
    return address, length, READ if flags & INDIRECT or not flags & plan.WRITE else WRITE


def sweep(load: Load, table: int, entries: int, inside: bool = False) -> Iterator[Piece]:
    """All that any descriptor of a table gives, reached or not; of one that says INDIRECT what it gives as either."""
    raw = load(table, 16 * entries)
    if raw is None:
        return
    for address, length, flags, link in DESCRIPTOR.iter_unpack(raw):
        if not length:
            continue
        yield piece_of((address, length, flags, link))
        if flags & INDIRECT:
            yield address, length, WRITE if flags & plan.WRITE else READ
            if not inside:
                yield from sweep(load, address, min(length // 16, entries), True)


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
