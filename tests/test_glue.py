# SPDX-License-Identifier: Apache-2.0
"""What joins the two ring engines with one control queue, one coalescer and one MSI-X block."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/fifo_sync.v",
    "hw/nic/virtqueue/chain_share.v",
    "hw/nic/irq/notify_share.v",
    "testbench/hdl/glue_blocks.v",
]


@pytest.mark.parametrize(("simulator", "pairs"), [("verilator", 4), ("icarus", 1), ("icarus", 4)])
def test_glue(simulator, pairs):
    run_bench(
        "glue_blocks",
        "testbench.unit.bench_chain_share,testbench.unit.bench_notify_share",
        SOURCES,
        simulator,
        {"QUEUE_PAIRS": pairs},
    )
