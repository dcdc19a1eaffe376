# SPDX-License-Identifier: Apache-2.0
"""Firmware that is wrong, dead or starts anew: any register of the management port, read and written at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware import regs
from testbench.differential.frames import BROADCAST
from testbench.system.hostile.plan import CONTROL, RX, TX, Action, Draft
from testbench.system.hostile.registers import taint

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

# registers and the values a wrong firmware may write: those whose waits would only make a case long stay short
VALUES: dict[int, tuple[int, ...]] = {
    regs.DATAPATH: (0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 19),
    regs.DEVICE_STATUS: (0, 15, 64, 79, 0x1_0000, 0xFFFF_FFFF),
    regs.ACTIVE_FEATURES_LO: (0, 0xFFFF_FFFF, 1 << 28, 1 << 29, 1 << 15),
    regs.CTRL_DONE: (0, 1, 4, 100, 4096, 0xFFFF),
    regs.QUEUE_SELECT: (0, 1, 2, 3, 255),
    regs.QUEUE_START_INDEX: (0, 1, 0xFFFF, 0x8000),
    regs.RX_STEER: (0, 1, 7, 255),
    regs.RX_MODE: (0, 1, 0x3F),
    regs.RX_MTU: (0, 1, 100, 0xFFFF),
    regs.RX_WAIT_CYCLES: (0, 1, 500),
    regs.MAC_TABLE_INDEX: (0, 1, 31, 32, 255),
    regs.MAC_TABLE_HI: (0, 0x1_FFFF, 0x3_FFFF, 0x0F03_FFFF),
    regs.COAL_QUEUE: (0, 1, 2, 3, 255),
    regs.COAL_USECS: (0, 1, 10, 0xFFFF),
    regs.HOLD_LIMIT_US: (0, 1, 20),
    regs.WATCHDOG_US: (0, 1, 5, 0xFFFF_FFFF),
    regs.EVENT_ENABLE: (0, 0xFF, 0xFFFF_FFFF),
    regs.EVENT_STATUS: (0, 0xFF),
    regs.STATS_SNAPSHOT: (0, 1, 1, 1),
    regs.CONFIG_NOTIFY: (0, 1, 1),
    regs.HEARTBEAT: (0, 1),
    regs.MAC_CONTROL: (0, 1, 2, 3),
    regs.STEERING: (0, 1, 2, 3),
    regs.ACTIVE_PAIRS: (0, 1, 2, 4, 9, 255),
    regs.RSS_HASH_TYPES: (0, 0x1FF, 0xFFFF_FFFF),
    regs.RSS_UNCLASSIFIED: (0, 1, 7, 255),
    regs.RSS_TABLE_MASK: (0, 1, 127, 0xFFFF),
    regs.RSS_TABLE_INDEX: (0, 1, 127, 0xFFFF),
    regs.RSS_TABLE_ENTRY: (0, 1, 7, 255),
    regs.VLAN_CONTROL: (0, 1),
    regs.VLAN_INDEX: (0, 127, 255),
}
FREE = (
    regs.SCRATCH, regs.DEVICE_FEATURES_LO, regs.DEVICE_FEATURES_HI, regs.CONFIG_MAC_LO, regs.CONFIG_MAC_HI,
    regs.CONFIG_STATUS, regs.CONFIG_MTU, regs.CONFIG_SPEED, regs.CONFIG_DUPLEX, regs.MAC_TABLE_LO, regs.COAL_PACKETS,
    regs.COAL_RX_PACKETS, regs.COAL_RX_USECS, regs.COAL_TX_PACKETS, regs.COAL_TX_USECS, regs.ACTIVE_FEATURES_HI,
    regs.RSS_KEY, regs.VLAN_WORD,
)  # fmt: skip


# ---- drawing them
def management(draft: Draft) -> Action:
    """Firmware is replaced by one that does anything, while a driver works; then good firmware boots."""
    rng = draft.rng
    steps: list[list] = []
    for _ in range(rng.randint(2, 16)):
        match rng.randrange(11):
            case 0 | 1 | 2 | 3:
                register = rng.choice(tuple(VALUES))
                steps.append(["write", register, rng.choice(VALUES[register])])
            case 4:
                steps.append(["write", rng.choice(FREE), rng.choice((0, 0xFFFF_FFFF, rng.getrandbits(32)))])
            case 5:
                steps.append(["write", regs.CTRL_RAM + 4 * rng.randrange(1024), rng.getrandbits(32)])
            case 6:
                steps.append(["read", rng.choice((4 * rng.randrange(80), 4 * rng.randrange(0x4000)))])
            case 7:
                steps.append(["wait", rng.choice((50, 500, 2000, 6000))])
            case 8:
                steps.append(["traffic"])
            case 9:
                steps.append(["hold", rng.choice((0, 15, 15, 1)), rng.choice((1, 5, 20))])
            case 10:
                steps += [["write", regs.WATCHDOG_US, rng.choice((1, 3))], ["wait", 5000]]
    return {"kind": "management", "steps": steps}


def restart(draft: Draft) -> Action:
    """Firmware ends wherever it is, and new firmware boots a little later."""
    rng = draft.rng
    return {
        "kind": "restart", "before": rng.choice((0, 100, 700, 2000)), "after": rng.choice((0, 300, 3000)),
        "command": rng.random() < 0.7,
    }  # fmt: skip


# ---- carrying them out
async def do_management(world: World, action: Action) -> None:
    """Carry them out, then boot."""
    # no queue is half set up when firmware takes its registers away: see docs/hostile.md, "What is not promised"
    await world.transport.read("queue_size")
    taint(world)
    world.kill()
    mgmt = world.sim.mgmt
    for what, *rest in action["steps"]:
        if what == "write":
            mgmt.write32(rest[0], rest[1])
        elif what == "read":
            await mgmt.read32(rest[0])
        elif what == "wait":
            await world.sim.sleep_ns(rest[0])
        elif what == "traffic":
            for queue in (RX, TX, CONTROL):
                world.kick(queue)
            world.command(b"\0\0\0")
            world.send(world.frame(60, BROADCAST))
        else:
            # nobody answers: the read is held until the limit
            mgmt.write32(regs.HOLD_LIMIT_US, rest[1])
            await mgmt.read32(regs.HOLD_LIMIT_US)
            world.transport.write("device_status", rest[0])
            await world.status()
    await world.boot()


async def do_restart(world: World, action: Action) -> None:
    """Traffic goes on without firmware; a command that was begun is refused by the new one, which asks for a reset."""
    world.may_ask = True
    if action["command"]:
        world.command(b"\0\0\0")
    if action["before"]:
        await world.sim.sleep_ns(action["before"])
    world.kill()
    world.period.rx_lossy = True
    for offered in world.rings[CONTROL].offered:
        offered.checked = False  # any of them may be the one that was begun
    if action["after"]:
        await world.sim.sleep_ns(action["after"])
    await world.boot()
