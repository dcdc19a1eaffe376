# SPDX-License-Identifier: Apache-2.0
"""The one ordered source list of the card, read from hw/*/*.f."""

from __future__ import annotations

from pathlib import Path

from testbench.lib import tools

LISTS = ("hw/offload/offload.f", "hw/nic/nic.f")


def card_sources(further: tuple[str, ...] = ()) -> list[Path]:
    """Every Verilog file of the card, and of ``further`` lists, in compile order; a '#' starts a comment.

    Raises FileNotFoundError.
    """
    paths = []
    for name in (*LISTS, *further):
        for line in (tools.ROOT / name).read_text().splitlines():
            entry = line.partition("#")[0].strip()
            if entry:
                path = tools.ROOT / entry
                if not path.exists():
                    raise FileNotFoundError(f"{name} lists {entry}, which does not exist")
                paths.append(path)
    return paths
