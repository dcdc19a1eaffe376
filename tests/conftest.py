# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the device that a test of the whole card runs on, the RTL or the functional model; seeds that are told."""

import random
import sys
from pathlib import Path

import pytest

from testbench.lib.bench import bench_seed
from testbench.lib.driver_interface import DRIVERS, load
from testbench.lib.runtime import DEVICES, run_simulation


def pytest_addoption(parser):
    parser.addoption(
        "--driver", action="append", metavar="MODULE:FACTORY",
        help=f"driver for test_driver_basic.py instead of {' and '.join(DRIVERS)}; may be repeated (docs/driver.md)",
    )  # fmt: skip


def pytest_configure(config):
    asked = config.getoption("--driver")
    if asked:
        sys.path.insert(0, str(Path.cwd()))
    for name in asked or ():
        try:
            load(name)
        except ValueError as error:
            raise pytest.UsageError(f"--driver {error}") from error


def pytest_generate_tests(metafunc):
    if "driver" in metafunc.fixturenames:
        metafunc.parametrize("driver", metafunc.config.getoption("--driver") or DRIVERS)


@pytest.fixture
def seed():
    """Of what this test draws, new on every run unless FERRULE_SEED says which."""
    value = bench_seed()
    print(f"seed {value} (run again with FERRULE_SEED={value})")  # pytest shows it with a failure
    return value


@pytest.fixture
def rng(seed):
    """Random numbers of this test."""
    return random.Random(seed)


@pytest.fixture(scope="module", params=DEVICES)
def device(request):
    """Which card the test runs on."""
    return request.param


@pytest.fixture
def run(device, tmp_path):
    """``run("module:function", CardConfig(), **args)``: a bench entry below ``testbench.system`` on the device."""

    def run_entry(entry, build=None, wall_limit_s=120, **args):
        return run_simulation(
            f"testbench.system.{entry}", build, args=args, run_dir=tmp_path, wall_limit_s=wall_limit_s,
            capture_file=False, device=device,
        )  # fmt: skip

    return run_entry
