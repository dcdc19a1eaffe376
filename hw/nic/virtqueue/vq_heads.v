// SPDX-License-Identifier: Apache-2.0
// Keeps the avail ring entries of each queue that have been read and not used yet, in four rows of up to BURST.
`default_nettype none

module vq_heads #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BURST  = 16                       // a power of two
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // a queue starts afresh
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    // the queue looked at, and what is done to it
    input  wire [QW-1:0]     queue,
    output wire              room,              // a burst may be asked for
    output wire              have,
    output wire [15:0]       head,
    input  wire              reserve,
    input  wire              take,
    // answers of bursts, in the order of the reservations
    input  wire              land_valid,
    input  wire [QW-1:0]     land_queue,
    input  wire [$clog2(BURST):0]  land_count,  // 1..BURST
    input  wire [BURST*16-1:0]     land_data,
    // neither entries nor bursts
    output wire [QUEUES-1:0] empty
);
    localparam DEPTH = 1 << QW;
    localparam POS_W = $clog2(BURST);

    reg [BURST*16-1:0] rows   [0:DEPTH*4-1];
    reg [POS_W:0]      counts [0:DEPTH*4-1];
    reg [2:0]          asked  [0:DEPTH-1];      // row pointers with a wrap bit
    reg [2:0]          landed [0:DEPTH-1];
    reg [2:0]          first  [0:DEPTH-1];
    reg [POS_W-1:0]    pos    [0:DEPTH-1];

    wire [2:0]          asked_s  = asked[queue];
    wire [2:0]          landed_s = landed[queue];
    wire [2:0]          first_s  = first[queue];
    wire [POS_W-1:0]    pos_s    = pos[queue];
    wire [2:0]          land_row = landed[land_queue];
    wire [BURST*16-1:0] row      = rows[{queue, first_s[1:0]}];
    wire [POS_W:0]      count    = counts[{queue, first_s[1:0]}];
    wire                row_done = {1'b0, pos_s} + 1'b1 == count;

    assign room = asked_s != {~first_s[2], first_s[1:0]};
    assign have = landed_s != first_s;
    assign head = row[{pos_s, 4'd0} +: 16];

    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_empty
            assign empty[g] = asked[g] == first[g];
        end
    endgenerate

    integer i;
    always @(posedge clk) begin
        if (land_valid) begin
            rows[{land_queue, land_row[1:0]}]   <= land_data;
            counts[{land_queue, land_row[1:0]}] <= land_count;
        end
        if (rst) begin
            for (i = 0; i < DEPTH; i = i + 1) begin
                asked[i]  <= 3'd0;
                landed[i] <= 3'd0;
                first[i]  <= 3'd0;
                pos[i]    <= {POS_W{1'b0}};
            end
        end else begin
            if (reserve) asked[queue] <= asked_s + 1'b1;
            if (land_valid) landed[land_queue] <= land_row + 1'b1;
            if (take) begin
                pos[queue] <= row_done ? {POS_W{1'b0}} : pos_s + 1'b1;
                if (row_done) first[queue] <= first_s + 1'b1;
            end
            if (start_valid) begin
                asked[start_queue]  <= 3'd0;
                landed[start_queue] <= 3'd0;
                first[start_queue]  <= 3'd0;
                pos[start_queue]    <= {POS_W{1'b0}};
            end
        end
    end
endmodule

`default_nettype wire
