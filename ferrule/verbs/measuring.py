# SPDX-License-Identifier: Apache-2.0
"""Verbs that measure: throughput, a bench of one's own, what of the card it visited."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from ferrule.errors import FerruleError
from ferrule.verbs.options import Device, Latency, Pairs, Width, no_waves


class BenchCase(StrEnum):
    """Kinds of ``bench`` cases; typer takes no list of literals."""

    TX, RX, LOOP, TSO, DRIVER = "tx", "rx", "loop", "tso", "driver"


Mac = Annotated[
    Literal["stream", "xgmii", "gmii"], typer.Option(help="Kind of MAC (xgmii: 10 Gb/s only, gmii: 1 Gb/s only).")
]
MacGbps = Annotated[
    Literal["10", "25", "100"] | None, typer.Option(help="Rate of the wire, Gb/s; the MAC's own, or 10, if left out.")
]


def line_rate(mac: str, gbps: str | None) -> int:
    """Rate of the wire, Gb/s: a MAC of the card's own has but one."""
    from testbench.lib.config import LINE_GBPS

    rate = LINE_GBPS.get(mac, int(gbps or 10))
    if gbps is not None and int(gbps) != rate:
        raise FerruleError(f"--mac {mac} runs at {rate} Gb/s: leave out --gbps, or use --mac stream")
    return rate


def bench(
    case: Annotated[list[BenchCase] | None, typer.Option(help="Only these kinds.")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Only these frame sizes, bytes without FCS.")] = None,
    json: Annotated[Path | None, typer.Option(help="File for the results.")] = None,
    width: Width = "128",
    mac: Mac = "stream",
    gbps: MacGbps = None,
    latency: Latency = 500,
    device: Device = "rtl",
    live: Annotated[
        bool, typer.Option(help="Instead: Mb/s of a file that curl fetches from a real server through the card.")
    ] = False,
) -> None:
    """Frames a second, cycles a frame and drops in simulated time, the same on every run; frames a wall second."""
    from ferrule.commands.bench import SEGMENTS, SIZES, cases
    from ferrule.commands.bench import bench as run

    if live:
        from ferrule.commands.bench_live import bench_live
        from ferrule.live.session import LiveSettings

        if case or size or mac != "stream":
            raise FerruleError("--live fetches files: leave out --case, --size and --mac")
        settings = LiveSettings(
            device=device, data_width=int(width), wire_gbps=line_rate(mac, gbps), host_latency_ns=latency
        )
        bench_live(settings, json)
        return
    rate = line_rate(mac, gbps)
    chosen = cases(case or (), size or ())
    if not chosen:
        sizes = ", ".join(map(str, SIZES))
        raise FerruleError(f"no such case: sizes are {sizes}, of tso {', '.join(str(mss + 66) for mss in SEGMENTS)}")
    run(chosen, json, int(width), rate, latency, mac, device=device)


def sim(
    entry: Annotated[str, typer.Argument(help="MODULE:FUNCTION, an 'async def function(sim, args) -> dict'.")],
    args: Annotated[str, typer.Option(help="JSON object given to the entry.")] = "{}",
    waves: Annotated[bool, typer.Option(help="Leave waves.fst.")] = False,
    width: Width = "128",
    pairs: Pairs = 1,
    mac: Mac = "stream",
    gbps: MacGbps = None,
    latency: Latency = 500,
    loopback: Annotated[bool, typer.Option(help="The far end of the wire sends everything back.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the run's record (default: a new one).")] = None,
    coverage: Annotated[bool, typer.Option(help="Tell which states and transitions of the card were visited.")] = False,
    device: Device = "rtl",
) -> None:
    """Run one bench entry against the card: its result, a capture of the wire, waves when asked."""
    from ferrule.commands.sim import sim as run
    from testbench.lib.config import CardConfig, HostConfig, WireConfig

    rate = line_rate(mac, gbps)
    no_waves(device, waves)
    if coverage and device == "model":
        raise FerruleError("--coverage: the model has no state machines; leave it out, or take --device rtl")
    card = CardConfig(data_w=int(width), queue_pairs=pairs, mac_kind=mac)
    run(
        entry, card, HostConfig(latency_ns=latency), WireConfig(gbps=rate, loopback=loopback), args, out, waves,
        coverage, device,
    )  # fmt: skip


def coverage(
    folders: Annotated[list[Path], typer.Argument(help="Folders of runs made with 'ferrule sim --coverage'.")],
    out: Annotated[Path | None, typer.Option(help="Folder for coverage.json and coverage.html of all of them.")] = None,
) -> None:
    """What several runs visited together of the card's state machines."""
    from ferrule.commands.coverage import coverage as show

    show(folders, out)
