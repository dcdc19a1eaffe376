# SPDX-License-Identifier: Apache-2.0
"""The blocks that are simulated as netlists: with the small card's parameters, by the benches of their RTL."""

from __future__ import annotations

from dataclasses import dataclass

from testbench.lib import tools
from testbench.lib.tx_offload_build import SOURCES as TX_OFFLOAD


@dataclass(frozen=True)
class Block:
    """``top`` is made of the files ``rtl`` and synthesized with ``parameters``.

    ``bench`` drives ``bench_top``, which takes the same parameters: ``top`` itself, or a module of ``round_it`` with
    ``top`` inside. ``settings`` are the bench's environment, ``tests`` those of its tests that run, none: all.
    ``short`` are some that are quick enough for a four-state simulator, with ``short_settings``.
    """

    top: str
    parameters: dict[str, int]
    rtl: tuple[str, ...]
    bench: str
    bench_top: str
    round_it: tuple[str, ...]
    settings: dict[str, str]
    tests: tuple[str, ...]
    short: tuple[str, ...]
    short_settings: dict[str, str]


def _files(pattern: str) -> tuple[str, ...]:
    return tuple(str(path.relative_to(tools.ROOT)) for path in sorted(tools.ROOT.glob(pattern)))


BLOCKS = (
    Block(
        top="tx_offload",
        parameters={"DATA_W": 64, "MAX_FRAME": 9216, "TX_STORE": 16384},
        rtl=tuple(name for name in TX_OFFLOAD if name.startswith("hw/")),
        bench="testbench.unit.bench_tx_offload",
        bench_top="tx_offload_bench",
        round_it=("testbench/hdl/tx_offload_bench.v",),
        settings={"TX_OFFLOAD_SHARE": "0.05"},
        tests=(),
        short=("idle_means_nothing_inside", "sequence_and_id_wrap"),
        short_settings={"TX_OFFLOAD_SHARE": "0.01"},
    ),
    Block(
        top="vq_engine",
        parameters={
            "DATA_W": 64,
            "QUEUES": 2,
            "QUEUE_SIZE_MAX": 64,
            "ADDR_W": 32,
            "PACKED_RINGS": 0,
            "PREFETCH": 8,
        },
        rtl=_files("hw/nic/common/*.v") + _files("hw/nic/virtqueue/vq_*.v"),
        bench="testbench.unit.bench_vq_engine",
        bench_top="vq_engine",
        round_it=(),
        settings={"VQ_RING": "split", "VQ_SCALE": "0.1", "VQ_SIZE_MAX": "64", "VQ_REACH": "32"},
        # not the pace at a host's latency: rings of 64 entries are too short for it
        tests=(
            "any_legal_chain_arrives",
            "bad_chains_are_reported_and_returned",
            "flags_instead_of_events",
            "a_polling_driver_is_told_what_it_asked_for",
            "stop_and_start_in_the_middle_of_traffic",
            "goes_on_where_it_stopped",
            "failed_reads_of_descriptors_cost_one_chain",
            "a_failed_ring_access_breaks_its_queue_alone",
            "the_longest_chains",
        ),
        short=("a_polling_driver_is_told_what_it_asked_for",),
        short_settings={"VQ_RING": "split", "VQ_SCALE": "0.05", "VQ_SIZE_MAX": "64", "VQ_REACH": "32"},
    ),
)
