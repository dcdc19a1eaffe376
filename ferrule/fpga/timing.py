# SPDX-License-Identifier: Apache-2.0
"""What nextpnr says of every clock, against its constraint, and of the path that decides it, in words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ferrule.fpga.board import Board
from ferrule.fpga.checks import CLOSE, constrained_bits
from ferrule.fpga.errors import DesignError
from ferrule.fpga.netlist import Design, Netlist, is_made

SLOWEST = 25
Report = Mapping[str, Any]


class Clocks:
    """nextpnr's names of clocks, translated to those of [clocks]."""

    def __init__(self, board: Board, netlist: Netlist) -> None:
        self._bits = constrained_bits(board, netlist)
        self._wires = netlist.wires

    def name(self, text: str) -> str:
        """Of ``$glbnet$eth0_rxc$TRELLIS_IO_IN``, with or without an edge before it."""
        bare = text.split(" ")[-1].removeprefix("$glbnet$").partition("$TRELLIS_IO")[0]
        bits = self._wires.get(bare, [])
        return self._bits.get(bits[0], bare) if len(bits) == 1 else bare


def analyse(board: Board, report: Report, netlist: Netlist, design: Design, seed: int) -> dict[str, Any]:
    """The content of timing.json. Raises DesignError when nextpnr did not take a constraint as it was given."""
    names = Clocks(board, netlist)
    reached = {names.name(name): value for name, value in report["fmax"].items()}
    if others := sorted(set(reached) - set(board.clocks)):
        raise DesignError(f"nextpnr found clocks without a constraint: {', '.join(others)}")
    paths: dict[tuple[str, str], Any] = {}
    for path in report["critical_paths"]:
        words = _path(path["path"], netlist, design)
        pair = names.name(path["from"]), names.name(path["to"])
        if words and words["delay_ns"] > paths.get(pair, {"delay_ns": -1})["delay_ns"]:
            paths[pair] = words
    clocks = {}
    for name, mhz in board.clocks.items():
        used, got = (reached[name]["constraint"], reached[name]["achieved"]) if name in reached else (mhz, None)
        if abs(used - mhz) > CLOSE * mhz:
            raise DesignError(f"nextpnr held {name} to {used:g} MHz, its constraint is {mhz:g} MHz")
        clocks[name] = {
            "constraint_mhz": mhz,
            "achieved_mhz": got and round(got, 2),  # none: nothing goes from a register to a register on it
            "met": got is None or got >= mhz,
            "path": paths.get((name, name)),
        }
    return {
        "board": board.name, "part": board.order, "seed": seed, "met": all(clock["met"] for clock in clocks.values()),
        "clocks": clocks,
        "crossings": [
            {"from_clock": start, "to_clock": end, **path}
            for (start, end), path in sorted(paths.items())
            if start != end
        ],
        "slowest": _slowest(report, netlist, design, names),
    }  # fmt: skip


def _end(cell: str, netlist: Netlist, design: Design) -> dict[str, str]:
    """A path's end as the source calls it: a register by what it holds, a memory or a pin's cell by its own name."""
    bare = cell.partition("$")[0]
    output = netlist.cells.get(cell, {"connections": {}})["connections"].get("Q", [])
    kind = "pin " if "$tr_io" in cell else ""
    if len(output) == 1:
        bare = netlist.names[output[0]]
    elif found := re.fullmatch(r"(.+?)(\.\d+)+", bare):
        bare, kind = found[1], "memory "
    instance, name = design.place(bare)
    return {"name": kind + name, "instance": instance, "module": design.instances[instance]}


def _path(steps: list[Any], netlist: Netlist, design: Design) -> dict[str, Any] | None:
    """A path as nextpnr has it, with its ends, and those wires on it that have a name in the source."""
    if not steps:
        return None
    logic = sum(step["delay"] for step in steps if step["type"] != "routing")
    routing = sum(step["delay"] for step in steps if step["type"] == "routing")
    carried = [step for step in steps if step["type"] == "logic" and step["from"]["port"] == "FCI"]
    nets = dict.fromkeys(step["net"] for step in steps if step["type"] == "routing")
    path = {
        "from": _end(steps[0]["from"]["cell"], netlist, design),
        "to": _end(steps[-1]["to"]["cell"], netlist, design),
        "delay_ns": round(logic + routing, 2), "logic_ns": round(logic, 2), "routing_ns": round(routing, 2),
        "levels": sum(step["type"] == "logic" for step in steps) - len(carried),
        "carries": len(carried),
        "wires": [net for net in nets if not is_made(net)],
        "steps": [[step["type"], round(step["delay"], 3), step.get("net") or step["from"]["cell"]] for step in steps],
    }  # fmt: skip
    return {**path, "words": words(path)}


def words(path: Mapping[str, Any]) -> str:
    """The path in a sentence."""
    start, end = (
        f"{end['name']} in {end['instance'] or 'the top'} ({end['module']})" for end in (path["from"], path["to"])
    )
    cells = f"{path['levels']} cell" + "s" * (path["levels"] != 1)
    by = [wire for wire in path["wires"] if not wire.endswith((path["from"]["name"], path["to"]["name"]))]
    return (
        f"from {start}"
        + (f" by way of {', '.join(by)}" if by else "")
        + f" to {end}: {path['delay_ns']:.2f} ns, {path['logic_ns']:.2f} in {cells} of logic"
        + (f" with {path['carries']} steps of carry" if path["carries"] else "")
        + f" and {path['routing_ns']:.2f} in wires"
    )


def _slowest(report: Report, netlist: Netlist, design: Design, names: Clocks) -> list[dict[str, Any]]:
    """The latest arrival in every module that holds its end, the slowest first."""
    worst: dict[tuple[str, str], tuple[float, str]] = defaultdict(lambda: (0.0, ""))
    for net in report.get("detailed_net_timings", []):
        for end in net["endpoints"]:
            cell = netlist.cells.get(end["cell"])
            if cell is None or cell["type"] not in ("TRELLIS_FF", "DP16KD", "TRELLIS_DPR16X4"):
                continue
            place = _end(end["cell"], netlist, design)
            key, delay = (names.name(end["event"]), place["instance"]), max(end["delay"])
            worst[key] = max(worst[key], (delay, place["name"]))
    ranked = sorted(worst.items(), key=lambda item: -item[1][0])[:SLOWEST]
    return [
        {"arrival_ns": round(delay, 2), "clock": clock, "instance": instance, "module": design.instances[instance],
         "register": register}
        for (clock, instance), (delay, register) in ranked
    ]  # fmt: skip
