# SPDX-License-Identifier: Apache-2.0
"""The verb ``ferrule fpga export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ferrule.errors import FerruleError
from ferrule.verbs.options import Pairs, Width


def export(
    tool: Annotated[str, typer.Option(help="vivado, quartus or radiant.")],
    board: Annotated[str | None, typer.Option(help="A board of fpga/vendor/boards.toml.")] = None,
    part: Annotated[str | None, typer.Option(help="Or a part: its whole order code.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to make; build/fpga/TOOL-BOARD if not given.")] = None,
    width: Annotated[Width | None, typer.Option(help="Data path of the card, bits; by family if not given.")] = None,
    pairs: Pairs = 4,
    queue_size: Annotated[int, typer.Option(min=2, max=32768, help="Most descriptors of a queue.")] = 1024,
    core_mhz: Annotated[float | None, typer.Option(help="Clock of the card, MHz; by family if not given.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=NUMBER of a parameter, as often as wanted.")
    ] = None,
) -> None:
    """Write a project for a vendor's tool: sources, constraints, a top with AXI ports, and what to connect where."""
    from ferrule.fpga.export.project import export as write
    from ferrule.fpga.export.target import target

    wish = target(
        tool, board, part, int(width) if width else None, pairs, queue_size, core_mhz, dict(map(_setting, sets or ()))
    )
    folder = out or Path("build/fpga") / f"{tool}-{board or part}"
    write(wish, folder)
    typer.echo(f"{folder}: {wish.title} for {tool}, top ferrule_vendor; {folder / 'README.md'} says what to connect")


def _setting(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    try:
        return name, int(value, 0)
    except ValueError:
        raise FerruleError(f"--set {text!r}: expected NAME=NUMBER") from None
