# SPDX-License-Identifier: Apache-2.0
"""Verbs for drivers of others: stock kernels, the card as a vhost-user back end, their rings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ferrule.verbs.options import Device, Gbps, Latency, Pairs, Width, no_waves


def guest(
    command: Annotated[
        list[str] | None, typer.Argument(help="What to run in the guest, after '--'; a shell if nothing.")
    ] = None,
    guests: Annotated[
        int, typer.Option(min=1, max=2, help="2: the other end of the wire is a second guest with a card of its own.")
    ] = 1,
    server: Annotated[
        str | None,
        typer.Option(help="Shell command for the other end.", show_default="a web server with files, and iperf3"),
    ] = None,
    mtu: Annotated[int, typer.Option(min=1280, max=9194, help="MTU of all kernels, bytes.")] = 1500,
    memory: Annotated[int, typer.Option(min=128, max=4096, help="Memory of each guest, MiB.")] = 192,
    timeout: Annotated[float | None, typer.Option(help="Seconds the command may take.")] = None,
    pairs: Pairs = 1,
    width: Width = "128",
    gbps: Gbps = "10",
    latency: Latency = 500,
    capture: Annotated[bool, typer.Option(help="Leave a wire.pcapng of each card with every frame.")] = False,
    waves: Annotated[bool, typer.Option(help="Leave waves.fst of each card (slow, large).")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the run's record; the guests can write to it.")] = Path(
        "build/guest"
    ),
    device: Device = "rtl",
) -> None:
    """A stock Linux kernel as an ordinary process, with the card as its only interface; no root needed."""
    from ferrule.commands.guest import guest as run
    from ferrule.guest.session import SessionSettings
    from ferrule.vhost.settings import VhostSettings

    no_waves(device, waves)
    card = VhostSettings(
        device=device, mtu=mtu, pairs=pairs, data_width=int(width), wire_gbps=int(gbps), host_latency_ns=latency,
        capture=capture, waves=waves,
    )  # fmt: skip
    settings = SessionSettings(guests=guests, mtu=mtu, memory_mb=memory, server=server, card=card)
    raise typer.Exit(run(settings, command or [], timeout, out))


def vhost(
    socket: Annotated[Path, typer.Option(help="Where to listen for a front end: a guest's virtio driver.")],
    client: Annotated[
        bool, typer.Option(help="Call the front end that listens there, again whenever it has gone.")
    ] = False,
    wire: Annotated[
        str, typer.Option(help="The other end of the wire: none, loopback, tap:NAME, or join:PATH for two cards.")
    ] = "none",
    pairs: Pairs = 1,
    mac: Annotated[str, typer.Option(help="The card's address.")] = "52:54:00:fe:12:01",
    mtu: Annotated[int | None, typer.Option(min=68, max=9194, help="MTU told to the guest, bytes.")] = None,
    width: Width = "128",
    gbps: Gbps = "10",
    latency: Latency = 500,
    without: Annotated[
        list[str] | None, typer.Option(help="Feature not to offer, such as RING_PACKED; may be repeated.")
    ] = None,
    time_travel: Annotated[
        bool, typer.Option(help="Offer in-band notifications, for a guest kernel with virtual time.")
    ] = False,
    capture: Annotated[bool, typer.Option(help="Leave wire.pcapng with every frame.")] = False,
    waves: Annotated[bool, typer.Option(help="Leave waves.fst (slow, large).")] = False,
    trigger: Annotated[
        Literal["error"] | None, typer.Option(help="Leave waves only of the time around a queue's first error.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the run's record.")] = Path("build/vhost"),
    device: Device = "rtl",
) -> None:
    """The card as a vhost-user back end: stock drivers in Linux guests and in DPDK use it."""
    from ferrule.commands.vhost import vhost as run
    from ferrule.vhost.settings import VhostSettings

    no_waves(device, waves)
    no_waves(device, trigger is not None, "--trigger")
    settings = VhostSettings(
        device=device, mac=mac, mtu=mtu, pairs=pairs, data_width=int(width), wire_gbps=int(gbps),
        host_latency_ns=latency, client=client, without=tuple(without or ()), time_travel=time_travel,
        capture=capture, waves=waves, trigger=trigger is not None,
    )  # fmt: skip
    raise typer.Exit(run(socket, settings, wire, out))


def rings(
    path: Annotated[Path, typer.Argument(help="Folder of a 'ferrule vhost', running or ended, or a rings.json.")],
    everything: Annotated[bool, typer.Option("--all", help="All buffers, not only the first and the faulty.")] = False,
) -> None:
    """A guest's rings decoded: of a running card as they are, of an ended one as they were at its first error."""
    from ferrule.commands.rings import rings as show

    show(path, everything)
