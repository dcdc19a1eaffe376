# SPDX-License-Identifier: Apache-2.0
"""The matrix as a table on a terminal and as docs/interop.md."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from rich.table import Table

from testbench.interop.cells import DEVICES, DRIVERS, MTUS, RINGS, TSO, Cell, Outcome
from testbench.interop.loss import REQUIRED
from testbench.interop.record import Record
from testbench.interop.words import END, FEATURES, FRAMES, GUESTS, HEAD, MODES, NOTES

MARK = {"passed": "[green]ok[/green]", "failed": "[red]FAILED[/red]", "impossible": "[dim]-[/dim]"}


def short(outcome: Outcome | None) -> str:
    """One cell for the terminal."""
    if outcome is None:
        return ""
    return f"{MARK[outcome.state]} {outcome.seconds:.0f} s"


def table(outcomes: dict[str, Outcome]) -> Table:
    """For the terminal: rows of driver, ring format, MTU and TSO, a column a device."""
    shown = Table("driver", "rings", "MTU", "TSO", *DEVICES.values())
    for driver, ring, mtu, tso in itertools.product(DRIVERS, RINGS, MTUS, TSO):
        names = [Cell(driver, device, ring, mtu, tso == "tso").name for device in DEVICES]
        if any(name in outcomes for name in names):
            words = (driver, ring, str(mtu), "on" if tso == "tso" else "off")
            shown.add_row(*words, *(short(outcomes.get(name)) for name in names))
    return shown


def long(outcome: Outcome | None) -> str:
    """One cell for the page."""
    if outcome is None:
        return "not run"
    if outcome.state == "failed":
        return f"**failed**: {_line(outcome.why)}"
    if outcome.state == "impossible":
        return "cannot exist, see below"
    traffic = outcome.traffic
    words = [f"{traffic.frames_out:,} out", f"{traffic.frames_in:,} in"]
    if traffic.super_frames:
        words.append(f"{traffic.super_frames:,} super-frames")
    if traffic.interrupts is not None:
        words.append(f"{traffic.interrupts:,} interrupts")
    return f"{', '.join(words)}; {outcome.seconds:.1f} s"


def _line(text: str, limit: int = 200) -> str:
    return " ".join(text.split())[:limit].replace("|", "/")


def _row(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |\n"


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    return _row(head) + _row(["---"] * len(head)) + "".join(map(_row, rows))


def _matrix(record: Record) -> str:
    text = ""
    for driver, what in DRIVERS.items():
        rows = [
            [
                f"{ring}, {mtu}, {'on' if tso == 'tso' else 'off'}",
                *(long(record.outcomes.get(Cell(driver, device, ring, mtu, tso == "tso").name)) for device in DEVICES),
            ]
            for ring, mtu, tso in itertools.product(RINGS, MTUS, TSO)
        ]
        text += f"### {what}\n\n{_rows(['rings, MTU, TSO', *DEVICES.values()], rows)}\n"
    return text


def _features(record: Record) -> str:
    """What every cell of a driver and device has negotiated, and what only some have."""
    rows = []
    for driver, device in itertools.product(DRIVERS, DEVICES):
        sets = [
            set(outcome.traffic.features)
            for outcome in record.outcomes.values()
            if (outcome.cell.driver, outcome.cell.device, outcome.state) == (driver, device, "passed")
        ]
        if sets:
            always = set.intersection(*sets)
            some = set.union(*sets) - always
            rows.append([DRIVERS[driver], DEVICES[device], ", ".join(sorted(always)), ", ".join(sorted(some))])
    return _rows(("driver", "device", "in every cell", "in some, by format, TSO or MTU"), rows)


def _reasons(record: Record) -> str:
    """Each reason once, with the drivers and devices it stands between."""
    reasons: dict[str, str] = {}
    for outcome in record.outcomes.values():
        if outcome.state == "impossible":
            who = f"{DRIVERS[outcome.cell.driver]} with {DEVICES[outcome.cell.device]}"
            reasons.setdefault(outcome.why, who)
    return "".join(f"- **{who}**: {why}\n" for why, who in reasons.items())


def page(record: Record) -> str:
    """The whole page."""
    states = [outcome.state for outcome in record.outcomes.values()]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("passed", "failed", "impossible"))
    losses = [
        [loss.device, loss.ring, f"{loss.frames:,}", "0", f"{loss.rate:,.0f}", f"{REQUIRED[loss.device]:,}",
         f"{loss.card_us:.0f} µs"]
        for loss in record.losses
    ]  # fmt: skip
    modes = [
        [row.device, row.ring, str(row.pairs), f"{row.txonly:,}", f"{row.rxonly:,}", f"{row.io:,}",
         f"{row.csum:,} in {row.segments:,} segments", ", ".join(f"{count:,}" for count in row.by_pair)]
        for row in record.modes
    ]  # fmt: skip
    guests = [
        [row.device, row.ring, "on" if row.tso else "off", f"{row.ping_avg_ms:.1f} / {row.ping_max_ms:.1f} ms",
         f"{row.iperf_mbps:.1f} Mb/s", f"{row.curl_s:.1f} s, {row.curl_mbps:.1f} Mb/s", f"{row.super_frames:,}"]
        for row in record.guests
    ]  # fmt: skip
    return (
        HEAD.format(counts=counts, cells=len(states), seed=record.seed, machine=record.machine)
        + _matrix(record)
        + NOTES.format(reasons=_reasons(record))
        + FEATURES + _features(record)
        + FRAMES + _rows(("device", "rings", "frames", "lost, doubled, changed", "frames a wall second", "required",
                          "processor time of the card a frame"), losses)
        + MODES + _rows(("device", "rings", "pairs", "txonly", "rxonly", "io", "csum, TSO", "io, by pair"), modes)
        + GUESTS + _rows(("device", "rings", "sender's TSO", "round trip, mean / longest", "iperf3",
                          "10 MB by nginx and curl", "super-frames"), guests)
        + END
    )  # fmt: skip
