# SPDX-License-Identifier: Apache-2.0
"""``python -m testbench.interop``: the matrix of drivers and devices, as a table and as docs/interop.md."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from testbench.interop import loss, modes, report, two_guests
from testbench.interop.cells import DEVICES, RINGS, Cell, Outcome, all_cells, amount, chosen
from testbench.interop.record import Record, this_machine
from testbench.interop.run import FAILURES, children, run_cell

JSON, PAGE = Path("build/interop/interop.json"), Path("docs/interop.md")


class Part(StrEnum):
    """Parts of a run; typer takes no list of literals."""

    MATRIX, FRAMES, MODES, GUESTS = "matrix", "frames", "modes", "guests"


class Device(StrEnum):
    """Devices of the matrix."""

    RTL, MODEL, NET_VHOST = "rtl", "model", "net_vhost"


console = Console()


def selected(only: list[str] | None, device: list[Device] | None) -> list[Cell]:
    """The cells asked for. Raises ValueError for a word of none."""
    cells = chosen(only or [])
    return [cell for cell in cells if not device or cell.device in device]


def run_matrix(cells: list[Cell], record: Record, tenth: bool, out: Path) -> None:
    """Run cells one after the other, telling each; what is found is kept at once."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("cells", total=len(cells))
        for cell in cells:
            progress.update(task, description=cell.name)
            outcome = run_cell(cell, amount(cell, tenth), record.seed)
            outcome.tenth = tenth
            record.outcomes[cell.name] = outcome
            record.write(out)
            progress.advance(task)
            _tell(progress.console, outcome)


def _tell(to: Console, outcome: Outcome) -> None:
    to.print(f"{outcome.cell.name:32}", report.MARK[outcome.state], report.long(outcome), highlight=False)


def run_frames(record: Record, devices: list[str], tenth: bool, out: Path) -> bool:
    """The counts of frames; whether all came."""
    whole = True
    for device in devices:
        for ring in RINGS:
            count = loss.FRAMES[device] // (10 if tenth else 1)
            with console.status(f"{count:,} frames through the {device}, {ring} rings"):
                try:
                    found = loss.run_loss(device, ring, count, record.seed)
                except FAILURES as error:
                    console.print(f"[red]{device}, {ring}: {error}[/red]")
                    whole = False
                    continue
            required = loss.REQUIRED[device]
            console.print(
                f"{device}, {ring}: {count:,} frames, none lost, doubled or changed; {found.rate:,.0f} a second "
                f"(required: {required:,}), {found.card_us:.0f} µs of the card's processor each", highlight=False,
            )  # fmt: skip
            record.losses = [row for row in record.losses if (row.device, row.ring) != (device, ring)] + [found]
            record.write(out)
    return whole


def run_modes(record: Record, devices: list[str], tenth: bool, out: Path) -> bool:
    """Every way of forwarding, over one pair and over four; whether all was right."""
    right = True
    for device, ring, pairs in itertools.product(devices, RINGS, modes.PAIRS):
        with console.status(f"testpmd's ways of forwarding, {device}, {ring} rings, {pairs} pairs"):
            try:
                found = modes.measure(device, ring, pairs, record.seed, tenth)
            except FAILURES as error:
                console.print(f"[red]{device}, {ring}, {pairs} pairs: {error}[/red]")
                right = False
                continue
        console.print(found, highlight=False)
        key = (device, ring, pairs)
        record.modes = [row for row in record.modes if (row.device, row.ring, row.pairs) != key] + [found]
        record.write(out)
    return right


def run_guests(record: Record, devices: list[str], tenth: bool, out: Path) -> bool:
    """Two guests on one wire; whether all was right."""
    right = True
    for device in devices:
        for ring in RINGS:
            with console.status(f"two guests, {device}, {ring} rings"):
                try:
                    rows = two_guests.measure(device, ring, two_guests.IPERF_BYTES // (10 if tenth else 1))
                except FAILURES as error:
                    console.print(f"[red]two guests, {device}, {ring}: {error}[/red]")
                    right = False
                    continue
            for row in rows:
                console.print(row, highlight=False)
            record.guests = [row for row in record.guests if (row.device, row.ring) != (device, ring)] + rows
            record.write(out)
    return right


def main(
    only: Annotated[
        list[str] | None, typer.Option(help="Words that must all be in a cell's name, as in dpdk-rtl-packed.")
    ] = None,
    device: Annotated[list[Device] | None, typer.Option(help="Only these devices; may be repeated.")] = None,
    part: Annotated[list[Part] | None, typer.Option(help="Only these parts; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="Of contents and sizes.")] = 2026,
    tenth: Annotated[bool, typer.Option(help="A tenth of the traffic.")] = False,
    add: Annotated[bool, typer.Option(help="Add to what earlier runs found, in place of beginning anew.")] = False,
    out: Annotated[Path, typer.Option(help="File for what is found.")] = JSON,
    page: Annotated[Path, typer.Option(help="Page to write when every cell has been run.")] = PAGE,
) -> None:
    """Run the matrix of drivers and devices."""
    parts = part or ([Part.MATRIX] if only else list(Part))
    try:
        cells = selected(only, device)
    except ValueError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from None
    record = Record(seed, this_machine())
    if add:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            record = replace(Record.read(out), machine=record.machine)
    console.print(f"seed {record.seed}")
    cards = [name for name in DEVICES if name in loss.FRAMES and (not device or name in device)]
    right = True
    if Part.MATRIX in parts:
        run_matrix(cells, record, tenth, out)
        right &= not [cell for cell in cells if record.outcomes[cell.name].state == "failed"]
    if Part.FRAMES in parts:
        right &= run_frames(record, cards, tenth, out)
    if Part.MODES in parts:
        right &= run_modes(record, cards, tenth, out)
    if Part.GUESTS in parts:
        right &= run_guests(record, cards, tenth, out)
    console.print(report.table(record.outcomes))
    if set(record.outcomes) >= {cell.name for cell in all_cells()}:
        page.write_text(report.page(record))
        console.print(f"{page} is written")
    for line in children().values():
        console.print(f"[red]left behind: {line}[/red]")
        right = False
    raise typer.Exit(0 if right else 1)


if __name__ == "__main__":
    typer.run(main)
