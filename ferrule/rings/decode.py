# SPDX-License-Identifier: Apache-2.0
"""What the bytes of a ring mean by the standard (virtio 1.2, 2.7 and 2.8), each oddity named where it is."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
LAP = 0x8000  # of a packed index as the card tells it: the wrap counter is 0
DESCRIPTOR = struct.Struct("<QIHH")  # address, length, then split: flags, next; packed: buffer id, flags


@dataclass(frozen=True)
class Descriptor:
    """One descriptor; ``fault`` says what is wrong with it, empty if nothing is."""

    place: str
    address: int
    length: int
    flags: str
    fault: str = ""


@dataclass
class Chain:
    """A buffer that the driver has offered and the device has not returned."""

    position: int
    identity: int
    descriptors: list[Descriptor] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is wrong with it."""
        return [f"{descriptor.place}: {descriptor.fault}" for descriptor in self.descriptors if descriptor.fault]


@dataclass
class Ring:
    """One ring: facts in words, and the buffers that are with the device."""

    name: str
    facts: dict[str, str]
    chains: list[Chain]


def decode(dump: Mapping[str, Any]) -> Ring:
    """A ring of a dump (``dump.memory_of``)."""
    areas = [bytes.fromhex(text) for text in dump["areas"]]
    tables = {int(address, 16): bytes.fromhex(text) for address, text in dump["tables"].items()}
    take = _packed if dump["format"] == "packed" else _split
    facts, chains = take(dump, areas, tables)
    card = dump.get("card", {})
    state = "running" if card.get("running") else "stopped"
    marks = [mark for mark in ("busy", "broken") if card.get(mark)]
    common = {"format": f"{dump['format']}, {dump['size']} descriptors", "card": ", ".join([state, *marks])}
    if card.get("last_error"):
        common["last error"] = card["last_error"]
    return Ring(dump["name"], {**common, **facts}, chains)


def _flags(flags: int, packed: bool = False) -> str:
    names = ((NEXT, "NEXT"), (WRITE, "WRITE"), (INDIRECT, "INDIRECT"))
    more = ((AVAIL, "AVAIL"), (USED, "USED")) if packed else ()
    return " ".join(name for bit, name in names + more if flags & bit) or "-"


class _Judge:
    """Walks along one chain and says what is wrong with each descriptor."""

    def __init__(self, tables: Mapping[int, bytes]) -> None:
        self._tables = tables
        self._writable = False

    def fault(self, length: int, flags: int, nested: bool = False) -> str:
        """The first rule that a descriptor breaks."""
        if flags & INDIRECT:
            if nested:
                return "an indirect descriptor inside a table"
            return "" if length and not length % 16 else f"a table of {length} bytes"
        if not length:
            return "length 0"
        if self._writable and not flags & WRITE:
            return "readable after writable"
        self._writable = bool(flags & WRITE)
        return ""

    def table(self, address: int, place: str, chained: bool) -> list[Descriptor]:
        """The descriptors of an indirect table; ``chained``: they are linked, as in a split ring."""
        data = self._tables.get(address)
        if data is None:
            return [Descriptor(place, address, 0, "-", "its table is not in memory")]
        rows, index, count = [], 0, len(data) // 16
        for _ in range(count):
            if index >= count:
                rows.append(Descriptor(f"{place}[{index}]", 0, 0, "-", f"beyond the table of {count}"))
                break
            where, length, first, second = DESCRIPTOR.unpack_from(data, 16 * index)
            flags, following = (first, second) if chained else (second, index + 1)
            fault = self.fault(length, flags, nested=True)
            rows.append(Descriptor(f"{place}[{index}]", where, length, _flags(flags), fault))
            if chained and not flags & NEXT:
                break
            index = following
        return rows


