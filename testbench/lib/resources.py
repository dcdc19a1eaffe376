# SPDX-License-Identifier: Apache-2.0
"""What each block of the card costs in an FPGA: memory bits, block RAMs, flip-flops and LUTs, by Yosys.

``python -m testbench.lib.resources`` prints the table of docs/resources.md. Memory bits alone take a few seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbench.lib import tools
from testbench.lib.sources import card_sources

TOP = "ferrule_nic"
CARD = {"DATA_W": 128, "QUEUE_PAIRS": 1}
KIBIT = 1024


@dataclass(frozen=True)
class Budget:
    """What a block may take at CARD: ``module`` as instantiated in ``parent``; block RAMs of 36 Kibit."""

    module: str
    parent: str
    kibit: int
    block_rams: float


BUDGETS = (
    Budget("rings", TOP, 216, 20),
    Budget("ctrl_queue", "tx_path", 40, 1),
    Budget("tx_fetch", "tx_path", 40, 2),
    Budget("tx_offload", "tx_path", 160, 6),
    Budget("rx_classify", "rx_path", 26, 0),
    Budget("frame_store", "rx_path", 336, 10),
    Budget("rx_writer", "rx_path", 16, 1),
    Budget("dma_read", TOP, 1, 0),
    Budget("dma_write", TOP, 1, 0),
    Budget("mac_stream", TOP, 0, 0),
    Budget("mac_xgmii", TOP, 28, 0),
    Budget("mac_gmii", TOP, 6, 0),
    Budget("regs_top", TOP, 28, 3),
    Budget("coalesce", TOP, 1, 0),
    Budget("msix", TOP, 1, 0),
)

FLIP_FLOPS = ("FDRE", "FDSE", "FDCE", "FDPE")
BLOCK_RAMS = {"RAMB36E2": 1.0, "RAMB18E2": 0.5, "RAMB36E1": 1.0, "RAMB18E1": 0.5}
# LUTs that a LUT RAM or a shift register occupies
LUT_RAMS = {
    "RAM32X1S": 1, "RAM64X1S": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M": 4, "RAM64M": 4,
    "RAM32M16": 8, "RAM64M8": 8, "RAM128X1S": 2, "RAM256X1S": 4, "RAM256X1D": 8, "SRL16E": 1, "SRLC32E": 1,
}  # fmt: skip

STATISTICS = "tee -q -o {out} stat -json"
MEMORIES = ("proc", "opt", "wreduce", "peepopt", "opt_clean", "memory -nomap")


def synthesis(family: str) -> tuple[str, ...]:
    """Passes up to logic in 6-input LUTs for a family that ``synth_xilinx`` knows."""
    command = f"synth_xilinx -family {family} -noiopad -noclkbuf -top {{top}} -run begin:map_luts"
    return command, "abc -lut 6", "opt_clean"


class SynthesisError(RuntimeError):
    """Yosys ended with an error; the message holds the end of its log."""


def yosys(
    top: str, parameters: Mapping[str, int], passes: tuple[str, ...], report: str, timeout_s: float = 900,
    memory: int = 8 << 30, sources: Sequence[Path] | None = None,
) -> dict:  # fmt: skip
    """Run ``passes`` on ``top`` in a process of its own of ``memory`` bytes at most, then ``report``, which writes
    ``{out}``; the JSON it wrote. ``sources`` are the files to read, the whole card's unless they are given."""
    includes = " ".join(f"-I{folder}" for folder in tools.INCLUDES)
    settings = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    with tempfile.TemporaryDirectory() as folder:
        out, log = Path(folder, "out.json"), Path(folder, "yosys.log")
        lines = [
            f"read_verilog -defer {includes} {' '.join(map(str, sources or card_sources()))}",
            f"hierarchy -check -top {top} {settings}",
            *(line.format(top=top) for line in passes),
            report.format(out=out),
        ]
        calls = "\n".join(f"ys.run_pass({line!r}, d)" for line in lines)
        limit = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n"
        script = f"{limit}from pyosys import libyosys as ys\nd = ys.Design()\n{calls}\n"
        command = [sys.executable, "-c", script]
        with open(log, "w") as stream:
            done = subprocess.run(command, stdout=stream, stderr=stream, cwd=folder, timeout=timeout_s)
        if done.returncode or not out.exists():
            raise SynthesisError(f"yosys failed on {top}:\n{log.read_text()[-2000:]}")
        return json.loads(out.read_text())


def base_name(module: str) -> str:
    r"""Name in the source: ``$paramod$<hash>\name`` and ``$paramod\name\P=1`` are how Yosys calls a sized module."""
    parts = module.split("\\")
    return parts[1] if len(parts) > 1 else module


