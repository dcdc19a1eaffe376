# SPDX-License-Identifier: Apache-2.0
"""Generate what knows a board's registers: ``python -m testbench.lib.export_board_regs [--check]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from systemrdl import RDLCompiler

from testbench.lib import generated
from testbench.lib.export_regs import Register, python_constants, register_of
from testbench.lib.tools import ROOT

SOURCE = "fpga/rtl/board.rdl"
NOTICE = f"Generated from {SOURCE}; change that file and run: python -m testbench.lib.export_board_regs"
VERILOG = "fpga/rtl/board_regs.vh"
PYTHON = "ferrule/bridge/regs.py"
MARKDOWN = "fpga/registers.md"
REGISTERS = 0x80  # Verilog has only the addresses of the registers below; the windows are decoded as such


def load() -> list[Register]:
    """Compile the source."""
    compiler = RDLCompiler()
    compiler.compile_file(str(ROOT / SOURCE))
    board: Any = compiler.elaborate().top  # the compiler's types allow more than our source holds
    return [register_of(node) for node in board.children(unroll=False)]


def verilog(registers: list[Register]) -> str:
    """Byte offsets of the registers proper, and the constants among their values."""
    lines = ["// SPDX-License-Identifier: Apache-2.0", f"// {NOTICE}", "`ifndef BOARD_REGS_VH", "`define BOARD_REGS_VH"]
    for register in registers:
        if register.offset < REGISTERS:
            lines.append(f"`define {f'BOARD_{register.name}':<24} 7'h{register.offset:02x}")
            if register.reset:
                lines.append(f"`define {f'BOARD_{register.name}_RESET':<24} 32'h{register.reset:08x}")
    return "\n".join([*lines, "`endif", ""])


def python(registers: list[Register]) -> str:
    """Constants for who reaches the board from outside."""
    lines = ["# SPDX-License-Identifier: Apache-2.0", "# ruff: noqa: E501", "# fmt: off", f"# {NOTICE}"]
    lines += ['"""Registers of a board: byte addresses on its bus, masks in place."""', ""]
    for register in registers:
        lines += python_constants((register,))
        if register.reset:
            lines.append(f"{register.name}_VALUE = 0x{register.reset:X}")
    return "\n".join([*lines, ""])


def markdown(registers: list[Register]) -> str:
    """The reference."""
    lines = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", f"<!-- {NOTICE} -->", "# Registers of a board", ""]
    lines += ["32-bit words; byte addresses on the bus that uartbone reaches. Host memory is on it at RAM_BASE.", ""]
    lines += ["| address | name | access | after reset | meaning |", "|---|---|---|---|---|"]
    for register in registers:
        reset = f"{register.reset:#x}" if register.reset else ""
        lines.append(f"| {register.offset:#08x} | `{register.name}` | {register.access} | {reset} | {register.desc} |")
        for field in register.fields:
            lines.append(f"| | `.{field.name}` [{field.bits}] | {field.access} | | {field.desc} |")
    return "\n".join([*lines, ""])


def generate() -> dict[str, str]:
    """Path below the project's root -> text, for every generated file."""
    registers = load()
    return {VERILOG: verilog(registers), PYTHON: python(registers), MARKDOWN: markdown(registers)}


def stale(root: Path = ROOT) -> list[str]:
    """Generated files that are missing or differ from what the source gives."""
    return generated.stale(generate(), root)


def main() -> int:
    """Write the files, or with ``--check`` only say which are stale."""
    return generated.write(generate(), NOTICE)


if __name__ == "__main__":
    raise SystemExit(main())
