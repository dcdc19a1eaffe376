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
    "hw/offload/checksum/rx_words.v",
    "hw/offload/checksum/rx_verify_words.v",
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
    "hw/nic/common/skid.v",
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
        "rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, simulator, {"DATA_W": width, "QUEUE_PAIRS": 16}
    )


@pytest.mark.parametrize("checksum", [0, 1])
@pytest.mark.parametrize("simulator, width, pairs", [("verilator", 64, 1), ("icarus", 64, 8), ("verilator", 256, 8)])
def test_rx_classify_in_small(simulator, width, pairs, checksum):
    """Without steering and VLAN table, with four addresses, with and without the verdict on checksums."""
    small = {"STEERING": 0, "VLAN_FILTER": 0, "RX_CHECKSUM": checksum, "MAC_TABLE": 4}
    parameters = {"DATA_W": width, "QUEUE_PAIRS": pairs, **small}
    env = {"PAIRS": str(pairs), **{name: str(value) for name, value in small.items()}}
    run_bench("rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, simulator, parameters, env=env)


def test_vlan_filter_without_steering():
    parameters = {"DATA_W": 64, "QUEUE_PAIRS": 16, "STEERING": 0}
    bench = ("rx_classify", "testbench.unit.bench_rx_steer", CLASSIFY, "verilator", parameters, "vlan_filter")
    run_bench(*bench, env={"STEERING": "0"})


@pytest.mark.parametrize("checksum", [0, 1])
def test_steering_without_vlan_filter(checksum):
    """And with as many addresses as a table of two has; the hash needs no verdict."""
    part = {"VLAN_FILTER": 0, "RX_CHECKSUM": checksum, "MAC_TABLE": 2}
    parameters = {"DATA_W": 64, "QUEUE_PAIRS": 16, **part}
    env = {name: str(value) for name, value in part.items()}
    run_bench("rx_classify", "testbench.unit.bench_rx_classify", CLASSIFY, "verilator", parameters, env=env)
    hashes = ["every_hash_type", "hashes_at_the_wires_limit", "automatic_steering"]
    run_bench("rx_classify", "testbench.unit.bench_rx_steer", CLASSIFY, "verilator", parameters, hashes, env=env)


@pytest.mark.parametrize("simulator, width", [*WIDTHS, ("verilator", 256)])
def test_rx_steer(simulator, width):
    run_bench("rx_classify", "testbench.unit.bench_rx_steer", CLASSIFY, simulator, {"DATA_W": width, "QUEUE_PAIRS": 16})


@pytest.mark.parametrize("simulator, width", [("verilator", 128), ("verilator", 512), ("icarus", 64)])
def test_flow_tap(simulator, width):
    run_bench("flow_tap", "testbench.unit.bench_flow_tap", TAP, simulator, {"DATA_W": width})


@pytest.mark.parametrize("simulator, width", WIDTHS)
def test_frame_store(simulator, width):
    # the smallest store, so that it is full soon
    parameters = {"DATA_W": width, "STORE_BYTES": 2048}
    run_bench("frame_store", "testbench.unit.bench_frame_store", STORE, simulator, parameters)


@pytest.mark.parametrize(
    "simulator, width, queues, hash_report, addr_w",
    [
        ("verilator", 64, 3, 0, 64),
        ("verilator", 64, 3, 1, 64),
        ("verilator", 64, 1, 0, 32),
        ("verilator", 128, 1, 0, 64),
        ("verilator", 512, 2, 0, 64),
        ("verilator", 512, 2, 1, 40),
        ("icarus", 64, 1, 1, 32),
        ("icarus", 128, 2, 0, 64),
        ("icarus", 128, 2, 1, 64),
    ],
)
def test_rx_writer(simulator, width, queues, hash_report, addr_w):
    parameters = {"DATA_W": width, "QUEUES": queues, "BUFFERS": 64, "ADDR_W": addr_w}
    env = {"HASH_REPORT": str(hash_report), "ADDR_W": str(addr_w)}
    run_bench("rx_writer", "testbench.unit.bench_rx_writer", WRITER, simulator, parameters, env=env)
