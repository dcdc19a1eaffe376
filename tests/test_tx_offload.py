# SPDX-License-Identifier: Apache-2.0
"""Block bench of hw/offload/tso with the transmit half of hw/offload/checksum."""

import pytest

from testbench.lib.tx_offload_build import run_tx_offload


@pytest.mark.parametrize(
    ("simulator", "data_w", "max_frame", "share"),
    [
        ("verilator", 128, 9216, 1),
        ("verilator", 64, 9216, 0.15),
        ("verilator", 256, 1602, 0.15),
        ("verilator", 512, 9216, 0.15),
        ("icarus", 128, 9216, 0.02),
        ("icarus", 512, 2048, 0.02),
    ],
)
def test_tx_offload(simulator, data_w, max_frame, share):
    """``share``: how much of the random work is done at this width and simulator."""
    env = {"TX_OFFLOAD_SHARE": str(share)}
    run_tx_offload("testbench.unit.bench_tx_offload", simulator, data_w, max_frame, env)


def test_tx_offload_of_a_small_card():
    """A store of less than two of the largest frames."""
    env = {"TX_OFFLOAD_SHARE": "0.02"}
    run_tx_offload("testbench.unit.bench_tx_offload", "icarus", 64, 9216, env, TX_STORE=16384)
