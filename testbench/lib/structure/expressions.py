# SPDX-License-Identifier: Apache-2.0
"""Expressions of pyverilog's syntax tree as Verilog text, with no more parentheses than needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyverilog.utils.op2mark import op2mark, op2order
from pyverilog.vparser import ast

TERNARY = 12  # binds weaker than every operator of op2order


def verilog(node: Any) -> str:
    """The expression as text. Raises TypeError for what is no expression."""
    return _text(node, TERNARY)


def _text(node: Any, limit: int) -> str:
    """Text of ``node`` where only operators that bind at least as strongly as ``limit`` need no parentheses."""
    if isinstance(node, ast.Cond):
        parts = (_text(node.cond, TERNARY - 1), _text(node.true_value, TERNARY), _text(node.false_value, TERNARY))
        return _wrap(f"{parts[0]} ? {parts[1]} : {parts[2]}", TERNARY, limit)
    if isinstance(node, ast.UnaryOperator):
        mark = op2mark(type(node).__name__) or "+"
        return f"{mark}{_text(node.right, 0)}"
    if isinstance(node, ast.Operator):
        name = type(node).__name__
        order = op2order(name)
        return _wrap(f"{_text(node.left, order)} {op2mark(name)} {_text(node.right, order - 1)}", order, limit)
    return _primary(node)


def _wrap(text: str, order: int, limit: int) -> str:
    return f"({text})" if order > limit else text


def _primary(node: Any) -> str:
    for kind, write in _PRIMARIES.items():
        if isinstance(node, kind):
            return write(node)
    raise TypeError(f"{type(node).__name__} is not an expression")


def _list(items: Any) -> str:
    return ", ".join(verilog(item) for item in items)


def _range(node: Any) -> str:
    """``[a:b]``; the parser keeps ``[a +: b]`` as ``[a:a + b]`` with one node for both ``a``."""
    for kind, mark in ((ast.Plus, "+:"), (ast.Minus, "-:")):
        if isinstance(node.lsb, kind) and node.lsb.left is node.msb:
            return f"{verilog(node.msb)} {mark} {verilog(node.lsb.right)}"
    return f"{verilog(node.msb)}:{verilog(node.lsb)}"


_PRIMARIES: dict[type, Callable[[Any], str]] = {
    ast.Identifier: lambda node: str(node.name),
    ast.Constant: lambda node: str(node.value),
    ast.Pointer: lambda node: f"{verilog(node.var)}[{verilog(node.ptr)}]",
    ast.Concat: lambda node: f"{{{_list(node.list)}}}",
    ast.Repeat: lambda node: f"{{{verilog(node.times)}{verilog(node.value)}}}",
    ast.Partselect: lambda node: f"{verilog(node.var)}[{_range(node)}]",
    ast.FunctionCall: lambda node: f"{verilog(node.name)}({_list(node.args)})",
    ast.SystemCall: lambda node: f"${node.syscall}({_list(node.args)})",
    ast.Lvalue: lambda node: verilog(node.var),
    ast.Rvalue: lambda node: verilog(node.var),
}
