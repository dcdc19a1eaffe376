# SPDX-License-Identifier: Apache-2.0
"""Hostile descriptors and indirect tables of a packed ring that stands where it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.system.hostile.chains import clean, mark, twist, writable
from testbench.system.hostile.packed import DONE, MARKS, OTHER, RIGHT, STALE, PackedRing
from testbench.system.hostile.plan import CONTROL, HOSTILE, INDIRECT, NEXT, RX, TX, WRITE, Action, Draft, role

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

ODD_FLAGS = (3, 4, 5, 6, 7, 8, 0x10, 0x40, 0x100, 0x4000, 0xFFFF & ~MARKS)
WRONG = (OTHER, DONE, STALE)
APART_MOST = 24  # descriptors of a chain with a buffer each: of a longer one all name the same


# ---- drawing them
def row(draft: Draft, write: bool, last: bool) -> list:
    """A good descriptor: address, length, flags, buffer id, marks."""
    rng = draft.rng
    size = rng.choice((16, 40, 100, 300))
    ident = rng.choice((0, 1, 0x7FFF, 0xFFFF, rng.randrange(1 << 16)))
    return [draft.buffer(size), size, WRITE * write | NEXT * (not last), ident, RIGHT]


def spoil(draft: Draft, fields: list) -> None:
    """Make one field of a descriptor bad."""
    match draft.rng.randrange(7):
        case 0:
            fields[2] |= NEXT
        case 1:
            fields[4] = draft.rng.choice(WRONG)
        case _:
            twist(draft, fields, ODD_FLAGS)


def behind(draft: Draft, write: bool) -> list[list]:
    """Descriptors that are not made available; a chain whose last one says NEXT goes on with them."""
    rows = [row(draft, write, rng_last) for rng_last in draft.rng.choice(((), (), (True,), (False, True), (False,)))]
    for fields in rows:
        fields[4] = draft.rng.choice(WRONG)
        if draft.rng.random() < 0.5:
            spoil(draft, fields)
    return rows


def chain(draft: Draft) -> Action:
    """A chain of a few descriptors with some of them spoiled, or one round the whole ring, with an end or without."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    size = draft.sizes[queue]
    whole = rng.random() < 0.1
    count = size if whole else rng.randint(1, min(4, size))
    rows = [row(draft, writable(queue, place, count), place == count - 1) for place in range(min(count, APART_MOST))]
    for place in range(len(rows), count):
        flags = WRITE * writable(queue, place, count) | NEXT * (place < count - 1)
        rows.append([*rows[0][:2], flags, *rows[0][3:]])
    if whole:
        rows[-1][2] |= NEXT * rng.randrange(2)
    if not whole or rng.random() < 0.3:
        for _ in range(rng.choice((1, 1, 2, 4))):
            spoil(draft, rng.choice(rows))
    return {"kind": "chain", "queue": queue, "ring": rows, "behind": behind(draft, role(queue) == RX), "tables": []}


def indirect(draft: Draft) -> Action:
    """A reference to an indirect table, alone or in a list, with something wrong about it."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    size, write = draft.sizes[queue], role(queue) == RX
    entries = rng.choice((1, 2, 3, min(size, APART_MOST), size + 1 if size < APART_MOST else 2))
    table = draft.buffer(16 * entries + 16) + 15 & ~15
    reference = row(draft, False, True)
    reference[:3] = [table, 16 * entries, INDIRECT]
    inner = [row(draft, writable(queue, place, entries), True) for place in range(entries)]
    rows = [reference]
    match rng.randrange(9):
        case 0:
            reference[1] = rng.choice((0, 1, 15, 17, 24, 16 * (size + 1), 1 << 20, (1 << 32) - 16, (1 << 32) - 1))
        case 1:
            reference[2] |= rng.choice((NEXT, WRITE, NEXT | WRITE))
        case 2:
            reference[0] = draft.address() & ~15
        case 3:
            reference[0] = draft.rings[queue][0] + 16 * rng.randrange(size)
        case 4:
            reference[0] += rng.randrange(1, 16)
        case 5:
            rows.insert(0, row(draft, write, False))
        case 6:
            reference[2] |= NEXT
            rows.append(row(draft, write, True))
        case 7:
            # flags that mean nothing in a table, not even INDIRECT
            for fields in inner:
                fields[2] |= rng.choice((NEXT, INDIRECT, NEXT | INDIRECT, 0xFFFF & ~(WRITE | MARKS)))
        case 8:
            spoil(draft, rng.choice(inner))
    rows = rows[:size]
    return {"kind": "indirect", "queue": queue, "ring": rows, "behind": [], "tables": [[table, inner]]}


# ---- carrying them out
async def do_chain(world: World, action: Action) -> None:
    """Write the descriptors, make the first one available, and give a receive queue frames that meet it."""
    ring = world.rings[action["queue"]]
    assert isinstance(ring, PackedRing)
    rows, base = action["ring"], world.case.base
    await world.make_room(ring, len(rows))
    in_rings = any(fields[2] & INDIRECT and base <= fields[0] < base + HOSTILE for fields in rows)
    if in_rings:
        await world.rest()
    if ring.room < len(rows):
        return
    for address, table in action["tables"]:
        ring.table(address, [(at, length, ident, flags) for at, length, flags, ident, _ in table])
    ring.lay([*rows, *action["behind"]][: ring.room])
    if in_rings:
        world.lose_rings()
    chains = ring.offer(len(rows))
    checked = clean(world, [segment for offered in chains for segment in offered.chain.segments])
    for offered in chains:
        offered.checked = checked
        mark(world, ring, offered)
        if world.gives_rings(offered.chain.pieces):
            world.lose_rings()
    await world.go(action["queue"])
