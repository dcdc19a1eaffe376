// SPDX-License-Identifier: Apache-2.0
// What a split ring may publish: the used index behind the last whole frame whose elements are all in memory.
`default_nettype none

module vq_acked #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // a queue starts afresh
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    // a frame's last element is in memory
    input  wire              frame_in,
    input  wire [QW-1:0]     frame_queue,
    input  wire [15:0]       frame_index,       // behind it
    // publication
    input  wire              publish,
    input  wire [QW-1:0]     x_queue,
    output wire [15:0]       x_index,
    output wire [15:0]       x_frames,
    output reg  [QUEUES-1:0] due
);
    localparam DEPTH = 1 << QW;

    reg [15:0] acked  [0:DEPTH-1];
    reg [15:0] frames [0:DEPTH-1];              // in memory and not published

    wire same = publish && frame_in && x_queue == frame_queue;

    assign x_index  = acked[x_queue];
    assign x_frames = frames[x_queue];

    always @(posedge clk) begin
        if (publish) begin
            frames[x_queue] <= 16'd0;
            due[x_queue]    <= 1'b0;
        end
        if (frame_in) begin
            acked[frame_queue]  <= frame_index;
            frames[frame_queue] <= same ? 16'd1 : frames[frame_queue] + 16'd1;
            due[frame_queue]    <= 1'b1;
        end
        if (start_valid) begin
            frames[start_queue] <= 16'd0;
            due[start_queue]    <= 1'b0;
        end
        if (rst) due <= {QUEUES{1'b0}};
    end
endmodule

`default_nettype wire
