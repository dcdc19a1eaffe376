# SPDX-License-Identifier: Apache-2.0
"""``ferrule faults``: faults of memory, wire, firmware and interrupts, and whether every frame is accounted for."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from rich import box
from rich.console import Console
from rich.table import Table

from testbench.system.faults.plan import SCENARIOS

SHOWN = 3  # means of explanation in a row; faults.json has them all
ALSO = {"resets": "reset of the device", "resent": "go-back of the stream", "lost on the wire": "lost on the wire"}
# counters that only repeat what a more exact one says
GENERAL = ("dma_read_errors", "dma_write_errors")


def faults(device: str, seed: int | None, rounds: int | None, out: Path) -> int:
    """Run every scenario, print the table, write the files; the number of what nothing explains."""
    console = Console(stderr=True)
    seed = random.randrange(2**31) if seed is None else seed
    out.mkdir(parents=True, exist_ok=True)
    reports: dict[str, dict[str, Any]] = {}
    for number, (name, scenario) in enumerate(SCENARIOS.items(), 1):
        with console.status(f"[{number}/{len(SCENARIOS)}] {name}"):
            reports[name] = scenario.run(device, seed, out / "run", rounds)
    Console().print(table(reports, device, seed))
    unexplained = sum(report["unexplained"] for report in reports.values())
    for name, report in reports.items():
        for text in report["violations"]:
            console.print(f"[red]{name}: {text}")
    record = {"device": device, "seed": seed, "scenarios": reports}
    (out / "faults.json").write_text(json.dumps(record, indent=1) + "\n")
    (out / "faults.html").write_text(plot(reports, device, seed))
    console.print(f"everything in {out / 'faults.json'}, the picture in {out / 'faults.html'}")
    return unexplained


def means(moved: Mapping[str, int]) -> list[str]:
    """What told of the faults and what it took, the most frequent first."""
    ranked = sorted(moved.items(), key=lambda item: -item[1])
    return [f"{value:,} {ALSO.get(name, name)}" for name, value in ranked if value > 0 and name not in GENERAL]


def rows(reports: Mapping[str, dict[str, Any]]) -> list[tuple[str, str, int, int, list[str]]]:
    """Scenario, kind, injected, survived, explained by."""
    return [
        (name, kind, made, report["survived"].get(kind, 0), means(report["means"][kind]))
        for name, report in reports.items()
        for kind, made in report["injected"].items()
    ]


def table(reports: Mapping[str, dict[str, Any]], device: str, seed: int) -> Table:
    """The results for a person."""
    frames = sum(report["out"]["offered"] + report["in"]["sent"] for report in reports.values())
    carried = sum(report["stream"]["out"] + report["stream"]["in"] for report in reports.values())
    unexplained = sum(report["unexplained"] for report in reports.values())
    result = Table(
        title=f"Faults survived ({device}, seed {seed})", box=box.SIMPLE, padding=(0, 0, 0, 1),
        caption=f"{frames:,} frames, {carried:,} acknowledged bytes, {unexplained} not explained",
    )  # fmt: skip
    for heading in ("fault", "injected", "survived", "explained by"):
        result.add_column(heading, justify="left" if heading in ("fault", "explained by") else "right")
    last = ""
    for name, kind, made, survived, told in rows(reports):
        if name != last:
            result.add_row(f"[bold]{name}")
        last = name
        more = f", {len(told) - SHOWN} more" if len(told) > SHOWN else ""
        colour = "" if survived == made else "[red]"
        result.add_row(f"  {kind}", f"{made:,}", f"{colour}{survived:,}", ", ".join(told[:SHOWN]) + more)
    return result


def plot(reports: Mapping[str, dict[str, Any]], device: str, seed: int) -> str:
    """Injected and survived of each kind, as a page that needs nothing else."""
    shown = rows(reports)[::-1]
    names = [f"{name}: {kind}" if kind != name else kind for name, kind, *_ in shown]
    figure = go.Figure()
    for title, place, colour in (("injected", 2, "#8c96a3"), ("survived", 3, "#2f9e78")):
        figure.add_bar(
            name=title, y=names, x=[row[place] for row in shown], orientation="h", marker_color=colour,
            customdata=["<br>".join(row[4]) for row in shown], hovertemplate="%{x:,}<br>%{customdata}",
        )  # fmt: skip
    figure.update_layout(
        title=f"Faults survived ({device}, seed {seed})", template="plotly_white", height=120 + 34 * len(shown),
        xaxis={"type": "log", "title": "faults"}, legend={"traceorder": "reversed"},
    )  # fmt: skip
    return figure.to_html(include_plotlyjs=True)
