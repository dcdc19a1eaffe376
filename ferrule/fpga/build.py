# SPDX-License-Identifier: Apache-2.0
"""``ferrule fpga build``: from a board's data to a folder with bitstream, logs and reports, or to a clear refusal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ferrule.fpga import cache, checks, output, place, report, synthesis, timing, toolchain, utilisation
from ferrule.fpga.board import Board
from ferrule.fpga.errors import DesignError, TimingError, ToolError
from ferrule.fpga.netlist import Design, Netlist
from ferrule.fpga.progress import Stages


@dataclass(frozen=True)
class Wish:
    """How to build: ``seeds`` of the placement are tried in order until timing is met."""

    seeds: Sequence[int] = (1,)
    limit_s: float = 3600.0


def build(board: Board, out: Path, wish: Wish, console: Console) -> dict[str, Any]:
    """Leave ``out`` complete; returns the content of its timing.json.

    Raises FerruleError. What is found before place and route leaves nothing; a build that fails later leaves its logs
    and reports in ``out`` + ".failed", and ``out`` as it was.
    """
    output.check(out)
    versions = toolchain.versions()
    key = cache.result_key(board, wish.seeds, versions)
    done = cache.folder("result", key)
    if not done.exists():
        stages = Stages(console)
        with cache.work() as work:
            design, netlist = _netlist(board, versions, work, wish.limit_s, stages)
            try:
                found = _place(board, design, netlist, wish, work, stages)
                with stages.stage("pack") as tell:
                    place.pack(work, f"{board.name}.bit", tell)
            except (ToolError, DesignError, TimingError) as error:
                _tidy(work)
                failed = output.failed(out)
                cache.publish(work, failed)
                raise type(error)(f"{error}\nlogs and reports are in {failed}; no bitstream was made") from None
            record = {"board": board.name, "seconds": stages.seconds, "versions": versions, "size": found["size"]}
            (work / "build.json").write_text(json.dumps(record, indent=1))
            _tidy(work)
            cache.keep(work, done)
    else:
        console.print(f"{board.name}: the same design was built before; taken from {done}", highlight=False)
    cache.publish(done, out)
    shutil.rmtree(output.failed(out), ignore_errors=True)
    return json.loads((out / "timing.json").read_text())


def _tidy(work: Path) -> None:
    """What is only of use to the tools does not go to the user."""
    for name in ("netlist.json", "placed.config", "report.json", "tmp"):
        path = work / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _netlist(
    board: Board, versions: dict[str, str], work: Path, limit_s: float, stages: Stages
) -> tuple[Design, Netlist]:
    """The design and its netlist, checked as far as they can be before place and route."""
    with stages.stage("elaboration", synthesis.progress) as tell:
        design = synthesis.elaborate(board, work, tell)
    checks.pins_and_names(board, design)
    with stages.stage("part and pins", place.progress) as tell, cache.work() as fresh:
        place.try_pins(board, design, fresh, tell)
    known = cache.folder("netlist", cache.netlist_key(board, versions))
    if not known.exists():
        with stages.stage("synthesis", synthesis.progress) as tell, cache.work() as fresh:
            synthesis.synthesise(board, fresh, limit_s, tell)
            shutil.rmtree(fresh / "tmp")
            cache.keep(fresh, known)
    shutil.copytree(known, work, dirs_exist_ok=True)
    netlist = Netlist(work / "netlist.json", board.top)
    checks.clocks(board, netlist)
    checks.size(board, netlist, design)
    return design, netlist


def _place(board: Board, design: Design, netlist: Netlist, wish: Wish, work: Path, stages: Stages) -> dict[str, Any]:
    """Place and route with one seed after the other; the reports of the first that meets timing, or of the last."""
    (work / "pins.lpf").write_text(place.constraints(board, design.ports))
    tried = {}
    for seed in wish.seeds:
        with stages.stage(f"place and route, seed {seed}", place.progress) as tell:
            log = place.place_and_route(board, work, seed, wish.limit_s, tell)
        said = json.loads((work / "report.json").read_text())
        found = timing.analyse(board, said, netlist, design, seed)
        tried[seed] = {name: clock["achieved_mhz"] for name, clock in found["clocks"].items()}
        if found["met"]:
            break
    found["tried"] = tried
    found["size"] = checks.size(board, netlist, design)
    used = utilisation.analyse(board, said, netlist, design)
    (work / "timing.json").write_text(json.dumps(found, indent=1))
    (work / "utilisation.json").write_text(json.dumps(used, indent=1))
    (work / "report.html").write_text(report.page(board, found, used, place.warnings(log)))
    if not found["met"]:
        missed = [
            f"{name} reaches {clock['achieved_mhz']:g} MHz of {clock['constraint_mhz']:g}: {clock['path']['words']}"
            for name, clock in found["clocks"].items()
            if not clock["met"]
        ]
        raise TimingError(f"timing is not met with {len(tried)} seed(s):\n  " + "\n  ".join(missed))
    return found
