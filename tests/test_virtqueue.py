# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/nic/virtqueue's ring engine."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/arbiter_rr.v",
    "hw/nic/common/fifo_sync.v",
    *(
        f"hw/nic/virtqueue/vq_{name}.v"
        for name in (
            "ram",
            "count",
            "step",
            "span",
            "indirect",
            "tables",
            "read",
            "write",
            "heads",
            "look",
            "fetch",
            "landing",
            "slots",
            "blocks",
            "further",
            "walker",
            "acked",
            "batch",
            "used",
            "notify",
            "errors",
            "engine",
        )
    ),
]


def run(ring_format, simulator, data_w, queues, testcase):
    env = {"VQ_RING": ring_format, "VQ_SCALE": "1" if simulator == "verilator" else "0.3"}
    parameters = {"DATA_W": data_w, "QUEUES": queues}
    run_bench("vq_engine", "testbench.unit.bench_vq_engine", SOURCES, simulator, parameters, testcase, env)


RINGS = ["split", "packed"]
RANDOM = [
    "any_legal_chain_arrives",
    "bad_chains_are_reported_and_returned",
    "flags_instead_of_events",
    "a_polling_driver_is_told_what_it_asked_for",
]
TROUBLE = [
    "stop_and_start_in_the_middle_of_traffic",
    "goes_on_where_it_stopped",
    "failed_reads_of_descriptors_cost_one_chain",
    "a_failed_ring_access_breaks_its_queue_alone",
    "no_kick_is_lost_at_any_moment",
    "the_longest_chains",
]
BUILDS = [
    ("verilator", 64, 5),
    ("verilator", 128, 2),
    ("verilator", 512, 1),
    ("icarus", 64, 2),
    ("icarus", 128, 5),
    ("icarus", 512, 1),
]


@pytest.mark.parametrize(("simulator", "data_w", "queues"), BUILDS)
@pytest.mark.parametrize("ring_format", RINGS)
def test_random_rings(ring_format, simulator, data_w, queues):
    run(ring_format, simulator, data_w, queues, RANDOM)


@pytest.mark.parametrize(("simulator", "data_w", "queues"), BUILDS)
@pytest.mark.parametrize("ring_format", RINGS)
def test_trouble(ring_format, simulator, data_w, queues):
    only = ["a_popped_chain_outlives_its_packed_ring"] if ring_format == "packed" else []
    run(ring_format, simulator, data_w, queues, TROUBLE + only)


@pytest.mark.parametrize(("data_w", "queues"), [(64, 5), (128, 2), (512, 1)])
@pytest.mark.parametrize("ring_format", RINGS)
def test_pace(ring_format, data_w, queues):
    run(ring_format, "verilator", data_w, queues, "keeps_pace_at_host_latency")


PACKED = [
    "hw/nic/common/arbiter_rr.v",
    "hw/nic/common/fifo_sync.v",
    *(
        f"hw/nic/dma/{name}.v"
        for name in ("fifo_ram", "stream_pack", "tx_chains", "tx_segment", "tx_frame", "tx_fetch")
    ),
]


@pytest.mark.parametrize(("simulator", "data_w"), [("verilator", 128), ("icarus", 64)])
def test_interface_knows_no_ring_format(simulator, data_w):
    run_bench(
        "tx_fetch", "testbench.unit.bench_packed_contract", PACKED, simulator, {"DATA_W": data_w, "QUEUE_PAIRS": 1}
    )
