# SPDX-License-Identifier: Apache-2.0
"""``ferrule bench --live``: how fast a real client fetches a file from a real server through the simulated card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ferrule.demo.plan import ServedFile, make_files, server_command
from ferrule.demo.run import fetch
from ferrule.live.session import LiveSession, LiveSettings
from ferrule.live.simulate import build

MEGABYTES = {"rtl": 4, "model": 200}  # a second or two a row
AT_ONCE, COALESCED = (0, 0), (32, 100)  # frames, microseconds
SHOWN = {"wire frames": "tx_frames", "from super": "tx_super_frames", "irqs": "irq_messages"}


def bench_live(
    settings: LiveSettings, json_file: Path | None = None, run_dir: Path = Path("build/bench-live")
) -> list[dict[str, Any]]:
    """One row an MTU, with interrupts at once and coalesced; every file is checked by its SHA-256."""
    console = Console(stderr=True)
    megabytes = MEGABYTES[settings.device]
    (served,) = make_files(run_dir / "www", {f"{megabytes}MB.bin": megabytes * 1_000_000})
    with console.status("building the card's simulator"):
        build(settings)
    results = []
    for mtu in (9000, 1500):
        for packets, usecs in (AT_ONCE, COALESCED):
            row = replace(settings, mtu=mtu, coalesce_packets=packets, coalesce_usecs=usecs, capture=False)
            with console.status(f"MTU {mtu}, {_moderation(packets, usecs)}"):
                results.append(_measure(row, served, run_dir))
    Console().print(table(results))
    (run_dir / "www" / served.name).unlink()
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps({"settings": asdict(settings), "results": results}, indent=1) + "\n")
        console.print(f"results in {json_file}")
    return results


def _measure(settings: LiveSettings, served: ServedFile, run_dir: Path) -> dict[str, Any]:
    server, argv = server_command(run_dir / "www", run_dir / "server")
    with LiveSession(settings, run_dir) as session:
        session.start_server(argv, run_dir / "server.log")
        before = session.counters()
        fetched = fetch(session, served, run_dir)
        after = session.counters()
    counters = {name: after[name] - before[name] for name in after}
    return {
        "device": settings.device, "mtu": settings.mtu, "coalesce_packets": settings.coalesce_packets,
        "coalesce_usecs": settings.coalesce_usecs, "server": server, **fetched,
        "wall_mbps": round(8 * served.size / fetched["wall_s"] / 1e6, 1), "counters": counters,
    }  # fmt: skip


def _moderation(packets: int, usecs: int) -> str:
    return f"{packets} or {usecs} us" if packets else "at once"


def table(results: Sequence[dict[str, Any]]) -> Table:
    """The results for a person."""
    first = results[0]
    shown = Table(
        title=f"{first['device']}: {first['bytes'] // 1_000_000} MB from {first['server']} by curl, TSO, wall time",
        caption="the speed of the simulation on this machine, never the card's", box=box.SIMPLE, pad_edge=False,
    )  # fmt: skip
    for name in ("MTU", "interrupts", "wall s", "Mb/s", *SHOWN):
        shown.add_column(name, justify="left" if name == "interrupts" else "right")
    for row in results:
        counted = (f"{row['counters'][name]:,}" for name in SHOWN.values())
        moderation = _moderation(row["coalesce_packets"], row["coalesce_usecs"])
        shown.add_row(str(row["mtu"]), moderation, f"{row['wall_s']:.2f}", f"{row['wall_mbps']:.0f}", *counted)
    return shown
