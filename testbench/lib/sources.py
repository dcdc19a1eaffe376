# SPDX-License-Identifier: Apache-2.0
"""Source lists: how one is read, and the one ordered list of the card, from hw/*/*.f."""

from __future__ import annotations

from pathlib import Path

from testbench.lib import tools

LISTS = ("hw/offload/offload.f", "hw/nic/nic.f")


def entries(source_list: Path) -> list[Path]:
    """The files that a list names, one a line, relative to the project's root; a '#' starts a comment."""
    lines = (line.partition("#")[0].strip() for line in source_list.read_text().splitlines())
    return [tools.ROOT / line for line in lines if line]


def card_sources(further: tuple[str, ...] = ()) -> list[Path]:
    """Every Verilog file of the card, and of ``further`` lists, in compile order. Raises FileNotFoundError."""
    paths = []
    for name in (*LISTS, *further):
        for path in entries(tools.ROOT / name):
            if not path.exists():
                raise FileNotFoundError(f"{name} lists {path.relative_to(tools.ROOT)}, which does not exist")
            paths.append(path)
    return paths
