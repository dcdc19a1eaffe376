# SPDX-License-Identifier: Apache-2.0
"""Carries a case out, and then sees that everything works which its actions have not given a reason to fail."""

from __future__ import annotations

from firmware import regs
from testbench.differential.frames import BROADCAST
from testbench.system.hostile.generate import KINDS
from testbench.system.hostile.placing import reset
from testbench.system.hostile.plan import CONTROL, RX, TX, Case
from testbench.system.hostile.ring import RuleBroken
from testbench.system.hostile.steering import steer_to_first
from testbench.system.hostile.world import World

WENT_ON, NEEDS, IN_THE_MIDDLE, FAILED = "went on", "needs reset", "reset in the middle", "failed"
OUTCOMES = WENT_ON, NEEDS, IN_THE_MIDDLE
NEEDS_RESET = 64  # of device_status
FLUSHES, SHORT_WAIT = 6, 150
LOGGED = 256  # entries that firmware may keep


async def carry_out(world: World, case: Case) -> str:
    """The case's actions, then the rules: which of OUTCOMES. Raises RuleBroken."""
    for action in case.actions:
        if action["kind"] == "traffic":
            await world.traffic(action)
        else:
            await KINDS[action["kind"]][2](world, action)
        if action["rest"]:
            await world.rest()
    if case.hard:
        return IN_THE_MIDDLE
    await world.rest()
    status = await world.status()
    needs = bool(status & NEEDS_RESET)
    if len(world.firmware.log.entries) > LOGGED:
        raise RuleBroken("firmware's log grows without a bound")
    if not world.tainted:
        needs = await conclude(world, needs)
    return NEEDS if needs else WENT_ON


async def conclude(world: World, needs: bool) -> bool:
    """What must still work does; what has stopped has been told. Whether the device asks for a reset."""
    receive, control = world.rings[RX], world.rings[CONTROL]
    if not needs and not world.endless:
        await renewed(world)
    for ring in world.rings:
        if (ring.stopped or ring.lost) and not needs:
            raise RuleBroken(f"{ring.name}: it has stopped, and the device does not ask for a reset")
    for ring in world.for_role(TX):
        if not (needs and ring.may_break) and ring.told:
            world.transmit([[100, 2, 0]], ring.index)
    if not (needs and control.may_break) and control.told:
        world.command(b"\0\0\0")
        if world.reach != {0}:
            await steer_to_first(world)
    await world.rest()
    if not (needs and receive.may_break) and receive.told and world.reach == {0}:
        needs = await receives(world)
    if needs and not world.may_ask and not any(ring.may_break for ring in world.rings):
        raise RuleBroken("the device asks for a reset for no reason")
    if needs and not {"msix", "pci"} & set(world.case.kinds) and 0 not in world.host.take_interrupts():
        raise RuleBroken("the device asks for a reset and does not interrupt")
    return needs


async def renewed(world: World) -> None:
    """A driver that no longer knows where a queue is resets that queue; then it works."""
    for ring in world.rings:
        if ring.wild:
            await reset(world, ring.index, world.case.rings[ring.index], world.case.sizes[ring.index])
            ring.may_break = False
            world.write_queue(ring.index, ring.rings, ring.size)


async def receives(world: World) -> bool:
    """Frames arrive, once what a hostile driver left in the ring has been used up; or the device asks for a reset."""
    ring = world.rings[RX]
    world.sim.mgmt.write32(regs.RX_WAIT_CYCLES, SHORT_WAIT)  # for hundreds of frames, if the ring has stopped
    for _ in range(FLUSHES):
        if not ring.sloppy:
            world.post(2)
            await world.rest()
        if ring.offered and all(buffer.honest for buffer in ring.offered):
            await world.receive([150], 0)
            await world.rest()
            return bool(await world.status() & NEEDS_RESET)
        for _ in range(max(len(ring.offered), 1)):
            world.send(world.frame(60, BROADCAST))
        await world.rest()
        if ring.may_break and await world.status() & NEEDS_RESET:
            return True
    raise RuleBroken("receive: no frame arrives any more")
