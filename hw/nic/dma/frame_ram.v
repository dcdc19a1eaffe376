// SPDX-License-Identifier: Apache-2.0
// Block RAM written in whole words: without byte enables it costs a simulator one store a write at any width.
`default_nettype none

module frame_ram #(
    parameter WIDTH = 128,
    parameter DEPTH = 512,
    parameter ADDR_W = $clog2(DEPTH)
) (
    // clock
    input  wire              clk,
    // write
    input  wire              wr_en,
    input  wire [ADDR_W-1:0] wr_addr,
    input  wire [WIDTH-1:0]  wr_data,
    // read: rd_data is the word at rd_addr of the last cycle with rd_en
    input  wire              rd_en,
    input  wire [ADDR_W-1:0] rd_addr,
    output reg  [WIDTH-1:0]  rd_data
);
    reg [WIDTH-1:0] mem [0:DEPTH-1];

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        if (rd_en) rd_data <= mem[rd_addr];
    end
endmodule

`default_nettype wire
