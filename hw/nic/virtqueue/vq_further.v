// SPDX-License-Identifier: Apache-2.0
// Reads further blocks of the chain that is walked, one at a time: on demand, and the next one ahead while descriptors
// follow each other in their table.
`default_nettype none

module vq_further #(
    parameter BLK   = 4,
    parameter N_W   = 16,                       // bits of a place in a table
    parameter BLK_W = 512
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // from the walker
    input  wire               forget,           // what was read ahead is of no use
    input  wire               need,             // the walker waits for the block at `wanted`
    input  wire               need_at_valid,    // and here is where that is
    input  wire [N_W-1:0]     need_at,
    input  wire               loaded,           // a block has been taken, from here or from the block store
    input  wire               look,             // the block at loaded_end will be wanted soon
    input  wire [N_W-1:0]     loaded_end,
    input  wire               walking,          // it still walks what was loaded
    input  wire [N_W-1:0]     entries,          // of the table
    // to the walker
    output wire               match,            // the block at `wanted` is here
    output reg  [N_W-1:0]     wanted,
    output wire               idle,             // no read is on its way
    output reg  [2:0]         held_count,
    output reg                held_error,
    output reg  [BLK_W-1:0]    held_block,
    // reads
    output wire               w_valid,
    input  wire               w_ready,
    output wire [N_W-1:0]     w_place,
    output wire [2:0]         w_count,
    input  wire               a_valid,          // the answer is one of these
    input  wire               a_error,
    input  wire [BLK_W-1:0]    a_data
);
    /* verilator lint_off WIDTHTRUNC */         // a parameter is 32 bits
    localparam [N_W-1:0] FULL = BLK;
    /* verilator lint_on WIDTHTRUNC */

    reg            ahead;                          // to be asked for, starting at `wanted`
    reg            out;                            // asked for
    reg            held;                           // here
    reg  [N_W-1:0] held_index;
    wire [N_W-1:0] room = entries - wanted;
    wire           sent = w_valid && w_ready;

    assign match   = held && held_index == wanted;
    assign idle    = !out;
    assign w_valid = !out && ((need && !match) || (walking && ahead));
    assign w_place = wanted;
    assign w_count = (room < FULL) ? room[2:0] : FULL[2:0];

    always @(posedge clk) begin
        if (need_at_valid) wanted <= need_at;
        else if (loaded) wanted <= loaded_end;

        if (loaded && !need_at_valid) ahead <= look;
        else if (!walking || sent || need_at_valid) ahead <= 1'b0;

        if (forget) held <= 1'b0;
        if (sent) begin
            out        <= 1'b1;
            held       <= 1'b0;
            held_index <= wanted;
            held_count <= w_count;
        end
        if (a_valid) begin
            out        <= 1'b0;
            held       <= 1'b1;
            held_error <= a_error;
            held_block <= a_data;
        end
        if (rst) begin
            ahead <= 1'b0;
            out   <= 1'b0;
            held  <= 1'b0;
        end
    end
endmodule

`default_nettype wire
