# SPDX-License-Identifier: Apache-2.0
"""Block benches of hw/offload/tso and hw/offload/checksum."""

import pytest

from testbench.lib.bench import run_bench

SOURCES = [
    "hw/nic/common/ram_sdp.v",
    "hw/nic/common/fifo_sync.v",
    "hw/nic/common/skid.v",
    "hw/offload/checksum/csum_sum.v",
    "hw/offload/checksum/csum_insert.v",
    "hw/offload/checksum/frame_gate.v",
    "hw/offload/tso/tso_input.v",
    "hw/offload/tso/tso_parse.v",
    "hw/offload/tso/tso_patch.v",
    "hw/offload/tso/tso_header.v",
    "hw/offload/tso/tso_segment.v",
    "hw/offload/tso/tx_offload.v",
    "testbench/hdl/tx_offload_bench.v",
]


@pytest.mark.parametrize(
    ("simulator", "width", "share"),
    [("verilator", 128, 1), ("verilator", 64, 0.15), ("verilator", 512, 0.15), ("icarus", 128, 0.02)],
)
def test_tx_offload(simulator, width, share):
    run_bench(
        "tx_offload_bench",
        "testbench.unit.bench_tx_offload",
        SOURCES,
        simulator,
        {"DATA_W": width},
        env={"TX_OFFLOAD_SHARE": str(share)},
    )
