# SPDX-License-Identifier: Apache-2.0
"""Names and numbers of the register source, read with systemrdl-compiler alone, to hold everything else against."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from systemrdl import RDLCompiler, RDLListener, RDLWalker

from testbench.lib import tools

SOURCE = tools.HW / "nic" / "regs" / "ferrule.rdl"
# Prefix of a name by where its register is: an address space, or a structure inside the BAR.
PREFIXES = {
    "ferrule.mgmt": "MGMT", "ferrule.pci": "PCI", "ferrule.bar": "BAR", "ferrule.bar.common": "COMMON",
    "ferrule.bar.isr": "ISR", "ferrule.bar.device": "DEVCFG", "ferrule.bar.vendor": "VENDOR",
}  # fmt: skip


@dataclass
class Names:
    """Numbers by name, such as MGMT_CTRL_STATE and MGMT_CTRL_STATE_LENGTH. Addresses count from their space's start."""

    addresses: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    resets: dict[str, int] = field(default_factory=dict)
    masks: dict[str, int] = field(default_factory=dict)  # in place
    shifts: dict[str, int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    counters: list[str] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)

    def of(self, prefix: str) -> Names:
        """The part whose names begin with ``prefix`` and an underline, without these."""
        parts = (self.addresses, self.bytes, self.resets, self.masks, self.shifts, self.widths)
        cut = [{k.removeprefix(prefix + "_"): v for k, v in p.items() if k.startswith(prefix + "_")} for p in parts]
        return Names(*cut, self.counters, self.amounts)

    def among(self, *prefixes: str) -> Names:
        """The part whose names begin with one of ``prefixes`` and an underline; they keep them. No counters."""
        begins = tuple(f"{prefix}_" for prefix in prefixes)
        parts = (self.addresses, self.bytes, self.resets, self.masks, self.shifts, self.widths)
        return Names(*({name: value for name, value in p.items() if name.startswith(begins)} for p in parts))


class _Reader(RDLListener):
    def __init__(self) -> None:
        self.names = Names()

    def enter_Component(self, node):
        name = self._name(node)
        if name:
            base = node.parent.raw_absolute_address
            self.names.addresses[name] = node.raw_absolute_address - base
            self.names.bytes[name] = node.total_size

    def enter_Reg(self, node):
        if node.parent.inst_name == "STATS_WINDOW":
            if node.parent.parent.inst_name == "mgmt":
                self.names.counters.append(node.inst_name)
                self.names.amounts += [node.inst_name] if node.get_property("amount") else []
            return
        name = self._name(node)
        self.names.resets[name] = sum((f.get_property("reset") or 0) << f.low for f in node.fields())
        for part in node.fields():
            if part.inst_name != "value":
                full = f"{name}_{part.inst_name.upper()}"
                self.names.masks[full] = (2 << part.high) - (1 << part.low)
                self.names.shifts[full] = part.low
                self.names.widths[full] = part.width

    @staticmethod
    def _name(node) -> str:
        prefix = PREFIXES.get(node.parent.get_path()) if node.parent else None
        return f"{prefix}_{node.inst_name.upper()}" if prefix else ""


def read(source: Path = SOURCE) -> Names:
    """Compile ``source``."""
    compiler = RDLCompiler()
    compiler.compile_file(str(source))
    reader = _Reader()
    RDLWalker(unroll=False).walk(compiler.elaborate().top, reader)
    return reader.names
