# SPDX-License-Identifier: Apache-2.0
"""Where the source assigns a state register, and in which states: a plain walk beside pyverilog's extraction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyverilog.vparser import ast

from testbench.lib.structure.expressions import verilog
from testbench.lib.structure.fsm_slice import Slice

Step = tuple[frozenset[str], str, int]  # states it can happen in, the state it leads to, line


def lines(tree: Any, part: Slice) -> dict[tuple[str, str], list[int]]:
    """(from, to) -> lines of the assignments that can do it. Conditions count only where they speak of the state."""
    found: dict[tuple[str, str], list[int]] = {}
    for item in tree.items:
        if isinstance(item, ast.Always):
            for sources, target, line in _steps(item.statement, frozenset(part.states), part):
                for source in sorted(sources - {target}):
                    found.setdefault((source, target), []).append(line)
    return found


def _steps(node: Any, here: frozenset[str], part: Slice) -> Iterator[Step]:
    if isinstance(node, ast.Block):
        for statement in node.statements:
            yield from _steps(statement, here, part)
    elif isinstance(node, ast.IfStatement):
        if verilog(node.cond) != part.reset:
            yield from _steps(node.true_statement, here & _where(node.cond, True, part), part)
        yield from _steps(node.false_statement, here & _where(node.cond, False, part), part)
    elif isinstance(node, ast.CaseStatement):
        rest = here
        for case in node.caselist:
            labels = frozenset(verilog(label) for label in case.cond or ())
            if verilog(node.comp) != part.register:
                yield from _steps(case.statement, here, part)
            else:
                yield from _steps(case.statement, here & labels if case.cond else rest, part)
                rest -= labels
    elif isinstance(node, ast.Substitution) and verilog(node.left) == part.register:
        for target in _targets(node.right.var):
            yield here, target, node.lineno


def _targets(node: Any) -> list[str]:
    if isinstance(node, ast.Cond):
        return _targets(node.true_value) + _targets(node.false_value)
    return [verilog(node)]


def _where(node: Any, holds: bool, part: Slice) -> frozenset[str]:
    """States in which a condition can be true (``holds``), or false."""
    everywhere = frozenset(part.states)
    if isinstance(node, ast.Ulnot):
        return _where(node.right, not holds, part)
    if isinstance(node, ast.Eq | ast.NotEq) and verilog(node.left) == part.register:
        state = frozenset((verilog(node.right),))
        return state if isinstance(node, ast.Eq) == holds else everywhere - state
    if isinstance(node, ast.Land | ast.Lor):
        left, right = _where(node.left, holds, part), _where(node.right, holds, part)
        return left & right if isinstance(node, ast.Land) == holds else left | right
    return everywhere
