# SPDX-License-Identifier: Apache-2.0
"""Hostile marks of a packed ring: made available wrongly, out of order or twice, or changed while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.differential.frames import BROADCAST
from testbench.lib.bus_types import BOTH
from testbench.system.hostile.descriptors import DESCRIPTOR, gives
from testbench.system.hostile.packed import DONE, MOST_WRITTEN, OTHER, RIGHT, STALE, PackedRing
from testbench.system.hostile.packed_chains import WRONG, row, spoil
from testbench.system.hostile.plan import CONTROL, HOSTILE, INDIRECT, NEXT, RX, TX, WRITE, Action, Draft, role

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

ALIGNED = 16  # of the descriptors of a ring: then one is never read in two halves


# ---- drawing them
def avail(draft: Draft) -> Action:
    """Chains of one descriptor whose marks are wrong at first, come in any order, or again before they are used."""
    rng, queue = draft.rng, draft.queue(RX, TX, CONTROL)
    count = rng.randint(1, min(4, draft.sizes[queue]))
    order = list(range(count))
    rng.shuffle(order)
    return {
        "kind": "avail", "queue": queue, "how": rng.choice(("wrong", "any order", "any order", "again")),
        "rows": [row(draft, role(queue) == RX, True) for _ in range(count)], "order": order,
        "wrong": [rng.choice(WRONG) for _ in range(rng.randint(1, 3))],
        "waits": [rng.choice((0, 100, 700, 2500)) for _ in range(count)], "places": rng.randint(1, draft.sizes[queue]),
    }  # fmt: skip


def race(draft: Draft) -> Action:
    """Descriptors and flags near the next one change while the card reads them."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    near = (0, 0, 0, 1, 1, 2, 3, rng.randrange(draft.sizes[queue]))
    tasks = []
    for _ in range(rng.randint(1, 3)):
        steps: list[list] = []
        for _ in range(rng.randint(3, 10)):
            delay, offset = rng.choice((0, 20, 60, 150, 400, 1000)), rng.choice(near)
            match rng.randrange(5):
                case 0 | 1:
                    fields = row(draft, role(queue) == RX, rng.random() < 0.6)
                    if rng.random() < 0.4:
                        spoil(draft, fields)
                    steps.append([delay, "descriptor", offset, fields])
                case 2:
                    flags = rng.choice((0, NEXT, WRITE, NEXT | WRITE))
                    steps.append([delay, "flags", offset, flags, rng.choice((RIGHT, RIGHT, OTHER, DONE, STALE))])
                case 3:
                    steps.append([delay, "want", rng.randrange(4), rng.randrange(1 << 16)])
                case 4:
                    steps.append([delay, "kick"])
        tasks.append(steps)
    return {"kind": "race", "queue": queue, "tasks": tasks}


# ---- carrying them out
async def do_avail(world: World, action: Action) -> None:
    """Each chain stands in memory before any mark does."""
    ring, rows = world.rings[action["queue"]], action["rows"]
    assert isinstance(ring, PackedRing)
    await world.make_room(ring, len(rows))
    if ring.room < len(rows):
        return
    # where nobody knows what the card looks at next, marks that are wrong for the driver may be right for the card
    how = action["how"] if ring.told else "any order"
    if how == "wrong":
        # nothing of it is the card's yet
        ring.lay(rows[:1])
        for kind in action["wrong"]:
            ring.store_flags(ring.next, rows[0][2], kind)
            world.kick(ring.index)
            await world.sim.sleep_ns(action["waits"][0])
        ring.offer(1)
    elif how == "any order":
        first = ring.next
        for fields in rows:
            ring.lay([fields])
            ring.offer(1)
        for place, wait in zip(action["order"], action["waits"], strict=True):
            ring.reveal(first + place)
            world.kick(ring.index)
            await world.sim.sleep_ns(wait)
    else:
        world.period.tx_doubled = True
        world.period.tx_mixed |= ring.role == TX
        first = ring.next
        ring.lay(rows[:1])
        ring.offer(1)
        ring.confuse()
        ring.publish()
        world.kick(ring.index)
        await world.sim.sleep_ns(action["waits"][0])
        for place in range(action["places"]):
            change_flags(world, ring, first + place + ring.size, rows[0][2], RIGHT)
    await world.go(ring.index)


async def do_race(world: World, action: Action) -> None:
    """Let the tasks change the ring while frames come and go."""
    queue, base = action["queue"], world.case.base
    ring = world.rings[queue]
    assert isinstance(ring, PackedRing)
    if world.tainted or ring.rings[0] % ALIGNED:
        return
    await world.rest()
    world.period.tx_doubled = True
    world.period.tx_mixed |= ring.role == TX
    world.period.rx_lossy |= ring.role == RX
    ring.confuse()
    rows = [step[3] for steps in action["tasks"] for step in steps if step[1] == "descriptor"]
    pieces = [piece for fields in rows for piece in pieces_of(ring, fields)]
    if world.gives_rings(pieces) or any(fields[2] & INDIRECT and base <= fields[0] < base + HOSTILE for fields in rows):
        world.lose_rings()
    for steps in action["tasks"]:
        world.tasks.append(world.sim.start_soon(_change(world, ring, ring.next, steps)))
    world.kick(queue)
    for _ in range(3):
        world.send(world.frame(64, BROADCAST))


def pieces_of(ring: PackedRing, fields: list) -> list[tuple[int, int, int]]:
    """What a descriptor gives by itself, and when the card has written a length into it."""
    address, length, flags, ident, _ = fields
    pieces = list(gives(ring.memory.load, (address, length, ident, flags), ring.size, True))
    return [*pieces, (address, MOST_WRITTEN, BOTH)] if ring.role != TX else pieces


def change_flags(world: World, ring: PackedRing, position: int, flags: int, kind: str) -> None:
    """Other flags for what stands there, which the card may meet from now on."""
    address, length, ident, _ = DESCRIPTOR.unpack(ring.memory.load(ring.at(position), 16) or bytes(16))
    change(world, ring, position, [address, length, flags, ident, kind])


def change(world: World, ring: PackedRing, position: int, fields: list) -> None:
    """Another descriptor, which the card may meet from now on."""
    for piece in pieces_of(ring, fields):
        world.exposure.add(*piece)
    ring.descriptor(position, fields)


async def _change(world: World, ring: PackedRing, first: int, steps: list[list]) -> None:
    for delay, what, *rest in steps:
        if delay:
            await world.sim.sleep_ns(delay)
        if what == "descriptor":
            change(world, ring, first + rest[0], rest[1])
        elif what == "flags":
            change_flags(world, ring, first + rest[0], rest[1], rest[2])
        elif what == "want":
            ring.want(*rest)
        else:
            world.kick(ring.index)
