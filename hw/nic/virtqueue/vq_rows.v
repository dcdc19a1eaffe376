// SPDX-License-Identifier: Apache-2.0
// Rows of the block store: what is known of a slot's first descriptor, and the block that the walker begins with.
// Without packed rings an answer at a time arrives, so the first descriptor and its block share one row. With them a dealt
// descriptor and a second read's answer may come in one cycle: two RAMs, which are joined behind them.
`default_nettype none

module vq_rows #(
    parameter PACKED_RINGS = 1,
    parameter BLK     = 4,
    parameter A_W     = 64,
    parameter LINK_W  = 16,
    parameter D_W     = A_W + 35 + LINK_W,
    parameter N_W     = 16,
    parameter INDEX_W = 16,
    parameter ROW     = 7                       // bits of a row's number
) (
    // clock
    input  wire               clk,
    // configuration
    /* verilator lint_off UNUSEDSIGNAL */       // without packed rings
    input  wire               cfg_packed,
    /* verilator lint_on UNUSEDSIGNAL */
    // first descriptor, judged
    input  wire               l_valid,
    input  wire [ROW-1:0]     l_row,
    input  wire [3:0]         l_code,
    input  wire [INDEX_W-1:0] l_index,          // head, or ring index
    input  wire               l_reference,
    input  wire               l_jump,           // its link leads out of the block
    /* verilator lint_off UNUSEDSIGNAL */       // without packed rings it stands in a_desc, too
    input  wire [D_W-1:0]     l_desc,
    /* verilator lint_on UNUSEDSIGNAL */
    // answers: first blocks (split), second reads
    input  wire               a_first,
    input  wire               a_table,
    input  wire               a_link,
    input  wire [ROW-1:0]     a_row,
    input  wire               a_error,
    input  wire [2:0]         a_count,
    input  wire [BLK*D_W-1:0] a_desc,
    // to the walker, from the cycle after `take` on
    input  wire               take,
    input  wire [ROW-1:0]     take_row,
    output wire [3:0]         code,
    output wire [15:0]        id,
    output wire               indirect,
    output wire [A_W-1:0]     base,             // of the indirect table
    output wire [N_W-1:0]     entries,
    output wire [N_W-1:0]     index,            // such that the second descriptor's place in its table is one more
    output wire [2:0]         count,
    output wire [BLK*D_W-1:0] block
);
    `include "vq_kinds.vh"
    `include "vq_desc.vh"
    localparam REST_W = (BLK - 1) * D_W;

    // Behind a first descriptor whose link leads out of its block stands what is there.
    wire [REST_W-1:0]  rest  = a_link ? a_desc[REST_W-1:0] : a_desc[BLK*D_W-1:D_W];
    wire [2:0]         count_in = a_count + {2'd0, a_link};
    wire [INDEX_W-1:0] index_r;
    wire               jump_r;
    wire [N_W-1:0]     link_r;

    generate
        if (PACKED_RINGS != 0) begin : g_both
            wire [3:0]        meta_code;
            wire [3:0]        block_code;
            wire [2:0]        block_count;
            wire [D_W-1:0]    first_r;
            wire [D_W-1:0]    block_r;
            wire [REST_W-1:0] rest_r;
            wire              single = cfg_packed && !indirect;

            ram_apart #(.WIDTH(6 + INDEX_W + D_W), .DEPTH(1 << ROW)) u_meta (
                .clk(clk),
                .wr_en(l_valid), .wr_addr(l_row), .wr_data({l_code, l_index, l_reference, l_jump, l_desc}),
                .rd_en(take), .rd_addr(take_row), .rd_data({meta_code, index_r, indirect, jump_r, first_r})
            );
            ram_apart #(.WIDTH(7 + BLK * D_W), .DEPTH(1 << ROW)) u_rows (
                .clk(clk),
                .wr_en(a_first || a_table || a_link), .wr_addr(a_row),
                .wr_data({a_error ? E_DESC_DMA : 4'd0, count_in, rest, a_desc[D_W-1:0]}),
                .rd_en(take), .rd_addr(take_row), .rd_data({block_code, block_count, rest_r, block_r})
            );
            assign id      = cfg_packed ? first_r[D_LINK +: 16] : index_r;
            assign link_r  = first_r[D_LINK +: N_W];
            assign base    = first_r[A_W-1:0];
            assign entries = first_r[D_LEN + 4 +: N_W];
            assign count   = single ? 3'd1 : block_count;
            assign block   = {rest_r, indirect ? block_r : first_r};
            assign code    = (meta_code != 4'd0 || single) ? meta_code : block_code;
        end else begin : g_split
            ram_apart #(.WIDTH(INDEX_W + 2 + A_W + N_W), .DEPTH(1 << ROW)) u_meta (
                .clk(clk),
                .wr_en(l_valid), .wr_addr(l_row),
                .wr_data({l_index, l_reference, l_jump, l_desc[A_W-1:0], l_desc[D_LEN + 4 +: N_W]}),
                .rd_en(take), .rd_addr(take_row), .rd_data({index_r, indirect, jump_r, base, entries})
            );
            ram_apart #(.WIDTH(D_W), .DEPTH(1 << ROW)) u_first (
                .clk(clk),
                .wr_en(a_first || a_table), .wr_addr(a_row), .wr_data(a_desc[D_W-1:0]),
                .rd_en(take), .rd_addr(take_row), .rd_data(block[D_W-1:0])
            );
            ram_apart #(.WIDTH(7 + REST_W), .DEPTH(1 << ROW)) u_rest (
                .clk(clk),
                .wr_en(a_first || a_table || a_link), .wr_addr(a_row),
                .wr_data({a_error ? E_DESC_DMA : a_first ? l_code : 4'd0, count_in, rest}),
                .rd_en(take), .rd_addr(take_row), .rd_data({code, count, block[BLK*D_W-1:D_W]})
            );
            assign id     = {{(16-INDEX_W){1'b0}}, index_r};
            assign link_r = block[D_LINK +: N_W];
        end
    endgenerate

    assign index = indirect ? {N_W{1'b0}} : jump_r ? link_r - 1'b1 : {1'b0, index_r[N_W-2:0]};
endmodule

`default_nettype wire
