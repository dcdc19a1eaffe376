# SPDX-License-Identifier: Apache-2.0
"""Runs a bench against tx_offload_bench; shared by the tests that need the TX offloads alone."""

from __future__ import annotations

from collections.abc import Mapping

from testbench.lib.bench import run_bench

SOURCES = [
    *(f"hw/nic/common/{name}.v" for name in ("ram_sdp", "fifo_sync", "skid", "lane_rotate")),
    *(f"hw/offload/checksum/{name}.v" for name in ("csum_sum", "csum_insert", "frame_gate")),
    *(f"hw/offload/tso/{name}.v" for name in ("tso_input", "tso_parse", "tso_patch", "tso_header", "tso_segment")),
    "hw/offload/tso/tx_offload.v",
    "testbench/hdl/tx_offload_bench.v",
]


def run_tx_offload(
    module: str, simulator: str, data_w: int, max_frame: int, env: Mapping[str, str], **parameters: int
) -> None:
    """Build and run ``module``; fails like ``run_bench``."""
    parameters |= {"DATA_W": data_w, "MAX_FRAME": max_frame}
    run_bench("tx_offload_bench", module, SOURCES, simulator, parameters, env=env)
