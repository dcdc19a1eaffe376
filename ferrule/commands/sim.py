# SPDX-License-Identifier: Apache-2.0
"""``ferrule sim``: run one bench entry, a coroutine of your own, against the card."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from ferrule.errors import FerruleError
from testbench.lib.config import CardConfig, HostConfig, WireConfig
from testbench.lib.runtime import new_run_dir, run_simulation


def sim(
    entry: str, card: CardConfig, host: HostConfig, wire: WireConfig, args: str, out: Path | None, waves: bool,
    coverage: bool, device: str = "rtl",
) -> None:  # fmt: skip
    """Run ``entry`` and print its result as JSON; the run folder and the coverage are told on the error output."""
    module, _, function = entry.partition(":")
    if not module or not function:
        raise FerruleError(f"entry {entry!r}: expected MODULE:FUNCTION, such as testbench.system.driver_card:bring_up")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise FerruleError(f"entry {entry!r}: no module {module!r} here or in the Python path")
    folder = out or new_run_dir(function)
    console = Console(stderr=True)
    result = run_simulation(
        entry, card, host, wire, _arguments(args), folder, waves, say=lambda text: console.print(text, highlight=False),
        coverage=coverage, device=device,
    )  # fmt: skip
    print(json.dumps(result, indent=1))
    if coverage:
        from testbench.lib.coverage.files import read
        from testbench.lib.coverage.report import show

        show(read(folder), console)
    console.print(f"run record and captures are in {folder}", highlight=False)


def _arguments(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FerruleError(f"--args {text!r} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise FerruleError(f"--args {text!r}: expected a JSON object")
    return value
