# SPDX-License-Identifier: Apache-2.0
"""Block benches of the receive path: classify, store, write to host memory."""

import pytest

from testbench.lib.bench import run_bench

CLASSIFY = [
    "hw/offload/checksum/rx_parse.v",
    "hw/offload/checksum/rx_sum.v",
    "hw/offload/checksum/rx_walk_step.v",
    "hw/offload/checksum/rx_walk.v",
    "hw/offload/checksum/rx_verify.v",
    "hw/offload/filter/mac_filter.v",
    "hw/offload/filter/rx_classify.v",
]
WIDTHS = [("verilator", 64), ("verilator", 128), ("verilator", 512), ("icarus", 128)]


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_rx_classify(simulator, width):
    run_bench("rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, simulator, {"DATA_W": width})
