# SPDX-License-Identifier: Apache-2.0
"""A packed ring's part of the inflight region: a new one, and taking over from a back end that was killed.

Every step leaves what a back end that comes after one killed there takes over just as well.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from .inflight_part import INFLIGHT, VERSION, Part
from .memory import GuestMemory

HEAD = struct.Struct("<QHHHHHHBB")
ENTRY = struct.Struct("<BxHHHQHHIQ")
HEAD_BYTES = 32
HEADS_AT, PLACE_AT = 12, 16
PLACE = struct.Struct("<HHBB2x")  # used_idx, old_used_idx and their wrap counters: one aligned word
HEADS = struct.Struct("<HH")  # free_head, old_free_head
DESCRIPTOR, DESCRIPTOR_BYTES, FLAGS_AT = struct.Struct("<QIHH"), 16, 14
AVAIL, USED = 1 << 7, 1 << 15


class Entry(NamedTuple):
    """DescStatePacked."""

    inflight: int
    next: int
    last: int
    num: int
    counter: int
    id: int
    flags: int
    length: int
    address: int


def bytes_of(entries: int) -> int:
    """Of a region of so many entries."""
    return HEAD_BYTES + entries * ENTRY.size


def available(wrap: int) -> int:
    """Flags of a descriptor that the device of this wrap counter may take."""
    return AVAIL if wrap else USED


def renew(part: Part, index: int, wrap: int) -> None:
    """Nothing is in flight, and the ring is at ``index``."""
    part.write(PLACE_AT, PLACE.pack(index, index, wrap, wrap))
    links = (ENTRY.pack(0, entry + 1, 0, 0, 0, 0, 0, 0, 0) for entry in range(part.entries))
    part.write(HEAD_BYTES, b"".join(links))
    part.write(0, struct.pack("<QHHHH", 0, VERSION, part.entries, 0, 0))


def take_over(part: Part, memory: GuestMemory, descriptors: int, size: int) -> tuple[int, int]:
    """Index and wrap counter at which the ring goes on; the descriptors behind are whole again. Raises VhostError."""
    data = part.read()
    _, _, _, free, old_free, used, old, wrap, old_wrap = HEAD.unpack_from(data)
    if max(used, old) >= size or max(wrap, old_wrap) > 1:
        raise part.error(f"used indices {used} and {old}, wrap counters {wrap} and {old_wrap} in a ring of {size}")
    entries = [Entry(*fields) for fields in ENTRY.iter_unpack(data[HEAD_BYTES:])]
    flags = memory.word(descriptors + DESCRIPTOR_BYTES * old + FLAGS_AT) & (AVAIL | USED)
    published = (used, wrap) != (old, old_wrap) and flags != available(old_wrap)
    index, phase, head = (used, wrap, free) if published else (old, old_wrap, old_free)
    listed = _listed(part, entries, head)
    _clear(part, [number for number in listed if entries[number].inflight])
    part.write(HEADS_AT, HEADS.pack(head, head))
    part.write(PLACE_AT, PLACE.pack(index, index, phase, phase))

    left = [number for number, entry in enumerate(entries) if entry.inflight and number not in listed]
    left.sort(key=lambda number: entries[number].counter)
    taken = [entry for head in left for entry in _chain(part, entries, head)]
    if len(taken) > size:
        raise part.error(f"{len(taken)} descriptors in flight in a ring of {size}")
    _restore(memory, descriptors, size, (index, phase), taken)
    # the last ones first: those that stay are the first ones of the ring
    _clear(part, left[::-1])
    return index, phase


def _listed(part: Part, entries: Sequence[Entry], head: int) -> set[int]:
    """The entries of the free list."""
    listed: set[int] = set()
    while head < len(entries) and head not in listed:
        listed.add(head)
        head = entries[head].next
    if head > len(entries):
        raise part.error(f"its list of free entries goes on with {head}")
    return listed


def _clear(part: Part, numbers: Sequence[int]) -> None:
    for number in numbers:
        part.write(HEAD_BYTES + number * ENTRY.size, INFLIGHT.pack(0))


def _chain(part: Part, entries: Sequence[Entry], head: int) -> list[Entry]:
    """The entries of a buffer."""
    num, number, chain = entries[head].num, head, []
    if not 0 < num <= len(entries):
        raise part.error(f"the buffer of entry {head} has {num} descriptors")
    for _ in range(num):
        if number >= len(entries):
            raise part.error(f"the buffer of entry {head} goes on with entry {number}")
        chain.append(entries[number])
        number = entries[number].next
    return chain


def _restore(
    memory: GuestMemory, descriptors: int, size: int, place: tuple[int, int], taken: Sequence[Entry]
) -> None:  # fmt: skip
    """Write descriptors as the driver did, from the place on; it looks at none of them until the first one is used."""
    index, wrap = place
    for entry in taken:
        flags = entry.flags & ~(AVAIL | USED) | available(wrap)
        memory.write(
            descriptors + DESCRIPTOR_BYTES * index, DESCRIPTOR.pack(entry.address, entry.length, entry.id, flags)
        )
        index += 1
        if index == size:
            index, wrap = 0, wrap ^ 1
