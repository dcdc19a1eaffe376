// SPDX-License-Identifier: Apache-2.0
// RAM that can be emptied at once: a word not written since `clear` reads as zero, so no sweep keeps anybody waiting.
`default_nettype none

module ram_clear #(
    parameter WIDTH  = 32,
    parameter DEPTH  = 128,
    parameter ADDR_W = $clog2(DEPTH)
) (
    // clock
    input  wire              clk,
    input  wire              clear,             // high at reset, too
    // port of who fills it: writes, and shows the word at its address a cycle later
    input  wire              wr_en,
    input  wire [ADDR_W-1:0] wr_addr,
    input  wire [WIDTH-1:0]  wr_data,
    output wire [WIDTH-1:0]  wr_word,
    // read: rd_word is the word at rd_addr of the last cycle with rd_en
    input  wire              rd_en,
    input  wire [ADDR_W-1:0] rd_addr,
    output wire [WIDTH-1:0]  rd_word
);
    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [DEPTH-1:0] written;
    reg [WIDTH-1:0] wr_raw;
    reg [WIDTH-1:0] rd_raw;
    reg             wr_there;
    reg             rd_there;

    assign wr_word = wr_there ? wr_raw : {WIDTH{1'b0}};
    assign rd_word = rd_there ? rd_raw : {WIDTH{1'b0}};

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        wr_raw <= mem[wr_addr];
        if (rd_en) rd_raw <= mem[rd_addr];
        if (clear) begin
            written  <= {DEPTH{1'b0}};
            wr_there <= 1'b0;
            rd_there <= 1'b0;
        end else begin
            if (wr_en) written[wr_addr] <= 1'b1;
            wr_there <= written[wr_addr];
            if (rd_en) rd_there <= written[rd_addr];
        end
    end
endmodule

`default_nettype wire
