# SPDX-License-Identifier: Apache-2.0
"""Entries: firmware that dies anywhere, or hangs, under traffic, and is booted anew on the live card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from host_driver.errors import DriverError
from testbench.lib.bus_types import WRITE
from testbench.lib.sim_base import SimBase
from testbench.system.faults.frames import GROUP
from testbench.system.faults.memory import AROUND_A_RESET, RING
from testbench.system.faults.mortal import LOOK_NS
from testbench.system.faults.scene import ADDRESS, COALESCING, Scene
from testbench.system.faults.traffic import HEARTBEAT_US, STEP_NS

WATCHDOG_NS = 4_000 * HEARTBEAT_US
DOWN_NS = 60_000, 60_000, 2 * WATCHDOG_NS  # longest time from an end to the next boot: mostly before the watchdog bites
TOLD = AROUND_A_RESET | RING | {"hold_timeouts", "watchdog_bites"}
OVER_NS = 4_000_000  # within which the driver must be through with what it was doing


class Deaths:
    """What can be under way when firmware dies. Each kind arms the death, begins that, and waits until it is over."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.sim, self.lives = scene, scene.sim, scene.lives
        self.rng, self.device = scene.rng, scene.device
        self.access: int | None = None
        """At which access it dies; None: at a random one."""
        self.kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "crash in traffic": self.traffic, "crash in a control command": self.command,
            "crash in a reset": self.reset, "crash at FEATURES_OK": self.features, "crash in boot": self.boot,
            "crash at a link change": self.link, "crash at a queue error": self.queue_error,
        }  # fmt: skip

    def _at(self, most: int) -> int:
        return self.rng.randrange(1, most) if self.access is None else self.access

    async def round(self, kind: str) -> None:
        """One death of a kind, and what came of it."""
        scene = self.scene
        resets, drops = scene.resets, scene.counted(*AROUND_A_RESET)
        self.lives.down_ns = self.rng.randrange(self.rng.choice(DOWN_NS))

        async def act() -> int:
            deaths = self.lives.crashes
            await self.kinds[kind]()
            self.lives.bus.disarm()
            await self.lives.wait_up()
            return self.lives.crashes - deaths

        await scene.round(kind, act, TOLD)
        kept = scene.resets == resets
        scene.outcomes[f"{kind}: {'kept' if kept else 'reset'}"] += 1
        if kept and (drops := scene.counted(*AROUND_A_RESET) - drops):
            scene.violations.append(f"{kind}: the driver was kept, and {drops} frames were dropped")

    async def traffic(self) -> None:
        """Anywhere, by its task's end."""
        self.lives.kill()
        await self.sim.sleep_ns(self.lives.down_ns + 4 * LOOK_NS)

    async def command(self) -> None:
        """At an access during a command; the driver gets an answer, or an error with a name."""
        settings = self.device.settings
        name, call = self.rng.choice([
            ("allmulti", lambda: settings.set_allmulti(settings.allmulti)),
            ("addresses", lambda: settings.set_addresses([], [GROUP])),
            ("coalescing", lambda: settings.set_rx_coalescing(*COALESCING)),
            ("address", lambda: settings.set_mac(ADDRESS)),
            ("query", lambda: settings.get_queue_coalescing(0)),
        ])  # fmt: skip
        self.scene.hold_recovery = True
        self.lives.bus.crash_after(self._at(14))
        start = self.sim.time_ns
        try:
            await call()
        except DriverError as error:
            self.scene.errors[type(error).__name__] += 1
        self.scene.hold_recovery = False
        if self.sim.time_ns - start > OVER_NS:
            self.scene.violations.append(f"the command '{name}' took {self.sim.time_ns - start} ns")

    async def _driver_resets(self) -> None:
        """The driver resets the device, with frames coming from the wire all the time."""
        resets, end = self.scene.resets, self.sim.time_ns + OVER_NS
        self.device.needs_reset = True
        while self.scene.resets == resets or not self.scene.usable:
            if self.sim.time_ns > end:
                self.scene.violations.append("the device does not come back in time")
                return
            self.scene.inward.send([self.scene.rig.frame(60)])
            await self.sim.sleep_ns(STEP_NS)

    async def reset(self) -> None:
        """At an access after the driver has begun a reset."""
        self.lives.bus.crash_after(self._at(70))
        await self._driver_resets()

    async def features(self) -> None:
        """At an access after the driver has written its features."""
        transport: Any = self.device.transport
        plain = transport.write_features

        def write_features(features: int) -> None:
            transport.write_features = plain
            plain(features)
            self.lives.bus.crash_after(self._at(20))

        transport.write_features = write_features
        await self._driver_resets()

    async def boot(self) -> None:
        """Once, and the next one while it boots."""
        self.lives.next_crash = self._at(140)
        await self.traffic()
        await self.lives.wait_up()

    async def link(self) -> None:
        """At an access after the link has changed; the driver hears of it all the same."""
        self.lives.bus.crash_after(self._at(8))
        for up in (False, True):
            self.sim.wire.link(up)
            end = self.sim.time_ns + OVER_NS
            while self.device.link_up != up and self.sim.time_ns < end:
                await self.sim.sleep_ns(STEP_NS)
            if self.device.link_up != up:
                self.scene.violations.append(f"the driver does not hear of the link going {'up' if up else 'down'}")

    async def queue_error(self) -> None:
        """At an access after a queue has stopped; the driver hears that it must reset."""
        queue, resets = self.device.queues.rx[0].queue, self.scene.resets
        self.lives.bus.crash_after(self._at(8))
        self.sim.host.inject(*queue.areas["used"], WRITE, count=1)
        end = self.sim.time_ns + OVER_NS
        while self.scene.resets == resets and self.sim.time_ns < end:
            await self.sim.sleep_ns(STEP_NS)
        self.sim.host.inject_clear()
        if self.scene.resets == resets:
            self.scene.violations.append("the driver does not hear of a queue that has stopped")


