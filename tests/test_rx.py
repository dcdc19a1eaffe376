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
STORE = [
    "hw/nic/common/fifo_sync.v",
    "hw/nic/dma/fifo_ram.v",
    "hw/nic/dma/frame_ram.v",
    "hw/nic/dma/frame_store.v",
]
WRITER = [
    "hw/nic/common/fifo_sync.v",
    "hw/nic/dma/fifo_ram.v",
    "hw/nic/dma/rx_place.v",
    "hw/nic/dma/rx_cut.v",
    "hw/nic/dma/rx_complete.v",
    "hw/nic/dma/rx_writer.v",
]
WIDTHS = [("verilator", 64), ("verilator", 128), ("verilator", 512), ("icarus", 128)]


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_rx_classify(simulator, width):
    run_bench("rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, simulator, {"DATA_W": width})


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_frame_store(simulator, width):
    # the smallest store, so that it is full soon
    parameters = {"DATA_W": width, "STORE_BYTES": 2048}
    run_bench("frame_store", "testbench.unit.bench_frame_store", STORE, simulator, parameters)


@pytest.mark.parametrize(
    "simulator, width, parameters",
    [
        ("verilator", 64, {"QUEUES": 3}),
        ("verilator", 64, {"HEADER_BYTES": 20}),
        ("verilator", 128, {}),
        ("verilator", 512, {"QUEUES": 2}),
        ("icarus", 128, {"QUEUES": 2}),
    ],
)
def test_rx_writer(simulator, width, parameters):
    parameters = {"DATA_W": width, "BUFFERS": 64, **parameters}
    run_bench("rx_writer", "testbench.unit.bench_rx_writer", WRITER, simulator, parameters)
