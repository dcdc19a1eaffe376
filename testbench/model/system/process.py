# SPDX-License-Identifier: Apache-2.0
"""The model in a process of its own: ``python -m testbench.model.system.process FOLDER``, job in, result out."""

from __future__ import annotations

import faulthandler
import json
import signal
import sys
from pathlib import Path

from testbench.lib.errors import StoppedError
from testbench.lib.jobs import config_from_json
from testbench.model.system.run import run_model


def _stop(*_: object) -> None:
    raise StoppedError("the run was asked to stop")


def main() -> None:
    """Run the job in ``FOLDER/job.json``; SIGINT and SIGTERM stop it, SIGUSR1 has it write where it is."""
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text())
    with (folder / "stack.txt").open("w") as stack:
        faulthandler.register(signal.SIGUSR1, stack)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        try:
            outcome = run_model(config_from_json(job["config"]), job, folder)
        except StoppedError as error:  # the signal came while no coroutine had its turn
            outcome = {"error": type(error).__name__, "message": str(error)}
        faulthandler.unregister(signal.SIGUSR1)
    part = folder / "result.json.part"
    part.write_text(json.dumps(outcome))
    part.rename(folder / "result.json")


if __name__ == "__main__":
    main()
