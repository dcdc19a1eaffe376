# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ferrule.errors import FerruleError

Device = Annotated[
    Literal["rtl", "model"], typer.Option(help="The card: its Verilog in a simulator, or the functional model.")
]
Width = Annotated[Literal["64", "128", "256", "512"], typer.Option(help="Data path of the card, bits.")]
Gbps = Annotated[Literal["10", "25", "100"], typer.Option(help="Rate of the wire, Gb/s.")]
Latency = Annotated[int, typer.Option(min=0, max=100_000, help="Latency of host memory, or a guest's, ns.")]
Pairs = Annotated[int, typer.Option(min=1, max=16, help="Queue pairs of the card.")]
ANY_WORDS = {"ignore_unknown_options": True}
"""For verbs that take somebody else's command line."""


def no_waves(device: str, waves: bool, option: str = "--waves") -> None:
    """Refuse waves of a device that has no signals."""
    if waves and device == "model":
        raise FerruleError(f"{option}: the model has no signals; leave it out, or take --device rtl")
