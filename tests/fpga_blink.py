# SPDX-License-Identifier: Apache-2.0
"""The smallest board there can be, written by a test that wants something wrong with it."""

from pathlib import Path

TOP = """
module blink #(parameter DEPTH = 0) (input wire clk25, output wire led_n);
    initial if (DEPTH > 65536) begin
        $display("blink: DEPTH %0d is more than 65536", DEPTH);
        $finish;
    end
    reg [25:0] count;
    always @(posedge clk25) count <= count + 1'b1;
    generate if (DEPTH > 0) begin : g_memory
        reg [17:0] mem [0:DEPTH-1];
        reg [17:0] word;
        always @(posedge clk25) begin
            word <= mem[count[15:0]];
            if (count[25]) mem[count[15:0]] <= word + count[17:0];
        end
        assign led_n = ^word;
    end else begin : g_none
        assign led_n = count[25];
    end endgenerate
endmodule
"""
BOARD = """
title = "Blink"
top = "blink"
[part]
order = "LFE5U-25F-6BG381C"
device = "LFE5U-25F"
package = "CABGA381"
speed = 6
[clocks]
clk25 = 25.0
[io]
IO_TYPE = "LVCMOS33"
[pins]
clk25 = "P3"
led_n = "U16"
"""


def blink(folder: Path, old: str = "", new: str = "") -> Path:
    """A folder with the board, in whose ``board.toml`` ``old`` is replaced by ``new``."""
    assert old in BOARD
    path = folder / "blink"
    path.mkdir(parents=True)
    (path / "blink.v").write_text(TOP)
    (path / "board.toml").write_text(BOARD.replace(old, new) if old else BOARD + new)
    return path
