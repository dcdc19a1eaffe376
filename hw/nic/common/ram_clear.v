// SPDX-License-Identifier: Apache-2.0
// RAM that can be emptied at once: a word not written since `clear` reads as zero, so no sweep keeps anybody waiting.
//
// Which words were written is itself a RAM of 16 rows; only the rows have a flip-flop each, which `clear` resets.
`default_nettype none

module ram_clear #(
    parameter WIDTH  = 32,
    parameter DEPTH  = 128,                     // a power of two from 32 on
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
    localparam COLUMNS = DEPTH / 16;
    localparam C = $clog2(COLUMNS);

    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [COLUMNS-1:0] written [0:15];           // of a row, a bit a word; means nothing while row_used is low
    reg [15:0]      row_used;
    reg [WIDTH-1:0] wr_raw;
    reg [WIDTH-1:0] rd_raw;
    reg             wr_there;
    reg             rd_there;

    wire [3:0]         wr_row  = wr_addr[C +: 4];
    wire [3:0]         rd_row  = rd_addr[C +: 4];
    wire [COLUMNS-1:0] wr_bits = row_used[wr_row] ? written[wr_row] : {COLUMNS{1'b0}};
    wire [COLUMNS-1:0] rd_bits = row_used[rd_row] ? written[rd_row] : {COLUMNS{1'b0}};
    wire [COLUMNS-1:0] one     = {{(COLUMNS-1){1'b0}}, 1'b1};

    assign wr_word = wr_there ? wr_raw : {WIDTH{1'b0}};
    assign rd_word = rd_there ? rd_raw : {WIDTH{1'b0}};

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        wr_raw <= mem[wr_addr];
        if (rd_en) rd_raw <= mem[rd_addr];
        if (wr_en) written[wr_row] <= wr_bits | (one << wr_addr[C-1:0]);
        if (clear) begin
            row_used <= 16'd0;
            wr_there <= 1'b0;
            rd_there <= 1'b0;
        end else begin
            if (wr_en) row_used[wr_row] <= 1'b1;
            wr_there <= wr_bits[wr_addr[C-1:0]];
            if (rd_en) rd_there <= rd_bits[rd_addr[C-1:0]];
        end
    end
endmodule

`default_nettype wire
