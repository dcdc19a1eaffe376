# SPDX-License-Identifier: Apache-2.0
"""Verbs that look for faults: soak and faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ferrule.verbs.options import Device


def soak(
    minutes: Annotated[float, typer.Option(help="Time to search.")] = 30,
    seed: Annotated[int | None, typer.Option(help="Where to start; a fresh one if not given.")] = None,
    cases: Annotated[int, typer.Option(help="Hostile cases wanted on the model.")] = 100_000,
    out: Annotated[Path, typer.Option(help="Folder for soak.json.")] = Path("build/soak"),
) -> None:
    """Search for as long as you like: sequences on which model and RTL differ, hostile cases that break the card."""
    from ferrule.commands.soak import soak as run

    raise typer.Exit(run(minutes, seed, cases, out))


def faults(
    device: Device = "rtl",
    seed: Annotated[int | None, typer.Option(help="Of everything drawn; a fresh one if not given.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of each kind; as the tests if not given.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for faults.json and faults.html.")] = Path("build/faults"),
) -> None:
    """Faults of memory, wire, firmware and interrupts under traffic: what was survived, and what explains each loss."""
    from ferrule.commands.faults import faults as run

    if run(device, seed, rounds, out):
        raise typer.Exit(1)
