# SPDX-License-Identifier: Apache-2.0
"""Reads the card's modules: the syntax tree from pyverilog, comments and widths as written from the text."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from pyverilog.vparser import ast
from pyverilog.vparser.parser import ParseError, VerilogParser

from testbench.lib.sources import card_sources
from testbench.lib.structure.expressions import verilog
from testbench.lib.structure.preprocess import SourceError, expand

_PORT = re.compile(r"(input|output|inout)\s+(?:wire|reg)?\s*(?:signed\s+)?(\[.*\])?\s*(\w+)\s*,?$")
_PARAMETER = re.compile(r"parameter\s+(?:\[.*?\]\s*)?(\w+)\s*=\s*(.*?)\s*,?$")


@dataclass(frozen=True)
class Port:
    """``direction`` input, output or inout; ``width`` the range as written, empty for one bit."""

    name: str
    direction: str
    width: str
    comment: str


@dataclass(frozen=True)
class PortGroup:
    """Ports under one comment line, which is the ``title``."""

    title: str
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Instance:
    """``when``: the conditions and loops of the generate blocks around it, empty without any."""

    name: str
    module: str
    when: str


@dataclass(frozen=True)
class Module:
    """One module; ``parameters`` are (name, default as written), ``tree`` is pyverilog's."""

    name: str
    path: Path
    sentence: str
    parameters: tuple[tuple[str, str], ...]
    groups: tuple[PortGroup, ...]
    instances: tuple[Instance, ...]
    tree: Any


@cache
def parser() -> VerilogParser:
    """The one parser of this process: making its tables takes longer than parsing the whole card."""
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(StringIO()):
        return VerilogParser(outputdir=folder, debug=False)


def parse(text: str, where: str) -> Any:
    """Syntax tree of the first module in preprocessed ``text``. Raises SourceError."""
    try:
        parser().lexer.lexer.lineno = 1
        description = parser().parse(text).description
    except ParseError as error:
        raise SourceError(f"{where}: pyverilog cannot parse it: {error}") from None
    modules = [item for item in description.definitions if isinstance(item, ast.ModuleDef)]
    if len(modules) != 1:
        raise SourceError(f"{where}: one module expected, found {len(modules)}")
    return modules[0]


def read_module(path: Path) -> Module:
    """One source file. Raises SourceError."""
    text = path.read_text()
    tree = parse(expand(text, path.name), path.name)
    groups, parameters = header(text, tree.name, path.name)
    written = [(port.name, port.direction) for group in groups for port in group.ports]
    parsed = [(item.first.name, type(item.first).__name__.lower()) for item in tree.portlist.ports]
    if written != parsed:
        raise SourceError(f"{path.name}: ports are expected one a line; read {written}, pyverilog has {parsed}")
    return Module(tree.name, path, _sentence(text), parameters, groups, tuple(_instances(tree.items, ())), tree)


@cache
def card_modules() -> dict[str, Module]:
    """Every module of the card's source lists by name, in compile order."""
    return {module.name: module for module in map(read_module, card_sources())}


def _sentence(text: str) -> str:
    """First sentence of the comment under the licence line."""
    words = []
    for line in text.splitlines()[1:]:
        if not line.startswith("//"):
            break
        words.append(line[2:].strip())
    return re.split(r"(?<=[.])\s", " ".join(words), maxsplit=1)[0]


def header(text: str, name: str, where: str) -> tuple[tuple[PortGroup, ...], tuple[tuple[str, str], ...]]:
    """Port groups and parameters of the module's head, line by line."""
    head = re.search(rf"^module {name}\b.*?^\);", text, re.M | re.S)
    if not head:
        raise SourceError(f"{where}: the head of module {name} does not end with a line ');'")
    groups: list[tuple[str, list[Port]]] = []
    parameters: list[tuple[str, str]] = []
    goes_on = False  # the line before was a comment too
    for line in head.group().splitlines():
        code, _, comment = (part.strip() for part in line.partition("//"))
        if port := _PORT.match(code):
            direction, width, label = port.groups()
            if not groups:
                groups.append(("", []))
            groups[-1][1].append(Port(label, direction, width or "", comment))
        elif parameter := _PARAMETER.match(code):
            parameters.append((parameter[1], parameter[2]))
        elif comment and not code:
            groups.append((f"{groups.pop()[0]} {comment}" if goes_on else comment, []))
        goes_on = bool(comment) and not code
    return tuple(PortGroup(title, tuple(ports)) for title, ports in groups if ports), tuple(parameters)


def _instances(items: Any, when: tuple[str, ...]) -> Iterator[Instance]:
    """Instances in source order, those in generate blocks too."""
    for item in items or ():
        if isinstance(item, ast.InstanceList):
            for instance in item.instances:
                yield Instance(instance.name, item.module, ", ".join(when))
        elif isinstance(item, ast.GenerateStatement):
            yield from _instances(item.items, when)
        elif isinstance(item, ast.Block):
            yield from _instances(item.statements, when)
        elif isinstance(item, ast.IfStatement):
            same, other = item.cond, ast.Ulnot(item.cond)
            if isinstance(same, ast.Eq):
                other = ast.NotEq(same.left, same.right)
            yield from _instances((item.true_statement,), (*when, verilog(same)))
            yield from _instances((item.false_statement,), (*when, verilog(other)))
        elif isinstance(item, ast.ForStatement):
            yield from _instances((item.statement,), (*when, f"for {verilog(item.cond)}"))
