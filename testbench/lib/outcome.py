# SPDX-License-Identifier: Apache-2.0
"""Awaits a bench entry on a simulated system and says how it ended: result or error, time, counters, capture."""

from __future__ import annotations

import asyncio
import importlib
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testbench.lib import capture, errors
from testbench.lib.sim_base import SimBase


async def outcome_of(make_sim: Callable[[], SimBase], entry: str, args: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run ``module:function``. Keys: "result" or "error" and "message", and "run" once there was a system."""
    outcome: dict[str, Any] = {}
    sim = None
    start = time.perf_counter()
    try:
        sim = make_sim()
        module, _, name = entry.partition(":")
        outcome["result"] = await getattr(importlib.import_module(module), name)(sim, args)
        sim.check()
        json.dumps(outcome["result"])
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and sim is not None and sim.failure:
            error = sim.failure  # it ended another task first, which cancels the entry
        if isinstance(error, KeyboardInterrupt):  # on the model, which runs in the process that Ctrl-C reaches
            error = errors.StoppedError("the run was asked to stop")
        kind = type(error).__name__ if isinstance(error, errors.SimulationError) else "EntryError"
        text = str(error) if kind != "EntryError" else "".join(traceback.format_exception(error))
        outcome = {"error": kind, "message": text}
    if sim is not None:
        wall = time.perf_counter() - start
        counters = sim.counters()
        outcome["run"] = {"sim_ns": sim.time_ns, "cycles": sim.cycles, "wall_s": wall, "harness": counters,
                          "blocked_wall_s": counters["live.blocked_us"] / 1e6}  # fmt: skip
        if sim.config.capture_file and sim.config.wire.capture == "full":
            try:
                capture.write_run(folder / "wire.pcapng", sim)
            except Exception as error:  # the result of a run is worth more than its capture
                outcome.setdefault("error", "SimulationError")
                outcome.setdefault("message", f"wire.pcapng was not written: {error}")
    return outcome
