# SPDX-License-Identifier: Apache-2.0
"""Block bench of the Etherbone port of a board: requests, repeats, lies and noise against an oracle of its own."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/ram_sdp.v",
    "hw/nic/common/skid.v",
    "hw/nic/dma/fifo_ram.v",
    "hw/nic/dma/frame_ram.v",
    "hw/nic/dma/frame_store.v",
    "fpga/rtl/etherbone/eb_in.v",
    "fpga/rtl/etherbone/eb_engine.v",
    "fpga/rtl/etherbone/eb_out.v",
    "fpga/rtl/etherbone/etherbone.v",
]


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_etherbone(simulator):
    run_bench("etherbone", "testbench.unit.bench_etherbone", SOURCES, simulator)
