# SPDX-License-Identifier: Apache-2.0
"""The ``ferrule`` command: its verbs and options; each verb's work is a module imported when it is asked for."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from ferrule.errors import FerruleError


class BenchCase(StrEnum):
    """Kinds of ``bench`` cases; typer takes no list of literals."""

    TX, RX, LOOP, TSO, DRIVER = "tx", "rx", "loop", "tso", "driver"


Device = Annotated[
    Literal["rtl", "model"], typer.Option(help="The card: its Verilog in a simulator, or the functional model.")
]


def _no_waves(device: str, waves: bool, option: str = "--waves") -> None:
    if waves and device == "model":
        raise FerruleError(f"{option}: the model has no signals; leave it out, or take --device rtl")


app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="A virtio network card in simulation: serve through it, measure it, test against it.",
)  # fmt: skip


@app.callback()
def options() -> None:
    """Every run leaves one folder with its record and captures."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for run.json, wire.pcapng and report.html.")] = Path("build/demo"),
    device: Device = "rtl",
) -> None:
    """A real web server behind the card, fetched with four settings, and what each of them did."""
    from ferrule.commands.demo import demo as run

    run(out, device)


@app.command(context_settings={"ignore_unknown_options": True})
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
    width: Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")] = "128",
    gbps: Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")] = "10",
    latency: Annotated[int, typer.Option(min=0, max=100_000, help="Latency of host memory, ns.")] = 500,
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
    _no_waves(device, waves)
    if capture is None:
        capture = device == "rtl" or host_capture
    settings = LiveSettings(
        device=device, mtu=mtu, checksum=csum, tso=tso, coalesce_packets=packets, coalesce_usecs=usecs,
        data_width=int(width), wire_gbps=int(gbps), host_latency_ns=latency, capture=capture,
        capture_host=host_capture, waves=waves,
    )  # fmt: skip
    raise typer.Exit(run(settings, command, client, out))


