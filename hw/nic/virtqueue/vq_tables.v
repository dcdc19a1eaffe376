// SPDX-License-Identifier: Apache-2.0
// What the driver told about each queue (size, addresses), whether it runs, and a lookup for each block that needs it.
`default_nettype none

module vq_tables #(
    parameter QUEUES         = 2,
    parameter QW             = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter ADDR_W         = 64,
    parameter A_W            = (ADDR_W < 64) ? ADDR_W + 1 : 64,
    parameter N_W            = $clog2(QUEUE_SIZE_MAX) + 1,
    parameter OFF_W          = N_W + 4
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
    output reg  [QUEUES-1:0] running,
    // addresses: reads, writes
    input  wire [QW-1:0]     rd_queue,
    input  wire [1:0]        rd_table,
    output wire [A_W-1:0]    rd_base,
    input  wire [QW-1:0]     wr_queue,
    input  wire [1:0]        wr_table,
    output wire [A_W-1:0]    wr_base,
    // sizes, a cycle after their queue: fetcher, answers of reads, walker
    input  wire [QW-1:0]     f_ahead,
    output reg  [15:0]       f_size,
    input  wire [QW-1:0]     a_ahead,
    output reg  [15:0]       a_size,
    input  wire [QW-1:0]     w_ahead,
    output reg  [15:0]       w_size,
    // sizes: first descriptors of answers, used elements, answers of writes, notification
    input  wire [QW-1:0]     l_queue,
    output wire [15:0]       l_size,
    input  wire [QW-1:0]     u_queue,
    output wire [15:0]       u_size,
    input  wire [QW-1:0]     b_queue,
    output wire [15:0]       b_size,
    input  wire [QW-1:0]     n_queue,
    output wire [N_W-1:0]    n_size
);
    localparam DEPTH = 1 << QW;
    localparam C_SIZE = 3'd0, C_USED = 3'd3, C_START = 3'd4, C_STOP = 3'd5;

    reg [N_W-1:0] size_of [0:DEPTH-1];
    reg [A_W-1:0] base_of [0:DEPTH*4-1];        // by queue and table, numbered as the fields are

    wire [15:0]    start_size = {{(16-N_W){1'b0}}, size_of[qcfg_queue]};
    wire [A_W-1:0] reached;

    vq_reach #(.ADDR_W(ADDR_W), .MARGIN(OFF_W)) u_reach (.address(qcfg_data), .reached(reached));

    // What is still in flight was asked for by the last run of the queue, so a start waits for quiet.
    assign start_valid = qcfg_valid && qcfg_field == C_START && !running[qcfg_queue] && !q_busy[qcfg_queue];
    assign stop_valid  = qcfg_valid && qcfg_field == C_STOP;
    // A packed ring's index beyond the ring is taken as its first.
    wire start_inside  = {1'b0, qcfg_data[14:0]} < start_size;
    assign start_index = (!cfg_packed || start_inside) ? qcfg_data[15:0] : {qcfg_data[15], 15'd0};

    assign rd_base = base_of[{rd_queue, rd_table}];
    assign wr_base = base_of[{wr_queue, wr_table}];
    assign l_size  = {{(16-N_W){1'b0}}, size_of[l_queue]};
    assign u_size  = {{(16-N_W){1'b0}}, size_of[u_queue]};
    assign b_size  = {{(16-N_W){1'b0}}, size_of[b_queue]};
    assign n_size  = size_of[n_queue];

    initial begin
        if (QUEUE_SIZE_MAX < 2 || QUEUE_SIZE_MAX > 32768) begin
            $display("vq_engine: QUEUE_SIZE_MAX %0d is not in 2..32768", QUEUE_SIZE_MAX);
            $finish;
        end
        if (QUEUES < 1 || QUEUES > 32) begin
            $display("vq_engine: QUEUES %0d is not in 1..32", QUEUES);
            $finish;
        end
        if (ADDR_W < 32 || ADDR_W > 64) begin
            $display("vq_engine: ADDR_W %0d is not in 32..64", ADDR_W);
            $finish;
        end
    end

    always @(posedge clk) begin
        f_size <= {{(16-N_W){1'b0}}, size_of[f_ahead]};
        a_size <= {{(16-N_W){1'b0}}, size_of[a_ahead]};
        w_size <= {{(16-N_W){1'b0}}, size_of[w_ahead]};
        if (qcfg_valid && qcfg_field == C_SIZE) size_of[qcfg_queue] <= qcfg_data[N_W-1:0];
        if (qcfg_valid && qcfg_field != C_SIZE && qcfg_field <= C_USED) base_of[{qcfg_queue, qcfg_field[1:0]}] <= reached;
        if (rst) running <= {QUEUES{1'b0}};
        else begin
            if (start_valid) running[qcfg_queue] <= 1'b1;
            if (stop_valid)  running[qcfg_queue] <= 1'b0;
        end
    end
endmodule

`default_nettype wire
