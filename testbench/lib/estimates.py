# SPDX-License-Identifier: Apache-2.0
"""What whole cards cost in two families of AMD parts, by width and queue pairs.

``python -m testbench.lib.estimates`` prints the table of docs/resources.md, one card after another; ``--families``,
``--widths`` and ``--pairs`` make it shorter.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from testbench.lib.resources import STATISTICS, TOP, Cost, card_cost, synthesis, yosys

FAMILIES = {"xcup": "UltraScale+", "xc7": "7 series"}
WIDTHS = (64, 512)
PAIRS = (1, 4, 16)
LIMIT_S = 7200.0  # of one card
HEAD = "| family | DATA_W | pairs | LUTs | of them as RAM | flip-flops | block RAMs |\n|---|---|---|---|---|---|---|"


def row(family: str, width: int, pairs: int, cost: Cost) -> str:
    """A line of the table; what Yosys counts apart, LUTs for logic and LUTs as RAM, is one number here."""
    return (
        f"| {FAMILIES[family]} (`{family}`) | {width} | {pairs} | {cost.luts + cost.lut_rams:,} | {cost.lut_rams:,} "
        f"| {cost.flip_flops:,} | {cost.block_rams:g} |"
    )


def main() -> None:
    """Print the table in Markdown; progress goes to the error output."""
    parser = argparse.ArgumentParser(description="Cost of whole cards, by Yosys.")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--widths", nargs="+", type=int, choices=(64, 128, 256, 512), default=WIDTHS)
    parser.add_argument("--pairs", nargs="+", type=int, choices=range(1, 17), default=PAIRS, metavar="N")
    wanted = parser.parse_args()
    print(HEAD, flush=True)
    for family in wanted.families:
        for width in wanted.widths:
            for pairs in wanted.pairs:
                begin = time.monotonic()
                card = {"DATA_W": width, "QUEUE_PAIRS": pairs}
                report = yosys(TOP, card, synthesis(family), STATISTICS, LIMIT_S)
                print(row(family, width, pairs, card_cost(report)), flush=True)
                used = resource.getrusage(resource.RUSAGE_CHILDREN)
                print(
                    f"{family} {width} bits {pairs} pairs: {time.monotonic() - begin:.0f} s; so far "
                    f"{used.ru_utime + used.ru_stime:.0f} s of CPU time, {used.ru_maxrss >> 10} MiB at most",
                    file=sys.stderr, flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main()