@dataclass(frozen=True)
class Memory:
    """One memory: ``registered`` when every read port has a register, so that it can be a block RAM."""

    module: str
    name: str
    depth: int
    width: int
    registered: bool

    @property
    def bits(self) -> int:
        return self.depth * self.width


Tree = dict[str, Counter[str]]


def _total(tree: Tree, module: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for cell, count in tree[module].items():
        if cell in tree:
            total.update({kind: number * count for kind, number in _total(tree, cell).items()})
        else:
            total[cell] += count
    return total


def _block(tree: Tree, module: str, parent: str) -> Counter[str]:
    for name, cells in tree.items():
        if base_name(name) == parent:
            for cell in cells:
                if cell in tree and base_name(cell) == module:
                    return _total(tree, cell)
    raise KeyError(f"no {module} in {parent}")


def _named(trees: Mapping[str, Tree], budget: Budget) -> Counter[str]:
    """Cells of a block. The MACs with clocks of their own are not in the card as measured: each is a top."""
    if budget.module in trees:
        return _total(trees[budget.module], next(n for n in trees[budget.module] if base_name(n) == budget.module))
    return _block(trees[TOP], budget.module, budget.parent)


TOPS = {TOP: CARD, **{mac: {"DATA_W": CARD["DATA_W"]} for mac in ("mac_xgmii", "mac_gmii")}}


def memories() -> tuple[dict[Budget, int], list[Memory]]:
    """Memory bits of each block and every memory of the card."""
    trees: dict[str, Tree] = {}
    found = []
    for top, parameters in TOPS.items():
        tree: Tree = {}
        for module, content in yosys(top, parameters, MEMORIES, "write_json {out}")["modules"].items():
            cells: Counter[str] = Counter()
            for cell in content["cells"].values():
                if cell["type"] == "$mem_v2":
                    sizes = cell["parameters"]
                    clocked = "0" not in sizes["RD_CLK_ENABLE"]
                    depth, width = int(sizes["SIZE"], 2), int(sizes["WIDTH"], 2)
                    memory = Memory(base_name(module), sizes["MEMID"].lstrip("\\"), depth, width, clocked)
                    found.append(memory)
                    cells["bits"] += memory.bits
                else:
                    cells[cell["type"]] += 1
            tree[module] = cells
        trees[top] = tree
    return {budget: _named(trees, budget)["bits"] for budget in BUDGETS}, found


@dataclass(frozen=True)
class Cost:
    """Cells of one block after mapping to 6-input LUTs."""

    block_rams: float
    lut_rams: int
    flip_flops: int
    luts: int


def _cost(cells: Counter[str]) -> Cost:
    return Cost(
        sum(share * cells[name] for name, share in BLOCK_RAMS.items()),
        sum(luts * cells[name] for name, luts in LUT_RAMS.items()),
        sum(cells[name] for name in FLIP_FLOPS),
        cells["$lut"],
    )


def _cells(report: dict) -> Tree:
    return {
        name.removeprefix("\\"): Counter(content["num_cells_by_type"]) for name, content in report["modules"].items()
    }


def synthesise() -> tuple[dict[Budget, Cost], Cost]:
    """Cost of each block, and of the card (with MAC_KIND 1)."""
    reports = {top: yosys(top, parameters, synthesis("xcup"), STATISTICS) for top, parameters in TOPS.items()}
    trees = {top: _cells(report) for top, report in reports.items()}
    return {budget: _cost(_named(trees, budget)) for budget in BUDGETS}, card_cost(reports[TOP])


def card_cost(report: dict) -> Cost:
    """Cost of the whole card, of a report that ``STATISTICS`` wrote."""
    tree = _cells(report)
    return _cost(_total(tree, next(name for name in tree if base_name(name) == TOP)))


def main() -> None:
    """Print the table in Markdown."""
    bits, found = memories()
    costs, card = synthesise()
    print("| block | memory Kibit | of budget | block RAMs | of budget | LUTs as RAM | flip-flops | LUTs |")
    print("|---|---|---|---|---|---|---|---|")
    for budget, cost in costs.items():
        name = budget.module if budget.parent == TOP else f"{budget.parent}: {budget.module}"
        print(f"| {name} | {bits[budget] / KIBIT:.1f} | {budget.kibit} | {cost.block_rams:g} | {budget.block_rams:g} "
              f"| {cost.lut_rams} | {cost.flip_flops} | {cost.luts} |")  # fmt: skip
    print(f"| the card, MAC_KIND 1 | | | {card.block_rams:g} | | {card.lut_rams} | {card.flip_flops} | {card.luts} |")
    print("\nMemories of 1 Kibit or more that are read without a register:")
    for memory in dict.fromkeys(found):
        if memory.bits >= KIBIT and not memory.registered:
            print(f"- `{memory.module}.{memory.name}`: {memory.depth} x {memory.width}")


if __name__ == "__main__":
    main()
