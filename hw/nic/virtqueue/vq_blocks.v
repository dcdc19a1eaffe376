// SPDX-License-Identifier: Apache-2.0
// Stores the first descriptors of every prefetched chain (split: a slot is a chain) or every prefetched descriptor (packed:
// a slot is a descriptor of the ring). Where one refers to an indirect table, or a chain's first links to a place outside
// the block read with it, the second read is made here too, so that the walker finds each of these chains ready.
`default_nettype none

module vq_blocks #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,
    parameter PACKED_RINGS = 1,
    parameter SLOT_W = 6,
    parameter A_W    = 64,
    parameter LINK_W = 16,
    parameter D_W    = A_W + 35 + LINK_W,
    parameter N_W    = 16,                      // bits of a number of descriptors
    parameter OFF_W  = N_W + 4,
    parameter INDEX_W = 16,
    parameter INFO_W = SLOT_W + INDEX_W + 5
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    input  wire               cfg_indirect,
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    /* verilator lint_off UNUSEDSIGNAL */       // without packed rings
    input  wire [15:0]        start_index,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [QUEUES-1:0]  running,
    // the fetcher looks at a queue and takes slots of it
    input  wire [QW-1:0]      queue,
    /* verilator lint_off UNUSEDSIGNAL */       // without packed rings
    input  wire [15:0]        next,
    /* verilator lint_on UNUSEDSIGNAL */
    output wire               slot_room,
    output wire [SLOT_W-1:0]  slot,
    output wire               slot_short,
    input  wire [2:0]         slot_reserve,
    output wire               landed,
    output wire               goes_on,
    // answers of reads; info is {slot, head or ring index, descriptors}
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [2:0]         a_kind,
    input  wire [QW-1:0]      a_queue,
    input  wire [INFO_W-1:0]  a_info,
    input  wire [BLK*D_W-1:0] a_desc,
    output wire [QW-1:0]      l_queue,          // whose first descriptor is judged
    input  wire [15:0]        l_size,
    // second reads
    output wire               i_valid,
    input  wire               i_ready,
    output wire [QW-1:0]      i_queue,
    output wire               i_indirect,       // in the table at i_base
    output wire [A_W-1:0]     i_base,
    output wire [OFF_W-1:0]   i_offset,
    output wire [INFO_W-1:0]  i_info,
    output wire [QUEUES-1:0]  pending,          // something of that queue is still to be judged or asked for
    // to the walker
    output wire [QUEUES-1:0]  filled,           // the queue's first slot is
    output wire [QUEUES-1:0]  empty,
    input  wire               take,
    input  wire [QW-1:0]      take_queue,
    output wire [3:0]         row_code,         // of the slot taken, from the next cycle on
    output wire [15:0]        row_id,
    output wire               row_indirect,
    output wire [A_W-1:0]     row_table,
    output wire [N_W-1:0]     row_entries,
    output wire [N_W-1:0]     row_index,        // such that the second descriptor's place in its table is one more
    output wire [2:0]         row_count,
    output wire [BLK*D_W-1:0] row_data
);
    `include "vq_kinds.vh"
    `include "vq_desc.vh"
    localparam SLOTS  = 1 << SLOT_W;
    localparam REFS   = (SLOTS < 16) ? 16 : SLOTS;      // second reads to come, or perhaps to come
    localparam REFS_W = $clog2(REFS);
    localparam REF_W  = QW + INFO_W + 1 + A_W;
    localparam [REFS_W+1:0] LIMIT = REFS;
    localparam [2:0] FEW = BLK;
    localparam [2:0] OTHERS = BLK - 1;

    // ---- what has landed -----------------------------------------------------------------------------------------
    wire               l_valid;
    wire               l_error;
    wire [SLOT_W-1:0]  l_slot;
    wire [INDEX_W-1:0] head;
    wire [2:0]         l_count;
    wire               l_last;
    wire               l_tail;
    wire [D_W-1:0]     first;
    wire [QUEUES-1:0]  l_pending;
    wire               is_first = a_valid && a_kind == K_DESC;
    wire               is_table = a_valid && a_kind == K_TABLE;
    wire               is_link  = a_valid && a_kind == K_LINK;
    wire [SLOT_W-1:0]  a_slot   = a_info[INFO_W-1 -: SLOT_W];

    generate
        if (PACKED_RINGS != 0) begin : g_deal
            vq_landing #(
                .QUEUES(QUEUES), .QW(QW), .BLK(BLK), .A_W(A_W), .LINK_W(LINK_W), .SLOT_W(SLOT_W), .INFO_W(INFO_W),
                .DEPTH(REFS / BLK)
            ) u_landing (
                .clk(clk), .rst(rst), .cfg_packed(cfg_packed),
                .start_valid(start_valid), .start_queue(start_queue), .start_index(start_index),
                .a_valid(is_first), .a_error(a_error), .a_queue(a_queue), .a_info(a_info), .a_desc(a_desc),
                .l_valid(l_valid), .l_error(l_error), .l_queue(l_queue), .l_slot(l_slot), .l_head(head), .l_count(l_count),
                .l_last(l_last), .l_tail(l_tail), .l_desc(first), .l_size(l_size),
                .queue(queue), .next(next), .landed(landed), .goes_on(goes_on), .pending(l_pending)
            );
        end else begin : g_pass
            assign l_valid   = is_first;
            assign l_error   = a_error;
            assign l_queue   = a_queue;
            assign l_slot    = a_slot;
            assign head      = a_info[INFO_W-SLOT_W-1 -: INDEX_W];
            assign l_count   = a_info[2:0];
            assign l_last    = 1'b1;
            assign l_tail    = 1'b0;
            assign first     = a_desc[D_W-1:0];
            assign l_pending = {QUEUES{1'b0}};
            assign landed    = 1'b1;
            assign goes_on   = 1'b0;
        end
    endgenerate

    // ---- verdict on a first descriptor -----------------------------------------------------------------------------
    wire [A_W-1:0]    d_addr    = first[A_W-1:0];
    wire [31:0]       d_len     = first[D_LEN +: 32];
    wire [LINK_W-1:0] link      = first[D_LINK +: LINK_W];
    wire              refers    = first[D_REF] && !l_error;
    wire [3:0]        ref_code;
    wire              reference = refers && ref_code == 4'd0;
    wire              linked    = !cfg_packed && first[D_NEXT] && !first[D_REF] && !l_error;
    wire              beside    = linked && {1'b0, link} == {{(LINK_W+1-INDEX_W){1'b0}}, head} + 1'b1;
    wire              in_table  = {{(17-LINK_W){1'b0}}, link} < {1'b0, l_size};
    wire              jump      = linked && in_table && !(beside && l_count != 3'd1);
    wire              follow    = l_valid && running[l_queue] && (reference || jump);
    wire [3:0]        code      = l_error ? E_DESC_DMA : refers ? ref_code : 4'd0;
    wire [N_W-1:0]    entries   = reference ? d_len[4 +: N_W] : l_size[N_W-1:0] - link[N_W-1:0];
    wire [2:0]        limit     = reference ? FEW : OTHERS;
    wire              few       = {3'd0, entries} < {{N_W{1'b0}}, limit};
    wire [2:0]        t_count   = few ? entries[2:0] : limit;
    wire [A_W-1:0]    t_base    = reference ? d_addr : {{(A_W-N_W){1'b0}}, link[N_W-1:0]};

    vq_indirect u_check (
        .next(first[D_NEXT]), .nested(l_tail), .len(d_len), .cfg_indirect(cfg_indirect), .size(l_size), .code(ref_code)
    );

    // ---- slots, and room for every second read that may follow: an answer cannot be stalled ----------------------------
    reg  [QUEUES-1:0] short;                    // the last chain made no use of a first descriptor's neighbours
    reg  [REFS_W:0]   firsts;                   // second reads that first reads in flight may need
    wire [REFS_W:0]   refs;
    wire [REFS_W+1:0] owed = {1'b0, firsts} + {1'b0, refs};
    wire              free;
    wire [2:0]        want  = cfg_packed ? FEW : 3'd1;
    wire [2:0]        taken = (slot_reserve != 3'd0) ? want : 3'd0;
    wire [2:0]        given = !l_valid ? 3'd0 : (cfg_packed && l_last) ? FEW + 3'd1 - l_count : 3'd1;
    wire [SLOT_W-1:0] take_slot;

    assign slot_short = short[queue];
    assign slot_room  = free && owed + {{(REFS_W-1){1'b0}}, want} <= LIMIT;

    vq_slots #(.QUEUES(QUEUES), .QW(QW), .SLOT_W(SLOT_W)) u_slots (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .queue(queue), .want(want), .room(free), .slot(slot), .reserve(slot_reserve),
        .land_valid(l_valid), .land_queue(l_queue), .land_more(follow),
        .more_valid(is_table || is_link), .more_queue(a_queue),
        .take(take), .take_queue(take_queue), .take_slot(take_slot), .filled(filled), .empty(empty)
    );

    always @(posedge clk) begin
        if (l_valid) short[l_queue] <= !beside;
        if (rst) begin
            short  <= {QUEUES{1'b0}};
            firsts <= {(REFS_W+1){1'b0}};
        end else firsts <= firsts + {{(REFS_W-2){1'b0}}, taken} - {{(REFS_W-2){1'b0}}, given};
    end

    vq_rows #(
        .PACKED_RINGS(PACKED_RINGS), .BLK(BLK), .A_W(A_W), .LINK_W(LINK_W), .N_W(N_W), .INDEX_W(INDEX_W), .ROW(QW + SLOT_W)
    ) u_rows (
        .clk(clk), .cfg_packed(cfg_packed),
        .l_valid(l_valid), .l_row({l_queue, l_slot}), .l_code(code), .l_index(head), .l_reference(reference), .l_jump(jump),
        .l_desc(first),
        .a_first(is_first && !cfg_packed), .a_table(is_table), .a_link(is_link), .a_row({a_queue, a_slot}),
        .a_error(a_error), .a_count(a_info[2:0]), .a_desc(a_desc),
        .take(take), .take_row({take_queue, take_slot}),
        .code(row_code), .id(row_id), .indirect(row_indirect), .base(row_table), .entries(row_entries), .index(row_index),
        .count(row_count), .block(row_data)
    );

    // ---- second reads waiting for their turn ---------------------------------------------------------------------------
    wire              ref_valid;
    wire [REF_W-1:0]  ref_data;
    wire              ref_drop = ref_valid && !running[i_queue];
    wire              ref_done = ref_drop || (i_valid && i_ready);
    wire [QUEUES-1:0] i_pending;

    assign {i_queue, i_info, i_indirect, i_base} = ref_data;
    assign i_offset = i_indirect ? {OFF_W{1'b0}} : {i_base[N_W-1:0], 4'd0};
    assign i_valid = ref_valid && running[i_queue];
    assign pending = l_pending | i_pending;

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(REF_W), .DEPTH(REFS)) u_refs (
        .clk(clk), .rst(rst),
        .s_data({l_queue, l_slot, head, {(INFO_W-SLOT_W-INDEX_W-3){1'b0}}, t_count, reference, t_base}), .s_valid(follow),
        .s_ready(),                             // room is reserved
        .m_data(ref_data), .m_valid(ref_valid), .m_ready(ref_done), .count(refs)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(REFS_W + 1)) u_asking (
        .clk(clk), .rst(rst), .inc_valid(follow), .inc_queue(l_queue), .dec_valid(ref_done), .dec_queue(i_queue),
        .nonzero(i_pending)
    );
endmodule

`default_nettype wire
