# SPDX-License-Identifier: Apache-2.0
"""Entries: firmware ends, something happens while there is none, and another boots on a card with a live driver."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from firmware import CardSettings, Firmware, regs
from host_driver.errors import ControlError
from testbench.lib.bus_types import WRITE
from testbench.lib.sim_base import SimBase
from testbench.system.rig import LIMIT_NS, Rig

MAC, GROUP, OTHER_GROUP = (bytes.fromhex(text) for text in ("02fe520000aa", "01005e000011", "01005e000022"))
KEPT = (
    "DEVICE_STATUS", "DATAPATH", "RX_MODE", "RX_MTU", "CONFIG_MAC_LO", "CONFIG_MAC_HI", "CONFIG_MTU", "COAL_RX_PACKETS",
    "COAL_RX_USECS", "ACTIVE_FEATURES_LO", "ACTIVE_FEATURES_HI",
)  # fmt: skip
HEARTBEAT_US = 50


class Restart:
    """A live driver with settings of its own, and firmware that can be away."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.sim = sim
        self.settings = CardSettings(heartbeat_us=HEARTBEAT_US, hold_limit_us=100)
        self.rig = Rig(sim, {**args, "card": {"heartbeat_us": HEARTBEAT_US, "hold_limit_us": 100}})
        self.command: Any = None
        self.cases: dict[str, Callable[[], Awaitable[None]]] = {
            "nothing": self.nothing, "link": self.link, "command": self.ask, "command begun": self.begun,
            "queue error": self.queue_error, "watchdog": self.watchdog, "other MTU": self.other_mtu,
            "reset": self.reset,
        }  # fmt: skip

    async def nothing(self) -> None:
        """Time passes."""

    async def link(self) -> None:
        """The link goes."""
        self.sim.wire.link(False)

    async def ask(self) -> None:
        """The driver sends a command."""
        self.command = self.sim.start_soon(self._ask())
        await self.sim.sleep_ns(10_000)

    async def _ask(self) -> str:
        try:
            await self.rig.device.settings.set_allmulti(True)
        except ControlError as error:
            return str(error)
        return "done"

    async def begun(self) -> None:
        """The driver sends a command, and firmware had begun it."""
        await self.ask()
        self.sim.mgmt.write32(regs.EVENT_STATUS, regs.EVENT_STATUS_CTRL_COMMAND)

    async def queue_error(self) -> None:
        """The receive queue stops, and firmware had seen the event and not done anything."""
        queue = self.rig.device.queues.rx[0].queue
        self.sim.host.inject(queue.used_address, 6, WRITE, count=1)
        self.sim.wire.send(self.rig.frame(60))
        await self.sim.sleep_ns(10_000)
        self.sim.host.inject_clear()
        self.sim.mgmt.write32(regs.EVENT_STATUS, regs.EVENT_STATUS_QUEUE_ERROR)

    async def watchdog(self) -> None:
        """The watchdog bites."""
        await self.sim.sleep_ns(5_000 * HEARTBEAT_US)

    async def other_mtu(self) -> None:
        """The card's owner chooses another MTU."""
        self.settings = replace(self.settings, mtu=2000)

    async def reset(self) -> None:
        """The driver begins a reset."""
        self.rig.device.transport.write("device_status", 0)
        await self.sim.sleep_ns(2_000)

    async def case(self, name: str) -> dict[str, Any]:
        """Firmware ends, the case, firmware boots; then a reset if that was asked for, and whether all is well."""
        rig, sim, device = self.rig, self.sim, self.rig.device
        before = await self.registers()
        rig.stop()
        await sim.sleep_ns(1_000)
        await self.cases[name]()
        messages = len(sim.host.messages)
        rig.firmware = firmware = Firmware(sim.mgmt, self.settings)
        await firmware.boot()
        after = await self.registers()
        rig.start()
        await sim.sleep_ns(10_000)
        told = [int(row["vector"]) for row in sim.host.messages[messages:]].count(0)
        result = {
            "changed": {key: [before[key], after[key]] for key in before if before[key] != after[key]},
            "told": told > 0, "log": [entry.text for entry in firmware.log.entries if entry.kind == "take over"],
        }  # fmt: skip
        if self.command:
            result["command"] = await self.command
            self.command = None
        await device.wait(1)
        result["needs reset"], result["link"] = device.needs_reset, device.link_up
        sim.wire.link(True)
        if device.needs_reset or name == "reset":
            sim.host.unguard()
            await device.recover()
            rig.guard()
        result["works"] = await rig.ping_pong([60, 1514]) and await self.groups()
        result["max_mtu"] = device.max_mtu
        return result

    async def registers(self) -> dict[str, int]:
        """Those that a live driver depends on."""
        return {name: await self.sim.mgmt.read32(getattr(regs, name)) for name in KEPT}

    async def groups(self) -> bool:
        """The driver's group is received, another one is not, and new addresses take the place of the old."""
        rig, settings = self.rig, self.rig.device.settings
        await settings.set_allmulti(False)
        heard: list[list[bytes]] = []
        for wanted in ([GROUP], [OTHER_GROUP], [GROUP]):
            if heard:
                await settings.set_addresses([], wanted)
            for group in (GROUP, OTHER_GROUP):
                rig.sim.wire.send(rig.frame(60, group))
            await rig.sim.idle(LIMIT_NS)
            heard.append([received.frame[:6] for received in rig.device.poll()])
        return heard == [[GROUP], [OTHER_GROUP], [GROUP]]


async def cases(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Each case, one after another."""
    restart = Restart(sim, args)
    rig = await restart.rig.up()
    settings = rig.device.settings
    await settings.set_mac(MAC)
    await settings.set_addresses([], [GROUP])
    await settings.set_rx_coalescing(3, 7)
    outcome = {name: await restart.case(name) for name in restart.cases}
    return {"cases": outcome, "boots": len(outcome), "counters": await rig.close()}
