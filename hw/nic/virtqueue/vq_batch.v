// SPDX-License-Identifier: Apache-2.0
// What a packed ring may publish: batches of whole frames, each made visible by the flags of its first used descriptor.
//
// A driver looks at the next used descriptor alone. So the first one of a batch is written without its flags, those after it
// with theirs, and when all are in memory the first one's flags publish the batch at once. A batch is open, then sealed: no
// element joins it any more, it waits for its answers. One batch of a queue is sealed at a time; while it is, another fills.
// Answers come in the order of the writes: with the last element's all of its batch are in memory.
`default_nettype none

module vq_batch #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // a queue starts afresh
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    // an element is written; never in the cycle of a publication
    input  wire              put,
    input  wire [QW-1:0]     put_queue,
    input  wire [15:0]       put_index,         // where it stands
    input  wire [15:0]       put_behind,        // ring index behind its buffer
    input  wire              put_wrote,         // the device has written to the buffer
    input  wire              put_more,          // further buffers of its frame follow
    output wire              put_first,         // it is the first of its batch: its flags wait
    output wire              put_seals,         // it is the last
    // a batch's last element is in memory
    input  wire              batch_in,
    input  wire [QW-1:0]     batch_queue,
    // publication
    input  wire              publish,
    input  wire [QW-1:0]     x_queue,
    output wire [15:0]       x_first,           // ring index of the flags to be written
    output wire              x_wrote,
    output wire [15:0]       x_index,           // ring index behind the batch
    output wire [15:0]       x_frames,
    output reg  [QUEUES-1:0] due,
    output wire [QUEUES-1:0] waiting            // a batch is open or sealed
);
    localparam DEPTH = 1 << QW;

    reg [QUEUES-1:0] open;
    reg [QUEUES-1:0] whole;                     // the open batch ends with a whole frame
    reg [16:0]       o_first  [0:DEPTH-1];
    reg [15:0]       o_behind [0:DEPTH-1];
    reg [15:0]       o_frames [0:DEPTH-1];
    reg [QUEUES-1:0] sealed;
    reg [16:0]       s_first  [0:DEPTH-1];
    reg [15:0]       s_behind [0:DEPTH-1];
    reg [15:0]       s_frames [0:DEPTH-1];

    wire        joins  = open[put_queue];
    wire [16:0] first  = joins ? o_first[put_queue] : {put_wrote, put_index};
    wire [15:0] frames = (joins ? o_frames[put_queue] : 16'd0) + {15'd0, !put_more};
    wire        moves  = open[x_queue] && whole[x_queue];

    assign put_first = !joins;
    assign put_seals = !put_more && !sealed[put_queue];
    assign {x_wrote, x_first} = s_first[x_queue];
    assign x_index   = s_behind[x_queue];
    assign x_frames  = s_frames[x_queue];
    assign waiting   = open | sealed;

    always @(posedge clk) begin
        if (batch_in) due[batch_queue] <= 1'b1;
        if (publish) begin
            // The open batch takes the published one's place. Its elements were written before these flags, and its own
            // flags wait for the answer to these.
            due[x_queue]      <= moves;
            sealed[x_queue]   <= moves;
            s_first[x_queue]  <= o_first[x_queue];
            s_behind[x_queue] <= o_behind[x_queue];
            s_frames[x_queue] <= o_frames[x_queue];
            if (moves) open[x_queue] <= 1'b0;
        end
        if (put) begin
            open[put_queue]     <= !put_seals;
            whole[put_queue]    <= !put_more;
            o_first[put_queue]  <= first;
            o_behind[put_queue] <= put_behind;
            o_frames[put_queue] <= frames;
        end
        if (put && put_seals) begin
            sealed[put_queue]   <= 1'b1;
            s_first[put_queue]  <= first;
            s_behind[put_queue] <= put_behind;
            s_frames[put_queue] <= frames;
        end
        if (start_valid) begin
            open[start_queue]   <= 1'b0;
            sealed[start_queue] <= 1'b0;
            due[start_queue]    <= 1'b0;
        end
        if (rst) begin
            open   <= {QUEUES{1'b0}};
            sealed <= {QUEUES{1'b0}};
            due    <= {QUEUES{1'b0}};
        end
    end
endmodule

`default_nettype wire
