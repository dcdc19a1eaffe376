# SPDX-License-Identifier: Apache-2.0
"""Block benches of the DMA masters: dma_read and dma_write."""

import pytest

from testbench.lib.bench import run_bench

COMMON = [
    f"hw/nic/{name}.v" for name in ("common/arbiter_rr", "common/fifo_sync", "common/lane_rotate", "dma/burst_split")
]
READ = [*COMMON, "hw/nic/dma/read_align.v", "hw/nic/dma/dma_read.v"]
WRITE = [*COMMON, "hw/nic/dma/dma_write.v"]

# one client and several, narrow and wide; the slower simulator (it shows X) takes the default width
CASES = [("verilator", 64, 3), ("verilator", 128, 4), ("verilator", 512, 1), ("icarus", 128, 3)]


@pytest.mark.parametrize(("simulator", "data_w", "clients"), CASES)
def test_dma_read(simulator, data_w, clients):
    run_bench("dma_read", "testbench.unit.bench_dma_read", READ, simulator, {"DATA_W": data_w, "CLIENTS": clients})


@pytest.mark.parametrize(("simulator", "data_w", "clients"), CASES)
def test_dma_write(simulator, data_w, clients):
    run_bench("dma_write", "testbench.unit.bench_dma_write", WRITE, simulator, {"DATA_W": data_w, "CLIENTS": clients})


@pytest.mark.parametrize(("top", "sources"), [("dma_read", READ), ("dma_write", WRITE)])
def test_addresses_beyond_reach(top, sources):
    parameters = {"DATA_W": 64, "CLIENTS": 3, "ADDR_W": 32}
    run_bench(top, "testbench.unit.bench_dma_beyond", sources, "icarus", parameters)
