# SPDX-License-Identifier: Apache-2.0
"""Hostile available rings of split queues: heads and indices that no driver may write; and any word on interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.system.hostile.chains import OWN
from testbench.system.hostile.honest import REST_NS
from testbench.system.hostile.plan import CONTROL, RX, TX, WRITE, Action, Draft
from testbench.system.hostile.split import SplitRing

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

FETCHED = 64  # entries that a card has read when everything is at rest


# ---- drawing them
def avail(draft: Draft) -> Action:
    """Entries and indices that no driver may write."""
    rng, queue = draft.rng, draft.queue(RX, TX, CONTROL)
    size = draft.sizes[queue]
    return {
        "kind": "avail", "queue": queue,
        "heads": rng.choices((size, size + 1, 0xFFFF, 0x8000, rng.randrange(1 << 16), OWN, 0), k=rng.randint(0, 3)),
        "ahead": rng.choice((
            0, 0, 1, size // 2, size - 1, size, size + 1, 2 * size, 0x7FFF, 0x8000, 0xFFFF, 0xFFFE, 0x10000 - size,
            rng.randrange(1 << 16),
        )),
        "buffer": draft.buffer(64),
    }  # fmt: skip


def event(draft: Draft) -> Action:
    """What the driver says about when it wants to be told."""
    rng = draft.rng
    flags, index = (rng.choice((0, 1, 2, 3, 0x8000, 0xFFFF, rng.randrange(1 << 16))) for _ in range(2))
    return {
        "kind": "event",
        "queue": draft.queue(RX, TX, CONTROL),
        "flags": flags,
        "event": index,
        "again": rng.randrange(4),
    }


# ---- carrying them out
async def do_avail(world: World, action: Action) -> None:
    """Heads from nowhere, and an index that does not follow them."""
    queue = action["queue"]
    ring = world.rings[queue]
    assert isinstance(ring, SplitRing)
    await world.rest()  # what is offered twice, or again, must not be honest chains that are under way
    slots = ring.take(1) or []
    heads = [slots[0] if head == OWN and slots else head & 0xFFFF for head in action["heads"]]
    if slots:
        ring.descriptor(slots[0], (action["buffer"], 64, WRITE * (ring.role == RX), 0))
    moved = len(heads) + action["ahead"] & 0xFFFF
    # a head may be one that is outstanding already
    ring.sloppy = world.period.tx_doubled = True
    # every entry behind the index is offered, with what stands there; one that is too far ahead is an error
    fits = moved <= ring.size
    ring.lost |= not fits and len(ring.offered) <= FETCHED and not ring.wild
    for place in range(max(len(heads), moved if fits else 0)):
        position = ring.published + place
        raw = ring.memory.load(ring.rings[1] + 4 + 2 * (position % ring.size), 2) or bytes(2)
        head = heads[place] if place < len(heads) else int.from_bytes(raw, "little")
        ring.entry(position, head)
        ring.may_break |= head >= ring.size
    for _ in range(moved if fits else 0):
        raw = ring.memory.load(ring.rings[1] + 4 + 2 * (ring.published % ring.size), 2) or bytes(2)
        ring.offer(int.from_bytes(raw, "little"), slots).checked = False
    if not fits:
        ring.published = ring.published + moved & 0xFFFF
    ring.may_break |= not fits
    await world.go(queue)
    # an index that is taken back at once may never be seen
    await world.sim.idle(REST_NS)


async def do_event(world: World, action: Action) -> None:
    """Change it, and again while frames come and go."""
    ring = world.rings[action["queue"]]
    ring.want(action["flags"], action["event"])
    for step in range(action["again"]):
        await world.sim.sleep_ns(300)
        ring.want(action["flags"] ^ step, action["event"] + step & 0xFFFF)
        world.kick(action["queue"])
