# SPDX-License-Identifier: Apache-2.0
"""Block benches of the receive path: classify, store, write to host memory."""

import pytest

from testbench.lib.bench import run_bench

CLASSIFY = [
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/ram_clear.v",
    "hw/offload/checksum/rx_parse.v",
    "hw/offload/checksum/rx_sum.v",
    "hw/offload/checksum/rx_walk_step.v",
    "hw/offload/checksum/rx_walk.v",
    "hw/offload/checksum/rx_verify.v",
    "hw/offload/rss/toeplitz.v",
    "hw/offload/rss/rss_hash.v",
    "hw/offload/rss/flow_key.v",
    "hw/offload/rss/rx_steer.v",
    "hw/offload/filter/beat_delay.v",
    "hw/offload/filter/vlan_filter.v",
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
TAP = ["hw/offload/checksum/rx_parse.v", "hw/offload/rss/flow_key.v", "hw/offload/rss/flow_tap.v"]
WIDTHS = [("verilator", 64), ("verilator", 128), ("verilator", 512), ("icarus", 128)]


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_rx_classify(simulator, width):
    run_bench(
        "rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, simulator, {"DATA_W": width, "QUEUE_PAIRS": 8}
    )


@pytest.mark.parametrize("simulator, width", [*WIDTHS, ("verilator", 256)])
def test_rx_steer(simulator, width):
    run_bench("rx_classify", "testbench.unit.bench_rx_steer", CLASSIFY, simulator, {"DATA_W": width, "QUEUE_PAIRS": 8})


@pytest.mark.parametrize("simulator, width", [("verilator", 128), ("verilator", 512), ("icarus", 64)])
def test_flow_tap(simulator, width):
    run_bench("flow_tap", "testbench.unit.bench_flow_tap", TAP, simulator, {"DATA_W": width})


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_frame_store(simulator, width):
    # the smallest store, so that it is full soon
    parameters = {"DATA_W": width, "STORE_BYTES": 2048}
    run_bench("frame_store", "testbench.unit.bench_frame_store", STORE, simulator, parameters)


@pytest.mark.parametrize(
    "simulator, width, queues, hash_report",
    [
        ("verilator", 64, 3, 0),
        ("verilator", 64, 3, 1),
        ("verilator", 128, 1, 0),
        ("verilator", 512, 2, 0),
        ("verilator", 512, 2, 1),
        ("icarus", 128, 2, 0),
        ("icarus", 128, 2, 1),
    ],
)
def test_rx_writer(simulator, width, queues, hash_report):
    parameters = {"DATA_W": width, "QUEUES": queues, "BUFFERS": 64}
    env = {"HASH_REPORT": str(hash_report)}
    run_bench("rx_writer", "testbench.unit.bench_rx_writer", WRITER, simulator, parameters, env=env)
