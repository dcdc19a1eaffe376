# SPDX-License-Identifier: Apache-2.0
"""Verbs that serve through the card: the demonstration, any server, ethtool on a running one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ferrule.errors import FerruleError
from ferrule.verbs.options import Device, Gbps, Latency, Width, no_waves


def demo(
    out: Annotated[Path, typer.Option(help="Folder for run.json, wire.pcapng and report.html.")] = Path("build/demo"),
    device: Device = "rtl",
) -> None:
    """A real web server behind the card, fetched with four settings, and what each of them did."""
    from ferrule.commands.demo import demo as run

    run(out, device)


def serve(
    command: Annotated[list[str], typer.Argument(help="The server's command line, after '--'.")],
    client: Annotated[
        str | None, typer.Option(help="Command to run on the other end of the wire; the run ends with it.")
    ] = None,
    mtu: Annotated[int, typer.Option(min=68, max=9000, help="MTU of both kernels, bytes.")] = 1500,
    csum: Annotated[bool, typer.Option(help="Checksum offload.")] = True,
    tso: Annotated[bool, typer.Option(help="TCP segmentation offload (needs --csum).")] = True,
    packets: Annotated[int, typer.Option(min=0, max=65535, help="Coalescing: frames an interrupt may wait for.")] = 0,
    usecs: Annotated[int, typer.Option(min=0, max=65535, help="Coalescing: microseconds an interrupt may wait.")] = 0,
    width: Width = "128",
    gbps: Gbps = "10",
    latency: Latency = 500,
    capture: Annotated[
        bool | None,
        typer.Option(
            help="Leave wire.pcapng with every frame; the frames stay in memory till the end.",
            show_default="on with rtl, off with model, which soon has too many",
        ),
    ] = None,
    host_capture: Annotated[
        bool, typer.Option(help="Put what passes between kernel and driver into the capture too, super-frames whole.")
    ] = False,
    waves: Annotated[bool, typer.Option(help="Leave waves.fst (slow, large).")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the run's record.")] = Path("build/serve"),
    device: Device = "rtl",
) -> None:
    """Run any server command behind the card, in a network namespace whose only interface is the card."""
    from ferrule.commands.serve import serve as run
    from ferrule.live.session import LiveSettings

    if tso and not csum:
        raise FerruleError("--no-csum excludes segmentation: say --no-tso too")
    no_waves(device, waves)
    if capture is None:
        capture = device == "rtl" or host_capture
    settings = LiveSettings(
        device=device, mtu=mtu, checksum=csum, tso=tso, coalesce_packets=packets, coalesce_usecs=usecs,
        data_width=int(width), wire_gbps=int(gbps), host_latency_ns=latency, capture=capture,
        capture_host=host_capture, waves=waves,
    )  # fmt: skip
    raise typer.Exit(run(settings, command, client, out))


def ethtool(
    words: Annotated[list[str] | None, typer.Argument(help="Verb and parameters, after '--'.")] = None,
    run: Annotated[Path, typer.Option(help="Folder of the running 'ferrule serve'.")] = Path("build/serve"),
) -> None:
    """ethtool's verbs (-i -k -K -c -C -g -G -l -L -n -N -S -t -x -X) on the card of a running 'ferrule serve'."""
    from ferrule.commands.ethtool import ethtool as ask

    ask(run, words or ())
