# SPDX-License-Identifier: Apache-2.0
"""Entries: interrupts that are masked for long, switched off, shared or needless, with nobody who looks without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from host_driver.transport.pci import MSIX_ENABLE
from testbench.lib.sim_base import SimBase
from testbench.system.faults.memory import AROUND_A_RESET
from testbench.system.faults.scene import Scene
from testbench.system.faults.traffic import STEP_NS
from testbench.system.interrupt_rules import Vectors
from testbench.system.rig import LIMIT_NS, OTHER

ONLY_BY_INTERRUPT_NS = 400_000  # how long the traffic then waits for one
WOKEN_NS = 10_000  # after unmasking: a message, and the driver has looked
FULL = frozenset({"rx_drop_no_buffer", "rx_drop_store_full"})
EXTRA = 20  # frames beyond what the receive ring takes
NEEDLESS = 0.5  # share of the waits that end at once, for nothing


class NeedlessBus:
    """A host bus whose waits for an interrupt now and then end at once, with vectors that have not fired."""

    def __init__(self, scene: Scene) -> None:
        self._bus, self._rng = scene.sim.host, scene.rng
        self.wakes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def wait_interrupt(self, vectors: set[int], timeout_ns: float) -> set[int]:
        """A part of the vectors, none or all of them, or what has really fired."""
        if self._rng.random() < NEEDLESS:
            self.wakes += 1
            await self._bus.sleep_ns(self._rng.randrange(STEP_NS))
            return {vector for vector in vectors if self._rng.randrange(2)}
        return await self._bus.wait_interrupt(vectors, timeout_ns)


class Interrupts:
    """What can be done to them; each does it so many times and returns how often it was done."""

    def __init__(self, scene: Scene, times: int) -> None:
        self.scene, self.sim, self.device, self.times = scene, scene.sim, scene.device, times
        self.kinds: dict[str, tuple[Callable[[], Awaitable[int]], frozenset[str]]] = {
            "function masked": (self.function, FULL), "vector masked": (self.single, FULL),
            "MSI-X off and on": (self.off, FULL), "vectors shared": (self.shared, AROUND_A_RESET),
            "needless wake-ups": (self.needless, frozenset()),
        }  # fmt: skip

    async def _masked(self, mask: Callable[[Vectors, bool], None]) -> int:
        """Masked while more frames come than the receive ring takes, and the transmit ring is filled."""
        scene = self.scene
        vectors = Vectors(scene.rig)
        for _ in range(self.times):
            mask(vectors, True)
            scene.inward.send([scene.rig.frame(60) for _ in range(self.device.options.rx_size + EXTRA)])
            last = scene.inward.sent
            while scene.inward.sent - scene.inward.under_way < last:
                await self.sim.sleep_ns(STEP_NS)
                scene.inward.look()
            while scene.offer(scene.rig.frame(60, OTHER)):
                pass
            await self.sim.sleep_ns(3 * STEP_NS)
            turns = scene.turns
            mask(vectors, False)
            if not await self._woken(turns):
                scene.violations.append(f"unmasked, and no interrupt within {WOKEN_NS} ns")
            await self.sim.sleep_ns(STEP_NS)
        return self.times

    async def _woken(self, turns: int) -> bool:
        """The driver has a turn soon; or, if it waits for frames that are still being sent, soon after those."""
        for still_sending in (True, False):
            start = self.sim.time_ns
            while self.sim.time_ns - start < WOKEN_NS:
                if self.scene.turns != turns:
                    return True
                await self.sim.sleep_ns(STEP_NS // 4)
            if still_sending:
                await self.sim.idle(LIMIT_NS)
        return False

    async def function(self) -> int:
        """All vectors at once."""
        return await self._masked(lambda vectors, on: vectors.mask_function(on))

    async def single(self) -> int:
        """The vectors of both data queues, or of one."""
        which = self.scene.rng.choice(((0,), (1,), (0, 1)))

        def mask(vectors: Vectors, on: bool) -> None:
            for index in which:
                vectors.mask(vectors[index], on)

        return await self._masked(mask)

    async def off(self) -> int:
        """Whoever switches MSI-X on again must look once: what happened meanwhile was announced to nobody."""
        await self.scene.by_interrupt(STEP_NS)
        caps = self.device.transport.caps
        for _ in range(self.times):
            for value in (0, MSIX_ENABLE):
                self.sim.host.config_write((caps.msix_at or 0) + 2, value, 2)
                await self.sim.sleep_ns(self.scene.rng.randrange(4 * STEP_NS))
        # and from here on it goes by interrupt again
        await self.scene.by_interrupt(ONLY_BY_INTERRUPT_NS)
        await self.sim.sleep_ns(10 * STEP_NS)
        return self.times

    async def shared(self) -> int:
        """A device with fewer vectors than queues: one for all, or one for changes and one for the queues."""
        transport: Any = self.device.transport
        plain = transport.discover
        done = 0
        for vectors in (1, 2, 3):

            async def discover(vectors: int = vectors) -> None:
                await plain()
                transport.caps.msix_size = vectors

            transport.discover = discover
            await self._again()
            await self.sim.sleep_ns(15 * STEP_NS)
            done += len(set(self.device.queues.vectors.values())) < len(self.device.queues.vectors)
        transport.discover = plain
        await self._again()
        return done

    async def _again(self) -> None:
        resets = self.scene.resets
        self.device.needs_reset = True
        while self.scene.resets == resets or not self.scene.usable:
            await self.sim.sleep_ns(STEP_NS)

    async def needless(self) -> int:
        """Waits that end for nothing, configuration changes that are none."""
        bus: Any = NeedlessBus(self.scene)
        self.device.bus = bus
        while bus.wakes < self.times:
            await self.sim.sleep_ns(STEP_NS)
        self.device.bus = self.sim.host
        return bus.wakes


async def interrupts(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``rounds`` of each kind, ``times`` in each round."""
    # a frame without a buffer is given up soon, or a full ring would take long
    scene = await Scene(sim, {**args, "card": {"rx_wait_cycles": 250, **args.get("card", {})}}).up()
    made = Interrupts(scene, args["times"])
    for _ in range(args["rounds"]):
        for kind, (act, told) in made.kinds.items():
            await scene.by_interrupt(ONLY_BY_INTERRUPT_NS)
            await scene.round(kind, act, told)
    await scene.by_interrupt(STEP_NS)
    return await scene.close()
