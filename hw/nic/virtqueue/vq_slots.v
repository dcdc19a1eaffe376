// SPDX-License-Identifier: Apache-2.0
// Slots of the block store, 64 a queue: reserved in ring order, filled in any order, taken in ring order.
`default_nettype none

module vq_slots #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter SLOT_W = 6
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // a queue starts afresh
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    // the queue looked at
    input  wire [QW-1:0]     queue,
    input  wire [2:0]        want,              // slots that must be free
    output wire              room,
    output wire [SLOT_W-1:0] slot,              // first free one
    input  wire [2:0]        reserve,
    // two ways to fill one
    input  wire              fill_a,
    input  wire [QW-1:0]     fill_a_queue,
    input  wire [SLOT_W-1:0] fill_a_slot,
    input  wire              fill_b,
    input  wire [QW-1:0]     fill_b_queue,
    input  wire [SLOT_W-1:0] fill_b_slot,
    // the first one of a queue is taken
    input  wire              take,
    input  wire [QW-1:0]     take_queue,
    output wire [SLOT_W-1:0] take_slot,
    // level
    output wire [QUEUES-1:0] filled,            // the first one is
    output wire [QUEUES-1:0] empty              // none is reserved
);
    localparam DEPTH = 1 << QW;
    localparam SLOTS = 1 << SLOT_W;
    localparam [SLOT_W:0] ALL = SLOTS;

    reg [SLOT_W:0]        asked [0:DEPTH-1];    // with a wrap bit
    reg [SLOT_W:0]        first [0:DEPTH-1];
    /* verilator lint_off UNUSEDSIGNAL */       // whole powers of two, so that {queue, slot} is the index
    reg [DEPTH*SLOTS-1:0] full;
    /* verilator lint_on UNUSEDSIGNAL */

    wire [SLOT_W:0] asked_s = asked[queue];
    wire [SLOT_W:0] taken   = asked_s - first[queue];
    wire [SLOT_W:0] first_t = first[take_queue];

    assign slot      = asked_s[SLOT_W-1:0];
    assign room      = taken + {{(SLOT_W-2){1'b0}}, want} <= ALL;
    assign take_slot = first_t[SLOT_W-1:0];

    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_queue
            wire [SLOTS-1:0]  mine = full[g*SLOTS +: SLOTS];
            wire [SLOT_W-1:0] at = first[g][SLOT_W-1:0];
            assign filled[g] = mine[at];
            assign empty[g]  = asked[g] == first[g];
        end
    endgenerate

    integer i;
    always @(posedge clk)
        if (rst) begin
            full <= {DEPTH*SLOTS{1'b0}};
            for (i = 0; i < DEPTH; i = i + 1) begin
                asked[i] <= {(SLOT_W+1){1'b0}};
                first[i] <= {(SLOT_W+1){1'b0}};
            end
        end else begin
            if (reserve != 3'd0) asked[queue] <= asked_s + {{(SLOT_W-2){1'b0}}, reserve};
            if (fill_a) full[{fill_a_queue, fill_a_slot}] <= 1'b1;
            if (fill_b) full[{fill_b_queue, fill_b_slot}] <= 1'b1;
            if (take) begin
                full[{take_queue, take_slot}] <= 1'b0;
                first[take_queue] <= first_t + 1'b1;
            end
            if (start_valid) begin
                full[{start_queue, {SLOT_W{1'b0}}} +: SLOTS] <= {SLOTS{1'b0}};
                asked[start_queue] <= {(SLOT_W+1){1'b0}};
                first[start_queue] <= {(SLOT_W+1){1'b0}};
            end
        end
endmodule

`default_nettype wire
