# SPDX-License-Identifier: Apache-2.0
"""Yosys: what a board's top looks like, and its netlist of ECP5 cells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ferrule.fpga import stage
from ferrule.fpga.board import Board
from ferrule.fpga.netlist import Design
from testbench.lib import tools

CODE = "from pyosys import libyosys as ys; d = ys.Design(); [ys.run_pass(text, d) for text in sys.argv[1:]]"
LIBRARY = "read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v"
# Processes are deleted, which JSON cannot hold: instances, ports and wires are what is asked.
ELABORATED = ("delete =*/p:*", "write_json design.json")
ELABORATION_LIMIT_S = 300.0
# Wide functions of LUTs and multiplexers made the receive writer a quarter larger and no faster.
OPTIONS = "-abc9 -nowidelut"
SMALL_ADDERS = tools.ROOT / "fpga" / "ecp5" / "small_adders.v"


def _read(board: Board) -> list[str]:
    includes = " ".join(f"-I{folder}" for folder in tools.INCLUDES)
    # without a size Yosys takes a number for a signed one of 32 bits
    parameters = " ".join(
        f"-chparam {name} {value}" if abs(value) < 1 << 31 else f"-chparam {name} 64'd{value}"
        for name, value in board.parameters.items()
    )
    return [
        f"read_verilog -defer {includes} {' '.join(map(str, board.sources))}",
        LIBRARY,
        f"hierarchy -check -top {board.top} {parameters}",
    ]


def elaborate(board: Board, folder: Path, tell: Callable[[str], None]) -> Design:
    """Modules, ports and wires of the top, in seconds. Raises ToolError."""
    stage.run("elaboration", CODE, [*_read(board), *ELABORATED], folder, ELABORATION_LIMIT_S, tell, set_by="")
    path = folder / "design.json"
    modules = json.loads(path.read_text())["modules"]
    path.unlink()
    return Design(board.top, modules)


def passes(board: Board) -> list[str]:
    """What makes the netlist. Wires with a constraint are kept: flattening calls them otherwise by a name inside."""
    kept = " ".join(f"{board.top}/w:{name}" for name in board.clocks)
    return [
        *_read(board),
        f"setattr -set keep 1 {kept}",
        *mapping(board.top, board.synthesis),
        f"synth_ecp5 -top {board.top} -run check: -json netlist.json",
    ]


def mapping(top: str, options: str = "") -> list[str]:
    """From the RTL that was read to ECP5 cells."""
    synth = f"synth_ecp5 {OPTIONS} {options} -top {top}"
    return [f"{synth} -run begin:map_ram", f"techmap -map {SMALL_ADDERS}", f"{synth} -run map_ram:check"]


def loosen_carries(cells: Sequence[dict[str, Any]]) -> None:
    """Leave a carry that nobody uses unconnected: for one that is, nextpnr makes a cell by which it could leave."""
    used = {
        bit
        for cell in cells
        for port, bits in cell["connections"].items()
        if cell["port_directions"][port] != "output"
        for bit in bits
    }
    for cell in cells:
        if cell["type"] == "CCU2C" and not used.intersection(cell["connections"].get("COUT", [])):
            cell["connections"]["COUT"] = ["x"]


def synthesise(board: Board, folder: Path, limit_s: float, tell: Callable[[str], None]) -> None:
    """Leave ``netlist.json`` and ``synthesis.log`` in the folder. Raises ToolError."""
    stage.run("synthesis", CODE, passes(board), folder, limit_s, tell)
    path = folder / "netlist.json"
    content = json.loads(path.read_text())
    loosen_carries(list(content["modules"][board.top]["cells"].values()))
    path.write_text(json.dumps(content))


def progress(line: str) -> str | None:
    """What a line of Yosys' log says of how far it is."""
    found = re.match(r"([\d.]+)\. Executing (.+?) (?:pass|backend|frontend)\b", line)
    return f"{found[1]} {found[2]}" if found else None
