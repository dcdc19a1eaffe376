# SPDX-License-Identifier: Apache-2.0
"""Extracts the card's state machines with pyverilog."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from functools import cache
from io import StringIO

from pyverilog.controlflow.controlflow_analyzer import VerilogControlflowAnalyzer
from pyverilog.dataflow.bindvisitor import BindVisitor
from pyverilog.dataflow.modulevisitor import ModuleVisitor
from pyverilog.dataflow.optimizer import VerilogDataflowOptimizer
from pyverilog.dataflow.signalvisitor import SignalVisitor
from pyverilog.vparser import ast

from testbench.lib import tools
from testbench.lib.structure.fsm_slice import SUFFIX, Slice, cut, state_registers
from testbench.lib.structure.fsm_walk import lines
from testbench.lib.structure.machine import Machine
from testbench.lib.structure.preprocess import SourceError
from testbench.lib.structure.source import Module, card_modules, parse


@cache
def card_machines() -> tuple[Machine, ...]:
    """Every state machine of the card in compile order. Raises SourceError."""
    return tuple(machine for module in card_modules().values() for machine in machines(module))


def machines(module: Module) -> list[Machine]:
    """The state machines of one module."""
    registers, _ = state_registers(module.tree)
    return [_machine(module, cut(module.tree, register, width)) for register, width in registers]


def uncovered() -> list[str]:
    """``module.register`` of the machines that exist once a queue, in an array: no extraction sees them."""
    return [f"{module.name}.{name}" for module in card_modules().values() for name in state_registers(module.tree)[1]]


def _machine(module: Module, part: Slice) -> Machine:
    names = {value: name for name, value in part.states.items()}
    where = lines(module.tree, part)
    found = {}
    for source, target in sorted(extract(part)):
        if source not in names or source == target:
            continue
        if target not in names:
            raise SourceError(f"{part.module}.{part.register}: {names[source]} leads to {target}, which has no name")
        pair = names[source], names[target]
        found[pair] = tuple(where.get(pair, ()))
    comments = _comments(module.path.read_text(), list(part.states))
    states = tuple((name, value, comments.get(name, "")) for name, value in part.states.items())
    inside = module.path.is_relative_to(tools.ROOT)
    path = module.path.relative_to(tools.ROOT).as_posix() if inside else str(module.path)
    return Machine(
        module.name, path, part.register, part.clock, part.reset, part.width, part.reset_state, states, found
    )


def extract(part: Slice) -> set[tuple[int, int]]:
    """pyverilog's transitions of a slice by the states' values, steps that stay and unnamed encodings included."""
    tree = parse(part.text, f"slice of {part.module}")
    with redirect_stdout(StringIO()):  # it reports what it does
        modules = ModuleVisitor()
        modules.visit(ast.Source("", ast.Description((tree,))))
        table = modules.get_moduleinfotable()
        signals = SignalVisitor(table, tree.name)
        signals.start_visit()
        binds = BindVisitor(table, tree.name, signals.getFrameTable(), noreorder=False)
        binds.start_visit()
        flow = binds.getDataflows()
        terms, flows = flow.getTerms(), flow.getBinddict()
        optimizer = VerilogDataflowOptimizer(terms, flows)
        optimizer.resolveConstant()
        resolved = (optimizer.getResolvedTerms(), optimizer.getResolvedBinddict(), optimizer.getConstlist())
        analyzer = VerilogControlflowAnalyzer(tree.name, terms, flows, *resolved, fsm_vars=(f"{SUFFIX}$",))
        (machine,) = analyzer.getFiniteStateMachines().values()
    found = {(source, target) for source, targets in machine.fsm.items() for target in targets.values()}
    return found | {(source, target) for source in part.states.values() for target in machine.any.values()}


def _comments(text: str, names: list[str]) -> dict[str, str]:
    """The comment behind each state's localparam, where one has a line of its own."""
    found = {}
    for name in names:
        if match := re.search(rf"^\s*localparam\b[^,;]*\b{name}\s*=[^,;]*;[ \t]*//[ \t]*(.*)$", text, re.M):
            found[name] = match[1].strip()
    return found
