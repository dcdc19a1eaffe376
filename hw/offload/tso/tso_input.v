// SPDX-License-Identifier: Apache-2.0
// Holds the two oldest beats of the input, so that a window of one beat can be cut at any byte across them.
`default_nettype none

module tso_input #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter COUNT_W = $clog2(KEEP_W) + 1
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // input
    input  wire [DATA_W-1:0]  s_axis_tdata,
    input  wire [KEEP_W-1:0]  s_axis_tkeep,
    input  wire               s_axis_tlast,
    input  wire               s_axis_tvalid,
    output wire               s_axis_tready,
    input  wire [0:0]         s_axis_tuser,
    // oldest beat; total counts the frame's bytes up to and with it
    output reg                hold_valid,
    output reg  [DATA_W-1:0]  hold_data,
    output reg  [COUNT_W-1:0] hold_count,
    output reg                hold_last,
    output reg                hold_user,
    output reg  [16:0]        hold_total,
    input  wire               take,             // hold is done with
    // the beat after it; belongs to another frame when hold_last
    output reg                next_valid,
    output reg  [DATA_W-1:0]  next_data,
    output reg                next_last,
    output reg                next_user,
    output reg  [16:0]        next_total
);
    localparam LANE_W = $clog2(KEEP_W);

    reg [COUNT_W-1:0] next_count;
    reg [COUNT_W-1:0] count;
    reg [LANE_W-1:0]  probe;
    reg               after_last;               // the next beat to come into `next` starts a frame
    integer i;

    // A beat that `next` has no room for: what takes a beat is decided late in a cycle, and must not decide in the same cycle
    // whether the source goes on.
    reg [DATA_W-1:0]  held_data;
    reg [COUNT_W-1:0] held_count;
    reg               held_last;
    reg               held_user;
    reg               held_valid;

    wire               move     = next_valid && (!hold_valid || take);
    wire               free     = !next_valid || move;
    wire               fill     = free && (held_valid || s_axis_tvalid);
    wire [COUNT_W-1:0] in_count = held_valid ? held_count : count;
    wire               in_last  = held_valid ? held_last : s_axis_tlast;

    assign s_axis_tready = !held_valid;

    // tkeep is contiguous, so a binary search finds its length
    always @* begin
        count = {COUNT_W{1'b0}};
        for (i = LANE_W - 1; i >= 0; i = i - 1) begin
            probe    = count[LANE_W-1:0];
            probe[i] = 1'b1;
            if (s_axis_tkeep[probe-1'b1]) count[i] = 1'b1;
        end
        if (s_axis_tkeep[KEEP_W-1]) count = KEEP_W[COUNT_W-1:0];
    end

    always @(posedge clk) begin
        if (move) begin
            hold_data  <= next_data;
            hold_count <= next_count;
            hold_last  <= next_last;
            hold_user  <= next_user;
            hold_total <= next_total;
        end
        if (s_axis_tready) begin
            held_data  <= s_axis_tdata;
            held_count <= count;
            held_last  <= s_axis_tlast;
            held_user  <= s_axis_tuser[0];
        end
        if (fill) begin
            next_data  <= held_valid ? held_data : s_axis_tdata;
            next_count <= in_count;
            next_last  <= in_last;
            next_user  <= in_last && (held_valid ? held_user : s_axis_tuser[0]);
            next_total <= (after_last ? 17'd0 : next_total) + {{(17-COUNT_W){1'b0}}, in_count};
        end
        if (rst) begin
            hold_valid <= 1'b0;
            next_valid <= 1'b0;
            held_valid <= 1'b0;
            after_last <= 1'b1;
        end else begin
            hold_valid <= move || (hold_valid && !take);
            next_valid <= fill || (next_valid && !move);
            held_valid <= !free && (held_valid || s_axis_tvalid);
            if (fill) after_last <= in_last;
        end
    end
endmodule

`default_nettype wire
