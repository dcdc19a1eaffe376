# SPDX-License-Identifier: Apache-2.0
"""The top for vendors' tools, read from its source: its parameters and its ports in groups."""

from __future__ import annotations

from testbench.lib import tools
from testbench.lib.structure.source import PortGroup, header

NAME = "ferrule_vendor"
LISTS = ("fpga/vendor/vendor.f",)


def _header() -> tuple[tuple[PortGroup, ...], tuple[tuple[str, str], ...]]:
    path = tools.ROOT / "fpga" / "vendor" / f"{NAME}.v"
    return header(path.read_text(), NAME, path.name)


def parameters() -> dict[str, int | None]:
    """Their names and defaults; None of one that follows from others."""
    return {name: int(default) if default.isdigit() else None for name, default in _header()[1]}


def groups() -> tuple[PortGroup, ...]:
    """The ports, as they stand in the source."""
    return _header()[0]
