# SPDX-License-Identifier: Apache-2.0
"""The FuseSoC core file, made of the source lists: ``python -m ferrule.fpga.export.core`` writes ferrule.core."""

from __future__ import annotations

import os
import tomllib

from ferrule.fpga.export import top
from ferrule.fpga.export.target import boards
from testbench.lib import tools
from testbench.lib.sources import card_sources

PATH = tools.ROOT / "ferrule.core"
BOARD = "alveo_u50"
TEMPLATE = """CAPI=2:
# SPDX-License-Identifier: Apache-2.0
# Made from the source lists by `python -m ferrule.fpga.export.core`.
name: ferrule:ip:ferrule_nic:{version}
description: A virtio network card with TSO, jumbo frames and interrupt coalescing

filesets:
  rtl:
    file_type: verilogSource-2005
    files:
{rtl}
  vendor:
    file_type: verilogSource-2005
    files:
{vendor}

targets:
  default: &default
    filesets: [rtl]
    toplevel: ferrule_nic
    parameters: [MAC_KIND, {names}]

  lint:
    <<: *default
    description: Verilator's warnings; there are none
    parameters: [DATA_W, QUEUE_PAIRS, MAC_KIND]
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]

  synth:
    description: The top for vendors' tools, for {title}
    filesets: [rtl, vendor]
    toplevel: {top}
    parameters: [{names}]
    flow: vivado
    flow_options:
      part: {part}
      pnr: none

parameters:
{parameters}
"""
PARAMETER = "  {name}: {{datatype: int, paramtype: vlogparam, default: {value}}}"


def text() -> str:
    """What ferrule.core holds."""
    project = tomllib.loads((tools.ROOT / "pyproject.toml").read_text())["project"]
    card, all_sources = card_sources(), card_sources(top.LISTS)
    lines = [f"      - {path.relative_to(tools.ROOT)}" for path in card]
    for include in tools.INCLUDES:
        folder = os.path.relpath(include, tools.ROOT)
        lines += [
            f"      - {folder}/{path.name}: {{is_include_file: true, include_path: {folder}}}"
            for path in sorted(include.glob("*.vh"))
        ]
    vendor = [f"      - {path.relative_to(tools.ROOT)}" for path in all_sources[len(card) :]]
    values = {name: value for name, value in top.parameters().items() if value is not None}
    listed = [PARAMETER.format(name=name, value=value) for name, value in {**values, "MAC_KIND": 1}.items()]
    board = boards()[BOARD]
    return TEMPLATE.format(
        version=project["version"], rtl="\n".join(lines), vendor="\n".join(vendor), top=top.NAME, title=board["title"],
        part=board["part"], names=", ".join(values),
        parameters="\n".join(listed),
    )  # fmt: skip


if __name__ == "__main__":
    PATH.write_text(text())
