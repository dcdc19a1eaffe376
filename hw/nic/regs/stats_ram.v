// SPDX-License-Identifier: Apache-2.0
// Block RAM of 256 words for counters: one write port, one registered read port that gives zeros while nothing is written yet.
`default_nettype none

module stats_ram (
    // clock
    input  wire        clk,
    // what is read is 0
    input  wire        zero,
    // write
    input  wire        wr_en,
    input  wire [7:0]  wr_addr,
    input  wire [31:0] wr_data,
    // read: rd_data is the word at rd_addr of the last cycle with rd_en
    input  wire        rd_en,
    input  wire [7:0]  rd_addr,
    output reg  [31:0] rd_data
);
    (* no_rw_check *) reg [31:0] mem [0:255];

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        if (zero) rd_data <= 32'd0;
        else if (rd_en) rd_data <= mem[rd_addr];
    end
endmodule

`default_nettype wire
