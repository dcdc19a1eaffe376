# SPDX-License-Identifier: Apache-2.0
"""What runs of the matrix have found, kept as JSON, so that parts may run at different times and be one page."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path

from testbench.interop.cells import Cell, Outcome, Traffic
from testbench.interop.loss import Loss
from testbench.interop.modes import Modes
from testbench.interop.two_guests import Measured


@dataclass
class Record:
    """Outcomes by the names of their cells, and measurements."""

    seed: int
    machine: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    modes: list[Modes] = field(default_factory=list)
    guests: list[Measured] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self), indent=1) + "\n")
        part.rename(path)

    @classmethod
    def read(cls, path: Path) -> Record:
        """The inverse. Raises OSError, ValueError, KeyError, TypeError."""
        data = json.loads(path.read_text())
        outcomes = {
            name: Outcome(
                Cell(**row["cell"]), row["state"], row["why"], Traffic(**row["traffic"]), row["seconds"], row["tenth"]
            )
            for name, row in data["outcomes"].items()
        }
        losses = [Loss(**row) for row in data["losses"]]
        modes = [Modes(**{**row, "by_pair": tuple(row["by_pair"])}) for row in data["modes"]]
        guests = [Measured(**row) for row in data["guests"]]
        return cls(data["seed"], data["machine"], outcomes, losses, modes, guests)

    @property
    def failed(self) -> list[Outcome]:
        """What should have passed."""
        return [outcome for outcome in self.outcomes.values() if outcome.state == "failed"]


def this_machine() -> str:
    """In words, with what else it does."""
    load = f"load average {os.getloadavg()[2]:.1f} when it began"
    return f"{os.cpu_count()} processors, Linux {platform.release()}, Python {platform.python_version()}, {load}"
