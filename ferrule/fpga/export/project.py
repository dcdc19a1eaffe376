# SPDX-License-Identifier: Apache-2.0
"""Writes a project: copies of the sources, constraints, README, and what Edalize makes of them, whole or not at all."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ferrule.fpga.export import top
from ferrule.fpga.export.errors import ExportError
from ferrule.fpga.export.readme import readme
from ferrule.fpga.export.scripts import alone, constraints
from ferrule.fpga.export.target import Target
from testbench.lib import tools
from testbench.lib.sources import card_sources

NAME = "ferrule"
VERILOG = "verilogSource-2005"


def export(target: Target, out: Path) -> None:
    """Write the project into ``out``, which is new or empty. Raises ExportError."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"{out} is there and not empty: give another --out, or remove it")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            _fill(target, scratch)
            scratch.chmod(0o755)
            os.replace(scratch, out)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"cannot write {out}: {error}") from None


def _fill(target: Target, folder: Path) -> None:
    """Everything of the project, named relative to ``folder``."""
    groups = top.groups()
    ports = [port for group in groups for port in group.ports]
    files = [_copy(path, folder) for path in card_sources(top.LISTS)]
    for include in tools.INCLUDES:
        for path in sorted(include.glob("*.vh")):
            copy = _copy(path, folder)
            files.append({**copy, "is_include_file": True, "include_path": os.path.dirname(copy["name"])})
    for name, (kind, text) in {**constraints(target, top.NAME), **alone(target, ports)}.items():
        (folder / name).write_text(text)
        files.append({"name": name, "file_type": kind})
    (folder / "README.md").write_text(readme(target, top.NAME, groups))
    _edalize(target, files, folder)


def _copy(path: Path, folder: Path) -> dict[str, Any]:
    name = Path("rtl") / path.relative_to(tools.ROOT)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / name)
    return {"name": name.as_posix(), "file_type": VERILOG}


def _edalize(target: Target, files: list[dict[str, Any]], folder: Path) -> None:
    # imported when it is needed: half a second
    from edalize.flows.vivado import Vivado
    from edalize.quartus import Quartus
    from edalize.radiant import Radiant

    parameters = {
        name: {"paramtype": "vlogparam", "datatype": "int", "default": value}
        for name, value in target.parameters.items()
    }
    edam: dict[str, Any] = {"name": NAME, "toplevel": top.NAME, "files": files, "parameters": parameters}
    # it warns that a tool is not there, which is why this is done here
    logging.getLogger("edalize").setLevel(logging.ERROR)
    if target.tool == "vivado":
        Vivado(edam | {"flow_options": {"part": target.part}}, str(folder)).configure()
    elif target.tool == "quartus":
        options = {"family": target.family, "device": target.part}
        Quartus(edam | {"tool_options": {"quartus": options}}, str(folder)).configure()
    else:
        Radiant(edam | {"tool_options": {"radiant": {"part": target.part}}}, str(folder)).configure()
