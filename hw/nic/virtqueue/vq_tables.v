// SPDX-License-Identifier: Apache-2.0
// What the driver told about each queue (size, addresses), whether it runs, and a lookup for each block that needs it.
`default_nettype none

module vq_tables #(
    parameter QUEUES         = 2,
    parameter QW             = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter QUEUE_SIZE_MAX = 1024
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_packed,
    input  wire              qcfg_valid,
    input  wire [QW-1:0]     qcfg_queue,
    input  wire [2:0]        qcfg_field,
    input  wire [63:0]       qcfg_data,
    input  wire [QUEUES-1:0] q_busy,
    // start and stop of qcfg_queue, in the cycle of the write
    output wire              start_valid,
    output wire              stop_valid,
    output wire [15:0]       start_index,
    output wire [15:0]       start_pos,
    output reg  [QUEUES-1:0] running,
    // lookup: fetcher
    input  wire [QW-1:0]     f_queue,
    output wire [15:0]       f_size,
    output wire [63:0]       f_desc,
    output wire [63:0]       f_avail,
    output wire [63:0]       f_used,
    // lookup: answers of reads, first descriptors of them
    input  wire [QW-1:0]     a_queue,
    output wire [15:0]       a_size,
    input  wire [QW-1:0]     l_queue,
    output wire [15:0]       l_size,
    output wire [63:0]       l_desc,
    // lookup: walker
    input  wire [QW-1:0]     w_queue,
    output wire [15:0]       w_size,
    output wire [63:0]       w_desc,
    // lookup: used elements, publishing writes, their answers
    input  wire [QW-1:0]     u_queue,
    output wire [15:0]       u_size,
    output wire [63:0]       u_desc,
    output wire [63:0]       u_used,
    input  wire [QW-1:0]     x_queue,
    output wire [63:0]       x_desc,
    output wire [63:0]       x_used,
    input  wire [QW-1:0]     b_queue,
    output wire [15:0]       b_size,
    // lookup: notification
    input  wire [QW-1:0]     n_queue,
    output wire [15:0]       n_size,
    output wire [63:0]       n_avail
);
    localparam DEPTH = 1 << QW;
    localparam C_SIZE = 3'd0, C_DESC = 3'd1, C_AVAIL = 3'd2, C_USED = 3'd3, C_START = 3'd4, C_STOP = 3'd5;

    reg [15:0] size_of  [0:DEPTH-1];
    reg [63:0] desc_of  [0:DEPTH-1];
    reg [63:0] avail_of [0:DEPTH-1];
    reg [63:0] used_of  [0:DEPTH-1];

    wire [15:0] start_size = size_of[qcfg_queue];

    // What is still in flight was asked for by the last run of the queue, so a start waits for quiet.
    assign start_valid = qcfg_valid && qcfg_field == C_START && !running[qcfg_queue] && !q_busy[qcfg_queue];
    assign stop_valid  = qcfg_valid && qcfg_field == C_STOP;
    // Of a split ring an AND with size-1 is the position, as the size is a power of two; in any case it is inside the ring.
    wire start_inside  = {1'b0, qcfg_data[14:0]} < start_size;
    assign start_pos   = !cfg_packed ? qcfg_data[15:0] & (start_size - 1'b1) : start_inside ? {1'b0, qcfg_data[14:0]} : 16'd0;
    assign start_index = !cfg_packed ? qcfg_data[15:0] : {qcfg_data[15], start_pos[14:0]};

    assign f_size  = size_of[f_queue];
    assign f_desc  = desc_of[f_queue];
    assign f_avail = avail_of[f_queue];
    assign f_used  = used_of[f_queue];
    assign a_size  = size_of[a_queue];
    assign l_size  = size_of[l_queue];
    assign l_desc  = desc_of[l_queue];
    assign w_size  = size_of[w_queue];
    assign w_desc  = desc_of[w_queue];
    assign u_size  = size_of[u_queue];
    assign u_desc  = desc_of[u_queue];
    assign u_used  = used_of[u_queue];
    assign x_desc  = desc_of[x_queue];
    assign x_used  = used_of[x_queue];
    assign b_size  = size_of[b_queue];
    assign n_size  = size_of[n_queue];
    assign n_avail = avail_of[n_queue];

    initial begin
        if (QUEUE_SIZE_MAX < 2 || QUEUE_SIZE_MAX > 32768) begin
            $display("vq_engine: QUEUE_SIZE_MAX %0d is not in 2..32768", QUEUE_SIZE_MAX);
            $finish;
        end
        if (QUEUES < 1 || QUEUES > 32) begin
            $display("vq_engine: QUEUES %0d is not in 1..32", QUEUES);
            $finish;
        end
    end

    always @(posedge clk) begin
        if (qcfg_valid && qcfg_field == C_SIZE)  size_of[qcfg_queue]  <= qcfg_data[15:0];
        if (qcfg_valid && qcfg_field == C_DESC)  desc_of[qcfg_queue]  <= qcfg_data;
        if (qcfg_valid && qcfg_field == C_AVAIL) avail_of[qcfg_queue] <= qcfg_data;
        if (qcfg_valid && qcfg_field == C_USED)  used_of[qcfg_queue]  <= qcfg_data;
        if (rst) running <= {QUEUES{1'b0}};
        else begin
            if (start_valid) running[qcfg_queue] <= 1'b1;
            if (stop_valid)  running[qcfg_queue] <= 1'b0;
        end
    end
endmodule

`default_nettype wire
