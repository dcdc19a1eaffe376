// SPDX-License-Identifier: Apache-2.0
// Block RAM with one write port (byte enables) and one registered read port on the same clock.
`default_nettype none

module ram_sdp #(
    parameter WIDTH = 128,                      // a multiple of 8
    parameter DEPTH = 512,
    /* verilator lint_off UNUSEDPARAM */        // only synthesis reads it
    parameter APART = 0,                        // 1: a word is never read while it is written, which saves logic around a block RAM
    /* verilator lint_on UNUSEDPARAM */
    parameter ADDR_W = $clog2(DEPTH)
) (
    // clock
    input  wire                clk,
    // write
    input  wire [WIDTH/8-1:0]  wr_strb,         // no bit set: no write
    input  wire [ADDR_W-1:0]   wr_addr,
    input  wire [WIDTH-1:0]    wr_data,
    // read: rd_data is the word at rd_addr of the last cycle with rd_en
    input  wire                rd_en,
    input  wire [ADDR_W-1:0]   rd_addr,
    output reg  [WIDTH-1:0]    rd_data
);
    (* no_rw_check = APART *) reg [WIDTH-1:0] mem [0:DEPTH-1];

    generate
        genvar b;
        for (b = 0; b < WIDTH / 8; b = b + 1) begin : g_byte
            always @(posedge clk)
                if (wr_strb[b]) mem[wr_addr][b*8 +: 8] <= wr_data[b*8 +: 8];
        end
    endgenerate

    always @(posedge clk)
        if (rd_en) rd_data <= mem[rd_addr];
endmodule

`default_nettype wire
