# SPDX-License-Identifier: Apache-2.0
"""The card's state machines out of the cache, extracted again only when the RTL or the extraction has changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testbench.lib import tools
from testbench.lib.sources import card_sources
from testbench.lib.structure.machine import Machine


@cache
def stored_machines() -> tuple[Machine, ...]:
    """What ``fsm.card_machines`` gives. Raises SourceError."""
    path = tools.cache_dir() / f"machines-{_key()}.json"
    if path.exists():
        return tuple(machine_from_json(values) for values in json.loads(path.read_text()))
    from testbench.lib.structure.fsm import card_machines  # with pyverilog, which takes its time

    machines = card_machines()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps([machine_to_json(machine) for machine in machines]))
    part.rename(path)
    return machines


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """Plain JSON values; transitions as [from, to, lines]."""
    return {**asdict(machine), "transitions": [[*pair, list(lines)] for pair, lines in machine.transitions.items()]}


def machine_from_json(values: dict[str, Any]) -> Machine:
    """The same machine again. Raises KeyError, TypeError or ValueError for anything else."""
    states = tuple((str(name), int(value), str(comment)) for name, value, comment in values["states"])
    transitions = {(str(a), str(b)): tuple(map(int, lines)) for a, b, lines in values["transitions"]}
    return Machine(**{**values, "states": states, "transitions": transitions})


def _key() -> str:
    digest = hashlib.sha256(version("pyverilog").encode())
    headers = [path for folder in tools.INCLUDES for path in sorted(folder.glob("*.vh"))]
    for path in [*card_sources(), *headers, *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
