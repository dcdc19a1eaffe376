# SPDX-License-Identifier: Apache-2.0
"""``ferrule rings``: a guest's rings decoded: of a running card as they are, of an ended one as at its first error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ferrule.errors import FerruleError
from ferrule.live.control import NAME, request
from ferrule.rings.decode import Chain, decode
from ferrule.rings.dump import RINGS

SHOWN = 16  # chains of a ring, of those without a fault


def rings(path: Path, everything: bool) -> None:
    """Print every ring; ``everything``: all chains, not only the first and the faulty ones. Raises FerruleError."""
    console = Console()
    dump = _load(path)
    console.print(f"{dump['why']}, at {dump['ns']:,} ns of simulated time", highlight=False)
    for ring in map(decode, dump["rings"]):
        console.print(f"\n[bold]{ring.name}[/bold]")
        for what, value in ring.facts.items():
            console.print(f"  {what}: {value}", highlight=False)
        chains = [c for n, c in enumerate(ring.chains) if everything or n < SHOWN or c.faults]
        if chains:
            console.print(_table(chains))
        if left := len(ring.chains) - len(chains):
            console.print(f"  and {left} more without a fault (--all shows them)")


def _load(path: Path) -> dict[str, Any]:
    if (path / NAME).exists():
        request(path, "rings", [])
    file = path / RINGS if path.is_dir() else path
    try:
        dump = json.loads(file.read_text())
        if not isinstance(dump, dict) or not {"why", "ns", "rings"} <= dump.keys():
            raise ValueError("it is no dump of rings")
        return dump
    except FileNotFoundError:
        raise FerruleError(
            f"{path}: no {RINGS} there; give the folder of a running 'ferrule vhost', or of one that met an error"
        ) from None
    except (OSError, ValueError) as error:
        raise FerruleError(f"{file}: {error}") from error


def _table(chains: list[Chain]) -> Table:
    table = Table("position", "id", "descriptor", "address", "length", "flags", "fault", box=None, pad_edge=False)
    for chain in chains:
        for number, row in enumerate(chain.descriptors):
            first = (str(chain.position), str(chain.identity)) if not number else ("", "")
            fault = f"[red]{row.fault}[/red]" if row.fault else ""
            table.add_row(*first, row.place, f"{row.address:#x}", f"{row.length:,}", row.flags, fault)
    return table
