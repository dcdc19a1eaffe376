# SPDX-License-Identifier: Apache-2.0
"""Constraints, and what lets a tool take the top for itself: it has no pins, only buses to be joined."""

from __future__ import annotations

from collections.abc import Iterable

from ferrule.fpga.export.target import Target
from testbench.lib.structure.source import Port

HEAD = "# One clock for every port of {top}: {mhz:g} MHz. Nothing crosses to another clock in the card.\n"


def constraints(target: Target, top: str) -> dict[str, tuple[str, str]]:
    """File name to (Edalize's file type, text)."""
    head, period = HEAD.format(top=top, mhz=target.core_mhz), 1000 / target.core_mhz
    if target.tool == "vivado":
        return {"ferrule.xdc": ("xdc", f"{head}create_clock -name clk -period {period:.3f} [get_ports clk]\n")}
    if target.tool == "quartus":
        clock = f"create_clock -name clk -period {period:.3f} [get_ports {{clk}}]\nderive_clock_uncertainty\n"
        return {"ferrule.sdc": ("SDC", head + clock)}
    return {"ferrule.pdc": ("PDC", f"{head}create_clock -name {{clk}} -period {period:.3f} [get_ports {{clk}}]\n")}


def alone(target: Target, ports: Iterable[Port]) -> dict[str, tuple[str, str]]:
    """A script by which the tool sizes and times the top without pins; Radiant has nothing of the kind."""
    if target.tool == "vivado":
        text = (
            "# The ports are no pins: taken out of context, for size and timing. Goes when your design is the top.\n"
            "set_property -name {STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS} -value {-mode out_of_context} "
            "-objects [get_runs synth_1]\n"
        )
        return {"out_of_context.tcl": ("tclSource", text)}
    if target.tool == "quartus":
        names = " ".join(port.name + ("[*]" if port.width else "") for port in ports if port.name != "clk")
        text = (
            "# The ports are no pins, but virtual ones, for size and timing. Goes when your design is the top.\n"
            f"foreach port {{{names}}} {{\n    set_instance_assignment -name VIRTUAL_PIN ON -to $port\n}}\n"
        )
        return {"virtual_pins.tcl": ("tclSource", text)}
    return {}
