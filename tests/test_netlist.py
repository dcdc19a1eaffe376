# SPDX-License-Identifier: Apache-2.0
"""Netlists of ECP5 cells do what the RTL does, in the same cycles, under the same benches; so do the cells' models."""

import re
import subprocess
from collections import Counter

import pytest

from testbench.lib.bench import run_bench
from testbench.netlist.blocks import BLOCKS
from testbench.netlist.run import made, run_netlist, run_rtl
from testbench.netlist.synth import BLOCK_RAM, LOOKUP, library_cells, netlist

MEMORIES = ["testbench/hdl/netlist_memories.v"]
each_block = pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.top)


@each_block
def test_netlist_does_what_the_rtl_does(block, seed, monkeypatch):
    """Stalls and stimuli follow what the block does: from one different cycle on, a test takes another time."""
    monkeypatch.setenv("FERRULE_SEED", str(seed))
    assert run_netlist(block, "verilator") == run_rtl(block)


@each_block
def test_netlist_knows_no_x(block):
    """From power-up on, in a four-state simulator: an X in what a bench reads fails it."""
    run_netlist(block, "icarus", short=True)


def with_one_lut_inverted(text: str) -> str:
    """The netlist with another INIT for the LUT that feeds most cells."""
    luts = list(re.finditer(r"LUT4 #\(\s*\.INIT\(16'h(\w+)\)\s*\) \S+ \((?:[^;]*?)\.Z\(([^)]*)\)\s*\);", text))
    inputs = Counter(re.findall(r"\.(?:A|B|C|D|CE|LSR|DI)\(([^)]*)\)", text))
    lut = max(luts, key=lambda match: (inputs[match[2]], match[2]))
    return f"{text[: lut.start(1)]}{int(lut[1], 16) ^ 0xFFFF:04x}{text[lut.end(1) :]}"


@each_block
def test_a_wrong_lut_is_found(block, tmp_path):
    path = tmp_path / f"{block.top}_wrong.v"
    path.write_text(with_one_lut_inverted(made(block).read_text()))
    with pytest.raises(pytest.fail.Exception, match="failed in simulation"):
        run_netlist(block, "icarus", short=True, path=path)


def test_a_netlist_takes_no_other_parameters(tmp_path):
    """A bench of another width would drive half of a bus."""
    block = BLOCKS[0]
    sources = [made(block), BLOCK_RAM, *block.round_it]
    with pytest.raises(pytest.fail.Exception, match="the netlist of tx_offload is of DATA_W 64, not 128"):
        run_bench(block.bench_top, block.bench, sources, "icarus", {**block.parameters, "DATA_W": 128}, block.short)


@pytest.mark.parametrize(
    ("width_a", "width_b", "write_mode", "reset_mode"),
    [
        (36, 36, "NORMAL", "ASYNC"),
        (36, 9, "NORMAL", "SYNC"),
        (4, 36, "NORMAL", "SYNC"),
        (18, 18, "NORMAL", "SYNC"),
        (18, 4, "WRITETHROUGH", "SYNC"),
        (9, 1, "READBEFOREWRITE", "ASYNC"),
        (2, 18, "READBEFOREWRITE", "SYNC"),
    ],
)
def test_block_ram_model(width_a, width_b, write_mode, reset_mode):
    parameters = {
        "DATA_WIDTH_A": width_a, "DATA_WIDTH_B": width_b, "RESETMODE": f'"{reset_mode}"',
        "WRITEMODE_A": f'"{write_mode}"', "WRITEMODE_B": f'"{write_mode}"',
    }  # fmt: skip
    settings = {"DP16KD": f"{width_a} {width_b} {write_mode} {reset_mode}"}
    run_bench("DP16KD", "testbench.unit.bench_dp16kd", [BLOCK_RAM], "icarus", parameters, env=settings)


@pytest.mark.parametrize("kind", ["rtl", "netlist"])
def test_memories_of_every_width(kind):
    """As written, and as the block RAMs that Yosys makes of them: its mapping and our model must mean the same cell."""
    sources = MEMORIES
    if kind == "netlist":
        made_of = netlist("netlist_memories", {}, MEMORIES)
        widths = set(re.findall(r"DATA_WIDTH_B\(32'd(\d+)\)", made_of.read_text()))
        assert widths == {"1", "4", "9", "18", "36"}
        sources = [made_of, BLOCK_RAM]
    run_bench("netlist_memories", "testbench.unit.bench_netlist_memories", sources, "icarus")


def test_lookup_is_the_librarys_lut(tmp_path):
    """Each bit of INIT alone, with each input."""
    pairs = "\n".join(
        f"    LUT4 #(.INIT(16'h{1 << bit:04x})) ours_{bit} (at[0], at[1], at[2], at[3], ours[{bit}]);\n"
        f"    LIBRARY #(.INIT(16'h{1 << bit:04x})) its_{bit} (at[0], at[1], at[2], at[3], its[{bit}]);"
        for bit in range(16)
    )
    bench = f"""module bench;
    reg [3:0] at;
    wire [15:0] ours, its;
{pairs}
    integer i;
    initial for (i = 0; i < 16; i = i + 1) begin
        at = i;
        #1 $display("%h %h", ours, its);
    end
endmodule
"""
    source = tmp_path / "luts.v"
    source.write_text(LOOKUP + library_cells(["LUT4"]).replace("LUT4", "LIBRARY") + bench)
    compiled = tmp_path / "luts"
    subprocess.run(["iverilog", "-g2005", "-s", "bench", "-o", compiled, source], check=True, timeout=60)
    shown = subprocess.run(["vvp", "-n", compiled], check=True, capture_output=True, text=True, timeout=60).stdout
    assert shown.split() == [word for i in range(16) for word in [f"{1 << i:04x}"] * 2]
