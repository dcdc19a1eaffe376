# SPDX-License-Identifier: Apache-2.0
"""Runs hostile cases in a simulation of their own: for tests, and for soak runs of any length."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbench.lib.config import CardConfig
from testbench.lib.runtime import run_simulation

ENTRY = "testbench.system.hostile.entry:cases"


def run_cases(
    device: str,
    seed: int,
    first: int,
    count: int,
    card: CardConfig | None = None,
    wall_limit_s: float = 3600,
    less: int = 0,
) -> dict[str, Any]:
    """What the entry says of ``count`` cases of ``seed`` from ``first`` on. Raises the error the run ended with.

    ``less``: bytes that the judge holds each range for shorter than it is.
    """
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        return run_simulation(
            ENTRY, card, args={"seed": seed, "first": first, "count": count, "less": less}, run_dir=Path(folder),
            wall_limit_s=wall_limit_s, capture_file=False, device=device,
        )  # fmt: skip


def report(result: Mapping[str, Any]) -> str:
    """The failures, each with what runs it again and what it does; empty: there are none."""
    return "\n\n".join(
        f"case {row['case']} of seed {result['seed']}: {row['rule']}\n{row['command']}\n{json.dumps(row['data'])}"
        for row in result["failures"]
    )  # fmt: skip
