# SPDX-License-Identifier: Apache-2.0
"""The one cocotb test every system run loads: sets the simulation up, awaits the entry, writes the result file."""

import faulthandler
import json
import os
import signal
from pathlib import Path

import cocotb

from testbench.lib.jobs import config_from_json
from testbench.lib.native import state_steps
from testbench.lib.outcome import outcome_of
from testbench.lib.sim import Sim


@cocotb.test()
async def run(dut):
    """Run the entry named in the job file."""
    folder = Path(os.environ["FERRULE_RUN_DIR"])
    job = json.loads((folder / "job.json").read_text())
    with (folder / "stack.txt").open("w") as stack:
        faulthandler.register(signal.SIGUSR1, stack)
        outcome = await outcome_of(lambda: Sim(dut, config_from_json(job["config"])), job["entry"], job["args"], folder)
        faulthandler.unregister(signal.SIGUSR1)
    if (steps := state_steps()) is not None:
        outcome["state_steps"] = steps
    part = folder / "result.json.part"
    part.write_text(json.dumps(outcome))
    part.rename(folder / "result.json")
