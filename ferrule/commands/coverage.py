# SPDX-License-Identifier: Apache-2.0
"""``ferrule coverage``: what runs of ``ferrule sim --coverage`` visited of the card's state machines, together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from testbench.lib.coverage.files import PAGE, read, write
from testbench.lib.coverage.record import merge
from testbench.lib.coverage.report import show


def coverage(folders: Sequence[Path], out: Path | None) -> None:
    """Print the table of all ``folders`` together; ``out`` gets coverage.json and coverage.html of it."""
    merged = merge([(str(folder), read(folder)) for folder in folders])
    show(merged, Console())
    if out:
        write(out, merged)
        Console(stderr=True).print(f"state graphs are in {out / PAGE}", highlight=False)
