# SPDX-License-Identifier: Apache-2.0
"""Entries: resets in the middle of traffic, and firmware that is slow or dead."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from host_driver.errors import DeviceTimeout, DriverError, FeaturesRejected
from testbench.system.rig import LIMIT_NS, OTHER, Rig


async def reset_in_traffic(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Close and probe again while frames run both ways; after a reset any access to memory ends the run."""
    rig = await Rig(sim, args).up()
    held = (rig.memory.live_buffers, rig.memory.live_bytes)
    sizes = args.get("sizes", [60, 300, 1514, 9014])
    leaks = broken = in_flight = 0
    for turn in range(args["turns"]):
        for place in range(40):
            rig.device.transmit(rig.frame(sizes[(turn + place) % len(sizes)], OTHER))
        sim.wire.send_frames([rig.frame(max(60, sizes[place % len(sizes)])) for place in range(40)])
        await sim.sleep_ns(rig.rng.randrange(40_000))
        rig.device.poll(8)
        lost = rig.device.queues.past["tx_dropped"]
        await rig.device.close()
        in_flight += rig.device.queues.past["tx_dropped"] - lost
        leaks += rig.memory.live_buffers
        rig.forbid()
        if turn % 2:
            # the wire goes on for a while against a card without a driver
            await sim.sleep_ns(rig.rng.randrange(20_000))
        sim.host.unguard()
        await rig.device.probe()
        leaks += held != (rig.memory.live_buffers, rig.memory.live_bytes)
        rig.guard()
        if turn % 10 == 9 or turn == args["turns"] - 1:
            await sim.idle(LIMIT_NS)
            while rig.device.poll():
                pass
            broken += not await rig.ping_pong([60, 1514])
    return {"leaks": leaks, "broken": broken, "in_flight": in_flight, "counters": await rig.close()}


async def ring_reset_in_traffic(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Single queues are reset while both run."""
    rig = await Rig(sim, args).up()
    buffers = rig.memory.live_buffers
    for turn in range(args["turns"]):
        for place in range(30):
            rig.device.transmit(rig.frame(60 + 50 * place, OTHER))
        sim.wire.send_frames([rig.frame(60 + 50 * place) for place in range(30)])
        await sim.sleep_ns(rig.rng.randrange(20_000))
        sim.host.unguard()
        await (rig.device.queues.reset_rx(0) if turn % 2 else rig.device.queues.reset_tx(0))
        rig.guard()
    await sim.idle(LIMIT_NS)
    while rig.device.poll():
        pass
    works = await rig.ping_pong([60, 1514])
    return {"works": works, "leaks": rig.memory.live_buffers - buffers, "counters": await rig.close()}


class SlowBus:
    """A management bus whose firmware takes ``delay_ns`` before it looks at an event."""

    def __init__(self, bus: Any, delay_ns: int) -> None:
        self.bus, self.delay_ns = bus, delay_ns
        self.read32, self.write32, self.now_ns, self.sleep_ns = bus.read32, bus.write32, bus.now_ns, bus.sleep_ns

    async def wait_event(self, timeout_ns: int) -> bool:
        if not await self.bus.wait_event(timeout_ns):
            return False
        await self.bus.sleep_ns(self.delay_ns)
        return True


async def slow_firmware(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Probe, a control command and a reset with firmware that takes its time: all work, only later."""
    rig = Rig(sim, args)
    await rig.firmware.boot()
    rig.firmware.bus = bus = SlowBus(sim.mgmt, 0)
    rig.start()
    transport = rig.device.transport
    took = {}

    async def timed(name: str, step: Awaitable[Any]) -> None:
        bus.delay_ns = args["delay_ns"]
        start = sim.time_ns
        await step
        took[name] = sim.time_ns - start
        bus.delay_ns = 0

    plain = transport.read

    async def read(field: str) -> int:
        # the one read of FEATURES_OK that the standard asks for
        if field == "device_status" and "FEATURES_OK" not in took and rig.device.features:
            await timed("FEATURES_OK", plain(field))
        return await plain(field)

    transport.read = read  # type: ignore[method-assign]
    await rig.device.probe()
    await timed("control", rig.device.settings.set_promisc(True))
    await timed("reset", rig.device.close())
    rig.firmware.stop()
    return {"took": took, "log": str(rig.firmware.log), "leaked": rig.memory.live_buffers}


async def dead_firmware(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware dies at three moments; each time the driver gets a named error within its bound, and nothing hangs."""
    outcome: dict[str, Any] = {}
    rig = await Rig(sim, {**args, "card": {"hold_limit_us": 200, "heartbeat_us": 100}}).up()
    device = rig.device
    device.transport.reset_limit_ns = 1_000_000
    assert device.queues.control
    device.queues.control.limit_ns = 1_000_000
    rig.stop()
    try:
        await device.settings.set_promisc(True)
    except DriverError as error:
        outcome["command"] = type(error).__name__
    await device.wait(1_000_000)
    outcome["watchdog"] = device.needs_reset
    try:
        await device.close()
    except DeviceTimeout:
        outcome["reset"] = "DeviceTimeout"
    outcome["kept"] = rig.memory.live_buffers > 0
    await rig.firmware.boot()
    rig.start()
    await device.close()
    outcome["freed"] = rig.memory.live_buffers == 0
    # it dies once more between the reset and FEATURES_OK
    plain = device.transport.write_features

    def write_features(features: int) -> None:
        plain(features)
        rig.stop()

    device.transport.write_features = write_features  # type: ignore[method-assign]
    try:
        await device.probe()
    except DriverError as error:
        outcome["features"] = type(error.__context__ or error).__name__
        outcome["refused"] = isinstance(error.__context__ or error, FeaturesRejected)
    device.transport.write_features = plain  # type: ignore[method-assign]
    await rig.firmware.boot()
    rig.start()
    sim.host.unguard()
    await device.close()
    await device.probe()
    outcome["works"] = await rig.ping_pong([60, 1514])
    outcome["counters"] = await rig.close()
    return outcome