async def crashes(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``rounds`` of each kind of death."""
    scene = await Scene(sim, args).up()
    deaths = Deaths(scene)
    for _ in range(args["rounds"]):
        for kind in deaths.kinds:
            await deaths.round(kind)
    return await scene.close()


async def everywhere(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """One kind of death, at each access from ``first`` on to ``last``, every ``step``-th of them."""
    scene = await Scene(sim, args).up()
    deaths = Deaths(scene)
    for deaths.access in range(args["first"], args["last"] + 1, args["step"]):
        known = len(scene.violations)
        await deaths.round(args["kind"])
        scene.violations[known:] = [f"access {deaths.access}: {text}" for text in scene.violations[known:]]
    return await scene.close()


async def hangs(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware hangs: the watchdog tells the driver, which resets; firmware is killed and booted anew, or goes on."""
    scene = await Scene(sim, args).up()
    lives = scene.lives

    async def hang(killed: bool) -> int:
        start, resets = sim.time_ns, scene.resets
        lives.bus.hang_after(1)
        while scene.resets == resets and sim.time_ns < start + OVER_NS:
            await sim.sleep_ns(STEP_NS)
        if not WATCHDOG_NS - 2_000 * HEARTBEAT_US < sim.time_ns - start < 2 * WATCHDOG_NS:
            scene.violations.append(f"the driver began its reset {sim.time_ns - start} ns after firmware hung")
        await sim.sleep_ns(scene.rng.randrange(WATCHDOG_NS))
        if killed:
            lives.down_ns = scene.rng.randrange(WATCHDOG_NS)
            lives.kill()
            await sim.sleep_ns(lives.down_ns + 4 * LOOK_NS)
        else:
            lives.bus.disarm()
        await lives.wait_up()
        while not scene.usable and sim.time_ns < start + 2 * OVER_NS:
            await sim.sleep_ns(STEP_NS)
        return 1

    for _ in range(args["rounds"]):
        for kind, killed in (("hang, then killed", True), ("hang, then awake", False)):
            resets = scene.resets
            await scene.round(kind, lambda killed=killed: hang(killed), TOLD)  # type: ignore[misc]
            scene.outcomes[f"{kind}: {'reset' if scene.resets > resets else 'kept'}"] += 1
    return await scene.close()
