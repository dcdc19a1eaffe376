# SPDX-License-Identifier: Apache-2.0
"""Runs a bench entry on the functional model, in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbench.lib.config import RunConfig
from testbench.lib.outcome import outcome_of
from testbench.model.system.sim import ModelSim


def run_model(config: RunConfig, job: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """How the job's "entry" ended with its "args", in the shape that a simulator process leaves in its result file."""
    sim = ModelSim(config)
    # arguments and result pass through JSON, as between two processes: an entry cannot tell the difference
    args = json.loads(json.dumps(job["args"]))
    outcome = sim.run(outcome_of(lambda: sim, job["entry"], args, folder))
    return json.loads(json.dumps(outcome))
