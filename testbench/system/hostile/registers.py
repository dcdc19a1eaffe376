# SPDX-License-Identifier: Apache-2.0
"""Hostile register accesses: the BAR anywhere, device_status in any order, MSI-X, PCI configuration space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_driver.transport.pci import COMMON
from testbench.differential.frames import BROADCAST
from testbench.lib.bus_types import WRITE
from testbench.system.hostile.descriptors import sweep
from testbench.system.hostile.plan import ARENA_BYTES, LARGEST, RING_PACKED, RX, TX, Action, Draft, Rings

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

STATUS, ENABLE = COMMON["device_status"][0], COMMON["queue_enable"][0]
TABLE, PBA, MSIX_AT = 0x4000, 0x5000, 0x94
PAGES = (0x0000, 0x1000, 0x2000, 0x3000, TABLE, PBA, 0x6000, 0x7000, 0x8000, 0xF000)
QUEUE_FIELDS = "queue_select", "queue_size", "queue_enable", "queue_reset", "queue_desc", "queue_device"
STEPS = (0, 0, 1, 2, 3, 4, 7, 8, 11, 15, 15, 64, 128, 255)
MSI_ADDRESS = 0xFEE0_0000


# ---- drawing them
def bar(draft: Draft) -> Action:
    """Reads and writes at any offset, half of them in the common configuration."""
    rng = draft.rng
    steps: list[list] = []
    for _ in range(rng.randint(2, 16)):
        size = rng.choice((1, 2, 4, 4, 8))
        if rng.random() < 0.3:
            offset, size = COMMON[rng.choice(QUEUE_FIELDS)]
        elif rng.random() < 0.5:
            offset = rng.randrange(0, 64, size)
        else:
            offset = rng.choice(PAGES) + rng.randrange(0, 0x1000, size)
        if rng.random() < 0.25:
            steps.append(["read", offset, size])
            continue
        ring = rng.choice(draft.rings[rng.randrange(3)])
        value = rng.choice((0, 1, 2, 3, 0xFFFF_FFFF, draft.address(), ring, rng.getrandbits(32)))
        steps.append(["write", offset, value & (1 << 8 * size) - 1, size])
    return {"kind": "bar", "steps": steps}


def status(draft: Draft) -> Action:
    """device_status step by step in any order, with feature words, queues and frames in between."""
    rng = draft.rng
    steps: list[list] = []
    for _ in range(rng.randint(2, 9)):
        match rng.randrange(7):
            case 0 | 1 | 2:
                steps.append(["status", rng.choice((*STEPS, rng.randrange(256)))])
            case 3:
                steps.append(["read"])
            case 4:
                steps.append(
                    [
                        "features",
                        rng.choice((0, 1 << 32, 1 << 32 | 1 << RING_PACKED, (1 << 64) - 1, rng.getrandbits(64))),
                    ]
                )
            case 5:
                steps.append(["queue", rng.randrange(3)])
            case 6:
                steps.append(["wait", rng.choice((50, 500, 3000))])
    return {"kind": "status", "steps": steps}


def msix(draft: Draft) -> Action:
    """Table entries, pending bits, vectors and the switches of MSI-X."""
    rng = draft.rng
    steps: list[list] = []
    for _ in range(rng.randint(1, 10)):
        size = rng.choice((1, 2, 4, 4, 4))
        value = rng.choice((0, 1, MSI_ADDRESS, 0xFFFF_FFFF, rng.getrandbits(32))) & (1 << 8 * size) - 1
        match rng.randrange(5):
            case 0 | 1:
                steps.append(["table", rng.randrange(0, 0x60, size), value, size])
            case 2:
                steps.append(["pending", rng.randrange(0, 0x10, size), value, size])
            case 3:
                steps.append(["switch", rng.choice((0, 0x8000, 0x4000, 0xC000, 0xFFFF))])
            case 4:
                steps.append(["vector", rng.randrange(3), rng.choice((0, 1, 2, 3, 4, 0xFFFF, rng.getrandbits(16)))])
    return {"kind": "msix", "steps": steps}


def pci(draft: Draft) -> Action:
    """Configuration space: reads and writes anywhere."""
    rng = draft.rng
    steps: list[list] = []
    for _ in range(rng.randint(1, 10)):
        size = rng.choice((1, 2, 4))
        offset = rng.choice((rng.randrange(0, 256, size), rng.randrange(0, 4096, size), 4, 16)) // size * size
        if rng.random() < 0.4:
            steps.append(["read", offset, size])
        else:
            steps.append(["write", offset, rng.getrandbits(8 * size), size])
    return {"kind": "pci", "steps": steps}


# ---- carrying them out
def taint(world: World) -> None:
    """From here on nothing need work until the reset; memory is still the card's only where it was given it."""
    world.tainted = True
    for ring in world.rings:
        # event fields, tables and all descriptors: features may be others than were negotiated
        ring.event_idx = ring.indirect = ring.sloppy = True
        expose(world, ring.rings, ring.size)


