# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/nic/mac."""

import pytest

from testbench.lib.bench import SIMULATORS, run_bench

STREAM = ["hw/nic/common/sync_bit.v", "hw/nic/mac/mac_pad.v", "hw/nic/mac/mac_check.v", "hw/nic/mac/mac_stream.v"]
XGMII = [
    "hw/nic/common/sync_bit.v",
    "hw/nic/common/fifo_async.v",
    *(
        f"hw/nic/mac/{name}.v"
        for name in (
            "mac_pad",
            "mac_check",
            "mac_crc32",
            "sync_event",
            "mac_narrow",
            "mac_widen",
            "mac_tx_cross",
            "mac_rx_cross",
            "mac_tx_select",
            "mac_pause_rx",
            "mac_pause_tx",
            "xgmii_align",
            "xgmii_rx",
            "xgmii_tx",
            "xgmii_fault",
            "mac_frames",
            "mac_xgmii",
        )
    ),
]


@pytest.mark.parametrize("simulator,data_w", [("verilator", 64), ("verilator", 512), ("icarus", 128), ("icarus", 256)])
def test_mac_stream(simulator, data_w):
    run_bench("mac_stream", "testbench.unit.bench_mac_stream", STREAM, simulator, {"DATA_W": data_w})


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_mac_crc32(simulator):
    run_bench("mac_crc32", "testbench.unit.bench_mac_crc32", ["hw/nic/mac/mac_crc32.v"], simulator)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_sync_event(simulator):
    sources = ["hw/nic/common/sync_bit.v", "hw/nic/mac/sync_event.v"]
    run_bench("sync_event", "testbench.unit.bench_sync_event", sources, simulator)


@pytest.mark.parametrize("simulator,data_w", [("verilator", 64), ("verilator", 512), ("icarus", 128), ("icarus", 256)])
def test_mac_xgmii(simulator, data_w):
    parameters = {"DATA_W": data_w, "PAUSE_REFRESH_CYCLES": 1024}
    run_bench("mac_xgmii", "testbench.unit.bench_mac_xgmii", XGMII, simulator, parameters)
