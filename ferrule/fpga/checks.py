# SPDX-License-Identifier: Apache-2.0
"""What can be wrong between design and board, found before the long steps."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ferrule.fpga.board import Board
from ferrule.fpga.errors import DesignError
from ferrule.fpga.netlist import CARRY_LUTS, LUTS, Design, Netlist, number
from ferrule.fpga.utilisation import largest, modules

PLL_OUTPUTS = ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3")
VCO_MHZ = 400.0, 800.0
CLOSE = 1e-3


def pins_and_names(board: Board, design: Design) -> None:
    """Every bit of every port has a pin, and every clock names a port or a wire of the top. Raises DesignError."""
    wrong = [f"{name}: no pin in [pins]" for name in design.ports if name not in board.pins]
    for name, width in design.ports.items():
        if name in board.pins and (count := len(board.pins[name].sites)) != width:
            wrong.append(f"{name}: {width} bits in {design.top}, {count} in [pins]")
    if wrong:
        raise DesignError(f"ports of {design.top} that are not constrained to pins:\n  " + "\n  ".join(wrong))
    if unknown := sorted(set(board.clocks) - design.wires):
        raise DesignError(
            f"[clocks] of {board.name} names {', '.join(unknown)}: {design.top} has no such port or wire, so that "
            "the constraint would be ignored"
        )


def clocks(board: Board, netlist: Netlist) -> None:
    """Everything that is clocked has a constraint, every constraint a clock, and PLLs make no more than that."""
    constrained = constrained_bits(board, netlist)
    used = netlist.clocks()
    if free := {netlist.names.get(bit, str(bit)): cell for bit, cell in used.items() if bit not in constrained}:
        lines = [f"  {name} (clocks {cell})" for name, cell in sorted(free.items())]
        raise DesignError("clocks without a constraint in [clocks]:\n" + "\n".join(lines))
    if idle := sorted(set(constrained.values()) - {constrained[bit] for bit in used}):
        raise DesignError(f"[clocks] of {board.name} names {', '.join(idle)}, which clocks nothing")
    for name, cell in netlist.of_type("EHXPLLL"):
        _pll(board, name, cell, constrained)


def constrained_bits(board: Board, netlist: Netlist) -> dict[int | str, str]:
    """The bit of every clock of [clocks]. Raises DesignError when synthesis left none of its name."""
    if lost := [name for name in board.clocks if len(netlist.wires.get(name, [])) != 1]:
        raise DesignError(
            f"[clocks] of {board.name} names {', '.join(lost)}, which is no wire of one bit after synthesis"
        )
    return {netlist.wires[name][0]: name for name in board.clocks}


def _pll(board: Board, name: str, cell: Any, constrained: dict[int | str, str]) -> None:
    connections = cell["connections"]
    if (clock_in := constrained.get((connections.get("CLKI") or [""])[0])) is None:
        raise DesignError(f"{name}: the PLL's input is no clock of [clocks], so its frequencies are not known")
    source = board.clocks[clock_in]
    feedback = next((port for port in PLL_OUTPUTS if connections.get(port) == connections["CLKFB"]), None)
    if feedback is None:
        raise DesignError(f"{name}: the PLL's feedback is none of its outputs, so its frequencies are not known")
    fed_back = source / number(cell, "CLKI_DIV") * number(cell, "CLKFB_DIV")
    vco = fed_back * number(cell, f"{feedback}_DIV", 8)
    if not VCO_MHZ[0] <= vco <= VCO_MHZ[1]:
        raise DesignError(
            f"{name}: the PLL's oscillator would run at {vco:g} MHz, it can at {VCO_MHZ[0]:g} to {VCO_MHZ[1]:g}"
        )
    for port in PLL_OUTPUTS:
        clock = constrained.get((connections.get(port) or [""])[0])
        made = vco / number(cell, f"{port}_DIV", 8)
        if clock and abs(made - board.clocks[clock]) > CLOSE * made:
            raise DesignError(
                f"[clocks] of {board.name} has {clock} at {board.clocks[clock]:g} MHz, {name} makes {made:g} MHz of it"
            )


def size(board: Board, netlist: Netlist, design: Design) -> dict[str, tuple[int, int]]:
    """Cells needed and there, by kind. Raises DesignError when a kind is short: no placement could help."""
    kinds = Counter(cell["type"] for cell in netlist.cells.values())
    part = board.part
    needs = {
        "LUT4": (sum(luts * kinds[kind] for kind, luts in LUTS.items()) + CARRY_LUTS * netlist.carry_ends(), part.lut4),
        "flip-flops": (kinds["TRELLIS_FF"], part.flip_flops),
        "block RAMs (DP16KD)": (kinds["DP16KD"], part.block_rams),
        "multipliers (MULT18X18D)": (kinds["MULT18X18D"], part.multipliers),
    }
    short = [f"{kind}: {used:,} needed, {there:,} there" for kind, (used, there) in needs.items() if used > there]
    if short:
        raise DesignError(
            f"{board.device} is too small for {board.top} as synthesised:\n  "
            + "\n  ".join(short)
            + "\nwhat is large in it, each with all that is inside:\n"
            + largest(modules(netlist, design))
        )
    return needs
