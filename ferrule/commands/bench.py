# SPDX-License-Identifier: Apache-2.0
"""``ferrule bench``: what the card can do in simulated time, and how fast the simulation runs; no kernel in the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from testbench.lib.config import CardConfig, HostConfig, WireConfig
from testbench.lib.runtime import run_simulation
from testbench.lib.sim_build import build_simulator

SIZES = (60, 64, 256, 1514, 9014)
SEGMENTS = (1448, 8948)
RING = 4096  # the rings are posted beforehand, so they hold every frame of a case
WALL_LIMIT_S = 300
DRIVER = "driver"
DRIVER_FRAMES = {"rtl": 2000, "model": 30_000}
# whose the numbers in simulated time are
SIMULATED_TIME = {
    "rtl": "the card's, exact",
    "model": "the model's, which only the wire paces; the card's throughput is stated by runs of the device rtl",
}


@dataclass(frozen=True)
class Case:
    """One row of the result."""

    name: str
    frame_bytes: int
    mss: int | None = None
    descriptors: int = 1

    @property
    def kind(self) -> str:
        """What ``--case`` calls it."""
        return self.name.split()[0]

    def wire_frames(self, device: str) -> int:
        """At least 1,000 timed ones after the first 64; more of what costs less."""
        if self.kind == DRIVER:
            return DRIVER_FRAMES[device]
        return 1065 if self.frame_bytes > 1514 or self.mss else 2000


def cases(names: Sequence[str] = (), sizes: Sequence[int] = ()) -> list[Case]:
    """All cases, or those of the given kinds and frame sizes."""
    rows = [Case(name, size) for name in ("tx", "rx", "loop") for size in SIZES]
    rows += [Case("tso", mss + 66, mss) for mss in SEGMENTS]
    rows += [Case("tx", size, descriptors=2) for size in SIZES]
    rows += [Case(f"{DRIVER} {name}", 1514) for name in ("tx", "rx", "loop")]
    return [row for row in rows if (not names or row.kind in names) and (not sizes or row.frame_bytes in sizes)]


def bench(
    chosen: Sequence[Case], json_file: Path | None = None, width: int = 128, gbps: float = 10, latency_ns: int = 500,
    mac: str = "stream", run_dir: Path = Path("build/bench"), device: str = "rtl",
) -> list[dict[str, Any]]:  # fmt: skip
    """Run the cases one after another, each in a simulation of its own; print the table, write the file."""
    console = Console(stderr=True)
    card = CardConfig(data_w=width, queue_size_max=RING, mac_kind=mac)
    if device == "rtl":
        with console.status("building the card's simulator"):
            build_simulator(card)
    results = []
    for number, case in enumerate(chosen, 1):
        with console.status(f"[{number}/{len(chosen)}] {case.name} {case.frame_bytes} bytes"):
            args = {
                "case": case.name, "frame_bytes": case.frame_bytes, "mss": case.mss, "descriptors": case.descriptors,
                "wire_frames": case.wire_frames(device), "gbps": gbps,
            }  # fmt: skip
            driven = case.kind == DRIVER
            loopback = case.name.endswith("loop")
            wire = WireConfig(gbps=gbps, loopback=loopback, capture="count" if driven else "full")
            results.append(
                run_simulation(
                    f"testbench.system.{'bench_driver' if driven else 'bench_workloads'}:measure", card,
                    HostConfig(latency_ns=latency_ns), wire, args, run_dir=run_dir, wall_limit_s=WALL_LIMIT_S,
                    capture_file=False, device=device,
                )
            )  # fmt: skip
    Console().print(table(results, gbps, device))
    if json_file:
        settings = {
            "device": device, "simulated_time_is": SIMULATED_TIME[device],
            "data_w": width, "gbps": gbps, "mac": mac, "core_hz": card.core_hz, "host_latency_ns": latency_ns,
            "outstanding_reads": HostConfig().max_reads, "outstanding_writes": HostConfig().max_writes,
            "queue_size": RING, "event_idx": False, "host_cpu": "zero: rings posted beforehand, nothing refilled",
            "driver_cases": "host_driver, rings of 256, EVENT_IDX, interrupts after 32 frames or 50 us",
        }  # fmt: skip
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps({"settings": settings, "results": results}, indent=1) + "\n")
        console.print(f"results in {json_file}")
    return results


def table(results: Sequence[dict[str, Any]], gbps: float, device: str) -> Table:
    """The results for a person."""
    title = f"{device}, {gbps:g} Gb/s wire, simulated time; host CPU cost zero"
    caption = f"cycles and rates: {SIMULATED_TIME[device]}"
    shown = Table(title=title, caption=caption, box=box.SIMPLE, padding=(0, 0, 0, 1), pad_edge=False)
    for name in ("case", "bytes", "frames", "cycles", "Gb/s", "of rate", "drops", "irqs", "fps wall"):
        shown.add_column(name, justify="left" if name == "case" else "right", no_wrap=name == "case")
    for row in results:
        name = row["case"] + (f" {row['mss']}" if row["mss"] else "")
        name += " 2 desc" if row["descriptors"] == 2 else ""
        shown.add_row(
            name, str(row["frame_bytes"]), str(row["frames"]), f"{row['cycles_per_frame']:.2f}", f"{row['gbps']:.3f}",
            f"{row['line_rate_share']:.2%}", str(row["drops"]), str(row["interrupts"]),
            f"{row['frames_per_wall_s']:,.0f}",
        )  # fmt: skip
    return shown
