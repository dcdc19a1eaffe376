# SPDX-License-Identifier: Apache-2.0
"""Hostile queues: rings where none may stand, registers written while enabled, impossible sizes, resets at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.system.hostile.plan import (
    ARENA_BYTES,
    AVAIL,
    CONTROL,
    HOSTILE,
    LARGEST,
    RINGS_BYTES,
    RX,
    TX,
    USED,
    Action,
    Draft,
    Rings,
    role,
)
from testbench.system.hostile.ring import Ring, RuleBroken

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

ILLEGAL_SIZES = (0, 1, 1025, 2048, 0x8000, 0xFFFF)
SPLIT_ILLEGAL = (3, 5, 7, 9, 12, 1000)  # no powers of two
REGISTERS = ("queue_size", "queue_desc", "queue_driver", "queue_device", "queue_enable", "queue_msix_vector")


# ---- drawing them
def placement(draft: Draft) -> Action:
    """A queue is reset and comes back with rings that overlap, are odd, or are not in memory."""
    rng, queue = draft.rng, draft.queue(RX, TX, CONTROL)
    rings = list(draft.rings[queue])
    match rng.randrange(6):
        case 0:
            rings = [address + rng.randrange(16) for address in rings]
        case 1 | 2:
            rings[rng.randrange(3)] = draft.address()
        case 3:
            rings[rng.randrange(3)] = rings[rng.randrange(3)] + rng.choice((0, 2, 4, 16, -16))
        case 4:
            rings[rng.randrange(3)] = draft.rings[(queue + 1) % len(draft.rings)][rng.randrange(3)]
        case 5:
            rings = [draft.address() for _ in range(3)]
    size = rng.choice((*((2, 3, 7, 20) if draft.packed else (2, 4, 8, 16)), draft.sizes[queue]))
    return {"kind": "placement", "queue": queue, "rings": rings, "size": size, "frames": rng.randint(1, 3)}


def enable(draft: Draft) -> Action:
    """Registers of an enabled queue are written; then it may be reset, in the middle too, and given a bad size."""
    rng = draft.rng
    values = 0, 1, 2, 8, 64, 0xFFFF, draft.address(), draft.address()
    return {
        "kind": "enable", "queue": draft.queue(RX, TX, CONTROL),
        "writes": [[rng.choice(REGISTERS), rng.choice(values)] for _ in range(rng.randint(1, 8))],
        "size": rng.choice((None, None, *ILLEGAL_SIZES, *(() if draft.packed else SPLIT_ILLEGAL))),
        "reset": rng.choice(("no", "at rest", "hard", "twice")),
    }  # fmt: skip


# ---- carrying them out
async def do_placement(world: World, action: Action) -> None:
    """Reset the queue, put it there, and offer it something."""
    if world.tainted:
        return
    await world.rest()
    queue, size = action["queue"], action["size"]
    desc, avail, used = action["rings"]
    rings = desc, avail, used
    await reset(world, queue, rings, size)
    ring = world.rings[queue]
    world.write_queue(queue, rings, size)
    if ring.role == TX:
        world.transmit([[60, 1, 0]] * action["frames"], queue)
    elif ring.role == CONTROL:
        world.command(b"\0\0\0", checked=not ring.wild)
    else:
        await world.receive([60] * action["frames"], 2)


def clashes(world: World, ring: Ring) -> bool:
    """Parts of it stand on each other's bytes, on those of another ring, or in buffers.

    What is written into one of them, by the card or the driver, becomes something else in the other.
    """
    first, end = world.case.base + HOSTILE, world.case.base + ARENA_BYTES
    own = ring.areas
    others = [area for other in world.rings if other is not ring for area in other.areas]
    for place, (at, length) in enumerate(own):
        if at < end and at + length > first:
            return True
        if any(at < part + size and part < at + length for part, size in (*own[:place], *others)):
            return True
    return False


async def reset(world: World, queue: int, rings: Rings, size: int) -> None:
    """Reset one queue; what it had is the card's no more. It stands at ``rings`` then, new and not enabled."""
    ring = world.rings[queue]
    await world.finish()
    await world.transport.reset_queue(ring.number)
    world.check_memory("until the reset of a queue")
    if ring.role == CONTROL:
        world.steered_anyhow()  # a command may have been carried out of which nothing comes back
    # a ring of which nothing can be told keeps all that the card was given
    keep = any(not other.told or (other.sloppy and other is not ring) for other in world.rings)
    may_break = ring.may_break
    ring.place(rings, size, ring.event_idx, ring.indirect)
    for at, length in ring.areas:
        world.memory.store(at, bytes(length))
    if not keep:
        world.exposure.forbid()
        for other in world.rings:
            if other is not ring:
                other.restrict()
    ring.expose_rings()
    ring.may_break = may_break
    ring.wild = world.endless or any(ring.memory.load(*area) is None for area in ring.areas)
    ring.may_break |= ring.wild
    if clashes(world, ring):
        world.lose_rings()


async def do_enable(world: World, action: Action) -> None:
    """Write to the registers of a queue that is enabled, then perhaps reset it and give it another size."""
    if world.tainted:
        return
    queue, transport = action["queue"], world.transport
    number = world.rings[queue].number
    transport.write("queue_select", number)
    for name, value in action["writes"]:
        if name == "queue_msix_vector":
            value %= 4
        transport.write(name, value)
    if action["reset"] == "no":
        return
    if action["reset"] == "hard":
        world.period.tx_lossy |= role(queue) == TX
        world.period.rx_lossy |= role(queue) == RX
    else:
        await world.rest()
    if action["reset"] == "twice":
        transport.write("queue_select", number)
        transport.write("queue_reset", 1)
    at = world.case.base + queue * RINGS_BYTES
    rings, size = world.case.rings[queue], world.case.sizes[queue]
    wanted = size
    if action["size"] is not None:
        # a size that a queue cannot have leaves the one it had
        rings, size, wanted = (at, at + AVAIL, at + USED), LARGEST, action["size"]
    await reset(world, queue, rings, size)
    world.write_queue(queue, rings, wanted)
    if action["size"] is not None and await transport.read("queue_size") != LARGEST:
        raise RuleBroken(f"a queue takes {wanted} descriptors")
