// SPDX-License-Identifier: Apache-2.0
// Stores the first descriptors of every prefetched chain. Where the first one refers to an indirect table, or links
// to a place outside the block read with it, the second read is made here too, so that the walker finds each of these
// chains ready. 64 slots a queue, filled in any order and used in ring order.
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
    input  wire               cfg_indirect,
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    input  wire [QUEUES-1:0]  running,
    // the fetcher looks at a queue and takes a slot of it
    input  wire [QW-1:0]      queue,
    output wire               slot_room,
    output wire [5:0]         slot,
    output wire               slot_short,
    input  wire               slot_reserve,
    // answers of reads; info is {slot, head, 2'b0, descriptors}
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [2:0]         a_kind,
    input  wire [QW-1:0]      a_queue,
    input  wire [INFO_W-1:0]  a_info,
    input  wire [BLK*128-1:0] a_data,
    input  wire [15:0]        a_size,
    input  wire [63:0]        a_desc,
    // second reads
    output wire               i_valid,
    input  wire               i_ready,
    output wire [QW-1:0]      i_queue,
    output wire [63:0]        i_addr,
    output wire [INFO_W-1:0]  i_info,
    output wire [QUEUES-1:0]  i_pending,        // one of that queue is still to be asked for
    // to the walker
    output wire [QUEUES-1:0]  ready,
    output wire [QUEUES-1:0]  empty,
    input  wire               pop,
    input  wire [QW-1:0]      pop_queue,
    output wire [3:0]         row_code,         // of the chain popped, from the next cycle on
    output wire [15:0]        row_head,
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
    localparam REFS   = 32;                     // second reads to come, or perhaps to come
    localparam META_W = 4 + 16 + 1 + 1 + 128;
    localparam ROW_W  = 4 + 3 + BLK * 128;
    localparam REF_W  = QW + INFO_W + 64;

    // ---- slots: pointers of each queue, one valid bit a slot ---------------------------------------------------------
    reg [SLOT_W:0]         asked [0:DEPTH-1];
    reg [SLOT_W:0]         first [0:DEPTH-1];
    /* verilator lint_off UNUSEDSIGNAL */       // whole powers of two, so that {queue, slot} is the index
    reg [DEPTH*SLOTS-1:0]  full;
    /* verilator lint_on UNUSEDSIGNAL */
    reg [QUEUES-1:0]       short;               // the last chain made no use of a first descriptor's neighbours
    reg [5:0]              descs_out;
    wire [5:0]             refs;

    wire [SLOT_W:0]   asked_s  = asked[queue];
    wire [SLOT_W:0]   first_s  = first[queue];
    wire [SLOT_W:0]   first_p  = first[pop_queue];
    wire [SLOT_W-1:0] a_slot   = a_info[INFO_W-1 -: SLOT_W];

    assign slot       = asked_s[SLOT_W-1:0];
    assign slot_short = short[queue];
    // Every first read in flight may turn out to need a second, and an answer cannot be stalled.
    assign slot_room  = asked_s != {~first_s[SLOT_W], first_s[SLOT_W-1:0]} && {1'b0, descs_out} + {1'b0, refs} < REFS;

    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_queue
            wire [SLOTS-1:0]  mine = full[g*SLOTS +: SLOTS];
            wire [SLOT_W-1:0] at = first[g][SLOT_W-1:0];
            assign ready[g] = running[g] && mine[at];
            assign empty[g] = asked[g] == first[g];
        end
    endgenerate

    // ---- verdict on an answer ------------------------------------------------------------------------------------
    wire        is_desc   = a_valid && a_kind == K_DESC;
    wire        is_table  = a_valid && a_kind == K_TABLE;
    wire [63:0] d_addr    = a_data[63:0];
    wire [31:0] d_len     = a_data[95:64];
    wire        reference = a_data[98] && !a_error;
    wire [3:0]  ref_code;
    wire [15:0] link      = a_data[127:112];
    wire [15:0] head      = a_info[20:5];
    wire        linked    = a_data[96] && !a_data[98] && !a_error;
    wire        beside    = linked && link == head + 16'd1;
    wire        jump      = linked && link < a_size && !(beside && a_info[2:0] != 3'd1);
    wire        follow    = is_desc && running[a_queue] && ((reference && ref_code == 4'd0) || jump);
    wire        settled   = is_table || (is_desc && !follow);
    wire [3:0]  meta_code = a_error ? E_DESC_DMA : reference ? ref_code : 4'd0;
    wire [15:0] entries   = reference ? d_len[19:4] : a_size - link;
    wire [2:0]  limit     = reference ? BLK : BLK - 1;
    wire [2:0]  t_count   = (entries < {13'd0, limit}) ? entries[2:0] : limit;
    wire [63:0] t_addr    = reference ? d_addr : a_desc + {44'd0, link, 4'd0};

    vq_indirect u_check (
        .next(a_data[96]), .nested(1'b0), .len(d_len), .cfg_indirect(cfg_indirect), .size(a_size), .code(ref_code)
    );

    // ---- rows: the first descriptor, and the block ---------------------------------------------------------------------
    wire [3:0]         meta_code_r;
    wire               jump_r;
    /* verilator lint_off UNUSEDSIGNAL */       // as a reference only its address and length mean something
    wire [127:0]       desc_r;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [3:0]         block_code_r;
    wire [2:0]         count_r;
    wire [BLK*128-1:0] block_r;

    vq_ram #(.WIDTH(META_W), .DEPTH(DEPTH * SLOTS)) u_meta (
        .clk(clk),
        .wr_en(is_desc), .wr_addr({a_queue, a_slot}),
        .wr_data({meta_code, head, reference, jump, a_data[127:0]}),
        .rd_en(pop), .rd_addr({pop_queue, first_p[SLOT_W-1:0]}),
        .rd_data({meta_code_r, row_head, row_indirect, jump_r, desc_r})
    );
    vq_ram #(.WIDTH(ROW_W), .DEPTH(DEPTH * SLOTS)) u_rows (
        .clk(clk),
        .wr_en(settled), .wr_addr({a_queue, a_slot}),
        .wr_data({a_error ? E_DESC_DMA : 4'd0, a_info[2:0], a_data}),
        .rd_en(pop), .rd_addr({pop_queue, first_p[SLOT_W-1:0]}),
        .rd_data({block_code_r, count_r, block_r})
    );
    assign row_table   = desc_r[63:0];
    assign row_entries = desc_r[83:68];
    assign row_index   = row_indirect ? 16'd0 : jump_r ? desc_r[127:112] - 16'd1 : row_head;
    assign row_count   = jump_r ? count_r + 3'd1 : count_r;
    assign row_data    = jump_r ? {block_r[BLK*128-129:0], desc_r} : block_r;
    assign row_code = (meta_code_r != 4'd0) ? meta_code_r : block_code_r;

    // ---- second reads waiting for their turn ---------------------------------------------------------------------------
    wire              ref_valid;
    wire [REF_W-1:0]  ref_data;
    wire              ref_drop = ref_valid && !running[i_queue];
    wire              ref_done = ref_drop || (i_valid && i_ready);

    assign {i_queue, i_info, i_addr} = ref_data;
    assign i_valid = ref_valid && running[i_queue];

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(REF_W), .DEPTH(REFS)) u_refs (
        .clk(clk), .rst(rst),
        .s_data({a_queue, a_info[INFO_W-1:3], t_count, t_addr}), .s_valid(follow), .s_ready(),  // room is reserved
        .m_data(ref_data), .m_valid(ref_valid), .m_ready(ref_done), .count(refs)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(6)) u_pending (
        .clk(clk), .rst(rst), .inc_valid(follow), .inc_queue(a_queue), .dec_valid(ref_done), .dec_queue(i_queue),
        .nonzero(i_pending)
    );

    // ---- state ---------------------------------------------------------------------------------------------------
    integer i;
    always @(posedge clk) begin
        if (is_desc) short[a_queue] <= !beside;
        if (rst) begin
            full      <= {DEPTH*SLOTS{1'b0}};
            short     <= {QUEUES{1'b0}};
            descs_out <= 6'd0;
            for (i = 0; i < DEPTH; i = i + 1) begin
                asked[i] <= {(SLOT_W+1){1'b0}};
                first[i] <= {(SLOT_W+1){1'b0}};
            end
        end else begin
            if (slot_reserve && !is_desc) descs_out <= descs_out + 1'b1;
            if (is_desc && !slot_reserve) descs_out <= descs_out - 1'b1;
            if (slot_reserve) asked[queue] <= asked_s + 1'b1;
            if (settled) full[{a_queue, a_slot}] <= 1'b1;
            if (pop) begin
                full[{pop_queue, first_p[SLOT_W-1:0]}] <= 1'b0;
                first[pop_queue] <= first_p + 1'b1;
            end
            if (start_valid) begin
                full[{start_queue, {SLOT_W{1'b0}}} +: SLOTS] <= {SLOTS{1'b0}};
                asked[start_queue] <= {(SLOT_W+1){1'b0}};
                first[start_queue] <= {(SLOT_W+1){1'b0}};
            end
        end
    end
endmodule

`default_nettype wire