@app.command()
def vhost(
    socket: Annotated[Path, typer.Option(help="Where to listen for a front end: a guest's virtio driver.")],
    client: Annotated[
        bool, typer.Option(help="Call the front end that listens there, again whenever it has gone.")
    ] = False,
    wire: Annotated[
        str, typer.Option(help="The other end of the wire: none, loopback, tap:NAME, or join:PATH for two cards.")
    ] = "none",
    pairs: Annotated[int, typer.Option(min=1, max=8, help="Queue pairs of the card.")] = 1,
    mac: Annotated[str, typer.Option(help="The card's address.")] = "52:54:00:fe:12:01",
    mtu: Annotated[int | None, typer.Option(min=68, max=9194, help="MTU told to the guest, bytes.")] = None,
    width: Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")] = "128",
    gbps: Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")] = "10",
    latency: Annotated[int, typer.Option(min=0, max=100_000, help="Latency of guest memory, ns.")] = 500,
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

    _no_waves(device, waves)
    _no_waves(device, trigger is not None, "--trigger")
    settings = VhostSettings(
        device=device, mac=mac, mtu=mtu, pairs=pairs, data_width=int(width), wire_gbps=int(gbps),
        host_latency_ns=latency, client=client, without=tuple(without or ()), time_travel=time_travel,
        capture=capture, waves=waves, trigger=trigger is not None,
    )  # fmt: skip
    raise typer.Exit(run(socket, settings, wire, out))


@app.command()
def rings(
    path: Annotated[Path, typer.Argument(help="Folder of a 'ferrule vhost', running or ended, or a rings.json.")],
    everything: Annotated[bool, typer.Option("--all", help="All buffers, not only the first and the faulty.")] = False,
) -> None:
    """A guest's rings decoded: of a running card as they are, of an ended one as they were at its first error."""
    from ferrule.commands.rings import rings as show

    show(path, everything)


@app.command(context_settings={"ignore_unknown_options": True})
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
    pairs: Annotated[int, typer.Option(min=1, max=8, help="Queue pairs of the card.")] = 1,
    width: Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")] = "128",
    gbps: Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")] = "10",
    latency: Annotated[int, typer.Option(min=0, max=100_000, help="Latency of guest memory, ns.")] = 500,
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

    _no_waves(device, waves)
    card = VhostSettings(
        device=device, mtu=mtu, pairs=pairs, data_width=int(width), wire_gbps=int(gbps), host_latency_ns=latency,
        capture=capture, waves=waves,
    )  # fmt: skip
    settings = SessionSettings(guests=guests, mtu=mtu, memory_mb=memory, server=server, card=card)
    raise typer.Exit(run(settings, command or [], timeout, out))


@app.command(context_settings={"ignore_unknown_options": True})
def ethtool(
    words: Annotated[list[str] | None, typer.Argument(help="Verb and parameters, after '--'.")] = None,
    run: Annotated[Path, typer.Option(help="Folder of the running 'ferrule serve'.")] = Path("build/serve"),
) -> None:
    """ethtool's verbs (-i -k -K -c -C -g -G -l -L -S -t) on the card of a running 'ferrule serve'."""
    from ferrule.commands.ethtool import ethtool as ask

    ask(run, words or ())


@app.command()
def bench(
    case: Annotated[list[BenchCase] | None, typer.Option(help="Only these kinds.")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Only these frame sizes, bytes without FCS.")] = None,
    json: Annotated[Path | None, typer.Option(help="File for the results.")] = None,
    width: Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")] = "128",
    mac: Annotated[Literal["stream", "xgmii"], typer.Option(help="Kind of MAC (xgmii: 10 Gb/s only).")] = "stream",
    gbps: Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")] = "10",
    latency: Annotated[int, typer.Option(min=0, max=100_000, help="Latency of host memory, ns.")] = 500,
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
        settings = LiveSettings(device=device, data_width=int(width), wire_gbps=int(gbps), host_latency_ns=latency)
        bench_live(settings, json)
        return
    if mac == "xgmii" and gbps != "10":
        raise FerruleError("--mac xgmii runs at 10 Gb/s: leave --gbps at 10, or use --mac stream")
    chosen = cases(case or (), size or ())
    if not chosen:
        sizes = ", ".join(map(str, SIZES))
        raise FerruleError(f"no such case: sizes are {sizes}, of tso {', '.join(str(mss + 66) for mss in SEGMENTS)}")
    run(chosen, json, int(width), int(gbps), latency, mac, device=device)


@app.command()
def sim(
    entry: Annotated[str, typer.Argument(help="MODULE:FUNCTION, an 'async def function(sim, args) -> dict'.")],
    args: Annotated[str, typer.Option(help="JSON object given to the entry.")] = "{}",
    waves: Annotated[bool, typer.Option(help="Leave waves.fst.")] = False,
    width: Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")] = "128",
    pairs: Annotated[int, typer.Option(min=1, max=8, help="Queue pairs of the card.")] = 1,
    mac: Annotated[Literal["stream", "xgmii"], typer.Option(help="Kind of MAC.")] = "stream",
    gbps: Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")] = "10",
    latency: Annotated[int, typer.Option(min=0, max=100_000, help="Latency of host memory, ns.")] = 500,
    loopback: Annotated[bool, typer.Option(help="The far end of the wire sends everything back.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the run's record (default: a new one).")] = None,
    coverage: Annotated[bool, typer.Option(help="Tell which states and transitions of the card were visited.")] = False,
    device: Device = "rtl",
) -> None:
    """Run one bench entry against the card: its result, a capture of the wire, waves when asked."""
    from ferrule.commands.sim import sim as run
    from testbench.lib.config import CardConfig, HostConfig, WireConfig

    if mac == "xgmii" and gbps != "10":
        raise FerruleError("--mac xgmii runs at 10 Gb/s: leave --gbps at 10, or use --mac stream")
    _no_waves(device, waves)
    if coverage and device == "model":
        raise FerruleError("--coverage: the model has no state machines; leave it out, or take --device rtl")
    card = CardConfig(data_w=int(width), queue_pairs=pairs, mac_kind=mac)
    run(
        entry, card, HostConfig(latency_ns=latency), WireConfig(gbps=int(gbps), loopback=loopback), args, out, waves,
        coverage, device,
    )  # fmt: skip


@app.command()
def coverage(
    folders: Annotated[list[Path], typer.Argument(help="Folders of runs made with 'ferrule sim --coverage'.")],
    out: Annotated[Path | None, typer.Option(help="Folder for coverage.json and coverage.html of all of them.")] = None,
) -> None:
    """What several runs visited together of the card's state machines."""
    from ferrule.commands.coverage import coverage as show

    show(folders, out)


@app.command()
def soak(
    minutes: Annotated[float, typer.Option(help="Time to search.")] = 30,
    seed: Annotated[int | None, typer.Option(help="Where to start; a fresh one if not given.")] = None,
    cases: Annotated[int, typer.Option(help="Hostile cases wanted on the model.")] = 100_000,
    out: Annotated[Path, typer.Option(help="Folder for soak.json.")] = Path("build/soak"),
) -> None:
    """Search for as long as you like: sequences on which model and RTL differ, hostile cases that break the card."""
    from ferrule.commands.soak import soak as run

    raise typer.Exit(run(minutes, seed, cases, out))


@app.command()
def faults(
    device: Device = "rtl",
    seed: Annotated[int | None, typer.Option(help="Of everything drawn; a fresh one if not given.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of each kind; as the tests if not given.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for faults.json and faults.html.")] = Path("build/faults"),
) -> None:
    """Faults of memory, wire, firmware and interrupts under traffic: what was survived, and what explains each loss."""
    from ferrule.commands.faults import faults as run

    if run(device, seed, rounds, out):
        raise typer.Exit(1)


def main() -> None:
    """Console entry: errors meant for the user are one message and status 2, never a traceback."""
    from testbench.lib.errors import SimulationError

    try:
        app()
    except (FerruleError, SimulationError) as error:
        print(f"ferrule: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
