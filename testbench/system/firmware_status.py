# SPDX-License-Identifier: Apache-2.0
"""Entries: real firmware on a card whose driver is single register accesses: boot, device status, features, reset."""

from __future__ import annotations

import struct
from typing import Any

from firmware import CardSettings, Firmware, regs
from host_driver.memory import DmaMemory
from host_driver.transport.pci import NO_VECTOR, PciTransport
from testbench.lib.sim_base import SimBase
from testbench.system.firmware_bus import RecordingBus
from testbench.system.rig import LIMIT_NS

MINIMUM = 1 << 32  # VERSION_1
PACKED = 1 << 34  # RING_PACKED
ACK, DRIVER, FEATURES_OK, DRIVER_OK = 1, 3, 11, 15  # device_status step by step
TRANSMIT, CONTROL = 1, 2  # indices of virtqueues: transmitq1, and the control queue of one pair
CONFIG = struct.Struct("<6sHHHIB")  # struct virtio_net_config: mac, status, queue pairs, mtu, speed, duplex


class Stage:
    """A card, firmware that acts when it is served, and a driver that writes the registers it is told to write."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.sim = sim
        self.bus = RecordingBus(sim.mgmt)
        self.firmware = Firmware(self.bus, CardSettings(**args.get("card", {})))
        self.transport = PciTransport(sim.host)
        self.memory = DmaMemory(sim.host.memory, sim.host.memory_base)
        self._logged = 0

    async def boot(self) -> Stage:
        """Firmware boots, the driver finds the structures."""
        await self.firmware.boot()
        await self.transport.discover()
        return self

    async def serve(self) -> None:
        """Firmware handles all that there is."""
        assert await self.sim.mgmt.wait_event(LIMIT_NS), "nothing for firmware to do"
        while await self.sim.mgmt.wait_event(1_000):
            await self.firmware.serve()

    async def status(self, *values: int) -> int:
        """The driver writes these one by one, each is served; what it then reads."""
        for value in values:
            self.transport.write("device_status", value)
            await self.serve()
        return await self.transport.read("device_status")

    async def live(self, features: int | None = None) -> int:
        """The whole bring-up of a driver of split rings; the status at its end."""
        await self.status(0, ACK, DRIVER)
        self.transport.write_features(self.firmware.offer & ~PACKED if features is None else features)
        return await self.status(FEATURES_OK, DRIVER_OK)

    async def read(self, *names: str) -> list[int]:
        """Registers of the management port."""
        return [await self.sim.mgmt.read32(getattr(regs, name)) for name in names]

    async def active(self) -> int:
        """The features that the data path obeys."""
        low, high = await self.read("ACTIVE_FEATURES_LO", "ACTIVE_FEATURES_HI")
        return low | high << 32

    def log(self) -> list[str]:
        """What firmware has logged since the last call."""
        entries = [entry.text for entry in self.firmware.log.entries][self._logged :]
        self._logged += len(entries)
        return entries

    async def enable(self, index: int = TRANSMIT) -> int:
        """Give a queue empty rings of eight, announced by nobody; its doorbell."""
        rings = self.memory.alloc(1024, align=1024).address
        return await self.transport.setup_queue(index, 8, (rings, rings + 256, rings + 512), NO_VECTOR)


def bits(vector: int) -> list[int]:
    """Numbers of the bits that are set."""
    return [bit for bit in range(64) if vector >> bit & 1]


async def bring_up(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """What the driver finds after boot, then its way up step by step, and down by FAILED."""
    stage = await Stage(sim, args).boot()
    offer = await stage.transport.device_features()
    mac, *config = CONFIG.unpack(await stage.transport.config_bytes(0, CONFIG.size))
    watchdog, events, datapath = await stage.read("WATCHDOG_US", "EVENT_ENABLE", "DATAPATH")
    found = {
        "offer": bits(offer), "mac": mac.hex(), "config": config, "watchdog": watchdog, "events": events,
        "datapath": datapath, "boots": stage.firmware.log.counts["boot"],
    }  # fmt: skip
    steps = []
    for status in (0, ACK, DRIVER, FEATURES_OK, DRIVER_OK, DRIVER_OK | 128):
        if status == FEATURES_OK:
            stage.transport.write_features(offer)
        seen = await stage.status(status)
        steps.append([status, seen, bits(await stage.active()), *await stage.read("RX_MTU", "DATAPATH")])
    return {**found, "steps": steps}


async def several_pairs(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A card of several pairs: what it offers, and where its queues are for drivers that accept each of ``sets``."""
    stage = await Stage(sim, args).boot()
    offer, outcome = bits(await stage.transport.device_features()), {}
    for name, accepted in args["sets"].items():
        datapath, queues = [], []
        await stage.status(0, ACK)
        for status in (DRIVER, FEATURES_OK, DRIVER_OK, DRIVER_OK | 128, 0):
            if status == FEATURES_OK:
                stage.transport.write_features(MINIMUM | 1 << 17 | sum(1 << bit for bit in accepted))
                queues.append(await stage.transport.read("num_queues"))
            await stage.status(status)
            datapath += await stage.read("DATAPATH")
            if status == FEATURES_OK:
                queues.append(await stage.transport.read("num_queues"))
                sizes = [await stage.transport.queue_limit(index) for index in range(queues[-1])]
        outcome[name] = {"datapath": datapath, "queues": queues, "sizes": sizes}
    pairs = [value for _, value in stage.bus.written(regs.ACTIVE_PAIRS)]
    return {"offer": offer, "sets": outcome, "pairs": pairs}


async def refusals(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A driver that accepts ``drop`` too little or ``add`` too much of the offer: FEATURES_OK, then on regardless."""
    stage = await Stage(sim, args).boot()
    outcome = {}
    for name, (drop, add) in args["sets"].items():
        await stage.status(0, ACK, DRIVER)
        stage.transport.write_features(stage.firmware.offer & ~drop | add)
        stage.log()
        result: dict[str, Any] = {"status": await stage.status(FEATURES_OK), "log": stage.log()}
        result["active"] = await stage.active()
        result["after"] = [await stage.status(DRIVER_OK), *await stage.read("DATAPATH")]
        result["live"] = await stage.live()
        outcome[name] = result
    return {"sets": outcome}


async def rules(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The least that a driver may accept; bits that cannot be cleared; writes that come faster than firmware."""
    stage = await Stage(sim, args).boot()
    transport, outcome = stage.transport, {}
    outcome["minimum"] = [await stage.live(MINIMUM), *await stage.read("RX_MTU")]
    outcome["cleared"] = [await stage.live(), await stage.status(DRIVER), await stage.status(DRIVER_OK | 64)]
    resets = stage.firmware.status.resets
    transport.write("device_status", 0)
    transport.write("device_status", ACK)
    await sim.sleep_ns(1_000)
    await stage.firmware.serve()
    outcome["written again"] = [await transport.read("device_status"), stage.firmware.status.resets - resets]
    outcome["datapath"] = await stage.read("DATAPATH")

    async def driver_goes_on(address: int, value: int) -> None:
        if address == regs.HOST_STATUS:
            stage.bus.after_read = None
            transport.write("device_status", DRIVER)
            await sim.sleep_ns(1_000)

    await stage.status(0)
    stage.bus.after_read = driver_goes_on
    transport.write("device_status", ACK)
    assert await sim.mgmt.wait_event(LIMIT_NS)
    await stage.firmware.serve()
    outcome["raised again"] = await sim.mgmt.wait_event(1_000)
    await stage.firmware.serve()
    outcome["meanwhile"] = [await transport.read("device_status"), await sim.mgmt.wait_event(1_000)]
    return outcome
