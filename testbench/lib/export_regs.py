# SPDX-License-Identifier: Apache-2.0
"""Generate Verilog, Python and Markdown from the register source: ``python -m testbench.lib.export_regs [--check]``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from systemrdl import RDLCompiler
from systemrdl.node import AddressableNode, MemNode, RegfileNode, RegNode

from testbench.lib import generated
from testbench.lib.tools import ROOT

SOURCE = "hw/nic/regs/ferrule.rdl"
NOTICE = f"Generated from {SOURCE}; change that file and run: python -m testbench.lib.export_regs"
VERILOG = "hw/nic/regs/ferrule_regs.vh"
FIRMWARE = "firmware/regs.py"
BAR = "firmware/bar_regs.py"
VENDOR = "host_driver/vendor_regs.py"
MODEL = "testbench/model/registers/regs.py"
MARKDOWN = "docs/registers.md"
# Verilog prefix of each address space and of each structure inside the BAR.
PREFIXES = {
    "mgmt": "MGMT", "pci": "PCI", "bar": "BAR",
    "common": "COMMON", "isr": "ISR", "device": "DEVCFG", "vendor": "VENDOR",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field: ``mask`` is in place."""

    name: str
    lsb: int
    width: int
    reset: int
    access: str
    desc: str

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.lsb

    @property
    def bits(self) -> str:
        return str(self.lsb) if self.width == 1 else f"{self.lsb + self.width - 1}:{self.lsb}"


@dataclass(frozen=True)
class Register:
    """One register or window; ``fields`` is empty when the register is a single number."""

    name: str
    offset: int
    size: int
    access: str
    reset: int
    desc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Space:
    """Registers that share a base address."""

    key: str
    title: str
    offset: int
    registers: tuple[Register, ...]


@dataclass(frozen=True)
class Counter:
    """One statistics counter."""

    name: str
    desc: str
    amount: bool


def access_of(readable: bool, writable: bool) -> str:
    """RO, WO or RW."""
    return "RW" if readable and writable else "WO" if writable else "RO"


def register_of(node: RegNode) -> Register:
    """Read one register out of the elaborated source."""
    fields = tuple(
        Field(
            field.inst_name, field.lsb, field.width, cast(int, field.get_property("reset") or 0),
            access_of(field.is_sw_readable, field.is_sw_writable), field.get_property("desc") or "",
        )
        for field in node.fields()
    )  # fmt: skip
    reset = sum(field.reset << field.lsb for field in fields)
    access = access_of(any("R" in field.access for field in fields), any("W" in field.access for field in fields))
    named = fields if [field.name for field in fields] != ["value"] else ()
    offset = node.raw_address_offset
    return Register(node.inst_name, offset, node.total_size, access, reset, node.get_property("desc") or "", named)


def window_of(node: AddressableNode, name: str) -> Register:
    """A range of addresses that is not spelled out register by register."""
    access = "RO"
    if isinstance(node, MemNode):
        access = access_of(node.is_sw_readable, node.is_sw_writable)
    return Register(name, node.raw_address_offset, node.total_size, access, 0, node.get_property("desc") or "", ())


def registers_of(node: AddressableNode) -> Iterator[Register]:
    """Registers and windows directly inside ``node``."""
    for child in cast(Any, node).children():
        if isinstance(child, RegNode):
            yield register_of(child)
        elif isinstance(child, MemNode) or child.inst_name == "STATS_WINDOW":
            yield window_of(child, child.inst_name)


