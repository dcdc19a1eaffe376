# SPDX-License-Identifier: Apache-2.0
"""The boards there are. One is data: ``board.toml``, read and checked here before anything starts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferrule.fpga.board import Board, Pin
from ferrule.fpga.errors import BoardError
from ferrule.fpga.parts import PARTS
from testbench.lib import tools
from testbench.lib.sources import entries

BOARDS = tools.ROOT / "fpga" / "boards"
REQUIRED = {"title": str, "top": str, "part": dict, "clocks": dict, "pins": dict}
OPTIONAL = {"sources": list, "lists": list, "parameters": dict, "build": dict, "io": dict, "load": dict}
PART_KEYS = {"order": str, "device": str, "package": str, "speed": int}
BUILD_KEYS = {"synthesis": str}
LOAD_KEYS = {"openfpgaloader": list}
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def names() -> list[str]:
    """The boards that come with the project."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.toml"))


def find(name: str) -> Board:
    """The board of that name, or in that folder. Raises BoardError."""
    folder = BOARDS / name if name in names() else Path(name)
    if name not in names() and not ("/" in name and _is_file(folder / "board.toml")):
        raise BoardError(
            f"no board {name!r}: there are {', '.join(names())}; or give the path of a folder with a board.toml"
        )
    return read(folder.resolve())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that is not ours to look into
        return False


def read(folder: Path) -> Board:
    """Read and check ``folder/board.toml``. Raises BoardError."""
    path = folder / "board.toml"
    try:
        data = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BoardError(f"{path}: {error}") from None
    _check(path, "", data, REQUIRED, OPTIONAL)
    part = data["part"]
    _check(path, "part.", part, PART_KEYS, {})
    build = data.get("build", {})
    _check(path, "build.", build, {}, BUILD_KEYS)
    _check(path, "load.", data.get("load", {}), {}, LOAD_KEYS)
    _names(path, data)
    if not re.fullmatch(r"(-\w+( |$))*", build.get("synthesis", "")):
        raise BoardError(f"{path}: build.synthesis = {build['synthesis']!r}: expected options of synth_ecp5 like -dff")
    if part["device"] not in PARTS:
        raise BoardError(f"{path}: part.device {part['device']!r} is none of {', '.join(PARTS)}")
    for name, value in data["clocks"].items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1000:
            raise BoardError(f"{path}: clocks.{name} = {value!r}: expected a frequency in MHz")
    parameters = data.get("parameters", {})
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise BoardError(f"{path}: parameters.{name} = {value!r}: expected an integer")
    return Board(
        name=folder.name, folder=folder, title=data["title"], top=data["top"], sources=_sources(path, data),
        parameters=parameters, synthesis=build.get("synthesis", ""),
        order=part["order"], device=part["device"], package=part["package"], speed=part["speed"],
        clocks={name: float(value) for name, value in data["clocks"].items()}, pins=_pins(path, data),
        loader=_texts(path, "load.openfpgaloader", data.get("load", {}).get("openfpgaloader", [])),
    )  # fmt: skip


def _check(
    path: Path, prefix: str, data: dict[str, Any], required: Mapping[str, type], optional: Mapping[str, type]
) -> None:
    for key in required:
        if key not in data:
            raise BoardError(f"{path}: {prefix}{key} is missing")
    for key, value in data.items():
        kind = {**required, **optional}.get(key)
        if kind is None:
            raise BoardError(f"{path}: {prefix}{key} is not known; there are {', '.join({**required, **optional})}")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BoardError(f"{path}: {prefix}{key} = {value!r}: expected a {kind.__name__}")


def _names(path: Path, data: dict[str, Any]) -> None:
    """What the tools' command lines and files are made of is names and nothing else."""
    for kind in ("clocks", "parameters", "pins"):
        for name in data.get(kind, {}):
            if not NAME.fullmatch(name):
                raise BoardError(f"{path}: {kind} has {name!r}: expected a name of Verilog's")
    if not NAME.fullmatch(data["top"]):
        raise BoardError(f"{path}: top = {data['top']!r}: expected a module's name")


def _texts(path: Path, key: str, values: list[Any]) -> tuple[str, ...]:
    if wrong := [value for value in values if not isinstance(value, str) or not value]:
        raise BoardError(f"{path}: {key} has {wrong[0]!r}: expected texts")
    return tuple(values)


def _sources(path: Path, data: dict[str, Any]) -> tuple[Path, ...]:
    """The lists' files, relative to the project, then the board's own, beside ``board.toml``; each once."""
    found: dict[Path, None] = {}
    for name in _texts(path, "lists", data.get("lists", [])):
        listed = tools.ROOT / name
        if not listed.is_file():
            raise BoardError(f"{path}: lists has {name}, which is not there")
        found |= dict.fromkeys(entries(listed))
    for name in _texts(path, "sources", data.get("sources", [f"{data['top']}.v"])):
        found[path.parent / name] = None
    missing = [str(source) for source in found if not source.is_file()]
    if missing:
        raise BoardError(f"{path}: sources that are not there: {', '.join(missing)}")
    if spaced := [str(source) for source in found if re.search(r"\s", str(source))]:
        raise BoardError(f"{path}: Yosys takes no path with a space: {spaced[0]}")
    return tuple(found)


def _pins(path: Path, data: dict[str, Any]) -> dict[str, Pin]:
    pins, taken = {}, dict[str, str]()
    for name, value in data["pins"].items():
        table = dict(value) if isinstance(value, dict) else {"site": value}
        site = table.pop("site", None)
        sites = tuple(site) if isinstance(site, list) else (site,)
        if not sites or not all(isinstance(one, str) and one for one in sites):
            raise BoardError(f"{path}: pins.{name} = {value!r}: expected a pin, a list of them, or a table with site")
        for one in sites:
            if one in taken:
                raise BoardError(f"{path}: pin {one} is given to {taken[one]} and to {name}")
            taken[one] = name
        settings = {**data.get("io", {}), **table}
        pins[name] = Pin(sites, {key: str(setting) for key, setting in settings.items()})
    return pins
