// SPDX-License-Identifier: Apache-2.0
// Ring engine of QUEUES queues, split or packed: from what the driver makes available to chains for a consumer, and from
// completions back to used entries. Nothing but wiring, hence its length; in flow order: vq_tables (configuration),
// vq_fetch (avail side), vq_blocks (first descriptors), vq_walker (segments), vq_used (used side), vq_notify (interrupts);
// all memory accesses go through vq_read and vq_write, vq_errors keeps what went wrong.
`default_nettype none

module vq_engine #(
    parameter DATA_W         = 128,
    parameter QUEUES         = 2,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter ADDR_W         = 64,              // bits of the addresses that the card reaches
    parameter PACKED_RINGS   = 1,               // 0: rings are split, whatever cfg_packed says
    parameter PREFETCH       = 64,              // slots of prefetched chains (packed: descriptors) a queue
    parameter QW             = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              qcfg_valid,
    input  wire [QW-1:0]     qcfg_queue,
    input  wire [2:0]        qcfg_field,
    input  wire [63:0]       qcfg_data,
    /* verilator lint_off UNUSEDSIGNAL */       // without PACKED_RINGS
    input  wire              cfg_packed,        // taken over while every queue is stopped and idle
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              cfg_event_idx,
    input  wire              cfg_indirect,
    input  wire              kick_valid,
    input  wire [QW-1:0]     kick_queue,
    // status
    output wire [QUEUES-1:0] q_running,
    output wire [QUEUES-1:0] q_busy,
    output wire [QUEUES-1:0] q_broken,
    output wire              err_valid,
    output wire [QW-1:0]     err_queue,
    output wire [3:0]        err_code,
    input  wire [QW-1:0]     dbg_queue,
    output wire [15:0]       dbg_avail_seen,
    output wire [15:0]       dbg_avail_next,
    output wire [15:0]       dbg_used,
    output wire [3:0]        dbg_state,
    // chains to the consumer
    output wire [QUEUES-1:0] chain_ready,
    output wire [QUEUES-1:0] chain_none,
    input  wire              pop_valid,
    output wire              pop_ready,
    input  wire [QW-1:0]     pop_queue,
    output wire              seg_valid,
    input  wire              seg_ready,
    output wire [QW-1:0]     seg_queue,
    output wire [63:0]       seg_addr,
    output wire [31:0]       seg_len,
    output wire              seg_write,
    output wire              seg_last,
    output wire              seg_error,
    output wire [15:0]       seg_id,
    output wire [15:0]       seg_ndesc,
    // completions
    input  wire              cpl_valid,
    output wire              cpl_ready,
    input  wire [QW-1:0]     cpl_queue,
    input  wire [15:0]       cpl_id,
    input  wire [15:0]       cpl_ndesc,
    input  wire [31:0]       cpl_len,
    input  wire              cpl_more,
    // notification
    output wire              pub_valid,
    output wire [QW-1:0]     pub_queue,
    output wire [15:0]       pub_count,
    input  wire              fire_valid,
    output wire              fire_ready,
    input  wire [QW-1:0]     fire_queue,
    output wire              irq_valid,
    input  wire              irq_ready,
    output wire [QW-1:0]     irq_queue,
    output wire              evt_suppressed,
    // DMA read client
    output wire              rd_req_valid,
    input  wire              rd_req_ready,
    output wire [63:0]       rd_req_addr,
    output wire [15:0]       rd_req_len,
    output wire [7:0]        rd_req_tag,
    input  wire              rd_rsp_valid,
    input  wire [DATA_W-1:0] rd_rsp_data,
    input  wire              rd_rsp_last,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [7:0]        rd_rsp_tag,        // answers come in order: the tags only tell a reader of waves the kind
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              rd_rsp_error,
    // DMA write client
    output wire              wr_req_valid,
    input  wire              wr_req_ready,
    output wire [63:0]       wr_req_addr,
    output wire [15:0]       wr_req_len,
    output wire [7:0]        wr_req_tag,
    output wire              wr_dat_valid,
    input  wire              wr_dat_ready,
    output wire [DATA_W-1:0] wr_dat_data,
    input  wire              wr_rsp_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [7:0]        wr_rsp_tag,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              wr_rsp_error
);
    `include "vq_kinds.vh"
    localparam BLK     = (DATA_W == 64) ? 2 : 4;
    localparam READS   = (PREFETCH < 16) ? 16 : PREFETCH;           // outstanding, and as many writes
    localparam READS_W = $clog2(READS) + 1;
    localparam BURST   = (PREFETCH < 16) ? 4 : PREFETCH / 4;        // entries of a read of the avail ring
    localparam SLOT_W  = (PREFETCH < 4) ? 2 : $clog2(PREFETCH);         // of what is refused below, too: it must elaborate
    // A number of descriptors, a place in a ring or table, an offset; a ring index where it may be packed is 16 bits.
    localparam N_W     = (QUEUE_SIZE_MAX < 16) ? 5 : $clog2(QUEUE_SIZE_MAX) + 1;
    localparam OFF_W   = N_W + 4;
    localparam INDEX_W = (PACKED_RINGS != 0) ? 16 : N_W - 1;
    localparam LINK_W  = (PACKED_RINGS != 0) ? 16 : N_W;
    localparam A_W     = (ADDR_W < 64) ? ADDR_W + 1 : 64;           // with what says that an address is beyond
    localparam D_W     = A_W + 35 + LINK_W;                         // a descriptor, see vq_desc.vh
    localparam INFO_W  = SLOT_W + INDEX_W + $clog2(BURST) + 1;

    initial begin
        if (PREFETCH < 4 || PREFETCH > 64 || (PREFETCH & (PREFETCH - 1)) != 0) begin
            $display("vq_engine: PREFETCH %0d is not a power of two in 4..64", PREFETCH);
            $finish;
        end
    end

    // A ring's format may not change under what is in flight.
    wire packed_q;
    // The number of the only queue is 0: nothing is kept of another.
    localparam [QW-1:0] NUMBER = (QUEUES > 1) ? {QW{1'b1}} : {QW{1'b0}};
    wire [QW-1:0] cfg_q  = qcfg_queue & NUMBER;
    wire [QW-1:0] kick_q = kick_queue & NUMBER;
    wire [QW-1:0] dbg_q  = dbg_queue & NUMBER;
    wire [QW-1:0] pop_q  = pop_queue & NUMBER;
    wire [QW-1:0] cpl_q  = cpl_queue & NUMBER;
    wire [QW-1:0] fire_q = fire_queue & NUMBER;

    generate
        if (PACKED_RINGS != 0) begin : g_either
            reg packed_r;
            always @(posedge clk)
                if (rst || (q_running == 0 && q_busy == 0)) packed_r <= cfg_packed;
            assign packed_q = packed_r;
        end else begin : g_split
            assign packed_q = 1'b0;
        end
    endgenerate

    // ---- tables --------------------------------------------------------------------------------------------------
    wire           start_valid;
    wire           stop_valid;
    wire [15:0]    start_index;
    wire [QW-1:0]  rd_queue;
    wire [1:0]     rd_table;
    wire [A_W-1:0] rd_base;
    wire [QW-1:0]  wr_queue;
    wire [1:0]     wr_table;
    wire [A_W-1:0] wr_base;
    wire [QW-1:0]  looked_queue;                // by the fetcher
    wire [QW-1:0]  f_queue;
    wire [15:0]    f_size;
    wire [QW-1:0]  a_queue;
    wire [15:0]    a_size;
    wire [QW-1:0]  l_queue;
    wire [15:0]    l_size;
    wire [QW-1:0]  f_ahead;
    wire [QW-1:0]  a_ahead;
    wire [15:0]    first_size;
    wire [QW-1:0]  w_queue;
    wire [QW-1:0]  take_queue;                  // of the slot that the walker reads
    wire [15:0]    w_size;
    wire [15:0]    c_size;
    wire [QW-1:0]  x_queue;
    wire [QW-1:0]  b_queue;
    wire [15:0]    b_size;
    wire [N_W-1:0] n_size;

    vq_tables #(.QUEUES(QUEUES), .QW(QW), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W), .N_W(N_W), .OFF_W(OFF_W)) u_tables (
        .clk(clk), .rst(rst), .cfg_packed(packed_q),
        .qcfg_valid(qcfg_valid), .qcfg_queue(cfg_q), .qcfg_field(qcfg_field), .qcfg_data(qcfg_data), .q_busy(q_busy),
        .start_valid(start_valid), .stop_valid(stop_valid), .start_index(start_index), .running(q_running),
        .rd_queue(rd_queue), .rd_table(rd_table), .rd_base(rd_base), .wr_queue(wr_queue), .wr_table(wr_table), .wr_base(wr_base),
        .f_ahead(f_ahead), .f_size(f_size), .a_ahead(a_ahead), .a_size(a_size), .l_queue(l_queue), .l_size(first_size),
        .w_ahead(take_queue), .w_size(w_size), .u_queue(cpl_q), .u_size(c_size), .b_queue(b_queue), .b_size(b_size),
        .n_queue(fire_q), .n_size(n_size)
    );

    assign l_size = (PACKED_RINGS != 0) ? first_size : a_size;   // without them an answer is not kept for a later cycle

    // ---- reads ---------------------------------------------------------------------------------------------------
    wire              n_valid;
    wire              n_ready;
    wire [OFF_W-1:0]  n_offset;
    wire              w_valid;
    wire              w_ready;
    wire              w_indirect;
    wire [A_W-1:0]    w_base;
    wire [OFF_W-1:0]  w_offset;
    wire [2:0]        w_count;
    wire              i_valid;
    wire              i_ready;
    wire [QW-1:0]     i_queue;
    wire              i_indirect;
    wire [A_W-1:0]    i_base;
    wire [OFF_W-1:0]  i_offset;
    wire [INFO_W-1:0] i_info;
    wire              f_valid;
    wire              f_ready;
    wire              f_avail;
    wire [OFF_W-1:0]  f_offset;
    wire [7:0]        f_len;
    wire [2:0]        f_kind;
    wire [INFO_W-1:0] f_info;
    wire              read_issued;
    wire [QW-1:0]     read_queue;
    wire              a_valid;
    wire              a_error;
    wire [2:0]        a_kind;
    wire [INFO_W-1:0] a_info;
    wire [BLK*128-1:0] a_data;
    wire [BLK*D_W-1:0] a_desc;

    vq_read #(
        .DATA_W(DATA_W), .QW(QW), .ADDR_W(ADDR_W), .OFF_W(OFF_W), .LINK_W(LINK_W), .INFO_W(INFO_W), .BLK(BLK), .DEPTH(READS)
    ) u_read (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .queue(rd_queue), .table_of(rd_table), .table_base(rd_base),
        .n_valid(n_valid), .n_ready(n_ready), .n_queue(fire_q), .n_offset(n_offset),
        .w_valid(w_valid), .w_ready(w_ready), .w_queue(w_queue), .w_indirect(w_indirect), .w_base(w_base), .w_offset(w_offset),
        .w_count(w_count),
        .i_valid(i_valid), .i_ready(i_ready), .i_queue(i_queue), .i_indirect(i_indirect), .i_base(i_base), .i_offset(i_offset),
        .i_info(i_info),
        .f_valid(f_valid), .f_ready(f_ready), .f_queue(f_queue), .f_avail(f_avail), .f_offset(f_offset), .f_len(f_len),
        .f_kind(f_kind), .f_info(f_info),
        .rd_req_valid(rd_req_valid), .rd_req_ready(rd_req_ready), .rd_req_addr(rd_req_addr), .rd_req_len(rd_req_len),
        .rd_req_tag(rd_req_tag), .rd_rsp_valid(rd_rsp_valid), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last),
        .rd_rsp_error(rd_rsp_error),
        .issued(read_issued), .issued_queue(read_queue),
        .a_valid(a_valid), .a_error(a_error), .a_kind(a_kind), .a_queue(a_queue), .a_ahead(a_ahead), .a_info(a_info),
        .a_data(a_data), .a_desc(a_desc)
    );

    // ---- writes --------------------------------------------------------------------------------------------------
    wire          x_valid;
    wire          x_ready;
    wire [OFF_W-1:0] x_offset;
    wire [15:0]   x_data;
    wire          r_valid;
    wire          r_ready;
    wire [OFF_W-1:0] r_offset;
    wire [31:0]   r_data;
    wire          e_valid;
    wire          e_ready;
    wire [OFF_W-1:0] e_offset;
    wire [15:0]   e_len;
    wire [63:0]   e_data;
    wire [16:0]   e_info;
    wire          write_issued;
    wire [QW-1:0] write_queue;
    wire          b_valid;
    wire          b_error;
    wire [1:0]    b_kind;
    wire [16:0]   b_info;

    vq_write #(.DATA_W(DATA_W), .QW(QW), .ADDR_W(ADDR_W), .OFF_W(OFF_W), .DEPTH(READS)) u_write (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .queue(wr_queue), .table_of(wr_table), .table_base(wr_base),
        .x_valid(x_valid), .x_ready(x_ready), .x_queue(x_queue), .x_offset(x_offset), .x_data(x_data),
        .r_valid(r_valid), .r_ready(r_ready), .r_queue(looked_queue), .r_offset(r_offset),
        .r_len(packed_q ? 16'd4 : 16'd2), .r_data(r_data),
        .e_valid(e_valid), .e_ready(e_ready), .e_queue(cpl_q), .e_offset(e_offset), .e_len(e_len), .e_data(e_data),
        .e_info(e_info),
        .wr_req_valid(wr_req_valid), .wr_req_ready(wr_req_ready), .wr_req_addr(wr_req_addr), .wr_req_len(wr_req_len),
        .wr_req_tag(wr_req_tag), .wr_dat_valid(wr_dat_valid), .wr_dat_ready(wr_dat_ready), .wr_dat_data(wr_dat_data),
        .wr_rsp_valid(wr_rsp_valid), .wr_rsp_error(wr_rsp_error),
        .issued(write_issued), .issued_queue(write_queue),
        .b_valid(b_valid), .b_error(b_error), .b_kind(b_kind), .b_queue(b_queue), .b_info(b_info)
    );

    // ---- avail side ----------------------------------------------------------------------------------------------
    wire              slot_room;
    wire [SLOT_W-1:0] slot;
    wire              slot_short;
    wire [2:0]        slot_reserve;
    wire              landed;
    wire              goes_on;
    wire [15:0]       next_index;
    wire              fetch_bad;
    wire [3:0]        fetch_code;
    wire              head_bad;
    wire [QUEUES-1:0] dry;

    vq_fetch #(
        .QUEUES(QUEUES), .QW(QW), .BLK(BLK), .PACKED_RINGS(PACKED_RINGS), .WINDOW(PREFETCH), .BURST(BURST), .SLOT_W(SLOT_W),
        .INDEX_W(INDEX_W), .INFO_W(INFO_W), .N_W(N_W), .OFF_W(OFF_W)
    ) u_fetch (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .cfg_event_idx(cfg_event_idx),
        .start_valid(start_valid), .start_queue(cfg_q), .start_index(start_index),
        .running(q_running), .broken(q_broken), .kick_valid(kick_valid), .kick_queue(kick_q),
        .queue(looked_queue), .queue_ahead(f_ahead), .next_index(next_index), .size(f_size),
        .slot_room(slot_room), .slot(slot), .slot_short(slot_short), .slot_reserve(slot_reserve),
        .landed(landed), .goes_on(goes_on),
        .f_valid(f_valid), .f_ready(f_ready), .f_queue(f_queue), .f_avail(f_avail), .f_offset(f_offset), .f_len(f_len),
        .f_kind(f_kind), .f_info(f_info), .r_valid(r_valid), .r_ready(r_ready), .r_offset(r_offset), .r_data(r_data),
        .armed_valid(b_valid && b_kind == B_ARM), .armed_queue(b_queue),
        .a_valid(a_valid), .a_error(a_error), .a_kind(a_kind), .a_queue(a_queue), .a_size(a_size),
        .a_info(a_info), .a_data(a_data),
        .bad_valid(fetch_bad), .bad_code(fetch_code), .head_bad(head_bad), .dry(dry),
        .dbg_queue(dbg_q), .dbg_avail_seen(dbg_avail_seen), .dbg_avail_next(dbg_avail_next), .dbg_state(dbg_state[2:0])
    );
    assign dbg_state[3] = q_broken[dbg_q];

    // ---- descriptors ---------------------------------------------------------------------------------------------
    wire [QUEUES-1:0] prefetching;
    wire [QUEUES-1:0] filled;
    wire [QUEUES-1:0] no_slot;
    wire              pop;
    wire              take;
    wire [3:0]        row_code;
    wire [15:0]       row_id;
    wire              row_indirect;
    wire [A_W-1:0]    row_table;
    wire [N_W-1:0]    row_entries;
    wire [N_W-1:0]    row_index;
    wire [2:0]        row_count;
    wire [BLK*D_W-1:0] row_data;
    wire              chain_bad;
    wire [QW-1:0]     chain_bad_queue;
    wire [3:0]        chain_bad_code;

    vq_blocks #(
        .QUEUES(QUEUES), .QW(QW), .BLK(BLK), .PACKED_RINGS(PACKED_RINGS), .SLOT_W(SLOT_W), .A_W(A_W), .LINK_W(LINK_W), .N_W(N_W),
        .OFF_W(OFF_W), .INDEX_W(INDEX_W), .INFO_W(INFO_W)
    ) u_blocks (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .cfg_indirect(cfg_indirect),
        .start_valid(start_valid), .start_queue(cfg_q), .start_index(start_index), .running(q_running),
        .queue(looked_queue), .next(next_index), .slot_room(slot_room), .slot(slot), .slot_short(slot_short),
        .slot_reserve(slot_reserve), .landed(landed), .goes_on(goes_on),
        .a_valid(a_valid), .a_error(a_error), .a_kind(a_kind), .a_queue(a_queue), .a_info(a_info), .a_desc(a_desc),
        .l_queue(l_queue), .l_size(l_size), .i_valid(i_valid), .i_ready(i_ready), .i_queue(i_queue), .i_indirect(i_indirect),
        .i_base(i_base), .i_offset(i_offset), .i_info(i_info), .pending(prefetching),
        .filled(filled), .empty(no_slot), .take(take), .take_queue(take_queue),
        .row_code(row_code), .row_id(row_id), .row_indirect(row_indirect), .row_table(row_table),
        .row_entries(row_entries), .row_index(row_index), .row_count(row_count), .row_data(row_data)
    );
    // A broken packed ring gives no more: behind what could not be read nobody knows where a chain begins.
    wire [QUEUES-1:0] cut = packed_q ? q_broken : {QUEUES{1'b0}};
    assign chain_ready = q_running & filled & ~cut;
    assign chain_none  = ~q_running | cut | (no_slot & (q_broken | dry));

    vq_walker #(
        .QUEUES(QUEUES), .QW(QW), .ADDR_W(ADDR_W), .LINK_W(LINK_W), .N_W(N_W), .OFF_W(OFF_W), .BLK(BLK)
    ) u_walker (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .cfg_indirect(cfg_indirect),
        .queue(w_queue), .size(w_size), .ready(chain_ready), .gone(~q_running | q_broken),
        .pop(pop), .take(take), .take_queue(take_queue), .row_code(row_code), .row_id(row_id), .row_indirect(row_indirect),
        .row_table(row_table), .row_entries(row_entries), .row_index(row_index), .row_count(row_count), .row_data(row_data),
        .w_valid(w_valid), .w_ready(w_ready), .w_indirect(w_indirect), .w_base(w_base), .w_offset(w_offset), .w_count(w_count),
        .a_valid(a_valid && a_kind == K_CONT), .a_error(a_error), .a_data(a_desc),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_q),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
        .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .err_valid(chain_bad), .err_queue(chain_bad_queue), .err_code(chain_bad_code)
    );

    // ---- used side and interrupts --------------------------------------------------------------------------------
    wire              used_bad;
    wire [QUEUES-1:0] unpublished;
    wire [15:0]       pub_from;
    wire [15:0]       pub_to;
    wire [15:0]       n_index;
    wire              event_bad;

    vq_used #(.QUEUES(QUEUES), .QW(QW), .PACKED_RINGS(PACKED_RINGS), .N_W(N_W), .OFF_W(OFF_W)) u_used (
        .clk(clk), .rst(rst), .cfg_packed(packed_q),
        .start_valid(start_valid), .start_queue(cfg_q), .start_index(start_index), .size(c_size),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_q), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .cpl_len(cpl_len), .cpl_more(cpl_more),
        .e_valid(e_valid), .e_ready(e_ready), .e_offset(e_offset), .e_len(e_len), .e_data(e_data), .e_info(e_info),
        .x_valid(x_valid), .x_ready(x_ready), .x_queue(x_queue), .x_offset(x_offset), .x_data(x_data),
        .b_valid(b_valid), .b_error(b_error), .b_kind(b_kind), .b_queue(b_queue), .b_info(b_info), .bad_valid(used_bad),
        .pub_valid(pub_valid), .pub_queue(pub_queue), .pub_count(pub_count), .pub_from(pub_from), .pub_to(pub_to),
        .unpublished(unpublished),
        .n_queue(fire_q), .n_index(n_index), .dbg_queue(dbg_q), .dbg_used(dbg_used)
    );

    vq_notify #(.QUEUES(QUEUES), .QW(QW), .PACKED_RINGS(PACKED_RINGS), .N_W(N_W), .OFF_W(OFF_W)) u_notify (
        .clk(clk), .rst(rst), .cfg_packed(packed_q), .cfg_event_idx(cfg_event_idx),
        .start_valid(start_valid), .start_queue(cfg_q), .start_index(start_index), .running(q_running),
        .size(n_size), .used_index(n_index),
        .pub_valid(pub_valid), .pub_queue(pub_queue), .pub_size(b_size), .pub_from(pub_from), .pub_to(pub_to),
        .fire_valid(fire_valid), .fire_ready(fire_ready), .fire_queue(fire_q),
        .n_valid(n_valid), .n_ready(n_ready), .n_offset(n_offset),
        .a_valid(a_valid && a_kind == K_EVENT), .a_error(a_error), .a_queue(a_queue), .a_size(a_size), .a_data(a_data[17:0]),
        .bad_valid(event_bad),
        .irq_valid(irq_valid), .irq_ready(irq_ready), .irq_queue(irq_queue), .evt_suppressed(evt_suppressed)
    );

    // ---- errors, and what is outstanding -------------------------------------------------------------------------
    vq_errors #(.QUEUES(QUEUES), .QW(QW)) u_errors (
        .clk(clk), .rst(rst), .clear_valid(start_valid || stop_valid), .clear_queue(cfg_q),
        .chain_valid(chain_bad), .chain_queue(chain_bad_queue), .chain_code(chain_bad_code),
        .head_valid(head_bad), .head_queue(looked_queue),
        .read_valid(fetch_bad || event_bad), .read_queue(a_queue), .read_code(event_bad ? E_RING_DMA : fetch_code),
        .write_valid(used_bad), .write_queue(b_queue),
        .broken(q_broken), .err_valid(err_valid), .err_queue(err_queue), .err_code(err_code)
    );

    wire [QUEUES-1:0] reading;
    wire [QUEUES-1:0] writing;
    wire [QUEUES-1:0] in_hand;

    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(READS_W)) u_reading (
        .clk(clk), .rst(rst), .inc_valid(read_issued), .inc_queue(read_queue), .dec_valid(a_valid), .dec_queue(a_queue),
        .nonzero(reading)
    );
    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(READS_W)) u_writing (
        .clk(clk), .rst(rst), .inc_valid(write_issued), .inc_queue(write_queue), .dec_valid(b_valid), .dec_queue(b_queue),
        .nonzero(writing)
    );
    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(16)) u_in_hand (
        .clk(clk), .rst(rst), .inc_valid(pop), .inc_queue(pop_q), .dec_valid(cpl_valid && cpl_ready), .dec_queue(cpl_q),
        .nonzero(in_hand)
    );
    localparam [QUEUES-1:0] ONE = 1;
    wire [QUEUES-1:0] asking = (f_valid ? ONE << f_queue : {QUEUES{1'b0}}) | (read_issued ? ONE << read_queue : {QUEUES{1'b0}})
                               | (write_issued ? ONE << write_queue : {QUEUES{1'b0}});
    assign q_busy = asking | reading | writing | in_hand | prefetching | unpublished;
endmodule

`default_nettype wire
