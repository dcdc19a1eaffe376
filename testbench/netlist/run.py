# SPDX-License-Identifier: Apache-2.0
"""Runs a block's bench on its RTL or on its netlist."""

from __future__ import annotations

from pathlib import Path

from testbench.lib.bench import run_bench
from testbench.netlist.blocks import Block
from testbench.netlist.synth import BLOCK_RAM, netlist

# compiling takes longer than what these benches run; every flip-flop of a netlist has a first value of its own
VERILATOR = ("--no-public-flat-rw", "--x-initial", "fast", "-CFLAGS", "-O0")
PUBLIC = "testbench/netlist/public.vlt"


def made(block: Block) -> Path:
    """The block's netlist, synthesized if the cache has none."""
    return netlist(block.top, block.parameters, block.rtl)


def run_rtl(block: Block, short: bool = False) -> dict[str, float]:
    """The block as it is written, on Icarus. Simulated time of each test; fails like ``run_bench``."""
    return _run(block, [*block.rtl, *block.round_it], "icarus", short)


def run_netlist(block: Block, simulator: str, short: bool = False, path: Path | None = None) -> dict[str, float]:
    """The same of the block's netlist, or of the one at ``path``."""
    cells = [path or made(block), BLOCK_RAM, *block.round_it]
    return _run(block, [PUBLIC, *cells] if simulator == "verilator" else cells, simulator, short)


def _run(block: Block, sources: list, simulator: str, short: bool) -> dict[str, float]:
    return run_bench(
        block.bench_top,
        block.bench,
        sources,
        simulator,
        block.parameters,
        list(block.short if short else block.tests) or None,
        block.short_settings if short else block.settings,
        build_args=VERILATOR if simulator == "verilator" and PUBLIC in sources else (),
    )
