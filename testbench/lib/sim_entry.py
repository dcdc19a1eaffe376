# SPDX-License-Identifier: Apache-2.0
"""The one cocotb test every system run loads: sets the simulation up, awaits the entry, writes the result file."""

import asyncio
import faulthandler
import importlib
import json
import os
import signal
import time
import traceback
from pathlib import Path

import cocotb

from testbench.lib import capture, errors
from testbench.lib.jobs import config_from_json
from testbench.lib.sim import Sim


@cocotb.test()
async def run(dut):
    """Run the entry named in the job file."""
    folder = Path(os.environ["FERRULE_RUN_DIR"])
    job = json.loads((folder / "job.json").read_text())
    with (folder / "stack.txt").open("w") as stack:
        faulthandler.register(signal.SIGUSR1, stack)
        outcome = await _outcome(dut, folder, job)
        faulthandler.unregister(signal.SIGUSR1)
    part = folder / "result.json.part"
    part.write_text(json.dumps(outcome))
    part.rename(folder / "result.json")


async def _outcome(dut, folder, job):
    outcome = {}
    sim = None
    start = time.perf_counter()
    try:
        sim = Sim(dut, config_from_json(job["config"]))
        module, _, name = job["entry"].partition(":")
        outcome["result"] = await getattr(importlib.import_module(module), name)(sim, job["args"])
        sim.check()
        json.dumps(outcome["result"])
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and sim is not None and sim.waits.failure:
            error = sim.waits.failure  # it ended another task first, which cancels the entry
        kind = type(error).__name__ if isinstance(error, errors.SimulationError) else "EntryError"
        text = str(error) if kind != "EntryError" else "".join(traceback.format_exception(error))
        outcome = {"error": kind, "message": text, "traceback": traceback.format_exc()}
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
