# SPDX-License-Identifier: Apache-2.0
"""What the RTL says of register addresses: its macros, and what hw/nic/regs compares bus addresses with (pyverilog)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyverilog.vparser import ast
from register_names import PREFIXES, Names

from testbench.lib.structure.expressions import verilog
from testbench.lib.structure.fsm_slice import number
from testbench.lib.structure.preprocess import expand, strip_comments
from testbench.lib.structure.source import parse

HEADER = "ferrule_regs.vh"
MACRO = re.compile(rf"`((?:{'|'.join(PREFIXES.values())}|STAT|AMOUNT)_\w+)")
MARK = "vh_"  # before a macro's name where it stands in the text as an identifier
COMPARISONS = (ast.Eq, ast.NotEq, ast.LessThan, ast.LessEq, ast.GreaterThan, ast.GreaterEq)
LARGEST_COUNT = 0x40  # hexadecimal numbers below it may be anything


def macros(hw: Path) -> dict[str, int]:
    """Every macro of the header and its value."""
    known: dict[str, str] = {}
    expand((hw / "nic" / "regs" / HEADER).read_text(), HEADER, macros=known)
    return {name: number(text) for name, text in known.items() if text}


def expected(names: Names) -> dict[str, int]:
    """What the register source says of each of these names."""
    values = dict(names.addresses)
    values |= names.masks
    values |= {f"{name}_LSB": value for name, value in names.shifts.items()}
    values |= {f"{name}_RESET": value for name, value in names.resets.items()}
    values |= {f"{name}_SIZE": value for name, value in names.bytes.items() if name.startswith("BAR_")}
    for kind, counters in (("STAT", names.counters), ("AMOUNT", names.amounts)):
        values |= {f"{kind}_{name.upper()}": place for place, name in enumerate(counters)}
        values[f"{kind}_COUNT"] = len(counters)
    return values


def macro_problems(names: Names, hw: Path) -> list[str]:
    """Register macros that any Verilog file uses and that are not what the register source says."""
    known, wanted = macros(hw), expected(names)
    problems = []
    for path in sorted(hw.rglob("*.v")):
        for name in sorted(set(MACRO.findall(strip_comments(path.read_text())))):
            if name not in wanted:
                problems.append(f"{path.name}: `{name} is no name of the register source")
            elif known.get(name) != wanted[name]:
                problems.append(f"{path.name}: `{name} is {known.get(name)}, the register source has {wanted[name]:#x}")
    return problems


def decode_problems(names: Names, hw: Path) -> list[str]:
    """Places in hw/nic/regs that decode a bus address without the macro of the register, or with one out of place."""
    problems = []
    for path in sorted((hw / "nic" / "regs").glob("*.v")):
        text = path.read_text()
        if HEADER in text:
            problems += [f"{path.name}: {problem}" for problem in _Decoder(names, hw, text, path.name).problems()]
    return problems


class _Decoder:
    """One module, its macros kept as identifiers."""

    def __init__(self, names: Names, hw: Path, text: str, where: str) -> None:
        self.names, self.text = names, strip_comments(text)
        kept = expand(MACRO.sub(rf"{MARK}\1", self.text), where, [hw / "nic" / "common", hw / "nic" / "regs"])
        self.nodes = list(_all(parse(kept, where)))
        self.values: dict[str, int] = {MARK + name: value for name, value in macros(hw).items()}
        self.constants = {n.name: n.value.var for n in self.nodes if isinstance(n, ast.Localparam)}
        self.addresses = self._addresses()
        self.decoded = 0

    def problems(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, COMPARISONS):
                for here, there in ((node.left, node.right), (node.right, node.left)):
                    if self._is_address(here) and not self._is_address(there):
                        yield from self._constant(there, node.lineno)
            elif isinstance(node, ast.CaseStatement) and self._is_address(node.comp):
                for case in node.caselist:
                    for label in case.cond or ():
                        yield from self._constant(label, node.lineno)
        for digits in re.findall(r"'h([0-9a-fA-F_]+)", self.text):
            value = int(digits.replace("_", ""), 16)
            named = [name for name, address in self.names.addresses.items() if address == value]
            if value >= LARGEST_COUNT and named:
                yield f"'h{digits} is the address of {' or '.join(named)}: use the macro"

    def _addresses(self) -> set[str]:
        """Names that carry a bus address: ports and connections called bus_addr, and what is made of them."""
        found = {"bus_addr"}
        found |= {
            verilog(n.argname)
            for n in self.nodes
            if isinstance(n, ast.PortArg) and n.portname == "bus_addr" and isinstance(n.argname, ast.Identifier)
        }
        makes = [(verilog(n.left), n.right.var) for n in self.nodes if isinstance(n, ast.Assign)]
        while more := {name for name, value in makes if self._carries(value, found)} - found:
            found |= more
        return found

    def _is_address(self, node: Any) -> bool:
        return self._carries(node, self.addresses)

    def _carries(self, node: Any, addresses: set[str]) -> bool:
        """Whether the number that ``node`` is comes from a bus address; what a comparison says of it does not count."""
        if isinstance(node, ast.Identifier):
            return node.name in addresses
        if isinstance(node, ast.Partselect):  # without the lowest bits it is an index, not an address
            return verilog(node.lsb) == "0" and self._carries(node.var, addresses)
        if isinstance(node, ast.Concat):
            *upper, last = node.list
            if not isinstance(last, ast.IntConst):
                return self._carries(last, addresses)
            return any(
                self._carries(part.var if isinstance(part, ast.Partselect) else part, addresses) for part in upper
            )
        if isinstance(node, (*COMPARISONS, ast.Pointer, ast.Cond, ast.Land, ast.Lor, ast.Ulnot)):
            return False
        return any(self._carries(child, addresses) for child in node.children())

    def _constant(self, node: Any, line: int) -> Iterator[str]:
        used = {name for name in self._macros(node) if name in self.names.addresses}
        text = verilog(node).replace(MARK, "`")
        if not used:
            yield f"line {line}: an address is compared with {text}, which names no register"
            return
        value = self._value(node)
        spans = [(self.names.addresses[name], self.names.bytes[name]) for name in used]
        if not any(start & ~3 <= value <= start + size for start, size in spans):
            yield f"line {line}: {text} is {value:#x}, outside of {', '.join(sorted(used))}"

    def _macros(self, node: Any) -> Iterator[str]:
        for part in _all(node):
            if isinstance(part, ast.Identifier):
                if part.name.startswith(MARK):
                    yield part.name.removeprefix(MARK)
                elif part.name in self.constants:
                    yield from self._macros(self.constants[part.name])

    def _value(self, node: Any) -> int:
        if isinstance(node, ast.IntConst):
            return number(node.value)
        if isinstance(node, ast.Identifier):
            return self.values[node.name] if node.name in self.values else self._value(self.constants[node.name])
        left, right = self._value(node.left), self._value(node.right)
        return _OPERATORS[type(node)](left, right)


_OPERATORS: Mapping[type, Any] = {
    ast.Plus: int.__add__, ast.Minus: int.__sub__, ast.Times: int.__mul__, ast.And: int.__and__, ast.Or: int.__or__,
    ast.Sll: int.__lshift__,
}  # fmt: skip


def _all(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children():
        yield from _all(child)
