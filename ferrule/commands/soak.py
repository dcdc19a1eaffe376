# SPDX-License-Identifier: Apache-2.0
"""``ferrule soak``: the searches that tests run for a minute, for as long as one likes, on all cores."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from ferrule.errors import FerruleError

SEQUENCES, CASES = 100, 500  # of one slice


@dataclass
class Search:
    """One kind of work, cut into slices: ``run(seed, number of the slice)`` returns what it found, or None."""

    name: str
    slice_size: int
    run: Callable[[int, int], str | None]
    wanted: int | None = None
    started: int = 0
    done: int = 0
    spent_s: float = 0  # on a core

    def more(self) -> bool:
        """A further slice is wanted."""
        return self.wanted is None or self.started * self.slice_size < self.wanted


def differential(seed: int, number: int) -> str | None:
    """A slice of sequences on model and RTL; every fourth on a card of four pairs."""
    from testbench.differential.search import search
    from testbench.differential.server import ModelDevice, RtlDevice

    pairs = 4 if number % 4 == 3 else 1
    with closing(RtlDevice(pairs)) as rtl:
        return search(ModelDevice(pairs), rtl, pairs, seed + number, SEQUENCES)


def hostile(device: str, seed: int, number: int) -> str | None:
    """A slice of hostile cases on one device."""
    from testbench.lib.errors import SimulationError
    from testbench.system.hostile.run import report, run_cases

    try:
        return report(run_cases(device, seed, number * CASES, CASES)) or None
    except SimulationError as error:
        return f"cases from {number * CASES} on of seed {seed}: {error}"


def hostile_model(seed: int, number: int) -> str | None:
    """Hostile cases on the model."""
    return hostile("model", seed, number)


def hostile_rtl(seed: int, number: int) -> str | None:
    """Hostile cases on the RTL."""
    return hostile("rtl", seed, number)


def soak(minutes: float, seed: int | None, cases: int, out: Path) -> int:
    """Search until the time is up or something is found; the exit status. ``cases``: hostile ones on the model."""
    if find_spec("hypothesis") is None:
        raise FerruleError(
            "soak draws its sequences with hypothesis, which is not installed: pip install 'ferrule[dev]'"
        )
    seed = random.randrange(2**31) if seed is None else seed
    if minutes <= 0 or cases < 0:
        raise FerruleError(
            f"--minutes {minutes:g}, --cases {cases}: expected more than 0 minutes and no negative count"
        )
    console = Console(stderr=True)
    searches = [
        Search("sequences on model and RTL", SEQUENCES, differential),
        Search("hostile cases on the model", CASES, hostile_model, cases),
        Search("hostile cases on the RTL", CASES, hostile_rtl),
    ]
    console.print(f"seed {seed}: {minutes:g} minutes on {os.cpu_count()} cores (again: ferrule soak --seed {seed})")
    found = _run(searches, minutes, seed, console)
    table = Table("search", "done", "wanted", title=f"soak, seed {seed}")
    for search in searches:
        table.add_row(search.name, f"{search.done:,}", "" if search.wanted is None else f"{search.wanted:,}")
    console.print(table)
    out.mkdir(parents=True, exist_ok=True)
    part = out / "soak.json.part"
    done = {search.name: search.done for search in searches}
    record = {"seed": seed, "minutes": minutes, "done": done, "found": found}
    part.write_text(json.dumps(record, indent=1))
    part.rename(out / "soak.json")
    if found:
        console.print("\n\n".join(found), markup=False, highlight=False)
    console.print(f"{'found something' if found else 'nothing found'}; record in {out / 'soak.json'}")
    return 1 if found else 0


def _run(searches: list[Search], minutes: float, seed: int, console: Console) -> list[str]:
    """Keep all cores busy, each search for the same share of the time, until it is up or something is found."""
    end, cores = time.monotonic() + 60 * minutes, os.cpu_count() or 1
    found: list[str] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    running: dict[Future[str | None], tuple[Search, float]] = {}
    context = multiprocessing.get_context("spawn")
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(cores, mp_context=context) as pool:
        bars = {search.name: progress.add_task(search.name, total=search.wanted) for search in searches}
        while True:
            while len(running) < cores and time.monotonic() < end and not found:
                least = min((search for search in searches if search.more()), key=lambda search: search.spent_s)
                running[pool.submit(least.run, seed, least.started)] = least, time.monotonic()
                least.started += 1
                least.spent_s += 1e-3  # so that those under way count, and the first round has one of each
            if not running:
                return found
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                search, since = running.pop(future)
                search.spent_s += time.monotonic() - since
                search.done += search.slice_size
                progress.update(bars[search.name], completed=search.done)
                if result := future.result():
                    found.append(f"{search.name}:\n{result}")
