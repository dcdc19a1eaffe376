# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/nic/mac."""

import pytest

from testbench.lib.bench import run_bench

STREAM = ["hw/nic/common/sync_bit.v", "hw/nic/mac/mac_pad.v", "hw/nic/mac/mac_check.v", "hw/nic/mac/mac_stream.v"]


@pytest.mark.parametrize("simulator,data_w", [("verilator", 64), ("verilator", 512), ("icarus", 128), ("icarus", 256)])
def test_mac_stream(simulator, data_w):
    run_bench("mac_stream", "testbench.unit.bench_mac_stream", STREAM, simulator, {"DATA_W": data_w})
