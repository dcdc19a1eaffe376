# SPDX-License-Identifier: Apache-2.0
"""The basic tests find drivers that are wrong, and ``--driver`` says what is wrong with its value."""

import os
import subprocess
import sys
from functools import partial

import pytest
import test_driver_basic as basic

from testbench.lib import tools
from testbench.lib.errors import SimulationError
from testbench.lib.runtime import run_simulation

LINK_DOWN = partial(basic.test_probe_reads_address_mtu_and_link, link=False)
SIZES = basic.test_frames_of_every_size_arrive_byte_for_byte_both_ways
BURSTS, WRAP = basic.test_bursts_larger_than_any_ring_lose_nothing, basic.test_ring_indices_run_through_65535
TRAFFIC = basic.test_frames_at_random_times_come_once_and_in_order
INTERRUPTS, FULL = (
    basic.test_waiting_is_by_interrupt,
    basic.test_a_full_transmit_ring_is_reported_and_goes_on_by_interrupt,
)
DRY = basic.test_a_receive_ring_without_buffers_loses_frames_and_goes_on
AGAIN = basic.test_a_device_closed_in_traffic_is_left_alone_and_probed_again


@pytest.mark.parametrize(
    "broken, test, why",
    [
        ("FixedAddress", LINK_DOWN, "02feedbeef01"),
        ("AlwaysUp", LINK_DOWN, "True == False"),
        ("Hasty", LINK_DOWN, "no notification before DRIVER_OK"),
        ("CutsLastByte", SIZES, "1023 bytes in.*came with 1022"),
        ("ShortBuffers", SIZES, "1511 bytes in"),
        ("KeepsBuffers", BURSTS, "1100 frames were sent, 256 came"),
        ("PlainIndex", WRAP, "65600 frames"),
        ("Twice", TRAFFIC, "came twice"),
        ("Reversed", TRAFFIC, "in place of frame 0 came frame"),
        ("LosesWakeUps", INTERRUPTS, "< 10000"),
        ("Restless", INTERRUPTS, "again and again"),
        ("Sleeper", INTERRUPTS, "not by its clock"),
        ("DropsWhenFull", FULL, "False when the ring is full"),
        ("ReusesEarly", FULL, "False when the ring is full"),
        ("Silent", DRY, "told of the buffers that come back"),
        ("NoReset", AGAIN, "outside the guarded ranges"),
        ("HidesBuffers", SIZES, "outside the guarded ranges"),
        ("Endless", SIZES, "no end after 3 s of wall time, in .*driver"),
        ("Hoards", AGAIN, "as much memory as the first"),
    ],
)  # fmt: skip
def test_a_broken_driver_is_found(tmp_path, monkeypatch, broken, test, why):
    monkeypatch.setattr("testbench.lib.runtime.GRACE_S", 0)

    def run(entry, **args):
        return run_simulation(
            f"testbench.system.{entry}", args=args, run_dir=tmp_path, capture_file=False, device="model",
            wall_limit_s=3 if broken == "Endless" else 60,
        )  # fmt: skip

    with pytest.raises((AssertionError, SimulationError), match=why):
        test(run, driver=f"broken_drivers:{broken}")


def pytest_with(driver, *words, folder):
    """A pytest of its own in another folder, as an author of a driver runs it."""
    tests = str(tools.ROOT / "tests" / "test_driver_basic.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tests, "--driver", driver, *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    "value, why",
    [
        ("mine", "'mine' is not of the form module:factory, such as examples.tiny_driver:make"),
        ("nowhere_at_all:make", "the module 'nowhere_at_all' cannot be imported (No module named 'nowhere_at_all')"),
        ("examples.tiny_driver:maker", "examples.tiny_driver has no 'maker'; a function is expected"),
        ("examples.tiny_driver:HEADER", "examples.tiny_driver has no callable 'HEADER'; a function is expected"),
    ],
)
def test_a_driver_that_is_none_is_a_usage_error(tmp_path, value, why):
    got = pytest_with(value, "--collect-only", folder=tmp_path)
    assert got.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in got.stderr.splitlines() if line.startswith("ERROR")]
    assert line.startswith("ERROR: --driver ") and why in line


def test_a_driver_in_the_current_folder_takes_the_place_of_the_others(tmp_path):
    (tmp_path / "mine.py").write_text("from examples.tiny_driver import TinyDriver\n\nmake = TinyDriver\n")
    got = pytest_with("mine:make", "-v", "-k", "model and probe_reads", folder=tmp_path)
    assert got.returncode == 0 and got.stdout.count("PASSED") == got.stdout.count("mine:make") == 2, got.stdout
