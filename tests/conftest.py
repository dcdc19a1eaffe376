# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the device that a test of the whole card runs on, the RTL or the functional model, and the format of its
rings; seeds that are told.
"""

import random
import sys
from pathlib import Path

import pytest

from testbench.lib.bench import bench_seed
from testbench.lib.driver_interface import DRIVERS, load
from testbench.lib.runtime import DEVICES, run_simulation

RINGS = ("split", "packed")
"""Formats of the card's rings. A module whose rings are made by hand in one of them has a ``RINGS`` of its own."""


def pytest_addoption(parser):
    parser.addoption(
        "--driver", action="append", metavar="MODULE:FACTORY",
        help=f"driver for test_driver_basic.py instead of {' and '.join(DRIVERS[RINGS[0]])}; may be repeated "
        "(docs/driver.md)",
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
    if "ring" not in metafunc.fixturenames:
        if "device" in metafunc.fixturenames:
            metafunc.parametrize("device", DEVICES, indirect=True, scope="module")
        return
    wanted = getattr(metafunc.module, "RINGS", RINGS)
    cases = [(device, ring) for ring in RINGS for device in DEVICES if ring in wanted]
    if "driver" not in metafunc.fixturenames:
        metafunc.parametrize(("device", "ring"), cases, indirect=True, scope="module")
        return
    asked = metafunc.config.getoption("--driver")
    if asked:  # its rings are its own affair
        cases = [(device, RINGS[0]) for device in DEVICES]
    drivers = [(*case, driver) for case in cases for driver in asked or DRIVERS[case[1]]]
    metafunc.parametrize(("device", "ring", "driver"), drivers, indirect=("device", "ring"), scope="module")


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


@pytest.fixture(scope="module")
def device(request):
    """Which card the test runs on."""
    return request.param


@pytest.fixture(scope="module")
def ring(request):
    """The format of the card's rings."""
    return request.param


@pytest.fixture
def run(device, ring, tmp_path):
    """``run("module:function", CardConfig(), **args)``: a bench entry below ``testbench.system`` on the device.

    The entry's argument ``ring`` is the format of the test's rings, unless the test gives another.
    """

    def run_entry(entry, build=None, wall_limit_s=120, **args):
        return run_simulation(
            f"testbench.system.{entry}", build, args={"ring": ring, **args}, run_dir=tmp_path,
            wall_limit_s=wall_limit_s, capture_file=False, device=device,
        )  # fmt: skip

    return run_entry
