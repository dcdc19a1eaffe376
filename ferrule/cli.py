# SPDX-License-Identifier: Apache-2.0
"""The ``ferrule`` command: its verbs, whose work is a module imported when it is asked for."""

from __future__ import annotations

import sys

import typer

from ferrule.errors import FerruleError
from ferrule.verbs import fpga, guests, measuring, searching, serving
from ferrule.verbs.options import ANY_WORDS

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="A virtio network card in simulation: serve through it, measure it, test against it.",
)  # fmt: skip


@app.callback()
def options() -> None:
    """Every run leaves one folder with its record and captures."""


app.command()(serving.demo)
app.command(context_settings=ANY_WORDS)(serving.serve)
app.command()(guests.vhost)
app.command()(guests.rings)
app.command(context_settings=ANY_WORDS)(guests.guest)
app.command(context_settings=ANY_WORDS)(serving.ethtool)
app.command()(measuring.bench)
app.command()(measuring.sim)
app.command()(measuring.coverage)
app.command()(searching.soak)
app.command()(searching.faults)
app.add_typer(fpga.app, name="fpga")


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
