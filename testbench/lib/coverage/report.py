# SPDX-License-Identifier: Apache-2.0
"""Coverage for a person: a table and a list of what is missing for the terminal, a page with state graphs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich import box
from rich.console import Console
from rich.table import Table

from testbench.lib.coverage.record import Coverage, Record, Visits
from testbench.lib.structure.states import Marks, draw_states

MARKS = """
.hit .box{fill:#dafbe1;stroke:#1a7f37}.hit .line{stroke:#1a7f37;stroke-width:1.6}.hit .tip{fill:#1a7f37}
.miss .box{fill:#ffffff;stroke:#cf222e;stroke-dasharray:4 3}.miss .tip{fill:#cf222e}
.miss .line{stroke:#cf222e;stroke-dasharray:5 4}
.odd .box{fill:#fff8c5;stroke:#9a6700}.odd .line{stroke:#9a6700;stroke-width:2.6}.odd .tip{fill:#9a6700}
@media (prefers-color-scheme:dark){
.hit .box{fill:#12261e;stroke:#3fb950}.hit .line{stroke:#3fb950}.hit .tip{fill:#3fb950}
.miss .box{fill:#0d1117;stroke:#f85149}.miss .line{stroke:#f85149}.miss .tip{fill:#f85149}
.odd .box{fill:#272115;stroke:#d29922}.odd .line{stroke:#d29922}.odd .tip{fill:#d29922}
}
"""
PAGE_STYLE = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;margin:2rem auto;max-width:72rem;
padding:0 1rem;background:#ffffff;color:#1f2328}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2.5rem}
table{border-collapse:collapse}th,td{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid #d0d7de}
td.n,th.n{text-align:right}td.inst{padding-left:1.5rem;color:#59636e}code,td{font-variant-numeric:tabular-nums}
.odd-text{color:#9a6700;font-weight:600}.miss-text{color:#cf222e}.muted{color:#59636e}
.machine{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start}svg{max-width:100%;height:auto}
@media (prefers-color-scheme:dark){
body{background:#010409;color:#e6edf3}th,td{border-color:#30363d}td.inst,.muted{color:#9198a1}
.odd-text{color:#d29922}.miss-text{color:#f85149}
}
"""


def table(coverage: Coverage) -> Table:
    """A row a machine, one more for each instance where there are several."""
    shown = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    shown.add_column("module")
    shown.add_column("register")
    for name in ("states", "transitions", "resets"):
        shown.add_column(name, justify="right")
    for name, register, *numbers in _rows(coverage):
        shown.add_row(name, register, *numbers)
    return shown


def missing(record: Record) -> list[str]:
    """A line for each thing of a machine that was not visited, or that was seen and should not be."""
    machine, visits = record.machine, record.together
    lines = [f"UNEXPECTED {a} -> {b}, seen {visits.steps[a, b]} times" for a, b in record.unexpected(visits)]
    if not visits.steps:
        return [f"never left {machine.reset}"]
    lines += [f"state {name}" for name in machine.names if name not in visits.states]
    for (a, b), places in machine.transitions.items():
        if (a, b) not in visits.steps:
            lines.append(f"{a} -> {b} (line {', '.join(map(str, places))})")
    return lines


def show(coverage: Coverage, console: Console) -> None:
    """Print the table, then what is missing."""
    console.print(table(coverage))
    for record in coverage.records:
        lines = missing(record) if record.instances else []
        if lines:
            console.print(f"[bold]{record.machine.title}[/bold]  {record.machine.path}", highlight=False)
        for line in lines:
            style = "bold yellow" if line.startswith("UNEXPECTED") else ""
            console.print(f"  {line}", style=style, highlight=False)


def page(coverage: Coverage) -> str:
    """The whole HTML page; it needs nothing else."""
    head = "".join(f"<th{' class=n' if n > 1 else ''}>{name}</th>" for n, name in enumerate(_HEADINGS))
    rows = "".join(
        f"<tr><td{' class=inst' if name.startswith(' ') else ''}>{escape(name)}</td><td>{register}</td>"
        + "".join(f"<td class=n>{value}</td>" for value in numbers)
        + "</tr>"
        for name, register, *numbers in _rows(coverage)
    )
    runs = ", ".join(f"<code>{escape(run)}</code>" for run in dict.fromkeys(coverage.runs))
    parts = [
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>State coverage</title>",
        f"<style>{PAGE_STYLE}</style>",
        f"<h1>State coverage</h1><p>Runs: {runs}</p>",
        f"<table><tr>{head}</tr>{rows}</table>",
        "<p class=muted>Green: visited. Red, dashed: not visited. Yellow, thick: seen, but not among the transitions",
        "extracted from the RTL. A change of state by reset is counted under resets only.</p>",
        *(_section(record) for record in coverage.records if record.instances),
        "</html>",
    ]
    return "\n".join([*parts, ""])


_HEADINGS = ("module", "register", "states", "transitions", "resets")


def _rows(coverage: Coverage) -> Iterator[tuple[str, ...]]:
    for record in coverage.records:
        machine = record.machine
        if not record.instances:
            yield machine.module, machine.register, "not in this card", "", ""
            continue
        yield machine.module, machine.register, *_numbers(record, record.together)
        if len(record.instances) > 1:
            for path, visits in record.instances.items():
                yield f"  {path}", "", *_numbers(record, visits)
    there = [record for record in coverage.records if record.instances]
    states = [(len(record.states(record.together)), len(record.machine.states)) for record in there]
    steps = [(len(record.transitions(record.together)), len(record.machine.transitions)) for record in there]
    sums = (f"{sum(seen for seen, _ in pairs)}/{sum(total for _, total in pairs)}" for pairs in (states, steps))
    yield "together", "", *sums, ""


def _numbers(record: Record, visits: Visits) -> tuple[str, str, str]:
    odd = len(record.unexpected(visits))
    return (
        f"{len(record.states(visits))}/{len(record.machine.states)}",
        f"{len(record.transitions(visits))}/{len(record.machine.transitions)}" + (f" +{odd} unexpected" if odd else ""),
        str(sum(visits.resets.values())),
    )


def _section(record: Record) -> str:
    machine, visits = record.machine, record.together
    edges = {
        pair: ("hit" if visits.steps[pair] else "miss", f"{pair[0]} to {pair[1]}: {visits.steps[pair]} times")
        for pair in machine.transitions
    }
    odd = record.unexpected(visits)
    edges |= {pair: ("odd", f"{pair[0]} to {pair[1]}: {visits.steps[pair]} times, unexpected") for pair in odd}
    comments = {name: f"{name}: {comment}" for name, _, comment in machine.states if comment}
    states = {name: ("hit" if name in visits.states else "miss", comments.get(name, name)) for name in machine.names}
    items = "".join(
        f"<li class={'odd-text' if line.startswith('UNEXPECTED') else 'miss-text'}><code>{escape(line)}</code>"
        for line in missing(record)
    )
    listed = f"<div>Not visited:<ul>{items}</ul></div>" if items else "<div>Everything was visited.</div>"
    drawing = draw_states(machine, Marks(MARKS, states, edges, odd))
    heading = f"<h2>{machine.title} <span class=muted>{machine.path}</span></h2>"
    return f"{heading}<div class=machine>{drawing}{listed}</div>"
