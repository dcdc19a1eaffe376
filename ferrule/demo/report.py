# SPDX-License-Identifier: Apache-2.0
"""The demonstration's results as a table on the terminal and as a page with plots."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from rich import box
from rich.table import Table

# column title -> (how to get it from one setting's result, what it means)
COLUMNS = {
    "bytes": (lambda run: run["bytes"], "content fetched, checked by SHA-256"),
    "TX frames": (lambda run: run["counters"]["tx_frames"], "frames the card put on the wire"),
    "TX descriptors": (lambda run: run["counters"]["tx_descriptors"], "descriptors the card consumed to send"),
    "DMA reads": (lambda run: run["counters"]["dma_read_bursts"], "AXI read bursts"),
    "DMA writes": (lambda run: run["counters"]["dma_write_bursts"], "AXI write bursts"),
    "interrupts": (lambda run: run["counters"]["irq_messages"], "MSI-X messages"),
    "busy cycles": (lambda run: run["counters"]["busy_cycles"], "core cycles with anything in flight"),
    "wall s": (lambda run: run["wall_s"], "seconds of real time for the fetches"),
}
# what was between the two kernels
DEVICES = {
    "rtl": "the card's Verilog, simulated cycle by cycle",
    "model": "the card's functional model, in which cycles are worked out, not simulated",
}


def number(value: float) -> str:
    """12,345 or 1.2."""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def short(value: float) -> str:
    """The same in few characters, for a terminal: 12.3k, 11.02M."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.2f}M"
    return f"{value / 1000:.1f}k" if value >= 10_000 else number(value)


def table(runs: list[dict[str, Any]]) -> Table:
    """One row a setting, narrow enough for 80 columns."""
    title = f"What offloads did to the same pages ({runs[0]['settings']['device']})"
    result = Table(title=title, box=box.SIMPLE, padding=(0, 0, 0, 1))
    result.add_column("setting", no_wrap=True)
    for title in COLUMNS:
        heading = title.replace("descriptors", "descs").replace("interrupts", "inter-\nrupts").replace(" ", "\n")
        result.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    for run in runs:
        name = run["name"].replace(" + coalescing", "\n + coalescing")
        result.add_row(name, *(short(get(run)) for get, _ in COLUMNS.values()))
    return result


def plots(runs: list[dict[str, Any]]) -> str:
    """Bars of every count per setting, as a piece of HTML that needs nothing else."""
    titles = [title for title in COLUMNS if title not in ("bytes", "wall s")]
    figure = make_subplots(rows=2, cols=3, subplot_titles=titles, vertical_spacing=0.22)
    names = [run["name"].replace(" + ", "<br>+ ") for run in runs]
    colours = ["#8c96a3", "#4c86c6", "#2f9e78", "#c9702e"]
    for place, title in enumerate(titles):
        get, meaning = COLUMNS[title]
        values = [get(run) for run in runs]
        bar = go.Bar(
            x=names, y=values, text=[number(value) for value in values],
            marker_color=colours[: len(runs)], hovertemplate=f"%{{x}}<br>%{{y:,}} {meaning}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bar, row=place // 3 + 1, col=place % 3 + 1)
    figure.update_layout(height=760, showlegend=False, template="plotly_white", margin={"t": 60, "b": 90})
    figure.update_xaxes(tickfont={"size": 10})
    return figure.to_html(full_html=False, include_plotlyjs=True)


def html_table(runs: list[dict[str, Any]]) -> str:
    """The terminal's table as HTML."""
    head = "".join(f"<th title='{html.escape(meaning)}'>{title}</th>" for title, (_, meaning) in COLUMNS.items())
    rows = "".join(
        f"<tr><td>{html.escape(run['name'])}</td>"
        + "".join(f"<td>{number(get(run))}</td>" for get, _ in COLUMNS.values())
        + "</tr>"
        for run in runs
    )
    return f"<table><tr><th>setting</th>{head}</tr>{rows}</table>"


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ferrule demonstration</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 1150px; margin: 2em auto; padding: 0 1em; color: #1d2733; }}
table {{ border-collapse: collapse; margin: 1em 0; }}
th, td {{ padding: .35em .8em; border-bottom: 1px solid #d5dbe2; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
.note {{ color: #56616e; }}
</style></head><body>
<h1>Web pages through a simulated network card</h1>
<p>{server} on an unmodified Linux TCP stack served {files}; curl on the other end of the wire fetched them, and every
SHA-256 matched. The card was {device}. Only the settings of card and driver differ between the rows.</p>
{table}
{plots}
<p class="note">Counts come from the card's own counters. Live runs state counts, never simulated throughput: the
kernels run at wall-clock speed, the card in simulated time. For throughput run <code>ferrule bench</code>. The frames
are in
<code>wire.pcapng</code>, the settings and all counters in <code>run.json</code>.</p>
</body></html>
"""


def write_page(path: Path, runs: list[dict[str, Any]]) -> None:
    """Write the report; it needs no network to be looked at."""
    first = runs[0]
    files = ", ".join(item["file"] for item in first["files"])
    page = PAGE.format(
        server=html.escape(first["server"]), files=html.escape(files), device=DEVICES[first["settings"]["device"]],
        table=html_table(runs), plots=plots(runs),
    )  # fmt: skip
    path.write_text(page)
