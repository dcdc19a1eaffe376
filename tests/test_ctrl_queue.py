# SPDX-License-Identifier: Apache-2.0
"""Block bench of the control queue."""

import pytest

from testbench.lib.bench import SIMULATORS, run_bench

SOURCES = ["hw/nic/common/fifo_sync.v", "hw/nic/common/ram_sdp.v", "hw/nic/virtqueue/ctrl_queue.v"]


@pytest.mark.parametrize(
    ("simulator", "data_w"), [(simulator, 128) for simulator in SIMULATORS] + [("verilator", 64), ("icarus", 512)]
)
def test_ctrl_queue(simulator, data_w):
    run_bench("ctrl_queue", "testbench.unit.bench_ctrl_queue", SOURCES, simulator, {"DATA_W": data_w})


def test_ctrl_queue_of_a_small_card():
    parameters = {"DATA_W": 64, "RAM_BYTES": 1024, "WRITABLE": 16, "ADDR_W": 32}
    run_bench("ctrl_queue", "testbench.unit.bench_ctrl_queue", SOURCES, "icarus", parameters)
