// SPDX-License-Identifier: Apache-2.0
// Stores the first descriptors of every prefetched chain (split: a slot is a chain) or every prefetched descriptor (packed:
// a slot is a descriptor of the ring). Where one refers to an indirect table, or a chain's first links to a place outside
// the block read with it, the second read is made here too, so that the walker finds each of these chains ready.
`default_nettype none

module vq_blocks #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,
    parameter INFO_W = 27
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    input  wire               cfg_indirect,
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    input  wire [15:0]        start_index,
    input  wire [QUEUES-1:0]  running,
    // the fetcher looks at a queue and takes slots of it
    input  wire [QW-1:0]      queue,
    input  wire [15:0]        next,
    output wire               slot_room,
    output wire [5:0]         slot,
    output wire               slot_short,
    input  wire [2:0]         slot_reserve,
    output wire               landed,
    output wire               goes_on,
    // answers of reads; info is {slot, head or ring index, 2'b0, descriptors}
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [2:0]         a_kind,
    input  wire [QW-1:0]      a_queue,
    input  wire [INFO_W-1:0]  a_info,
    input  wire [BLK*128-1:0] a_data,
    output wire [QW-1:0]      l_queue,          // whose first descriptor is judged
    input  wire [15:0]        l_size,
    input  wire [63:0]        l_desc,
    // second reads
    output wire               i_valid,
    input  wire               i_ready,
    output wire [QW-1:0]      i_queue,
    output wire [63:0]        i_addr,
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
    output wire [63:0]        row_table,
    output wire [15:0]        row_entries,
    output wire [15:0]        row_index,        // such that the second descriptor's place in its table is one more
    output wire [2:0]         row_count,
    output wire [BLK*128-1:0] row_data
);
    `include "vq_kinds.vh"
    localparam DEPTH  = 1 << QW;
    localparam SLOT_W = 6;
    localparam SLOTS  = 1 << SLOT_W;
    localparam REFS   = 64;                     // second reads to come, or perhaps to come
    localparam META_W = 4 + 16 + 1 + 1 + 128;
    localparam ROW_W  = 4 + 3 + BLK * 128;
    localparam REF_W  = QW + INFO_W + 64;
    localparam [2:0] FEW = BLK;

    // ---- what has landed -----------------------------------------------------------------------------------------
    wire              l_valid;
    wire              l_error;
    wire [SLOT_W-1:0] l_slot;
    wire [15:0]       head;
    wire [2:0]        l_count;
    wire              l_last;
    wire              l_tail;
    wire [127:0]      first;
    wire [QUEUES-1:0] l_pending;

    vq_landing #(.QUEUES(QUEUES), .QW(QW), .BLK(BLK), .INFO_W(INFO_W), .DEPTH(REFS / BLK)) u_landing (
        .clk(clk), .rst(rst), .cfg_packed(cfg_packed),
        .start_valid(start_valid), .start_queue(start_queue), .start_index(start_index),
        .a_valid(a_valid && a_kind == K_DESC), .a_error(a_error), .a_queue(a_queue), .a_info(a_info), .a_data(a_data),
        .l_valid(l_valid), .l_error(l_error), .l_queue(l_queue), .l_slot(l_slot), .l_head(head), .l_count(l_count),
        .l_last(l_last), .l_tail(l_tail), .l_desc(first), .l_size(l_size),
        .queue(queue), .next(next), .landed(landed), .goes_on(goes_on), .pending(l_pending)
    );

    // ---- verdict on a first descriptor -----------------------------------------------------------------------------
    wire        is_table  = a_valid && a_kind == K_TABLE;
    wire [63:0] d_addr    = first[63:0];
    wire [31:0] d_len     = first[95:64];
    wire        refers    = first[98] && !l_error;
    wire [3:0]  ref_code;
    wire        reference = refers && ref_code == 4'd0;
    wire [15:0] link      = first[127:112];
    wire        linked    = !cfg_packed && first[96] && !first[98] && !l_error;
    wire        beside    = linked && link == head + 16'd1;
    wire        jump      = linked && link < l_size && !(beside && l_count != 3'd1);
    wire        follow    = l_valid && running[l_queue] && (reference || jump);
    // Descriptors of a packed ring that could not be read stay away: their queue is broken.
    wire        settled   = l_valid && !follow && !(cfg_packed && l_error);
    wire [3:0]  meta_code = l_error ? E_DESC_DMA : refers ? ref_code : 4'd0;
    wire [15:0] entries   = reference ? d_len[19:4] : l_size - link;
    wire [2:0]  limit     = reference ? BLK : BLK - 1;
    wire [2:0]  t_count   = (entries < {13'd0, limit}) ? entries[2:0] : limit;
    wire [63:0] t_addr    = reference ? d_addr : l_desc + {44'd0, link, 4'd0};

    vq_indirect u_check (
        .next(first[96]), .nested(l_tail), .len(d_len), .cfg_indirect(cfg_indirect), .size(l_size), .code(ref_code)
    );

    // ---- slots, and room for every second read that may follow: an answer cannot be stalled ----------------------------
    reg  [QUEUES-1:0] short;                    // the last chain made no use of a first descriptor's neighbours
    reg  [6:0]        firsts;                   // second reads that first reads in flight may need
    wire [6:0]        refs;
    wire              free;
    wire [2:0]        want  = cfg_packed ? FEW : 3'd1;
    wire [2:0]        taken = (slot_reserve != 3'd0) ? want : 3'd0;
    wire [2:0]        given = !l_valid ? 3'd0 : (cfg_packed && l_last) ? FEW + 3'd1 - l_count : 3'd1;
    wire [SLOT_W-1:0] take_slot;

    assign slot_short = short[queue];
    assign slot_room  = free && {1'b0, firsts} + {1'b0, refs} + {5'd0, want} <= REFS;

    vq_slots #(.QUEUES(QUEUES), .QW(QW), .SLOT_W(SLOT_W)) u_slots (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .queue(queue), .want(want), .room(free), .slot(slot), .reserve(slot_reserve),
        .fill_a(settled), .fill_a_queue(l_queue), .fill_a_slot(l_slot),
        .fill_b(is_table), .fill_b_queue(a_queue), .fill_b_slot(a_info[INFO_W-1 -: SLOT_W]),
        .take(take), .take_queue(take_queue), .take_slot(take_slot), .filled(filled), .empty(empty)
    );

    always @(posedge clk) begin
        if (l_valid) short[l_queue] <= !beside;
        if (rst) begin
            short  <= {QUEUES{1'b0}};
            firsts <= 7'd0;
        end else firsts <= firsts + {4'd0, taken} - {4'd0, given};
    end

    // ---- rows: the first descriptor, and the block ---------------------------------------------------------------------
    wire               block_in = is_table || (settled && !cfg_packed);
    wire [3:0]         meta_code_r;
    wire [15:0]        head_r;
    wire               jump_r;
    wire [127:0]       desc_r;
    wire [3:0]         block_code_r;
    wire [2:0]         count_r;
    wire [BLK*128-1:0] block_r;
    wire               single = cfg_packed && !row_indirect;

    vq_ram #(.WIDTH(META_W), .DEPTH(DEPTH * SLOTS)) u_meta (
        .clk(clk),
        .wr_en(l_valid), .wr_addr({l_queue, l_slot}), .wr_data({meta_code, head, reference, jump, first}),
        .rd_en(take), .rd_addr({take_queue, take_slot}),
        .rd_data({meta_code_r, head_r, row_indirect, jump_r, desc_r})
    );
    vq_ram #(.WIDTH(ROW_W), .DEPTH(DEPTH * SLOTS)) u_rows (
        .clk(clk),
        .wr_en(block_in), .wr_addr({a_queue, a_info[INFO_W-1 -: SLOT_W]}),
        .wr_data({a_error ? E_DESC_DMA : 4'd0, a_info[2:0], a_data}),
        .rd_en(take), .rd_addr({take_queue, take_slot}),
        .rd_data({block_code_r, count_r, block_r})
    );
    assign row_id      = cfg_packed ? desc_r[127:112] : head_r;
    assign row_table   = desc_r[63:0];
    assign row_entries = desc_r[83:68];
    assign row_index   = row_indirect ? 16'd0 : jump_r ? desc_r[127:112] - 16'd1 : cfg_packed ? {1'b0, head_r[14:0]} : head_r;
    assign row_count   = single ? 3'd1 : jump_r ? count_r + 3'd1 : count_r;
    assign row_data    = (single || jump_r) ? {block_r[BLK*128-129:0], desc_r} : block_r;
    assign row_code    = (meta_code_r != 4'd0 || single) ? meta_code_r : block_code_r;

    // ---- second reads waiting for their turn ---------------------------------------------------------------------------
    wire              ref_valid;
    wire [REF_W-1:0]  ref_data;
    wire              ref_drop = ref_valid && !running[i_queue];
    wire              ref_done = ref_drop || (i_valid && i_ready);
    wire [QUEUES-1:0] i_pending;

    assign {i_queue, i_info, i_addr} = ref_data;
    assign i_valid = ref_valid && running[i_queue];
    assign pending = l_pending | i_pending;

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(REF_W), .DEPTH(REFS)) u_refs (
        .clk(clk), .rst(rst),
        .s_data({l_queue, l_slot, head, 2'd0, t_count, t_addr}), .s_valid(follow), .s_ready(),  // room is reserved
        .m_data(ref_data), .m_valid(ref_valid), .m_ready(ref_done), .count(refs)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(7)) u_asking (
        .clk(clk), .rst(rst), .inc_valid(follow), .inc_queue(l_queue), .dec_valid(ref_done), .dec_queue(i_queue),
        .nonzero(i_pending)
    );
endmodule

`default_nettype wire
