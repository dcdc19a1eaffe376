// SPDX-License-Identifier: Apache-2.0
// Slots of the block store: reserved, filled and taken in ring order. First reads come back in that order, and so do second
// ones, so a queue's first slot is filled when its first read is back and, where it needs a second, one more of those.
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
    // a first read is back, a second read is back
    input  wire              land_valid,
    input  wire [QW-1:0]     land_queue,
    input  wire              land_more,         // it needs a second one
    input  wire              more_valid,
    input  wire [QW-1:0]     more_queue,
    // the first one of a queue is taken
    input  wire              take,
    input  wire [QW-1:0]     take_queue,
    output wire [SLOT_W-1:0] take_slot,
    // level
    output reg  [QUEUES-1:0] filled,            // the first one is; a queue's are not taken in two cycles in a row
    output wire [QUEUES-1:0] empty              // none is reserved
);
    localparam DEPTH = 1 << QW;
    localparam SLOTS = 1 << SLOT_W;
    localparam [SLOT_W:0] ALL = SLOTS;

    reg [SLOT_W:0] asked  [0:DEPTH-1];          // with a wrap bit
    reg [SLOT_W:0] landed [0:DEPTH-1];
    reg [SLOT_W:0] first  [0:DEPTH-1];
    reg [SLOT_W:0] mores  [0:DEPTH-1];          // second reads that are back, of slots not taken yet

    wire [SLOT_W:0]   asked_s = asked[queue];
    wire [SLOT_W:0]   taken   = asked_s - first[queue];
    wire [SLOT_W+1:0] wanted  = {1'b0, taken} + {{(SLOT_W-1){1'b0}}, want};
    wire [SLOT_W:0]   first_t = first[take_queue];
    reg  [QUEUES-1:0] needs;                    // its first slot needs a second read
    wire              more_taken = take && needs[take_queue];
    wire              met        = more_valid && more_taken && more_queue == take_queue;

    assign slot      = asked_s[SLOT_W-1:0];
    assign room      = wanted <= {1'b0, ALL};
    assign take_slot = first_t[SLOT_W-1:0];

    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_queue
            reg need [0:SLOTS-1];

            wire twice = need[first[g][SLOT_W-1:0]];

            assign empty[g] = asked[g] == first[g];

            // decided a cycle ahead, since much follows a take: what a take leaves is known in the cycle after it
            always @(posedge clk) begin
                if (land_valid && land_queue == g) need[landed[g][SLOT_W-1:0]] <= land_more;
                needs[g]  <= twice;
                filled[g] <= landed[g] != first[g] && (!twice || mores[g] != {(SLOT_W+1){1'b0}})
                             && !rst && !(take && take_queue == g) && !(start_valid && start_queue == g);
            end
        end
    endgenerate

    integer i;
    always @(posedge clk)
        if (rst)
            for (i = 0; i < DEPTH; i = i + 1) begin
                asked[i]  <= {(SLOT_W+1){1'b0}};
                landed[i] <= {(SLOT_W+1){1'b0}};
                first[i]  <= {(SLOT_W+1){1'b0}};
                mores[i]  <= {(SLOT_W+1){1'b0}};
            end
        else begin
            if (reserve != 3'd0) asked[queue] <= asked_s + {{(SLOT_W-2){1'b0}}, reserve};
            if (land_valid) landed[land_queue] <= landed[land_queue] + 1'b1;
            if (take) first[take_queue] <= first_t + 1'b1;
            if (more_valid && !met) mores[more_queue] <= mores[more_queue] + 1'b1;
            if (more_taken && !met) mores[take_queue] <= mores[take_queue] - 1'b1;
            if (start_valid) begin
                asked[start_queue]  <= {(SLOT_W+1){1'b0}};
                landed[start_queue] <= {(SLOT_W+1){1'b0}};
                first[start_queue]  <= {(SLOT_W+1){1'b0}};
                mores[start_queue]  <= {(SLOT_W+1){1'b0}};
            end
        end
endmodule

`default_nettype wire
