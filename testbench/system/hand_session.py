# SPDX-License-Identifier: Apache-2.0
"""Entry: what a driver by hand does, step by step, and what came of each step."""

from __future__ import annotations

from typing import Any

from firmware import Firmware, regs
from testbench.lib.sim_base import SimBase
from testbench.system.hand_driver import HandDriver
from testbench.system.rig import LIMIT_NS


class Session:
    """Each step is a method; arguments and result pass through JSON, bytes as hexadecimal."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.sim, self.driver = sim, HandDriver(sim, args)

    async def up(self, *features: int) -> int:
        """Reset, and up with these features, VERSION_1 and its rings; the device's status."""
        return await self.driver.up(features)

    async def send(self, request: str, capacity: int = 1) -> str:
        """A control command; its answer."""
        return (await self.driver.command(bytes.fromhex(request), capacity)).hex()

    async def arrive(self, *frames: str) -> list[list[Any]]:
        """Frames from the wire, one after another; of each the pair it is received on and its header, or nothing."""
        places: list[list[Any]] = []
        for frame in frames:
            self.sim.wire.send(bytes.fromhex(frame))
            assert await self.sim.idle(LIMIT_NS)
            got = self.driver.received()
            assert len(got) < 2 and all(data.hex() == frame for _, _, data in got), "not the frame that was sent"
            places += [[pair, header.hex()] for pair, header, _ in got] or [[]]
        return places

    async def transmit(self, pair: int, frames: list[str], header: str = "", indirect: bool = False) -> list[str]:
        """Send frames at once; those that leave."""
        before = len(self.sim.wire.received)
        self.driver.transmit(pair, [bytes.fromhex(frame) for frame in frames], bytes.fromhex(header), indirect)
        assert await self.sim.idle(LIMIT_NS)
        return [data.hex() for _, data in self.sim.wire.received[before:]]

    async def read(self, *names: str) -> list[int]:
        """Registers of the management port."""
        return [await self.sim.mgmt.read32(getattr(regs, name)) for name in names]

    async def poke(self, name: str, value: int) -> None:
        """Write a register of the management port past firmware."""
        self.sim.mgmt.write32(getattr(regs, name), value)

    async def written(self, *names: str) -> list[list[Any]]:
        """What firmware has written to these registers since the last question."""
        known = {getattr(regs, name): name for name in names}
        return [[known[address], value] for address, value in self.driver.bus.written(*known)]

    async def config(self, offset: int, size: int) -> str:
        """Bytes of the device configuration."""
        return (await self.driver.transport.config_bytes(offset, size)).hex()

    async def counters(self, *names: str) -> list[int]:
        """Of the card."""
        values = await self.driver.firmware.counters()
        return [values[name] for name in names]

    async def commands(self) -> list[int]:
        """Commands and refusals that firmware has counted."""
        return [self.driver.firmware.control.commands, self.driver.firmware.control.refused]

    async def indices(self, index: int) -> list[list[int]]:
        """QUEUE_INDICES of a queue, available and used, and what the driver's half says."""
        self.sim.mgmt.write32(regs.QUEUE_SELECT, index)
        word = await self.sim.mgmt.read32(regs.QUEUE_INDICES)
        self.driver.queues[index].reclaim()
        return [[word & 0xFFFF, word >> 16], list(self.driver.queues[index].indices)]

    async def want(self, index: int, flags: int, ahead: int = 0) -> None:
        """Which interrupts of a packed queue the driver wants; see ``PackedQueue.want``."""
        self.driver.queues[index].reclaim()
        self.driver.queues[index].want(flags, ahead)

    async def sized(self, index: int, size: int) -> int:
        """The size that a queue has when it was reset and this one has been written."""
        transport = self.driver.transport
        transport.write("queue_select", index)
        if await transport.read("queue_enable"):
            await transport.reset_queue(index)
        transport.write("queue_size", size)
        return await transport.read("queue_size")

    async def stop_queue(self, index: int) -> None:
        """Reset a single queue and leave it so."""
        await self.driver.transport.reset_queue(index)

    async def interrupts(self) -> list[int]:
        """Vectors that have fired since the last question."""
        return sorted(self.sim.host.take_interrupts())

    async def reboot(self) -> list[str]:
        """Firmware ends, and another boots on the live card; what that logs of taking over."""
        driver = self.driver
        driver.stop()
        driver.firmware = Firmware(driver.bus, driver.settings)
        await driver.firmware.boot()
        driver.start()
        return [entry.text for entry in driver.firmware.log.entries if entry.kind == "take over"]


async def session(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Steps ``[name, arguments...]`` one after another, and what each gave."""
    session = Session(sim, args)
    await session.driver.boot()
    results = [await getattr(session, name)(*rest) for name, *rest in args["steps"]]
    session.driver.stop()
    return {"results": results, "incidents": [dict(incident) for incident in sim.host.incidents]}