def load() -> tuple[list[Space], list[Counter]]:
    """Compile the source: the address spaces and the counters in order."""
    compiler = RDLCompiler()
    compiler.compile_file(str(ROOT / SOURCE))
    spaces: list[Space] = []
    counters: list[Counter] = []
    top: Any = compiler.elaborate().top  # the compiler's types allow more than our source holds
    for space in top.children():
        blocks = [
            child for child in space.children() if isinstance(child, RegfileNode) and child.inst_name != "STATS_WINDOW"
        ]
        title = space.get_property("name")
        if space.inst_name == "bar":
            structures = [window_of(child, child.inst_name) for child in space.children()]
            spaces.append(Space("bar", title, 0, tuple(structures)))
        else:
            spaces.append(Space(space.inst_name, title, 0, tuple(registers_of(space))))
        for block in blocks:
            title = block.get_property("desc")
            spaces.append(Space(block.inst_name, str(title), block.raw_address_offset, tuple(registers_of(block))))
        if space.inst_name == "mgmt":
            stats = space.get_child_by_name("STATS_WINDOW")
            counters = [
                Counter(reg.inst_name, reg.get_property("desc"), bool(reg.get_property("amount")))
                for reg in stats.children()
            ]
    return spaces, counters


def verilog(spaces: list[Space], counters: list[Counter]) -> str:
    """Header of the RTL: addresses are offsets within their space, masks are in place."""
    lines = ["// SPDX-License-Identifier: Apache-2.0", f"// {NOTICE}"]
    lines += ["`ifndef FERRULE_REGS_VH", "`define FERRULE_REGS_VH"]

    def define(name: str, value: str) -> None:
        lines.append(f"`define {name.upper():<44} {value}")

    for space in spaces:
        lines += ["", f"// {space.title}"]
        prefix = PREFIXES[space.key]
        for register in space.registers:
            name = f"{prefix}_{register.name}"
            define(name, f"17'h{register.offset:05x}")
            if space.key == "bar":
                define(f"{name}_SIZE", f"32'h{register.size:x}")
            if register.reset:
                define(f"{name}_RESET", f"{8 * register.size}'h{register.reset:x}")
            for field in register.fields:
                define(f"{name}_{field.name}", f"{8 * register.size}'h{field.mask:x}")
                define(f"{name}_{field.name}_LSB", str(field.lsb))
    lines += ["", "// Counters: number of each, and of those that add an amount the number of the amount"]
    for number, counter in enumerate(counters):
        define(f"STAT_{counter.name}", str(number))
    define("STAT_COUNT", str(len(counters)))
    amounts = [counter for counter in counters if counter.amount]
    for number, counter in enumerate(amounts):
        define(f"AMOUNT_{counter.name}", str(number))
    define("AMOUNT_COUNT", str(len(amounts)))
    lines += ["`endif", ""]
    return "\n".join(lines)


def python_constants(registers: tuple[Register, ...], prefix: str = "") -> list[str]:
    """NAME = offset, NAME_FIELD = mask in place, NAME_FIELD_SHIFT for fields wider than a bit."""
    lines = []
    for register in registers:
        register = replace(register, name=prefix + register.name)
        lines += [f"{register.name.upper()} = 0x{register.offset:03X}  # {register.access}: {register.desc}"]
        for field in register.fields:
            name = f"{register.name}_{field.name}".upper()
            lines.append(f"{name} = 0x{field.mask:X}" + (f"  # {field.desc}" if field.desc else ""))
            if field.width > 1:
                lines.append(f"{name}_SHIFT = {field.lsb}")
    return lines


def python(title: str, registers: tuple[Register, ...], counters: list[Counter], extra: list[str]) -> str:
    """A module of plain constants."""
    lines = [f"# {NOTICE}", f'"""{title}."""', "", *python_constants(registers), *extra]
    lines += ["", "# Counters, in the order of the STATS window."]
    lines += ["STATS = (", *[f'    "{counter.name}",  # {counter.desc}' for counter in counters], ")", ""]
    if any(len(line) > 120 for line in lines):
        lines[:0] = ["# ruff: noqa: E501", "# fmt: off"]
    return "\n".join(["# SPDX-License-Identifier: Apache-2.0", *lines])


