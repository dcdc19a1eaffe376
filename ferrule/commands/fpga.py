# SPDX-License-Identifier: Apache-2.0
"""``ferrule fpga``: what its verbs do and say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Column, Table

from ferrule.fpga import boards as known
from ferrule.fpga.build import Wish
from ferrule.fpga.build import build as make
from ferrule.fpga.load import load as put


def boards() -> None:
    """A table of them."""
    table = Table("board", "is", Column("part", no_wrap=True), "clocks, MHz", box=box.SIMPLE)
    for name in known.names():
        board = known.find(name)
        clocks = ", ".join(f"{clock} {mhz:g}" for clock, mhz in board.clocks.items())
        table.add_row(name, board.title, board.order, clocks)
    Console().print(table)


def build(name: str, seeds: Sequence[int], limit_min: float, out: Path | None, built: Path) -> None:
    """Build and say what came of it."""
    board = known.find(name)
    folder = out or built / board.name
    console = Console(stderr=True)
    timing = make(board, folder, Wish(tuple(seeds), limit_min * 60), console)
    table = Table("clock", "constraint, MHz", "reached, MHz", title=f"{board.title}, {board.order}", box=box.SIMPLE)
    for clock, is_ in timing["clocks"].items():
        table.add_row(
            clock, f"{is_['constraint_mhz']:g}", "" if is_["achieved_mhz"] is None else f"{is_['achieved_mhz']:.1f}"
        )
    console.print(table)
    console.print(f"{folder / f'{board.name}.bit'}; the report is {folder / 'report.html'}", highlight=False)


def load(name: str, bitstream: Path | None, flash: bool, built: Path) -> int:
    """Load and return openFPGALoader's exit status."""
    board = known.find(name)
    return put(board, bitstream or built / board.name / f"{board.name}.bit", flash)
