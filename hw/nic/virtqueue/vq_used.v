// SPDX-License-Identifier: Apache-2.0
// Writes a used element for every completion at once, and the used index of a queue when the elements of whole frames
// are in memory and no index write of that queue is on its way, so that publication batches itself.
`default_nettype none

module vq_used #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    input  wire [15:0]       start_index,
    input  wire [15:0]       start_pos,
    input  wire [15:0]       size,              // of cpl_queue
    input  wire [63:0]       used,
    output wire [QW-1:0]     x_queue,
    input  wire [63:0]       x_used,
    // completions
    input  wire              cpl_valid,
    output wire              cpl_ready,
    input  wire [QW-1:0]     cpl_queue,
    input  wire [15:0]       cpl_id,
    input  wire [31:0]       cpl_len,
    input  wire              cpl_more,
    // element writes
    output wire              e_valid,
    input  wire              e_ready,
    output wire [63:0]       e_addr,
    output wire [63:0]       e_data,
    output wire [16:0]       e_info,            // more of the frame follows, used index after this element
    // index writes
    output wire              x_valid,
    input  wire              x_ready,
    output wire [63:0]       x_addr,
    output wire [15:0]       x_data,
    // answers of writes
    input  wire              b_valid,
    input  wire              b_error,
    input  wire [1:0]        b_kind,
    input  wire [QW-1:0]     b_queue,
    input  wire [16:0]       b_info,
    output wire              bad_valid,
    // publication
    output wire              pub_valid,
    output wire [QW-1:0]     pub_queue,
    output wire [15:0]       pub_count,
    output wire [QUEUES-1:0] unpublished,       // an index write is still to come
    // used index in memory, of a queue looked up
    input  wire [QW-1:0]     n_queue,
    output wire [15:0]       n_index,
    // debug
    input  wire [QW-1:0]     dbg_queue,
    output wire [15:0]       dbg_used
);
    `include "vq_kinds.vh"
    localparam DEPTH = 1 << QW;

    reg [15:0]       next   [0:DEPTH-1];        // index of the next element
    reg [15:0]       pos    [0:DEPTH-1];        // its place in the ring
    reg [15:0]       acked  [0:DEPTH-1];        // index behind the last whole frame in memory
    reg [15:0]       frames [0:DEPTH-1];        // whole frames in memory and not published
    reg [15:0]       sent   [0:DEPTH-1];        // index last written
    reg [15:0]       told   [0:DEPTH-1];        // frames that write publishes
    reg [15:0]       memory [0:DEPTH-1];        // index known to be in memory
    reg [QUEUES-1:0] due;
    reg [QUEUES-1:0] writing;
    reg [QUEUES-1:0] bad;                       // an element is missing: publish no more

    // ---- elements ------------------------------------------------------------------------------------------------
    wire [15:0] next_c = next[cpl_queue];
    wire [15:0] pos_c  = pos[cpl_queue];
    wire        done   = cpl_valid && cpl_ready;

    assign e_valid   = cpl_valid;
    assign cpl_ready = e_ready;
    assign e_addr    = used + 64'd4 + {45'd0, pos_c, 3'd0};
    assign e_data    = {cpl_len, 16'd0, cpl_id};
    assign e_info    = {cpl_more, next_c + 16'd1};

    // ---- index ---------------------------------------------------------------------------------------------------
    wire publish = x_valid && x_ready;

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(due & ~writing & ~bad), .take(x_ready), .any(x_valid), .index(x_queue)
    );

    assign x_addr      = x_used + 64'd2;
    assign x_data      = acked[x_queue];
    assign unpublished = due & ~bad;

    // ---- answers -------------------------------------------------------------------------------------------------
    wire frame_in = b_valid && !b_error && b_kind == B_ELEMENT && !b_info[16];
    wire index_in = b_valid && b_kind == B_INDEX;

    assign bad_valid = b_valid && b_error;
    assign pub_valid = index_in && !b_error;
    assign pub_queue = b_queue;
    assign pub_count = told[b_queue];
    assign n_index   = memory[n_queue];
    assign dbg_used  = memory[dbg_queue];

    wire same = publish && frame_in && x_queue == b_queue;

    always @(posedge clk) begin
        if (done) begin
            next[cpl_queue] <= next_c + 16'd1;
            pos[cpl_queue]  <= (pos_c + 16'd1 == size) ? 16'd0 : pos_c + 16'd1;
        end
        if (publish) begin
            sent[x_queue]    <= acked[x_queue];
            told[x_queue]    <= frames[x_queue];
            frames[x_queue]  <= 16'd0;
            due[x_queue]     <= 1'b0;
            writing[x_queue] <= 1'b1;
        end
        if (frame_in) begin
            acked[b_queue]  <= b_info[15:0];
            frames[b_queue] <= same ? 16'd1 : frames[b_queue] + 16'd1;
            due[b_queue]    <= 1'b1;
        end
        if (index_in) writing[b_queue] <= 1'b0;
        if (pub_valid) memory[b_queue] <= sent[b_queue];
        if (bad_valid) bad[b_queue] <= 1'b1;
        if (start_valid) begin
            next[start_queue]   <= start_index;
            pos[start_queue]    <= start_pos;
            frames[start_queue] <= 16'd0;
            memory[start_queue] <= start_index;
            due[start_queue]    <= 1'b0;
            bad[start_queue]    <= 1'b0;
        end
        if (rst) begin
            due     <= {QUEUES{1'b0}};
            writing <= {QUEUES{1'b0}};
            bad     <= {QUEUES{1'b0}};
        end
    end
endmodule

`default_nettype wire