def python_map(title: str, spaces: list[Space]) -> list[str]:
    """Several spaces in one module, under the names of the Verilog header, with reset values."""
    lines = ["# SPDX-License-Identifier: Apache-2.0", "# ruff: noqa: E501", "# fmt: off", f"# {NOTICE}"]
    lines += [f'"""{title}: offsets within the space, masks in place."""']
    for space in spaces:
        lines += ["", f"# {space.title}"]
        prefix = PREFIXES[space.key] + "_"
        for register in space.registers:
            lines += python_constants((register,), prefix)
            name = f"{prefix}{register.name}".upper()
            if space.key == "bar":
                lines.append(f"{name}_SIZE = 0x{register.size:X}")
            if register.reset:
                lines.append(f"{name}_RESET = 0x{register.reset:X}")
    return lines


def python_device(spaces: list[Space], counters: list[Counter]) -> str:
    """Every space, and the counters: what a model needs."""
    lines = python_map("Registers of every space, as a device has them", spaces)
    lines += ["", "# Counters, in the order of the STATS windows."]
    lines += ["STATS = (", *[f'    "{counter.name}",' for counter in counters], ")", ""]
    return "\n".join(lines)


def markdown(spaces: list[Space], counters: list[Counter]) -> str:
    """The register reference."""
    lines = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", f"<!-- {NOTICE} -->", "# Registers", ""]
    lines += ["All registers are little-endian. Fields are listed under their register.", ""]
    for space in spaces:
        title = space.title if not space.offset else f"{space.title} (BAR + {space.offset:#06x})"
        lines += [f"## {title}", "", "| offset | name | bytes | access | after reset | meaning |"]
        lines += ["|---|---|---|---|---|---|"]
        for register in space.registers:
            reset = f"{register.reset:#x}" if register.reset else ""
            place = f"| {register.offset:#06x} | `{register.name}` | {register.size} | {register.access} "
            lines.append(f"{place}| {reset} | {register.desc} |")
            for field in register.fields:
                reset = f"{field.reset:#x}" if field.reset else ""
                lines.append(f"| | `.{field.name}` [{field.bits}] | | {field.access} | {reset} | {field.desc} |")
        lines.append("")
    lines += ["## Counters", "", "64 bits each; counter *i* is at 8 *i* in a STATS window.", ""]
    lines += ["| i | name | counts |", "|---|---|---|"]
    lines += [f"| {number} | `{counter.name}` | {counter.desc} |" for number, counter in enumerate(counters)]
    return "\n".join([*lines, ""])


def generate() -> dict[str, str]:
    """Path below the project's root -> text, for every generated file."""
    spaces, counters = load()
    by_key = {space.key: space for space in spaces}
    host = [by_key[key] for key in ("bar", "pci", "common", "device")]
    pci = {register.name: register for register in by_key["pci"].registers}
    vendor_id = next(field for field in pci["CAP_VENDOR_ID"].fields if field.name == "vendor_id").reset
    extra = [f"ID_VALUE = 0x{by_key['mgmt'].registers[0].reset:X}"]
    cap = [f"CAP_VENDOR_ID = 0x{vendor_id:X}  # vendor_id of the VENDOR_CFG capability that shows where the block is"]
    return {
        VERILOG: verilog(spaces, counters),
        FIRMWARE: python("Registers of the management port", by_key["mgmt"].registers, counters, extra),
        VENDOR: python("Registers of the BAR's vendor block", by_key["vendor"].registers, counters, [*extra, *cap]),
        BAR: "\n".join([*python_map("What a host reaches of the card, for firmware that stands in for one", host), ""]),
        MODEL: python_device(spaces, counters),
        MARKDOWN: markdown(spaces, counters),
    }


def stale(root: Path = ROOT) -> list[str]:
    """Generated files that are missing or differ from what the source gives."""
    return generated.stale(generate(), root)


def main() -> int:
    """Write the files, or with ``--check`` only say which are stale."""
    return generated.write(generate(), NOTICE)


if __name__ == "__main__":
    raise SystemExit(main())
