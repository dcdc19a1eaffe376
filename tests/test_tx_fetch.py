# SPDX-License-Identifier: Apache-2.0
"""Block bench of tx_fetch, joined to dma_read."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/arbiter_rr.v",
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/lane_rotate.v",
    "hw/nic/dma/burst_split.v",
    "hw/nic/dma/read_align.v",
    "hw/nic/dma/dma_read.v",
    "hw/nic/dma/fifo_ram.v",
    "hw/nic/dma/stream_pack.v",
    "hw/nic/dma/tx_chains.v",
    "hw/nic/dma/tx_segment.v",
    "hw/nic/dma/tx_frame.v",
    "hw/nic/dma/tx_fetch.v",
    "testbench/hdl/bench_tx_fetch.v",
]

# every width, one queue and several, both headers; Icarus shows X and builds fast: without the long frames
CASES = [
    ("verilator", 64, 1, 12),
    ("verilator", 128, 3, 12),
    ("verilator", 512, 2, 12),
    ("icarus", 128, 2, 12),
    ("verilator", 64, 1, 20),
    ("verilator", 128, 3, 20),
    ("verilator", 512, 2, 20),
    ("icarus", 128, 2, 20),
    ("icarus", 64, 2, 20),
]
SHORT = [
    "every_length_around_a_word_from_every_lane",
    "one_byte_descriptors_make_a_frame",
    "short_frames_are_dropped_and_counted",
    "bad_chains_are_dropped_and_completed",
    "a_chain_known_to_be_bad_gives_no_frame_at_all",
    "a_frame_waits_for_the_side_band_of_its_predecessor",
    "an_abandoned_frame_is_closed_though_nothing_follows",
    "failed_reads_drop_their_frame_only",
    "small_frames_in_two_descriptors_come_fast_from_slow_memory",
]


@pytest.mark.parametrize(("simulator", "data_w", "pairs", "header"), CASES)
def test_tx_fetch(simulator, data_w, pairs, header):
    run_bench(
        "bench_tx_fetch",
        "testbench.unit.bench_tx_fetch",
        SOURCES,
        simulator,
        {"DATA_W": data_w, "QUEUE_PAIRS": pairs},
        testcase=SHORT if simulator == "icarus" else None,
        env={"HEADER_BYTES": str(header)},
    )
