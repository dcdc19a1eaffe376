# SPDX-License-Identifier: Apache-2.0
"""How Python code names the card's registers: the generated maps against the source, and addresses given to a bus."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path

from register_names import Names

MAPS = ("regs", "vendor_regs", "bar_regs")  # modules of generated constants
CALLS = {  # calls that take an address -> which argument it is
    "read32": 0, "write32": 0, "wait_for": 1, "bar_read": 0, "bar_write": 0, "config_read": 0, "config_write": 0,
}  # fmt: skip
STRIDE = 16  # the largest number that may be added to an address: halves and entries of what lies there
# PCI's own offsets, as the driver has them -> the register of the card and the byte in it
PCI = {
    "PCI_VENDOR": ("PCI_ID", 0), "PCI_DEVICE": ("PCI_ID", 2), "PCI_COMMAND": ("PCI_COMMAND", 0),
    "PCI_STATUS": ("PCI_COMMAND", 2), "PCI_REVISION": ("PCI_CLASS", 0), "PCI_CAPABILITIES": ("PCI_CAP_POINTER", 0),
}  # fmt: skip


def map_problems(path: Path, names: Names, more: Mapping[str, int]) -> list[str]:
    """What the constants of a generated module and the register source say differently; ``more`` it has besides."""
    wanted = {**names.addresses, **names.masks, **more}
    wanted |= {f"{name}_SHIFT": value for name, value in names.shifts.items() if names.widths[name] > 1}
    module = runpy.run_path(str(path))
    found = {name: value for name, value in module.items() if name.isupper() and isinstance(value, int)}
    problems = [f"{path.name}: {name} is missing" for name in wanted if name not in found]
    for name, value in found.items():
        if name not in wanted:
            problems.append(f"{path.name}: {name} is no name of the register source")
        elif value != wanted[name]:
            problems.append(f"{path.name}: {name} is {value:#x}, the register source has {wanted[name]:#x}")
    if list(module.get("STATS", ())) != names.counters:
        problems.append(f"{path.name}: STATS are not the counters of the register source in their order")
    return problems


def space_problems(path: Path, names: Names) -> list[str]:
    """The same of a module of several spaces: it has values after reset and sizes of the BAR's structures as well."""
    resets = {f"{name}_RESET": value for name, value in names.resets.items() if value}
    sizes = {f"{name}_SIZE": size for name, size in names.bytes.items() if name.startswith("BAR_")}
    return map_problems(path, names, resets | sizes)


def pci_problems(folder: Path, names: Names) -> list[str]:
    """What host_driver's offsets from the virtio and PCI standards and the register source say differently."""
    common = names.of("COMMON")
    wanted: dict[str, object] = {n.lower(): (at, common.bytes[n]) for n, at in common.addresses.items()}
    found: dict[str, object] = dict(_constants(folder / "transport" / "pci.py")["COMMON"])
    wanted |= {name: names.addresses[register] + byte for name, (register, byte) in PCI.items()}
    constants = _constants(folder / "transport" / "capabilities.py")
    found |= {name: constants.get(name) for name in PCI}
    return [
        f"{name} is {found.get(name)}, the register source has {wanted.get(name)}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def literal_problems(folder: Path, addresses: set[int]) -> list[str]:
    """Addresses given to a bus with no register's name behind them, and ``addresses`` spelled out in hexadecimal."""
    problems = []
    for path in sorted(folder.rglob("*.py")):
        if path.stem not in MAPS:
            text = path.read_text()
            problems += [f"{path.name}: line {line}: {what}" for line, what in _Reader(ast.parse(text)).problems()]
            for number, line in enumerate(text.splitlines(), 1):
                for digits in re.findall(r"\b0x([0-9A-Fa-f_]+)", line.partition("#")[0]):
                    if int(digits, 16) in addresses:
                        problems.append(f"{path.name}: line {number}: 0x{digits} is the address of a register")
    return problems


def _constants(path: Path) -> dict:
    """Literal constants of a module that cannot be run alone."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names = [e.id for e in target.elts] if isinstance(target, ast.Tuple) else [ast.unparse(target)]
                try:
                    value = ast.literal_eval(node.value)
                except ValueError:
                    continue
                found |= dict(zip(names, value if isinstance(target, ast.Tuple) else [value], strict=True))
    return found


class _Reader(ast.NodeVisitor):
    """Follows each address given to a bus back to what it is made of, inside its function and its module."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.module = self._bindings(tree.body)

    def problems(self) -> Iterator[tuple[int, str]]:
        functions = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            local = self._bindings(function.body)
            for call in ast.walk(function):
                if isinstance(call, ast.Call):
                    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                    place = CALLS.get(name, -1)
                    if 0 <= place < len(call.args):
                        yield from self._check(call.args[place], local)

    def _check(self, address: ast.expr, local: dict[str, list[ast.expr]]) -> Iterator[tuple[int, str]]:
        for named, literals in self._sums(address, local, 0):
            if not named:
                yield address.lineno, f"{ast.unparse(address)} gives a bus an address without a name"
            elif any(number > STRIDE for number in literals):
                yield address.lineno, f"{ast.unparse(address)} adds {max(literals)} to an address"

    def _sums(self, node: ast.expr, local: dict, depth: int) -> list[tuple[bool, list[int]]]:
        """Each thing an expression may be: whether a name is in it whose value is not known here, and its numbers."""
        if isinstance(node, ast.Constant):
            return [(False, [node.value] if isinstance(node.value, int) else [])]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.BitOr):
            sides = [self._sums(side, local, depth) for side in (node.left, node.right)]
            return [(a or b, [*x, *y]) for a, x in sides[0] for b, y in sides[1]]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            return self._sums(node.left, local, depth)
        if isinstance(node, ast.BinOp):  # a multiple of something: an index, not an address
            return [(False, [])]
        if isinstance(node, ast.Name) and depth < 8 and node.id not in PCI:
            values = local.get(node.id) or self.module.get(node.id)
            if values:
                return [part for value in values for part in self._sums(value, local, depth + 1)]
        return [(True, [])]

    @staticmethod
    def _bindings(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
        """What each name is set to: assignments, and loops over values that are written out."""
        found: dict[str, list[ast.expr]] = {}

        def bind(target: ast.expr, value: ast.expr) -> None:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for part, one in zip(target.elts, value.elts, strict=False):
                    bind(part, one)

        for node in (inner for statement in body for inner in ast.walk(statement)):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    bind(target, node.value)
            elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
                for value in node.iter.elts:
                    bind(node.target, value)
        return found
