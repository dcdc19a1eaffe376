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
