# SPDX-License-Identifier: Apache-2.0
"""Cuts out of a module what decides one state register, as a small module of its own.

pyverilog's extraction follows every wire of a condition through the whole module and stumbles over memories, part
selects and names such as "first", which it takes for a reset. Here each condition that does not speak of the state is
an input ``c0``, ``c1``, ... of one bit; the reset keeps its meaning under the name ``rst``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyverilog.vparser import ast

from testbench.lib.structure.expressions import verilog
from testbench.lib.structure.preprocess import SourceError

SUFFIX = "state_q"


@dataclass
class Slice:
    """``text`` is the module ``fsm``; ``states`` are name and value, ``conditions`` what c0, c1, ... stand for."""

    module: str
    register: str
    clock: str
    reset: str
    width: int
    states: dict[str, int] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    reset_state: str = ""
    body: str = ""

    @property
    def text(self) -> str:
        """Verilog of the cut-out module."""
        inputs = "".join(f", input wire c{number}" for number in range(len(self.conditions)))
        head = f"module fsm (input wire clk, input wire rst{inputs});\n  reg [{self.width - 1}:0] state_q;\n"
        return f"{head}  always @(posedge clk)\n{self.body}endmodule\n"


def state_registers(tree: Any) -> tuple[list[tuple[str, int]], list[str]]:
    """Registers (name, bits) whose name ends in state_q, and such arrays, which hold a machine for each queue."""
    registers, arrays = [], []
    for node in _all(tree):
        if isinstance(node, ast.Reg) and node.name.endswith(SUFFIX):
            if node.dimensions is not None:
                arrays.append(node.name)
            else:
                registers.append((node.name, int(node.width.msb.value) + 1 if node.width else 1))
    return registers, arrays


def cut(tree: Any, register: str, width: int) -> Slice:
    """The slice of ``register`` in a module. Raises SourceError for a form that is not understood."""
    blocks = [node for node in _all(tree) if isinstance(node, ast.Always) and _assigns(node, register)]
    if len(blocks) != 1:
        raise SourceError(f"{tree.name}.{register}: assigned in {len(blocks)} always blocks, one is expected")
    clock = blocks[0].sens_list.list[0].sig.name
    result = Slice(tree.name, register, clock, "", width)
    cutter = _Cutter(tree, result)
    result.body = cutter.statement(blocks[0].statement, "    ")
    result.states = dict(sorted(cutter.named_states().items(), key=lambda item: item[1]))
    if not result.reset_state:
        raise SourceError(f"{tree.name}.{register}: no reset found")
    return result


def _all(node: Any) -> Any:
    yield node
    for child in node.children():
        yield from _all(child)


def _assigns(node: Any, register: str) -> bool:
    return any(isinstance(part, ast.Substitution) and _mentions(part.left, register) for part in _all(node))


def _mentions(node: Any, name: str) -> bool:
    return any(isinstance(part, ast.Identifier) and part.name == name for part in _all(node))


class _Cutter:
    """Writes the kept statements; what it meets goes into the slice."""

    def __init__(self, tree: Any, result: Slice) -> None:
        self.tree, self.result, self.register = tree, result, result.register
        self.constants = {
            node.name: number(node.value.var.value)
            for node in _all(tree)
            if isinstance(node, ast.Localparam) and isinstance(node.value.var, ast.IntConst)
        }

    def statement(self, node: Any, indent: str) -> str:
        """Text of a statement, empty when it does not assign the register."""
        if node is None or not _assigns(node, self.register):
            return ""
        if isinstance(node, ast.Block):
            inner = "".join(self.statement(part, indent + "  ") for part in node.statements)
            return f"{indent}begin\n{inner}{indent}end\n"
        if isinstance(node, ast.IfStatement):
            return self._if(node, indent)
        if isinstance(node, ast.CaseStatement) and verilog(node.comp) == self.register:
            branches = "".join(self._branch(case, indent + "  ") for case in node.caselist)
            return f"{indent}case (state_q)\n{branches}{indent}endcase\n"
        if isinstance(node, ast.NonblockingSubstitution) and verilog(node.left) == self.register:
            return f"{indent}state_q <= {self._value(node.right.var)};\n"
        raise self._strange(node)

    def named_states(self) -> dict[str, int]:
        """Constants the register is compared with or takes."""
        names = set()
        for node in _all(self.tree):
            if isinstance(node, ast.CaseStatement) and verilog(node.comp) == self.register:
                names |= {verilog(label) for case in node.caselist for label in case.cond or ()}
            elif isinstance(node, ast.Eq | ast.NotEq) and verilog(node.left) == self.register:
                names.add(verilog(node.right))
            elif isinstance(node, ast.Substitution) and verilog(node.left) == self.register:
                names |= {part.name for part in _all(node.right) if isinstance(part, ast.Identifier)}
        return {name: self.constants[name] for name in names if name in self.constants}

    def _if(self, node: Any, indent: str) -> str:
        condition = self._condition(node.cond)
        if condition == "rst":
            self.result.reset_state = next(
                verilog(part.right.var)
                for part in _all(node.true_statement)
                if isinstance(part, ast.Substitution) and verilog(part.left) == self.register
            )
        yes = self.statement(node.true_statement, indent + "  ") or f"{indent}  begin end\n"
        no = self.statement(node.false_statement, indent + "  ")
        return f"{indent}if ({condition}) begin\n{yes}{indent}end\n" + (f"{indent}else\n{no}" if no else "")

    def _branch(self, case: Any, indent: str) -> str:
        labels = ", ".join(str(self._constant(label)) for label in case.cond) if case.cond else "default"
        return f"{indent}{labels}:\n" + (self.statement(case.statement, indent + "  ") or f"{indent}  begin end\n")

    def _value(self, node: Any) -> str:
        if isinstance(node, ast.Cond):
            return f"({self._condition(node.cond)}) ? {self._value(node.true_value)} : {self._value(node.false_value)}"
        return str(self._constant(node))

    def _constant(self, node: Any) -> str:
        name = verilog(node)
        if name not in self.constants:
            raise self._strange(node)
        return f"{self.result.width}'d{self.constants[name]}"

    def _condition(self, node: Any) -> str:
        if _mentions(node, self.register):
            if isinstance(node, ast.Land | ast.Lor):
                mark = "&&" if isinstance(node, ast.Land) else "||"
                return f"({self._condition(node.left)} {mark} {self._condition(node.right)})"
            if isinstance(node, ast.Ulnot):
                return f"!({self._condition(node.right)})"
            if isinstance(node, ast.Eq | ast.NotEq) and verilog(node.left) == self.register:
                mark = "==" if isinstance(node, ast.Eq) else "!="
                return f"state_q {mark} {self._constant(node.right)}"
            raise self._strange(node)
        text = verilog(node)
        if text == "rst" or text.endswith("_rst"):
            self.result.reset = text
            return "rst"
        if isinstance(node, ast.Ulnot):
            return f"!{self._condition(node.right)}"
        if text not in self.result.conditions:
            self.result.conditions.append(text)
        return f"c{self.result.conditions.index(text)}"

    def _strange(self, node: Any) -> SourceError:
        kind = type(node).__name__
        return SourceError(f"{self.tree.name}.{self.register}: line {node.lineno}: {kind} is not understood here")


def number(text: str) -> int:
    """Value of a Verilog integer constant."""
    _, quote, rest = text.replace("_", "").partition("'")
    if not quote:
        return int(text)
    return int(rest[1:], {"b": 2, "o": 8, "d": 10, "h": 16}[rest[0].lower()])
