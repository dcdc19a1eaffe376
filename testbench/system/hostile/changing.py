# SPDX-License-Identifier: Apache-2.0
"""Doorbells of any queue, split rings that change while the card reads them, and memory that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.differential.frames import BROADCAST
from testbench.lib.bus_types import BOTH, DECERR, NOTIFY, READ, SLVERR, WRITE
from testbench.system.hostile.chains import descriptor, spoil
from testbench.system.hostile.descriptors import Walk, gives
from testbench.system.hostile.offered import Offered
from testbench.system.hostile.plan import ARENA_BYTES, CONTROL, HOSTILE, INDIRECT, LEGAL, RX, TX, Action, Draft, role
from testbench.system.hostile.split import SplitRing

if TYPE_CHECKING:
    from testbench.system.hostile.world import World


# ---- drawing them
def kick(draft: Draft) -> Action:
    """Doorbells of queues that do not exist, of odd sizes and places."""
    rng = draft.rng
    writes = []
    for _ in range(rng.randint(1, 12)):
        size = rng.choice((1, 2, 4))
        offset = rng.choice((0, 4, 8, 12, 16, 4 * rng.randrange(1024), rng.randrange(4096))) // size * size
        writes.append([offset, rng.getrandbits(8 * size), size])
    return {"kind": "kick", "writes": writes}


def race(draft: Draft) -> Action:
    """Descriptors, entries and index change while the card reads them."""
    rng, queue = draft.rng, draft.queue(RX, TX, TX, CONTROL)
    size, write = draft.sizes[queue], role(queue) == RX
    tasks = []
    for _ in range(rng.randint(1, 3)):
        steps = []
        for _ in range(rng.randint(3, 10)):
            delay = rng.choice((0, 20, 60, 150, 400, 1000))
            match rng.randrange(5):
                case 0 | 1:
                    fields = descriptor(draft, write, 0, True)
                    if rng.random() < 0.4:
                        spoil(draft, fields, size)
                        fields[3] = max(fields[3], 0)
                    elif rng.random() < 0.5:
                        fields[2:] = [fields[2] | 1, rng.randrange(size)]
                    steps.append([delay, "descriptor", rng.randrange(size), fields])
                case 2:
                    head = rng.choice((rng.randrange(size), size, 0xFFFF, 0))
                    steps.append([delay, "entry", rng.randrange(size), head])
                case 3:
                    steps.append([delay, "index", rng.choice((0, 1, 2, 3, size // 2, size))])
                case 4:
                    steps.append([delay, "kick"])
        tasks.append(steps)
    return {"kind": "race", "queue": queue, "tasks": tasks}


def fault(draft: Draft) -> Action:
    """Host memory answers with errors."""
    rng = draft.rng
    return {
        "kind": "fault", "queue": draft.queue(RX, TX, CONTROL),
        "what": rng.choice(("descriptors", "driver area", "device area", "buffers", "buffers")),
        "kinds": rng.choice((READ, WRITE, BOTH)), "response": rng.choice((SLVERR, DECERR)),
        "count": rng.choice((1, 1, 2, 5)), "sizes": [rng.choice((60, 600, 1400)) for _ in range(rng.randint(1, 3))],
    }  # fmt: skip


# ---- carrying them out
async def do_kick(world: World, action: Action) -> None:
    """Write them."""
    for offset, value, size in action["writes"]:
        world.host.bar_write(NOTIFY + offset, value, size)


async def do_race(world: World, action: Action) -> None:
    """Let the tasks change the ring while frames come and go."""
    queue = action["queue"]
    ring = world.rings[queue]
    assert isinstance(ring, SplitRing)
    if world.tainted or any(address % 16 % width for address, width in zip(ring.rings, (16, 2, 4), strict=True)):
        return  # where a word of the bus holds half a descriptor, the card may see one that nobody wrote
    await world.rest()
    ring.may_break = world.period.tx_doubled = True
    ring.confuse()
    world.period.tx_mixed |= ring.role == TX
    world.period.rx_lossy |= ring.role == RX
    base = world.case.base
    rows = [step[3] for steps in action["tasks"] for step in steps if step[1] == "descriptor"]
    pieces = [piece for row in rows for piece in gives(ring.memory.load, row, ring.size, ring.packed)]
    for piece in pieces:
        world.exposure.add(*piece)
    if world.gives_rings(pieces) or any(row[2] & INDIRECT and base <= row[0] < base + HOSTILE for row in rows):
        world.lose_rings()
    furthest = max((step[2] for steps in action["tasks"] for step in steps if step[1] == "index"), default=0)
    running = [len(action["tasks"])]
    for steps in action["tasks"]:
        world.tasks.append(world.sim.start_soon(_change(world, ring, steps, running, furthest)))
    world.kick(queue)
    for _ in range(3):
        world.send(world.frame(64, BROADCAST))


async def _change(world: World, ring: SplitRing, steps: list[list], running: list[int], furthest: int) -> None:
    for delay, what, *rest in steps:
        if delay:
            await world.sim.sleep_ns(delay)
        if what == "descriptor":
            ring.descriptor(rest[0], rest[1])
        elif what == "entry":
            ring.entry(rest[0], rest[1])
        elif what == "index":
            ring.store_index(ring.published + rest[0])
        else:
            world.kick(ring.index)
    running[0] -= 1
    if not running[0]:
        # the furthest index of all is the last: one that was further back is an error only if the card saw it after
        for _ in range(furthest):
            ring.offered.append(Offered(0, Walk(), checked=False))
        ring.published = ring.published + furthest & 0xFFFF
        await world.go(ring.index)


async def do_fault(world: World, action: Action) -> None:
    """Errors for a while, with traffic."""
    if world.tainted:
        return
    await world.rest()
    queue, what = action["queue"], action["what"]
    ring = world.rings[queue]
    places = dict(zip(("descriptors", "driver area", "device area"), ring.areas, strict=True))
    at, length = places.get(what, (world.case.base + LEGAL, ARENA_BYTES - LEGAL))
    ring.may_break |= what in ("driver area", "device area") or (ring.packed and what == "descriptors")
    world.period.tx_lossy = world.period.rx_lossy = True
    world.host.inject(at, length, action["kinds"], action["response"], action["count"])
    await world.receive(action["sizes"], 2)
    for other in world.for_role(TX):
        world.transmit([[size, 2, 0] for size in action["sizes"]], other.index)
    world.command(b"\0\0\0", checked=False)
    await world.rest()
    world.host.inject_clear()
    for other in world.for_role(RX):
        for offered in other.offered:
            offered.honest = False  # what was fetched of it may have failed
