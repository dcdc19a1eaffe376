# SPDX-License-Identifier: Apache-2.0
"""The build on one page: clocks against constraints, what decides them, and what every module takes."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ferrule.fpga.board import Board

# cells of the part as nextpnr calls them -> as people do
PLACED = {
    "TRELLIS_COMB": "LUT4", "TRELLIS_FF": "flip-flops", "TRELLIS_RAMW": "LUT RAM write ports", "DP16KD": "block RAMs",
    "MULT18X18D": "multipliers", "EHXPLLL": "PLLs", "TRELLIS_IO": "pins", "IOLOGIC": "pin registers, left and right",
    "SIOLOGIC": "pin registers, top and bottom", "DCCA": "global clocks",
}  # fmt: skip
MODULES = ("instance", "module", "LUT4", "flip-flops", "block RAMs", "multipliers")
SMALLEST = 0.005  # share of the design's LUTs below which a module inside others has no row

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{board}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #1d2733; }}
h1 {{ font-size: 1.5em; }} h2 {{ font-size: 1.15em; margin-top: 1.6em; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .2em .9em; border-bottom: 1px solid #dde3ea; text-align: right; vertical-align: top; }}
th:first-child, td:first-child, .text {{ text-align: left; }} .text {{ overflow-wrap: anywhere; }}
td:nth-child(2) {{ white-space: nowrap; }}
.met {{ color: #1d7a56; }} .missed {{ color: #b3261e; font-weight: 600; }} .note {{ color: #56616e; }}
</style></head><body>
<h1>{title}: {verdict}</h1>
<p>{order}, top <code>{top}</code>, seed {seed}. Nothing here was measured on a board: the figures are nextpnr's.</p>
<h2>Clocks</h2>
{clocks}
{paths}
<h2>Between clocks</h2>
<p class="note">No constraint holds for these; they end in synchronisers, FIFOs between clocks, or pins.</p>
{crossings}
<h2>Cells of the part</h2>
{placed}
<h2>Modules</h2>
<p class="note">With all that is inside, by the names that flattening leaves. LUT4 counts carry cells as two
and sixteen words of LUT RAM as six.</p>
{modules}
<h2>Where the slowest paths end</h2>
{slowest}
{warnings}
</body></html>
"""


def page(board: Board, timing: Mapping[str, Any], used: Mapping[str, Any], warnings: Sequence[str]) -> str:
    """The page as HTML; it needs nothing else to be looked at."""
    verdict = "every clock meets its constraint" if timing["met"] else "timing is not met"
    clocks = [
        (name, f"{clock['constraint_mhz']:g}", _reached(clock), _verdict(clock))
        for name, clock in timing["clocks"].items()
    ]
    paths = "".join(
        f"<p><b>{html.escape(name)}</b> is decided by the path {html.escape(clock['path']['words'])}.</p>"
        for name, clock in timing["clocks"].items()
        if clock["path"]
    )
    crossings = [
        (_clock(one["from_clock"]), _clock(one["to_clock"]), f"{one['delay_ns']:.2f}", one["words"])
        for one in timing["crossings"]
    ]
    placed = [
        (PLACED.get(kind, kind), f"{count['used']:,}", f"{count['available']:,}", _share(count))
        for kind, count in used["placed"].items()
    ]
    slowest = [
        (one["instance"] or "the top", one["module"], one["register"], one["clock"], f"{one['arrival_ns']:.2f}")
        for one in timing["slowest"]
    ]
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in warnings)
    return PAGE.format(
        board=html.escape(board.name), title=html.escape(board.title), order=html.escape(board.order),
        top=html.escape(board.top), seed=timing["seed"],
        verdict=f"<span class='{'met' if timing['met'] else 'missed'}'>{verdict}</span>",
        clocks=_table(("clock", "constraint, MHz", "reached, MHz", ""), clocks), paths=paths,
        crossings=_table(("from", "to", "ns", "path"), crossings, text=(1, 3)),
        placed=_table(("", "used", "there", "share"), placed),
        modules=_table(MODULES, _modules(used), (0, 1)),
        slowest=_table(("instance", "module", "register", "clock", "arrives after, ns"), slowest, (0, 1, 2)),
        warnings=f"<h2>nextpnr's warnings</h2><ul>{lines}</ul>" if lines else "",
    )  # fmt: skip


def _clock(name: str) -> str:
    return "no clock" if name == "<async>" else name


def _reached(clock: Mapping[str, Any]) -> str:
    return "no path between registers" if clock["achieved_mhz"] is None else f"{clock['achieved_mhz']:.1f}"


def _verdict(clock: Mapping[str, Any]) -> str:
    return "met" if clock["met"] else "not met"


def _share(count: Mapping[str, int]) -> str:
    return f"{100 * count['used'] / count['available']:.0f} %"


def _modules(used: Mapping[str, Any]) -> list[tuple[str, ...]]:
    least = SMALLEST * used["modules"][0]["lut4"]
    return [
        (row["instance"] or "the top", row["module"], *(f"{row[kind]:,}" for kind in ("lut4", "flip_flops")),
         *(str(row[kind] or "") for kind in ("block_rams", "multipliers")))
        for row in used["modules"]
        if row["lut4"] >= least or row["block_rams"]
    ]  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[int] = ()) -> str:
    """Of strings; columns in ``text`` are words, not numbers."""

    def row(cells: Sequence[str], tag: str) -> str:
        kinds = (" class='text'" if place in text else "" for place in range(len(cells)))
        return "".join(f"<{tag}{kind}>{html.escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    return f"<table><tr>{row(head, 'th')}</tr>{body}</table>"
