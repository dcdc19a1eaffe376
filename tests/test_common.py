# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/nic/common."""

import pytest

from testbench.lib.bench import SIMULATORS, run_bench


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("depth", [2, 16])
def test_fifo_sync(simulator, depth):
    run_bench(
        "fifo_sync",
        "testbench.unit.bench_fifo_sync",
        ["hw/nic/common/fifo_sync.v"],
        simulator,
        {"WIDTH": 8, "DEPTH": depth},
    )


BLOCKS = ("skid", "arbiter_rr", "fifo_async", "pulse_merge", "ram_sdp", "sync_bit")


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_small_blocks(simulator):
    """Every other one, in one simulation: what takes time is building the simulator."""
    run_bench(
        "common_blocks",
        ",".join(f"testbench.unit.bench_common_{block}" for block in BLOCKS),
        [*(f"hw/nic/common/{block}.v" for block in BLOCKS), "testbench/hdl/common_blocks.v"],
        simulator,
    )
