# SPDX-License-Identifier: Apache-2.0
"""Which module takes which cells, by the names that flattening leaves, and what the part has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ferrule.fpga.board import Board
from ferrule.fpga.netlist import LUTS, Design, Netlist

KINDS = {"TRELLIS_FF": "flip_flops", "DP16KD": "block_rams", "MULT18X18D": "multipliers"}
COLUMNS = ("lut4", "flip_flops", "block_rams", "multipliers")


def modules(netlist: Netlist, design: Design) -> list[dict[str, Any]]:
    """A row an instance, with all that is inside: a cell belongs where the net is that it drives.

    What several instances had in common, synthesis may have left in one of them.
    """
    own: dict[str, Counter[str]] = {path: Counter() for path in design.instances}
    for name, cell in netlist.cells.items():
        place = own[design.place(name)[0]]
        place["lut4"] += LUTS.get(cell["type"], 0)
        if cell["type"] in KINDS:
            place[KINDS[cell["type"]]] += 1
    rows = []
    for path, module in design.instances.items():
        total: Counter[str] = Counter()
        for other, cells in own.items():
            if not path or other == path or other.startswith(f"{path}."):
                total.update(cells)
        rows.append({"instance": path, "module": module, **{column: total[column] for column in COLUMNS}})
    return rows


def largest(rows: Sequence[Mapping[str, Any]], share: float = 0.04) -> str:
    """The instances with that share of the LUTs or block RAMs, a line each, in the order of the hierarchy."""
    whole = rows[0]
    found = [
        row
        for row in rows[1:]
        if row["lut4"] > share * whole["lut4"] or row["block_rams"] > share * whole["block_rams"]
    ]
    return "\n".join(
        f"  {row['lut4']:>7,} LUT4 {row['flip_flops']:>7,} flip-flops {row['block_rams']:>4} block RAMs  "
        + row["instance"]
        for row in sorted(found, key=lambda row: row["instance"])
    )


def analyse(board: Board, report: Mapping[str, Any], netlist: Netlist, design: Design) -> dict[str, Any]:
    """The content of utilisation.json."""
    placed = {kind: count for kind, count in report["utilization"].items() if count["used"]}
    return {"board": board.name, "part": board.order, "placed": placed, "modules": modules(netlist, design)}
