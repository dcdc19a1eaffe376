# SPDX-License-Identifier: Apache-2.0
"""Hostile descriptors and indirect tables of a split ring that stands where it should."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from testbench.differential.frames import PEER
from testbench.system.hostile.judge import UNSENT
from testbench.system.hostile.plan import CONTROL, HOSTILE, INDIRECT, LEGAL, NEXT, RX, TX, WRITE, Action, Draft, role
from testbench.system.hostile.split import SplitRing

if TYPE_CHECKING:
    from testbench.system.hostile.offered import Offered
    from testbench.system.hostile.ring import Ring
    from testbench.system.hostile.world import World

OWN = -1  # a link of OWN - n is to the n-th descriptor of the action
ODD_FLAGS = (3, 4, 5, 6, 7, 8, 0x10, 0x80, 0x8000, 0xFFF8, 0xFFFF)


# ---- drawing them
def descriptor(draft: Draft, write: bool, place: int, last: bool) -> list[int]:
    """A good one: the ``place``-th of the action."""
    size = draft.rng.choice((16, 40, 100, 300))
    return [draft.buffer(size), size, WRITE * write | NEXT * (not last), 0 if last else OWN - place - 1]


def twist(draft: Draft, fields: list, odd: Sequence[int]) -> None:
    """Make address, length or flags of a descriptor of either format bad; ``odd``: flags as no driver writes them."""
    rng = draft.rng
    match rng.randrange(5):
        case 0:
            fields[0] = draft.address()
        case 1:
            fields[1] = draft.length()
        case 2:
            fields[2] ^= rng.choice((NEXT, WRITE, INDIRECT, NEXT | WRITE))
        case 3:
            fields[2] = rng.choice(odd)
        case 4:
            fields[0], fields[1] = draft.address(), draft.length()


def spoil(draft: Draft, fields: list[int], entries: int) -> None:
    """Make one field of a descriptor bad."""
    rng = draft.rng
    if rng.randrange(6):
        twist(draft, fields, ODD_FLAGS)
    else:
        fields[2] |= NEXT
        fields[3] = rng.choice((entries, entries + 1, 0x7FFF, 0xFFFF, OWN, rng.randrange(1 << 16)))


def writable(queue: int, place: int, count: int) -> bool:
    """Whether the device writes the ``place``-th buffer of ``count``, if nothing is wrong."""
    return role(queue) == RX or (role(queue) == CONTROL and place > count // 2)


def chain(draft: Draft) -> Action:
    """A chain of a few descriptors with some of them spoiled."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    count = rng.randint(1, min(4, draft.sizes[queue]))
    writes = [writable(queue, place, count) for place in range(count)]
    rows = [descriptor(draft, writes[place], place, place == count - 1) for place in range(count)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        spoil(draft, rng.choice(rows), draft.sizes[queue])
    return {"kind": "chain", "queue": queue, "ring": rows, "tables": []}


def indirect(draft: Draft) -> Action:
    """A chain that ends in an indirect table with something wrong about it."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    size, write = draft.sizes[queue], role(queue) == RX
    before = rng.choice((0, 0, 0, 1)) if size > 1 else 0
    entries = rng.choice((1, 2, 3, min(size, 24), size + 1 if size < 24 else 2))
    table = draft.buffer(16 * entries + 16) + 15 & ~15
    rows = [descriptor(draft, write, place, False) for place in range(before)]
    rows.append([table, 16 * entries, INDIRECT, 0])
    inner = [
        [*descriptor(draft, write, place, place == entries - 1)[:3], min(place + 1, entries - 1)]
        for place in range(entries)
    ]
    reference = rows[-1]
    match rng.randrange(9):
        case 0:
            reference[1] = rng.choice((0, 1, 15, 17, 24, 16 * (size + 1), 1 << 20, (1 << 32) - 16, (1 << 32) - 1))
        case 1:
            reference[2] |= NEXT
        case 2:
            reference[2] |= WRITE
        case 3:
            reference[0] = draft.address() & ~15
        case 4:
            reference[0] = draft.rings[queue][0] + 16 * rng.randrange(size)
        case 5:
            rng.choice(inner)[2] |= INDIRECT
        case 6:
            rng.choice(inner)[3] = rng.choice((entries, 0xFFFF, 0))
        case 7:
            reference[0] += rng.randrange(1, 16)
        case 8:
            fields = rng.choice(inner)
            spoil(draft, fields, entries)
            fields[3] = max(fields[3], 0)
    return {"kind": "indirect", "queue": queue, "ring": rows, "tables": [[table, inner]]}


# ---- carrying them out
def clean(world: World, segments: Iterable[tuple[int, int, bool]]) -> bool:
    """All of the buffers that the card finds are this action's own, whatever was meant."""
    base = world.case.base
    spans = sorted((address, address + length) for address, length, _ in segments)
    inside = all(base + HOSTILE <= start and end <= base + LEGAL for start, end in spans)
    return inside and all(end <= start for (_, end), (start, _) in pairwise(spans))


async def do_chain(world: World, action: Action) -> None:
    """Write the descriptors, offer the first one, and give a receive queue frames that meet it."""
    ring = world.rings[action["queue"]]
    assert isinstance(ring, SplitRing)
    rows = action["ring"]
    base, own = world.case.base, range(ring.rings[0], ring.rings[0] + 16 * ring.size)
    every = [*rows, *(fields for _, inner in action["tables"] for fields in inner)]
    tables = [row for row in every if row[2] & INDIRECT and base <= row[0] < base + HOSTILE]
    await world.make_room(ring, len(rows))
    if tables:
        await world.rest()
    slots = ring.take(len(rows))
    if slots is None:
        return
    for address, inner in action["tables"]:
        ring.table(address, [tuple(fields) for fields in inner])
    for slot, row in zip(slots, rows, strict=True):
        link = row[3] if row[3] >= 0 else slots[min(OWN - row[3], len(slots) - 1)]
        ring.descriptor(slot, (row[0], row[1], row[2], link))
    if any(row[0] not in own for row in tables):
        world.lose_rings()
    held = set().union(*ring.kept.values())
    offered = ring.offer(slots[0], slots)
    if tables or offered.chain.slots & held:
        # it has the descriptors of chains that are outstanding: these change when they come back
        world.period.tx_doubled = True
        ring.confuse()
    offered.checked = clean(world, offered.chain.segments)
    mark(world, ring, offered)
    if world.gives_rings(offered.chain.pieces):
        world.lose_rings()
    await world.go(action["queue"])


def mark(world: World, ring: Ring, offered: Offered) -> None:
    """Make the good part of a bad chain, if it is one, a frame that would show on the wire."""
    bad = offered.chain.fault or offered.chain.room
    if ring.role != TX or not bad or not offered.checked or ring.sloppy or not ring.told:
        return
    frame = bytes(world.header) + PEER + UNSENT
    for address, length, _ in offered.chain.segments:
        world.memory.store(address, frame[:length])
        frame = frame[length:]
