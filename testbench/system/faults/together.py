# SPDX-License-Identifier: Apache-2.0
"""Entry: everything at once: failing and late memory, an impaired wire, dying firmware, masked interrupts."""

from __future__ import annotations

from typing import Any

from testbench.lib.bus_types import BOTH, ERRORS
from testbench.lib.config import Impairments
from testbench.lib.sim_base import SimBase
from testbench.system.faults.memory import ERROR_KINDS, LATE
from testbench.system.faults.scene import Scene
from testbench.system.faults.traffic import STEP_NS
from testbench.system.faults.wire import ALTERED, KINDS, SPOILED, WAYS, impaired
from testbench.system.interrupt_rules import Vectors

ON_ERRORS = frozenset().union(*(told for _, _, told in ERROR_KINDS.values()))
TOLD = ALTERED | SPOILED | LATE | ON_ERRORS | {"hold_timeouts", "watchdog_bites"}
ERROR_SHARE, SPIKE_PPM, SPIKE_NS, JITTER_NS = 0.002, 2_000, 30_000, 1_000
WIRE = "all of these"
EVENTS = ("crash", "crash", "link flap", "mask", "mask", "nothing")
DOWN_NS = 120_000


class Everything:
    """What is on all the time, and what comes now and then."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.sim, self.rng = scene, scene.sim, scene.rng

    def _background(self, on: bool) -> None:
        sim = self.sim
        sim.host.inject_clear()
        for response in ERRORS if on else ():
            sim.host.inject(self.scene.memory.base, self.scene.memory.size, BOTH, response, share=ERROR_SHARE / 2)
        sim.cell("memory.spike_ps").value = SPIKE_NS * 1000
        sim.cell("memory.spike_ppm").value = SPIKE_PPM * on
        for way in ("read", "write"):
            sim.cell(f"memory.{way}_jitter_ps").value = JITTER_NS * 1000 * on
        for way in WAYS:
            faults = Impairments(**KINDS[WIRE][0], seed=self.rng.randrange(2**31)) if on else None  # type: ignore
            sim.wire.impair(way, faults)

    def _so_far(self) -> dict[str, int]:
        cells = {name: self.sim.cell(f"memory.{name}").value for name in ("errors", "spikes")}
        return {**cells, "frames spoiled, lost, doubled or late": impaired(self.sim, KINDS[WIRE][1])}

    async def _event(self, name: str) -> None:
        scene, sim = self.scene, self.sim
        if name == "crash":
            scene.lives.down_ns = self.rng.randrange(DOWN_NS)
            if self.rng.randrange(2):
                scene.lives.kill()
            else:
                scene.lives.bus.crash_after(self.rng.randrange(1, 40))
        elif name == "link flap":
            sim.wire.link(False)
            await sim.sleep_ns(self.rng.randrange(2 * STEP_NS))
            sim.wire.link(True)
        elif name == "mask":
            vectors = Vectors(scene.rig)
            vectors.mask_function(True)
            await sim.sleep_ns(self.rng.randrange(6 * STEP_NS))
            vectors.mask_function(False)

    async def act(self, events: int) -> int:
        """So many events; returns what happened in all."""
        scene = self.scene
        before, deaths = self._so_far(), scene.lives.crashes
        self._background(True)
        for _ in range(events):
            name = self.rng.choice(EVENTS)
            scene.outcomes[name] += 1
            await self._event(name)
            await self.sim.sleep_ns(self.rng.randrange(10 * STEP_NS))
        self._background(False)
        scene.lives.bus.disarm()
        await scene.lives.wait_up()
        await scene.flush()
        happened = {name: value - before[name] for name, value in self._so_far().items()}
        happened["firmware deaths"] = scene.lives.crashes - deaths
        scene.outcomes.update(happened)
        return sum(happened.values())


async def everything(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``rounds`` with ``events`` events each."""
    scene = await Scene(sim, args).up()
    all_of_it = Everything(scene)
    for _ in range(args["rounds"]):
        await scene.round("everything at once", lambda: all_of_it.act(args["events"]), TOLD)
    return await scene.close()