async def do_bar(world: World, action: Action) -> None:
    """Carry them out; a queue that is enabled gives the card what its registers say."""
    taint(world)
    for what, offset, *rest in action["steps"]:
        if what == "read":
            await world.host.bar_read(offset, rest[0])
            continue
        value, size = rest
        parts = [(offset, value, size)] if size < 8 else [(offset, value, 4), (offset + 4, value >> 32, 4)]
        for at, part, width in parts:
            if at == ENABLE and width >= 2 and part & 0xFFFF == 1:
                await give_selected(world)
            world.host.bar_write(at, part & (1 << 8 * width) - 1, width)


async def give_selected(world: World) -> None:
    """The selected queue is about to be enabled: its rings, as its registers have them, and what is in them."""
    read = world.transport.read
    size = await read("queue_size")
    give(world, (await read("queue_desc"), await read("queue_driver"), await read("queue_device")), size)


def give(world: World, rings: Rings, size: int) -> None:
    """Rings anywhere, and what is in them. Where the card may write into what it reads, nothing can be told of that."""
    expose(world, rings, size)
    give_reset(world)
    desc, avail, used = rings
    end, base = used + 6 + 8 * size, world.case.base
    own = any(base - 16 * LARGEST < address < base + ARENA_BYTES for address in rings)
    if own or (used < desc + 16 * size and desc < end) or (used < avail + 6 + 2 * size and avail < end):
        world.lose_rings()


def give_reset(world: World) -> None:
    """A reset of queue or device that is under way may have the queue start with what its registers are after it."""
    for packed in (False, True):
        world.exposure.add_ring((0, 0, 0), LARGEST, True, packed)
    world.exposure.add(0, 16 * LARGEST, WRITE)


def expose(world: World, rings: Rings, size: int) -> None:
    """A ring, and whatever is in its table, in either format; a size that a split one cannot have is the largest."""
    for packed, entries in ((True, size), (False, LARGEST if size & (size - 1) else size)):
        world.exposure.add_ring(rings, entries, True, packed)
        for piece in sweep(world.memory.load, rings[0], entries, packed):
            world.exposure.add(*piece)
    world.exposure.add(rings[0], 16 * size, WRITE)  # used descriptors


async def do_status(world: World, action: Action) -> None:
    """Step by step; frames come all the time."""
    taint(world)
    transport = world.transport
    for what, *rest in action["steps"]:
        if what == "status":
            transport.write("device_status", rest[0])
        elif what == "read":
            await world.status()
        elif what == "features":
            transport.write_features(rest[0])
        elif what == "queue":
            # an index of 0 again: what stands in the ring is offered anew, read as a queue of this size
            rings, size = world.case.rings[rest[0]], world.case.sizes[rest[0]]
            expose(world, rings, size)
            give_reset(world)
            world.write_queue(rest[0], rings, size)
            world.kick(rest[0])
        else:
            await world.sim.sleep_ns(rest[0])
        world.kick(TX)
        world.send(world.frame(60, BROADCAST))


async def do_msix(world: World, action: Action) -> None:
    """Carry them out while frames cause interrupts."""
    host, transport = world.host, world.transport
    for what, *rest in action["steps"]:
        if what in ("table", "pending"):
            host.bar_write((TABLE if what == "table" else PBA) + rest[0], rest[1], rest[2])
        elif what == "switch":
            host.config_write(MSIX_AT + 2, rest[0], 2)
        else:
            transport.write("queue_select", rest[0])
            transport.write("queue_msix_vector", rest[1])
    if not world.tainted and not world.rings[RX].may_break:
        await world.receive([60], 1)


async def do_pci(world: World, action: Action) -> None:
    """Carry them out."""
    for what, offset, *rest in action["steps"]:
        if what == "read":
            await world.host.config_read(offset, rest[0])
        else:
            world.host.config_write(offset, rest[0], rest[1])
