# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/nic/virtqueue's ring engine."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/arbiter_rr.v",
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/ram_apart.v",
    *(
        f"hw/nic/virtqueue/vq_{name}.v"
        for name in (
            "count",
            "step",
            "span",
            "indirect",
            "address",
            "reach",
            "tables",
            "read",
            "write",
            "heads",
            "look",
            "fetch",
            "landing",
            "slots",
            "rows",
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


# The smallest engine, for a board's short addresses; and one of a few slots that keeps both formats.
SMALL = {"QUEUE_SIZE_MAX": 64, "ADDR_W": 32, "PACKED_RINGS": 0, "PREFETCH": 8}
FEW = {"QUEUE_SIZE_MAX": 100, "ADDR_W": 40, "PREFETCH": 4}


def run(ring_format, simulator, data_w, queues, testcase, latency=125, **more):
    env = {
        "VQ_RING": ring_format,
        "VQ_SCALE": "1" if simulator == "verilator" else "0.3",
        "VQ_REACH": str(more.get("ADDR_W", 64)),
        "VQ_SIZE_MAX": str(more.get("QUEUE_SIZE_MAX", 1024)),
        "VQ_LATENCY": str(latency),
    }
    parameters = {"DATA_W": data_w, "QUEUES": queues, **more}
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


REACH = ["a_table_beyond_the_reach_costs_its_chain", "a_ring_beyond_the_reach_is_missing_memory"]
SMALL_BUILDS = [
    ("split", "verilator", 64, 2, SMALL),
    ("split", "icarus", 64, 1, SMALL),
    ("split", "icarus", 128, 2, FEW),
    ("packed", "verilator", 128, 2, FEW),
    ("packed", "icarus", 64, 1, FEW),
]


@pytest.mark.parametrize(("ring_format", "simulator", "data_w", "queues", "more"), SMALL_BUILDS)
def test_small_engines(ring_format, simulator, data_w, queues, more):
    only = ["a_popped_chain_outlives_its_packed_ring"] if ring_format == "packed" else []
    run(ring_format, simulator, data_w, queues, [*RANDOM, *TROUBLE, *only, *REACH], **more)


# One chain's read is answered before its slot is free again, an indirect one's two: 8 slots of 8 cycles hold so long.
@pytest.mark.parametrize(("queues", "latency"), [(1, 20), (2, 20)])
def test_pace_of_few_slots(queues, latency):
    run("split", "verilator", 64, queues, "keeps_pace_at_host_latency", latency, **{**SMALL, "QUEUE_SIZE_MAX": 512})


def test_packed_rings_can_be_left_out():
    """The level says packed, the engine goes on with split rings."""
    run("split", "verilator", 64, 2, "the_level_of_packed_rings_is_ignored", **SMALL)


@pytest.mark.parametrize("wrong", [{"PREFETCH": 12}, {"PREFETCH": 128}, {"ADDR_W": 31}, {"ADDR_W": 65}])
def test_a_wrong_parameter_is_told(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(pytest.fail.Exception, match=f"{name} {value}"):
        run("split", "icarus", 64, 1, "no_kick_is_lost_at_any_moment", **wrong)


PACKED = [
    "hw/nic/common/arbiter_rr.v",
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/lane_rotate.v",
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
