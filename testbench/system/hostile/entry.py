# SPDX-License-Identifier: Apache-2.0
"""Entry: runs cases one after another on one system, and says what was provoked and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from testbench.lib.errors import SimulationError
from testbench.lib.sim_base import SimBase
from testbench.system.hostile.generate import KINDS, draw
from testbench.system.hostile.plan import MEMORY_BASE, MEMORY_BYTES, Case
from testbench.system.hostile.verdict import FAILED, carry_out
from testbench.system.hostile.world import World

MOST_FAILURES = 5
MSIX = {"msix", "pci", "bar"}  # kinds that may have left it as no driver would


def command_of(case: Case, sim: SimBase) -> str:
    """What runs one case again."""
    args, card = json.dumps({"seed": case.seed, "first": case.index, "count": 1}), sim.config.card
    shape = f"--width {card.data_w} --pairs {card.queue_pairs} --mac {card.mac_kind}"
    return f"ferrule sim testbench.system.hostile.entry:cases --device {sim.device} {shape} --args '{args}'"


async def cases(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``count`` cases of ``seed`` from ``first`` on. The reset and the return to work that end one begin the next."""
    if (sim.host.memory_base, len(sim.host.memory)) != (MEMORY_BASE, MEMORY_BYTES):
        raise ValueError(f"cases are drawn for {MEMORY_BYTES} bytes of memory at {MEMORY_BASE:#x}")
    seed, first, count = args["seed"], args["first"], args["count"]
    world = World(sim, args.get("less", 0))
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    total: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    pairs = sim.config.card.queue_pairs
    case = draw(seed, first, pairs)
    await world.power_up(case)
    before = await world.firmware.counters()
    try:
        await world.bring_up(case)
    except Exception as error:
        failures.append(failure(case, sim, error))
        count = 0
    for index in range(first, first + count):
        following = draw(seed, index + 1, pairs)
        try:
            outcome = await carry_out(world, case)
            await world.bring_up(following, bool(MSIX & set(case.kinds)))
        except Exception as error:
            outcome = FAILED
            failures.append(failure(case, sim, error))
            if len(failures) == MOST_FAILURES or not await started_again(world, following, failures):
                break
        total[outcome] += 1
        for kind in set(case.kinds):
            outcomes[kind][outcome] += 1
        case = following
    moved: dict[str, int] = {}
    if not any(row["ends"] for row in failures):
        after = await world.firmware.counters()
        moved = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    sim.host.forgive()
    return {
        "seed": seed, "first": first, "cases": sum(total.values()), "outcomes": dict(total), "counters": moved,
        "kinds": {kind: dict(counts) for kind, counts in outcomes.items()}, "failures": failures, "ns": sim.time_ns,
    }  # fmt: skip


def failure(case: Case, sim: SimBase, error: Exception) -> dict[str, Any]:
    """For the report."""
    return {
        "case": case.index, "rule": f"{type(error).__name__}: {error}", "command": command_of(case, sim),
        "data": case.as_data(), "ends": isinstance(error, SimulationError),
    }  # fmt: skip


async def started_again(world: World, case: Case, failures: list[dict[str, Any]]) -> bool:
    """After a failure: firmware boots, and the next case begins as if nothing had been. False: there is no way on."""
    try:
        world.host.inject_clear()
        for direction in ("tx", "rx"):
            world.wire.impair(direction, None)
        world.wire.link(True)
        world.firmware_error = ""
        world.kill()
        await world.boot()
        await world.transport.reset()
        await world.finish()
        world.host.forgive()
        await world.bring_up(case)
    except Exception as error:
        failures.append(failure(case, world.sim, error))
        return False
    return True
