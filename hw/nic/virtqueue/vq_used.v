// SPDX-License-Identifier: Apache-2.0
// Writes a used element for every completion at once, and publishes those of whole frames when they are in memory (split:
// the used index, packed: the flags of a batch's first element) and no publication of that queue is on its way, so that
// publication batches itself. Buffers complete in the order of the avail side: a packed one's element stands where it began.
`default_nettype none

module vq_used #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter PACKED_RINGS = 1,
    parameter N_W    = 16,                      // bits of a number of descriptors
    parameter OFF_W  = N_W + 4
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_packed,
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    input  wire [15:0]       start_index,
    input  wire [15:0]       size,              // of cpl_queue
    // completions
    input  wire              cpl_valid,
    output wire              cpl_ready,
    input  wire [QW-1:0]     cpl_queue,
    input  wire [15:0]       cpl_id,
    input  wire [15:0]       cpl_ndesc,
    input  wire [31:0]       cpl_len,
    input  wire              cpl_more,
    // element writes
    output wire              e_valid,
    input  wire              e_ready,
    output wire [OFF_W-1:0]  e_offset,
    output wire [15:0]       e_len,             // bytes
    output wire [63:0]       e_data,
    output wire [16:0]       e_info,            // its answer lets nothing be published, used index after this element
    // publishing writes of 16 bits
    output wire              x_valid,
    input  wire              x_ready,
    output wire [QW-1:0]     x_queue,
    output wire [OFF_W-1:0]  x_offset,
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
    output wire [15:0]       pub_from,          // used index in memory before, and after
    output wire [15:0]       pub_to,
    output wire [QUEUES-1:0] unpublished,       // a publishing write is still to come
    // used index in memory, of a queue looked up
    input  wire [QW-1:0]     n_queue,
    output wire [15:0]       n_index,
    // debug
    input  wire [QW-1:0]     dbg_queue,
    output wire [15:0]       dbg_used
);
    `include "vq_kinds.vh"
    localparam DEPTH = 1 << QW;
    // Bits of a packed descriptor's flags, in the second byte from its end and in the last one
    localparam [15:0] F_WRITE = 16'h0002, F_USED = 16'h8080;

    reg [15:0]       next   [0:DEPTH-1];        // index of the next element
    reg [15:0]       sent   [0:DEPTH-1];        // index last written
    reg [15:0]       told   [0:DEPTH-1];        // frames that write publishes
    reg [15:0]       memory [0:DEPTH-1];        // index known to be in memory
    reg [QUEUES-1:0] writing;
    reg [QUEUES-1:0] bad;                       // an element is missing: publish no more

    // ---- elements; a chain without descriptors has no end, it cannot be returned -------------------------------------
    wire [15:0] next_c = next[cpl_queue];
    wire [N_W-1:0] ring_n = size[N_W-1:0];
    // Its place in the ring; a split ring's size is a power of two.
    wire [N_W-1:0] pos_c  = cfg_packed ? {1'b0, next_c[N_W-2:0]} : next_c[N_W-1:0] & (ring_n - 1'b1);
    wire [15:0] behind;
    wire        endless   = cfg_packed && cpl_ndesc == 16'd0;
    wire        put    = e_valid && e_ready;
    wire        wrote  = cpl_len != 32'd0;
    wire        put_first;
    wire        put_seals;
    wire [15:0] flags  = (next_c[15] ? 16'd0 : F_USED) | (wrote ? F_WRITE : 16'd0);

    vq_step u_behind (
        .cfg_packed(cfg_packed), .size(size), .index(next_c), .count(cfg_packed ? cpl_ndesc : 16'd1), .moved(behind)
    );

    assign e_valid   = cpl_valid && !endless;
    assign cpl_ready = e_ready || endless;
    assign e_offset  = cfg_packed ? {pos_c, 4'd8} : {1'b0, pos_c, 3'd4};
    assign e_len     = (cfg_packed && put_first) ? 16'd6 : 16'd8;
    assign e_data    = cfg_packed ? {flags, cpl_id, cpl_len} : {cpl_len, 16'd0, cpl_id};
    assign e_info    = {cfg_packed ? !put_seals : cpl_more, behind};

    // ---- publication -------------------------------------------------------------------------------------------------
    wire              publish  = x_valid && x_ready;
    wire              frame_in = b_valid && !b_error && b_kind == B_ELEMENT && !b_info[16];
    wire              index_in = b_valid && b_kind == B_INDEX;
    wire [15:0]       s_index;
    wire [15:0]       s_frames;
    wire [QUEUES-1:0] s_due;
    /* verilator lint_off UNUSEDSIGNAL */       // a place is inside the ring
    wire [15:0]       p_first;
    /* verilator lint_on UNUSEDSIGNAL */
    wire              p_wrote;
    wire [15:0]       p_index;
    wire [15:0]       p_frames;
    wire [QUEUES-1:0] p_due;
    wire [QUEUES-1:0] p_waiting;
    wire [QUEUES-1:0] due = cfg_packed ? p_due : s_due;

    vq_acked #(.QUEUES(QUEUES), .QW(QW)) u_split (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .frame_in(frame_in && !cfg_packed), .frame_queue(b_queue), .frame_index(b_info[15:0]),
        .publish(publish), .x_queue(x_queue), .x_index(s_index), .x_frames(s_frames), .due(s_due)
    );
    generate
        if (PACKED_RINGS != 0) begin : g_batch
            vq_batch #(.QUEUES(QUEUES), .QW(QW)) u_packed (
                .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
                .put(put && cfg_packed), .put_queue(cpl_queue), .put_index(next_c), .put_behind(behind), .put_wrote(wrote),
                .put_more(cpl_more), .put_first(put_first), .put_seals(put_seals),
                .batch_in(frame_in && cfg_packed), .batch_queue(b_queue), .publish(publish), .x_queue(x_queue),
                .x_first(p_first), .x_wrote(p_wrote), .x_index(p_index), .x_frames(p_frames), .due(p_due), .waiting(p_waiting)
            );
        end else begin : g_no_batch
            assign put_first = 1'b0;
            assign put_seals = 1'b0;
            assign p_first   = 16'd0;
            assign p_wrote   = 1'b0;
            assign p_index   = 16'd0;
            assign p_frames  = 16'd0;
            assign p_due     = {QUEUES{1'b0}};
            assign p_waiting = {QUEUES{1'b0}};
        end
    endgenerate

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(due & ~writing & ~bad), .take(x_ready), .any(x_valid), .index(x_queue)
    );

    assign x_offset    = cfg_packed ? {1'b0, p_first[N_W-2:0], 4'd14} : {{(OFF_W-2){1'b0}}, 2'd2};
    assign x_data      = cfg_packed ? (p_first[15] ? 16'd0 : F_USED) | (p_wrote ? F_WRITE : 16'd0) : s_index;
    assign unpublished = (cfg_packed ? p_waiting : s_due) & ~bad;

    assign bad_valid = b_valid && b_error;
    assign pub_valid = index_in && !b_error;
    assign pub_queue = b_queue;
    assign pub_count = told[b_queue];
    assign pub_from  = memory[b_queue];
    assign pub_to    = sent[b_queue];
    assign n_index   = memory[n_queue];
    assign dbg_used  = memory[dbg_queue];

    always @(posedge clk) begin
        if (put) next[cpl_queue] <= behind;
        if (publish) begin
            sent[x_queue]    <= cfg_packed ? p_index : s_index;
            told[x_queue]    <= cfg_packed ? p_frames : s_frames;
            writing[x_queue] <= 1'b1;
        end
        if (index_in) writing[b_queue] <= 1'b0;
        if (pub_valid) memory[b_queue] <= sent[b_queue];
        if (bad_valid) bad[b_queue] <= 1'b1;
        if (start_valid) begin
            next[start_queue]   <= start_index;
            memory[start_queue] <= start_index;
            bad[start_queue]    <= 1'b0;
        end
        if (rst) begin
            writing <= {QUEUES{1'b0}};
            bad     <= {QUEUES{1'b0}};
        end
    end
endmodule

`default_nettype wire
