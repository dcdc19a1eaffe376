# SPDX-License-Identifier: Apache-2.0
"""The ``ferrule`` command: its verbs and options; each verb's work is a module imported when it is asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ferrule.errors import FerruleError

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
) -> None:
    """A real web server behind the card, fetched with four settings, and what each of them did."""
    from ferrule.commands.demo import demo as run

    run(out)


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
    capture: Annotated[bool, typer.Option(help="Leave wire.pcapng with every frame.")] = True,
    waves: Annotated[bool, typer.Option(help="Leave waves.fst (slow, large).")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the run's record.")] = Path("build/serve"),
) -> None:
    """Run any server command behind the card, in a network namespace whose only interface is the card."""
    from ferrule.commands.serve import serve as run
    from ferrule.live.session import LiveSettings

    if tso and not csum:
        raise FerruleError("--no-csum excludes segmentation: say --no-tso too")
    settings = LiveSettings(
        mtu=mtu, checksum=csum, tso=tso, coalesce_packets=packets, coalesce_usecs=usecs, data_width=int(width),
        wire_gbps=int(gbps), host_latency_ns=latency, capture=capture, waves=waves,
    )  # fmt: skip
    raise typer.Exit(run(settings, command, client, out))


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