def _split(dump: Mapping[str, Any], areas: list[bytes], tables: Mapping[int, bytes]) -> tuple[dict[str, str], list]:
    size = dump["size"]
    flags, index = struct.unpack_from("<HH", areas[1])
    entries = struct.unpack_from(f"<{size}H", areas[1], 4)
    (used_event,) = struct.unpack_from("<H", areas[1], 4 + 2 * size)
    used_flags, used_index = struct.unpack_from("<HH", areas[2])
    (avail_event,) = struct.unpack_from("<H", areas[2], 4 + 8 * size)
    outstanding = index - used_index & 0xFFFF
    event = dump["event_idx"]
    facts = {
        "available": f"index {index}, {outstanding} with the device"
        + (f" (more than the ring has: {size})" if outstanding > size else ""),
        "used": f"index {used_index}",
        "driver wants interrupts": f"when used passes {used_event}" if event else "no" if flags & 1 else "yes",
        "device wants kicks": f"when available passes {avail_event}" if event else "no" if used_flags & 1 else "yes",
    }
    chains = []
    for number in range(min(outstanding, size)):
        position = used_index + number & 0xFFFF
        chain = Chain(position, entries[position % size])
        _follow_split(chain, areas[0], size, _Judge(tables))
        chains.append(chain)
    return facts, chains


def _follow_split(chain: Chain, descriptors: bytes, size: int, judge: _Judge) -> None:
    index = chain.identity
    for walked in range(size + 1):
        if index >= size:
            chain.descriptors.append(Descriptor(str(index), 0, 0, "-", f"beyond the ring of {size}"))
            return
        if walked == size:
            chain.descriptors.append(Descriptor(str(index), 0, 0, "-", "the chain is longer than the ring: a loop"))
            return
        address, length, flags, following = DESCRIPTOR.unpack_from(descriptors, 16 * index)
        fault = judge.fault(length, flags)
        chain.descriptors.append(Descriptor(str(index), address, length, _flags(flags), fault))
        if flags & INDIRECT and not fault:
            chain.descriptors += judge.table(address, str(index), chained=True)
        if not flags & NEXT:
            return
        index = following


def _packed(dump: Mapping[str, Any], areas: list[bytes], tables: Mapping[int, bytes]) -> tuple[dict[str, str], list]:
    size = dump["size"]
    at = dump.get("card", {}).get("used", 0)
    place, wrap = at & ~LAP, not at & LAP
    facts = {
        "card is at": f"{place}, wrap counter {int(wrap)}",
        "driver wants interrupts": _event(areas[1]),
        "device wants kicks": _event(areas[2]),
    }
    chains: list[Chain] = []
    left, judge, open_chain = size, _Judge(tables), False
    while left:
        address, length, identity, flags = DESCRIPTOR.unpack_from(areas[0], 16 * place)
        if not open_chain:
            if bool(flags & AVAIL) != wrap or bool(flags & USED) == wrap:
                break  # neither the driver's to give nor the device's to return
            chains.append(Chain(place, identity))
            judge = _Judge(tables)
        fault = judge.fault(length, flags)
        chains[-1].descriptors.append(Descriptor(str(place), address, length, _flags(flags, packed=True), fault))
        chains[-1].identity = identity  # that of the last descriptor counts
        if flags & INDIRECT and not fault:
            chains[-1].descriptors += judge.table(address, str(place), chained=False)
        open_chain = bool(flags & NEXT)
        left -= 1
        place, wrap = (0, not wrap) if place + 1 == size else (place + 1, wrap)
    if open_chain:
        fault = "the chain is longer than the ring"
        chains[-1].descriptors.append(Descriptor(str(place), 0, 0, "-", fault))
    facts["available"] = f"{len(chains)} with the device"
    return facts, chains


def _event(area: bytes) -> str:
    where, flags = struct.unpack_from("<HH", area)
    if flags & 3 == 2:
        return f"at {where & 0x7FFF}, wrap counter {where >> 15}"
    return ("always", "never", "", f"reserved value {flags:#x}")[flags & 3]
