// SPDX-License-Identifier: Apache-2.0
// Block RAM with one write and one read port, written a whole word at a time, whose user never reads the word that is being written:
// a block RAM of an FPGA has no answer to that, and to make one up takes registers and comparators.
`default_nettype none

module ram_apart #(
    parameter WIDTH  = 8,
    parameter DEPTH  = 4096,
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
    (* ram_style = "block" *) (* no_rw_check *) reg [WIDTH-1:0] mem [0:DEPTH-1];

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        if (rd_en) begin
            rd_data <= mem[rd_addr];
            if (wr_en && wr_addr == rd_addr) rd_data <= {WIDTH{1'bx}};
        end
    end
endmodule

`default_nettype wire
