# SPDX-License-Identifier: Apache-2.0
"""coverage.json of a run folder, written and read; the page beside it is for a person."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from testbench.lib.coverage.record import Coverage, Record, Visits, decode
from testbench.lib.coverage.report import page
from testbench.lib.errors import CoverageError
from testbench.lib.structure.store import machine_from_json, machine_to_json

DATA, PAGE = "coverage.json", "coverage.html"
FORMAT = "ferrule state coverage 1"


def write_run(folder: Path, counted: str, entry: str) -> None:
    """Leave both files of one run; ``counted`` is the simulator's text."""
    write(folder, decode(counted, entry))


def write(folder: Path, coverage: Coverage) -> None:
    """Leave both files, each in one piece. Raises CoverageError when the folder cannot be written to."""
    texts = {PAGE: page(coverage), DATA: json.dumps(to_json(coverage), indent=1) + "\n"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = {name: folder / f"{name}.{os.getpid()}.part" for name in texts}
        for name, text in texts.items():
            parts[name].write_text(text)
        for name, part in parts.items():
            part.rename(folder / name)
    except OSError as error:
        raise CoverageError(f"coverage cannot be written into {folder}: {error}") from None


def read(folder: Path) -> Coverage:
    """The coverage in a run folder. Raises CoverageError that names the file."""
    path = folder / DATA
    if not folder.is_dir():
        raise CoverageError(f"no folder {folder}")
    if not path.exists():
        raise CoverageError(f"no {path}: was this run made with --coverage?")
    try:
        values = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise CoverageError(f"{path} cannot be read: {error}") from None
    try:
        return from_json(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CoverageError(f"{path} is not what 'ferrule sim --coverage' leaves: {error!r}") from None


def to_json(coverage: Coverage) -> dict[str, Any]:
    """Plain JSON values."""
    machines = []
    for record in coverage.records:
        instances = {
            path: {
                "states": sorted(visits.states),
                "steps": [[*pair, count] for pair, count in sorted(visits.steps.items())],
                "resets": dict(sorted(visits.resets.items())),
            }
            for path, visits in record.instances.items()
        }
        machines.append({**machine_to_json(record.machine), "instances": instances})
    return {"format": FORMAT, "runs": coverage.runs, "machines": machines}


def from_json(values: dict[str, Any]) -> Coverage:
    """The same coverage again. Raises KeyError, TypeError, ValueError or AttributeError for anything else."""
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']!r}, expected {FORMAT!r}")
    records = []
    for entry in values["machines"]:
        machine = machine_from_json({key: value for key, value in entry.items() if key != "instances"})
        instances = {str(path): _visits(seen) for path, seen in entry["instances"].items()}
        records.append(Record(machine, instances))
    return Coverage([str(run) for run in values["runs"]], records)


def _visits(seen: dict[str, Any]) -> Visits:
    steps = {(str(a), str(b)): int(count) for a, b, count in seen["steps"]}
    resets = {str(state): int(count) for state, count in seen["resets"].items()}
    return Visits(set(map(str, seen["states"])), Counter(steps), Counter(resets))
