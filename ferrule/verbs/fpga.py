# SPDX-License-Identifier: Apache-2.0
"""Verbs that take the card to an FPGA: ``ferrule fpga boards``, ``build``, ``load`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ferrule.verbs.fpga_export import export

app = typer.Typer(
    no_args_is_help=True,
    help="The same RTL on a board: build a bitstream with open tools, load it; or a project for a vendor's tool.",
)
BoardName = Annotated[
    str, typer.Option("--board", help="A board of `ferrule fpga boards`, or a folder with board.toml.")
]
BUILT = Path("build/fpga")


@app.command()
def boards() -> None:
    """The boards there are."""
    from ferrule.commands.fpga import boards as run

    run()


@app.command()
def build(
    board: BoardName,
    seed: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="Of the placement.")] = 1,
    tries: Annotated[int, typer.Option(min=1, max=100, help="Seeds to try, one by one, until timing is met.")] = 1,
    limit: Annotated[float, typer.Option(min=0.001, help="Minutes that synthesis may take, and each placement.")] = 120,
    out: Annotated[Path | None, typer.Option(help="Folder to leave; build/fpga/BOARD if not given.")] = None,
) -> None:
    """Yosys, nextpnr, ecppack: a bitstream whose every clock meets its constraint, its logs, and a report."""
    from ferrule.commands.fpga import build as run

    run(board, range(seed, seed + tries), limit, out, BUILT)


@app.command()
def load(
    board: BoardName,
    flash: Annotated[bool, typer.Option("--flash", help="For good, into the board's flash.")] = False,
    bitstream: Annotated[Path | None, typer.Option(help="build/fpga/BOARD/BOARD.bit if not given.")] = None,
) -> None:
    """Put the bitstream into the board with openFPGALoader; without it, say how."""
    from ferrule.commands.fpga import load as run

    raise typer.Exit(run(board, bitstream, flash, BUILT))


app.command()(export)
