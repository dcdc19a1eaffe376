# SPDX-License-Identifier: Apache-2.0
"""The README of a project: how to open it, and what to connect where. Its text is in fpga/vendor/."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import version

from ferrule.fpga.export.target import VENDOR, Target
from testbench.lib.structure.source import PortGroup


def readme(target: Target, top: str, groups: Iterable[PortGroup]) -> str:
    """Text in Markdown."""
    width = target.parameters["DATA_W"]
    texts = tomllib.loads((VENDOR / "texts.toml").read_text())[target.tool]
    return (VENDOR / "project.md").read_text().format(
        title=target.title, part=target.part, family=target.family, tool=target.tool, top=top,
        version=version("ferrule"),
        parameters="\n".join(f"| {name} | {value} |" for name, value in target.parameters.items()),
        mhz=target.core_mhz, width=width, rate=width * target.core_mhz / 1000,
        vectors=2 * target.parameters["QUEUE_PAIRS"] + 2,
        ports="\n".join(
            f"| {group.title} | {', '.join(f'`{port.name}`' for port in group.ports)} |" for group in groups
        ),
        **texts,
    )  # fmt: skip
