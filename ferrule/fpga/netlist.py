# SPDX-License-Identifier: Apache-2.0
"""What Yosys wrote as JSON, asked for ports, instances, clocks, names and cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

# LUTs of a cell: a carry cell is two, sixteen words of four bits are four with data and two that write
CARRY_LUTS = 2
LUTS = {"LUT4": 1, "CCU2C": CARRY_LUTS, "TRELLIS_DPR16X4": 6}
CLOCK_PORT = re.compile(r"(S|E|W)?CLK([ABI0-3])?|WCK")
MADE = re.compile(r"_(TRELLIS_FF|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|TRELLIS_DPR16X4)_|\.\d+\.\d+_DO")


class Design:
    """Modules as elaborated, before synthesis."""

    def __init__(self, top: str, modules: Mapping[str, Any]) -> None:
        self.top = top
        self._modules = modules

    @property
    def ports(self) -> dict[str, int]:
        """The top's ports and their widths."""
        return {name: len(port["bits"]) for name, port in self._modules[self.top]["ports"].items()}

    @property
    def directions(self) -> dict[str, str]:
        """The top's ports, each "input", "output" or "inout"."""
        return {name: port["direction"] for name, port in self._modules[self.top]["ports"].items()}

    @property
    def wires(self) -> set[str]:
        """Names of the top's wires and ports."""
        return set(self._modules[self.top]["netnames"])

    @cached_property
    def instances(self) -> dict[str, str]:
        """Module of every instance path ("" is the top)."""
        return dict(self._walk("", self.top))

    def _walk(self, path: str, module: str) -> Iterator[tuple[str, str]]:
        content = self._modules[module]
        yield path, content["attributes"].get("hdlname", module).lstrip("\\")
        for name, cell in content["cells"].items():
            inner = self._modules.get(cell["type"])
            if inner and not {"blackbox", "whitebox"} & set(inner["attributes"]) and not name.startswith("$"):
                yield from self._walk(f"{path}.{name}" if path else name, cell["type"])

    def place(self, name: str) -> tuple[str, str]:
        """Instance that a flattened name is in, and the name there."""
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            path = ".".join(parts[:count])
            if path in self.instances:
                return path, ".".join(parts[count:])
        return "", name


class Netlist:
    """The flattened netlist of cells."""

    def __init__(self, path: Path, top: str) -> None:
        module = json.loads(path.read_text())["modules"][top]
        self.cells: dict[str, Any] = {
            name: cell for name, cell in module["cells"].items() if cell["type"] != "$scopeinfo"
        }
        self.wires: dict[str, list[int | str]] = {name: wire["bits"] for name, wire in module["netnames"].items()}

    @cached_property
    def names(self) -> dict[int | str, str]:
        """The best name of every bit: not one that synthesis made, then the one nearest to the top."""
        found: dict[int | str, str] = {}
        for name, bits in self.wires.items():
            for place, bit in enumerate(bits):
                full = f"{name}[{place}]" if len(bits) > 1 else name
                if bit not in found or _rank(full) < _rank(found[bit]):
                    found[bit] = full
        return found

    def clocks(self) -> dict[int | str, str]:
        """Bits that clock something, each with a cell that it clocks."""
        found: dict[int | str, str] = {}
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if CLOCK_PORT.fullmatch(port) and cell["port_directions"].get(port) == "input":
                    for bit in bits:
                        if isinstance(bit, int):
                            found.setdefault(bit, name)
        return found

    def carry_ends(self) -> int:
        """Carry cells that nextpnr adds: one wherever a carry comes from outside a chain, one wherever it leaves it."""
        takers: dict[int | str, list[str]] = {}
        inside = {bit for _, cell in self.of_type("CCU2C") for bit in cell["connections"].get("COUT", []) if bit != "x"}
        for cell in self.cells.values():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] != "output":
                    for bit in bits:
                        takers.setdefault(bit, []).append(f"{cell['type']} {port}")
        ins = [cell["connections"]["CIN"][0] for _, cell in self.of_type("CCU2C") if cell["connections"].get("CIN")]
        begun = sum(bit not in inside for bit in ins)
        return begun + sum(bit in takers and takers[bit] != ["CCU2C CIN"] for bit in inside)

    def of_type(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Name and content of every cell of this type."""
        return ((name, cell) for name, cell in self.cells.items() if cell["type"] == kind)


def is_made(name: str) -> bool:
    """The name was made by synthesis or by nextpnr; the source has none like it."""
    return bool(MADE.search(name)) or "$" in name


def _rank(name: str) -> tuple[bool, int, int, str]:
    return is_made(name), name.count("."), len(name), name


def number(cell: Any, parameter: str, default: int = 1) -> int:
    """An integer parameter of a cell: JSON has it in binary, or as text."""
    value = cell["parameters"].get(parameter)
    if value is None:
        return default
    return int(str(value), 2) if re.fullmatch("[01]{32}", str(value)) else int(str(value))
