# SPDX-License-Identifier: Apache-2.0
"""Entries: real firmware when the link goes, queues break, or it is late itself; its heartbeat and its counters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from firmware import regs
from host_driver.net.stats import card_counters
from testbench.lib.sim_base import SimBase
from testbench.system.bare_queue import INDIRECT, SIZE, BareQueue
from testbench.system.firmware_bus import RecordingBus
from testbench.system.firmware_status import ACK, CONTROL, DRIVER_OK, TRANSMIT, Stage
from testbench.system.rig import LIMIT_NS, Rig
from testbench.system.wire_xgmii import REMOTE_FAULT


async def link(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The link as it was, gone, flapping faster than firmware looks, and back: what the driver is told."""
    stage = await Stage(sim, args).boot()
    await stage.live()
    told = 0
    outcome = []
    for flaps in ((False, True), (False,), (True, False), (True,)):
        for up in flaps:
            sim.wire.link(up)
            await sim.sleep_ns(5_000)
        await stage.serve()
        told += len(stage.bus.written(regs.CONFIG_NOTIFY))
        outcome.append([told, *await stage.read("CONFIG_STATUS")])
    return {"told": outcome, "log": stage.log()}


async def remote_fault(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The other end of an XGMII line reports a fault."""
    stage = await Stage(sim, args).boot()
    sim.cell("xgmii.send_fault").value = REMOTE_FAULT
    await stage.serve()
    return {"status": await stage.read("CONFIG_STATUS"), "log": stage.log()}


async def queue_errors(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A bad chain on the transmit queue is logged; a control queue that has stopped asks for a reset."""
    rig = Rig(sim, args)
    rig.firmware.bus = bus = RecordingBus(sim.mgmt)
    await rig.up()
    read = rig.device.transport.read
    transmit = await BareQueue(rig, TRANSMIT).install()
    transmit.write({0: (transmit.table, 24, INDIRECT, 0)})
    transmit.offer(0)
    await sim.idle(LIMIT_NS)
    outcome: dict[str, Any] = {"chain": [await read("device_status"), str(rig.firmware.log)]}
    control = await BareQueue(rig, CONTROL).install()
    bus.writes.clear()
    control.offer(SIZE)
    await sim.idle(LIMIT_NS)
    outcome["ring"] = [await read("device_status"), str(rig.firmware.log), len(bus.written(regs.CONFIG_NOTIFY))]
    outcome["interrupts"] = [int(row["vector"]) for row in sim.host.messages].count(0)
    await rig.device.close()
    transmit.free()
    control.free()
    sim.host.unguard()
    await rig.device.probe()
    rig.guard()
    return {**outcome, "works": await rig.ping_pong([60]), "counters": await rig.close()}


async def late(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware neither beats nor answers in time, and finds that in its events when it looks again."""
    stage = await Stage(sim, args).boot()
    await stage.live()
    stage.transport.write("device_status", DRIVER_OK)
    held = await stage.transport.read("device_status")
    await sim.sleep_ns(1_000 * args["wait_us"])
    await stage.serve()
    counts = stage.firmware.log.counts
    return {
        "held": held, "logged": [counts["watchdog"], counts["hold timeout"]],
        "status": await stage.transport.read("device_status"), "live": await stage.live(),
    }  # fmt: skip


async def heartbeat(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Gaps between ``beats`` heartbeats while the driver writes the status again and again."""
    stage = await Stage(sim, args).boot()
    beats: list[int] = []

    def listen(address: int, value: int) -> None:
        if address == regs.HEARTBEAT:
            beats.append(sim.time_ns)
        if len(beats) == args["beats"]:
            stage.firmware.stop()

    stage.bus.on_write = listen
    task = sim.start_soon(stage.firmware.run())
    writes = 0
    while not task.done():
        stage.transport.write("device_status", ACK)
        await stage.transport.read("device_status")
        await sim.sleep_ns(args["pause_ns"])
        writes += 1
    counters = await stage.firmware.counters()
    return {
        "beats": len(beats), "longest_ns": max(b - a for a, b in pairwise(beats)), "writes": writes,
        "bites": counters["watchdog_bites"],
    }  # fmt: skip


async def counters(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Every counter by name, from firmware's side and from the host's, at rest."""
    rig = await Rig(sim, args).up()
    await rig.ping_pong(args["sizes"])
    await sim.idle(LIMIT_NS)
    mine, theirs = await rig.firmware.counters(), await card_counters(rig.device.transport)
    # reading the one set of them takes time
    different = {name for name in mine if mine[name] != theirs[name]} - {"busy_cycles"}
    return {"different": sorted(different), "values": mine, "closed": await rig.close()}
