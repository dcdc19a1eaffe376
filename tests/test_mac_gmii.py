# SPDX-License-Identifier: Apache-2.0
"""Block benches of the gigabit MAC and of RGMII's coding."""

import pytest

from testbench.lib.bench import SIMULATORS, run_bench

COMMON = [f"hw/nic/common/{name}.v" for name in ("sync_bit", "fifo_async")]
MAC = [
    f"hw/nic/mac/{name}.v"
    for name in (
        "mac_pad", "mac_check", "mac_crc32", "sync_event", "mac_narrow", "mac_widen", "mac_tx_cross", "mac_rx_cross",
        "mac_tx_select", "mac_pause_rx", "mac_pause_tx", "mac_frames", "gmii_rx", "gmii_tx", "mac_gmii",
    )
]  # fmt: skip
SLOW_CORE, FAST_CORE = 16_000, 4_000  # 62.5 and 250 MHz, in picoseconds


@pytest.mark.parametrize(
    "simulator,data_w,core_ps",
    [
        ("verilator", 64, SLOW_CORE),
        ("verilator", 128, FAST_CORE),
        ("verilator", 512, FAST_CORE),
        ("icarus", 64, SLOW_CORE),
        ("icarus", 512, SLOW_CORE),
    ],
)
def test_mac_gmii(simulator, data_w, core_ps):
    parameters = {"DATA_W": data_w, "PAUSE_REFRESH_CYCLES": 512}
    env = {"CORE_PS": str(core_ps)}
    run_bench("mac_gmii", "testbench.unit.bench_mac_gmii", COMMON + MAC, simulator, parameters, env=env)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_rgmii_codec(simulator):
    run_bench("rgmii_codec", "testbench.unit.bench_rgmii_codec", ["hw/nic/mac/rgmii_codec.v"], simulator)
