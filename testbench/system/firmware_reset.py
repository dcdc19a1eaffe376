# SPDX-License-Identifier: Apache-2.0
"""Entries: the driver resets the card while memory does not answer, or while a control command waits for firmware."""

from __future__ import annotations

from typing import Any

from firmware import regs, status
from testbench.lib.sim_base import SimBase
from testbench.system.bare_queue import NEXT, WRITE, BareQueue
from testbench.system.firmware_status import CONTROL, TRANSMIT, Stage
from testbench.system.rig import LIMIT_NS, Rig

UNTOUCHED = 0xEE
DEFAULTS = (regs.COAL_RX_PACKETS, regs.COAL_RX_USECS, regs.COAL_TX_PACKETS, regs.COAL_TX_USECS)


async def hold_memory(stage: Stage, ns: int) -> int:
    """Have the card read a ring from memory that answers only in ``ns``; the time at which it does."""
    doorbell = await stage.enable()
    assert await stage.sim.idle(LIMIT_NS)
    latency = stage.sim.cell("memory.read_latency_ps")
    before, latency.value = latency.value, ns * 1000
    stage.sim.host.bar_write(doorbell, TRANSMIT, 2)
    await stage.sim.sleep_ns(1_000)
    latency.value = before
    return stage.sim.time_ns + ns - 1_000


async def slow_reset(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A reset while memory is slow, with everything set that a reset takes back."""
    stage = await Stage(sim, args).boot()
    firmware, bus = stage.firmware, stage.bus
    registers = ("RX_MODE", "CONFIG_MAC_LO", "COAL_TX_PACKETS", "ACTIVE_FEATURES_LO")
    await stage.live()
    firmware.link.set_mac(b"\2\0\0\0\0\7")
    firmware.filter.set_mode(regs.RX_MODE_PROMISC, True)
    firmware.filter.set_table([b"\2abcde"], [])
    firmware.coalescing.set_all(True, 8, 8)
    before = [*await stage.read(*registers), bus.mac_table()]
    quiet_at = await hold_memory(stage, args["memory_ns"])
    bus.writes.clear()
    status, late = await stage.status(0), sim.time_ns - quiet_at
    writes = bus.written(regs.DATAPATH, regs.DEVICE_STATUS, *DEFAULTS)
    order = ["status" if at == regs.DEVICE_STATUS else value for at, value in writes if at not in DEFAULTS]
    zeroed = sorted(at for at, value in writes if at in DEFAULTS and not value) == sorted(DEFAULTS)
    after = [*await stage.read(*registers), bus.mac_table()]
    return {"before": before, "status": status, "late_ns": late, "order": order, "zeroed": zeroed, "after": after}


async def served_twice(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A driver that has read 0 writes its features, and firmware is told again of the reset that it has answered."""
    stage = await Stage(sim, args).boot()
    await stage.live()
    status = await stage.status(0)
    stage.transport.write_features(stage.firmware.offer)
    await stage.firmware.status.serve()
    low, high = await stage.read("DRIVER_FEATURES_LO", "DRIVER_FEATURES_HI")
    again = await stage.status(0)
    return {
        "status": [status, again], "kept": (high << 32 | low) == stage.firmware.offer,
        "taken": await stage.read("DRIVER_FEATURES_LO"),
    }  # fmt: skip


async def endless_reset(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A reset while memory is slower than firmware waits for it, ``quiet_limit_ns``; then one when it is there."""
    stage = await Stage(sim, args).boot()
    await stage.live()
    quiet_at = await hold_memory(stage, args["memory_ns"])
    start, limit = sim.time_ns, status.QUIET_LIMIT_NS
    status.QUIET_LIMIT_NS = args["quiet_limit_ns"]
    try:
        answer, took = await stage.status(0), sim.time_ns - start
    finally:
        status.QUIET_LIMIT_NS = limit
    failed = stage.firmware.log.counts["reset failed"]
    await sim.sleep_ns(quiet_at - sim.time_ns)
    return {"status": answer, "took_ns": took, "failed": failed, "live": await stage.live()}


async def abandoned_command(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A reset finds a control command that nobody will answer."""
    rig = await Rig(sim, args).up()
    queue = await BareQueue(rig, CONTROL).install()
    rig.stop()
    before = rig.firmware.control.commands
    queue.fill(0, b"\0\0\1")
    queue.fill(1, bytes((UNTOUCHED,)))
    queue.write({0: (queue.buffer(0), 3, NEXT, 1), 1: (queue.buffer(1), 1, WRITE, 0)})
    queue.offer(0)
    assert await sim.mgmt.wait_event(LIMIT_NS)
    await sim.sleep_ns(20_000)
    waiting = await sim.mgmt.read32(regs.CTRL_STATE) & regs.CTRL_STATE_PENDING
    rig.device.transport.write("device_status", 0)
    await sim.sleep_ns(1_000)
    await rig.firmware.serve()
    answered, ack = await rig.device.transport.read("device_status"), queue.content(1, 1)[0]
    rig.start()
    commands = rig.firmware.control.commands - before
    await rig.device.close()
    queue.free()
    sim.host.unguard()
    await rig.device.probe()
    rig.guard()
    return {
        "waiting": waiting, "status": answered, "untouched": ack == UNTOUCHED, "carried out": commands,
        "works": await rig.ping_pong([60]), "counters": await rig.close(),
    }  # fmt: skip
