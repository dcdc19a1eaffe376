# SPDX-License-Identifier: Apache-2.0
"""What a project is for: a tool, a part, and the card's parameters, all checked before anything is written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ferrule.fpga.export.errors import ExportError
from ferrule.fpga.export.parts import TOOLS, family
from ferrule.fpga.export.top import parameters
from testbench.lib import tools
from testbench.lib.config import CardConfig

VENDOR = tools.ROOT / "fpga" / "vendor"
OPEN_BOARDS = tools.ROOT / "fpga" / "boards"


@dataclass(frozen=True)
class Target:
    """``parameters`` are the top's, by the names Verilog has for them."""

    tool: str
    part: str
    family: str
    title: str
    core_mhz: float
    parameters: Mapping[str, int]


def boards() -> dict[str, dict[str, Any]]:
    """What is in fpga/vendor/boards.toml, by name."""
    return tomllib.loads((VENDOR / "boards.toml").read_text())


def _board(tool: str, name: str) -> dict[str, Any]:
    known = boards()
    if name in known:
        return known[name]
    path = OPEN_BOARDS / name / "board.toml"
    if path.parent.parent == OPEN_BOARDS and path.is_file():
        data = tomllib.loads(path.read_text())
        return {"title": data["title"], "part": data["part"]["order"]}
    raise ExportError(
        f"no board {name!r}: for {tool} there are {', '.join(one for one in known if known[one]['tool'] == tool)}"
    )


def target(
    tool: str, board: str | None, part: str | None, width: int | None, pairs: int | None, queue_size: int | None,
    core_mhz: float | None, settings: Mapping[str, int],
) -> Target:  # fmt: skip
    """The target asked for. Raises ExportError."""
    if tool not in TOOLS:
        raise ExportError(f"no tool {tool!r}: there are {', '.join(TOOLS)}")
    if (board is None) == (part is None):
        raise ExportError("what is it for? Give --board or --part, one of them")
    data: dict[str, Any] = {"title": part, "part": part} if board is None else _board(tool, board)
    kind = family(tool, data["part"])
    mhz = core_mhz if core_mhz is not None else data.get("core_mhz", kind.core_mhz)
    if "CORE_HZ" in settings:
        raise ExportError("--set CORE_HZ: the clock's constraint must agree with it; give --core-mhz")
    if not 1 <= mhz <= 1000:
        raise ExportError(f"--core-mhz {mhz:g}: expected 1 to 1000")
    values = parameters()
    wanted: dict[str, int | None] = {
        "DATA_W": width or data.get("data_w", kind.width), "QUEUE_PAIRS": pairs, "QUEUE_SIZE_MAX": queue_size,
        "CORE_HZ": round(mhz * 1e6), **settings,
    }  # fmt: skip
    for name, value in wanted.items():
        if name not in values:
            raise ExportError(f"--set {name}: the card has no such parameter; there are {', '.join(values)}")
        if value is not None:
            values[name] = value
    defaults = {one.name: one.default for one in fields(CardConfig)}
    given = {name: value for name, value in values.items() if value is not None}
    checked: dict[str, Any] = {name.lower(): value for name, value in given.items() if name.lower() in defaults}
    for name, value in checked.items():
        if isinstance(defaults[name], bool) and value not in (0, 1):
            raise ExportError(f"the card cannot be so: {name} {value}: expected 0 or 1")
    try:
        CardConfig(**checked)
    except ValueError as error:
        raise ExportError(f"the card cannot be so: {error}") from None
    return Target(tool, data["part"], kind.name, data["title"], mhz, given)
