// SPDX-License-Identifier: Apache-2.0
// Walks one popped chain at a time and gives a segment word a descriptor. Where the first block ends it goes on with further
// ones (vq_further), or, in a packed ring, with the queue's next slot, since what follows on the ring follows in the chain.
// A bad chain of a packed ring is walked to its end, because its last descriptor holds the buffer id.
// Longer than most: every rule about a descriptor is judged in the one place that holds the chain's state.
`default_nettype none

module vq_walker #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter ADDR_W = 64,
    parameter A_W    = (ADDR_W < 64) ? ADDR_W + 1 : 64,
    parameter LINK_W = 16,
    parameter D_W    = A_W + 35 + LINK_W,
    parameter N_W    = 16,                      // bits of a number of descriptors
    parameter OFF_W  = N_W + 4,
    parameter BLK    = 4
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    input  wire               cfg_indirect,
    output wire [QW-1:0]      queue,            // of the chain in hand
    input  wire [15:0]        size,
    // prefetched chains (split) or descriptors (packed)
    input  wire [QUEUES-1:0]  ready,
    input  wire [QUEUES-1:0]  gone,             // none of that queue is ready or will be, until it starts afresh
    output wire               pop,              // a chain is begun
    output wire               take,             // a slot is read
    output wire [QW-1:0]      take_queue,
    input  wire [3:0]         row_code,
    input  wire [15:0]        row_id,
    input  wire               row_indirect,
    input  wire [A_W-1:0]     row_table,
    input  wire [N_W-1:0]     row_entries,
    input  wire [N_W-1:0]     row_index,
    input  wire [2:0]         row_count,
    input  wire [BLK*D_W-1:0] row_data,
    // reads of further blocks
    output wire               w_valid,
    input  wire               w_ready,
    output wire               w_indirect,       // in the table at w_base
    output wire [A_W-1:0]     w_base,
    output wire [OFF_W-1:0]   w_offset,
    output wire [2:0]         w_count,
    input  wire               a_valid,          // the answer is one of these
    input  wire               a_error,
    input  wire [BLK*D_W-1:0] a_data,
    // consumer
    input  wire               pop_valid,
    output wire               pop_ready,
    input  wire [QW-1:0]      pop_queue,
    output reg                seg_valid,
    input  wire               seg_ready,
    output reg  [QW-1:0]      seg_queue,
    output reg  [63:0]        seg_addr,
    output reg  [31:0]        seg_len,
    output reg                seg_write,
    output reg                seg_last,
    output reg                seg_error,
    output reg  [15:0]        seg_id,           // packed: of the chain in its last word only
    output reg  [15:0]        seg_ndesc,        // 0 with seg_error: the chain's end is not known, it cannot be returned
    // events
    output reg                err_valid,
    output reg  [QW-1:0]      err_queue,
    output reg  [3:0]         err_code
);
    `include "vq_kinds.vh"
    `include "vq_desc.vh"
    /* verilator lint_off WIDTHTRUNC */         // a parameter is 32 bits
    localparam [N_W-1:0] FULL = BLK;
    /* verilator lint_on WIDTHTRUNC */
    localparam S_IDLE = 3'd0, S_LOAD = 3'd1, S_STEP = 3'd2, S_FETCH = 3'd3, S_NEXT = 3'd4;

    reg [2:0]         state_q;
    reg [QW-1:0]      queue_q;
    reg [15:0]        id;
    reg [3:0]         code;                     // what is wrong with the chain, 0 nothing yet
    reg               in_table;                 // the descriptors come from an indirect table
    reg [A_W-1:0]     base;                     // of that table
    reg [N_W-1:0]     entries;                  // of the table they come from
    reg [N_W-1:0]     index;                    // of the descriptor in hand
    reg [N_W-1:0]     walked;                   // descriptors given so far
    reg [N_W-1:0]     on_ring;                  // descriptors of the ring's own table so far
    reg               counted;                  // the descriptor in hand is among them
    reg               writable;                 // a writable descriptor has been given
    reg               lost;                     // a descriptor of a packed ring could not be read
    reg [BLK*D_W-1:0] block;
    reg               empty;                    // the descriptor in hand has no bytes
    reg [3:0]         ref_code;                 // what is wrong with it as a reference to a table
    reg [2:0]         left;                     // descriptors in the block from the one in hand on

    // ---- the descriptor in hand; a packed table's flags mean nothing but WRITE, its order is the chain's -----------------
    wire             by_order = cfg_packed && in_table;
    wire             by_ring  = cfg_packed && !in_table;
    wire [N_W-1:0]   beside   = index + 1'b1;
    wire             at_end   = beside == entries;
    wire [A_W-1:0]   d_addr   = block[A_W-1:0];
    wire [31:0]      d_len    = block[D_LEN +: 32];
    wire             d_next   = by_order ? !at_end : block[D_NEXT];
    wire             d_write  = block[D_WRITE];
    wire             d_ref    = block[D_REF] && !by_order;
    wire [LINK_W-1:0] link    = block[D_LINK +: LINK_W];
    wire [N_W-1:0]   d_link   = !cfg_packed ? link[N_W-1:0] : at_end ? {N_W{1'b0}} : beside;

    // ---- the verdict on it, and what comes next --------------------------------------------------------------------------
    wire        go       = state_q == S_STEP && (!seg_valid || seg_ready);
    wire [3:0]  fault    = d_ref ? ref_code : empty ? E_ZERO : (writable && !d_write) ? E_ORDER : 4'd0;
    wire        good     = go && code == 4'd0 && fault == 4'd0;
    wire        give     = good && !d_ref;
    wire        enter    = good && d_ref;
    wire        outside  = !cfg_packed && {1'b0, link} >= {{(LINK_W+1-N_W){1'b0}}, entries};
    wire        too_far  = outside || d_link >= entries;
    wire [N_W-1:0] given = (by_ring ? on_ring : walked) + 1'b1;
    wire        too_long = given >= size[N_W-1:0];
    wire        pass     = go && code != 4'd0 && by_ring && d_next && !too_long && !lost;
    wire        fail     = go && code != 4'd0 && !pass;
    wire        onward   = pass || (give && d_next && !too_far && !too_long);
    wire        follows  = d_link == beside && left != 3'd1;
    wire        slot     = by_ring && ready[queue_q];

    // ---- blocks and slots ------------------------------------------------------------------------------------------
    wire               match;
    wire               further_idle;
    wire [N_W-1:0]     wanted;
    wire [N_W-1:0]     w_place;
    wire [2:0]         held_count;
    wire               held_error;
    wire [BLK*D_W-1:0] held_block;
    wire               got  = state_q == S_FETCH && match;
    wire               load = state_q == S_LOAD;
    wire               step = onward && follows;

    // What a length says of its descriptor is found out as that comes into hand.
    wire [BLK*D_W-1:0] block_next = load ? row_data : got ? held_block : block >> D_W;
    wire [31:0]        len_next   = block_next[D_LEN +: 32];
    wire               nested     = (load ? row_indirect : in_table) || cfg_packed;
    wire [3:0]         code_next;

    vq_indirect u_check (
        .next(block_next[D_NEXT]), .nested(nested), .len(len_next), .cfg_indirect(cfg_indirect), .size(size), .code(code_next)
    );

    assign queue      = queue_q;
    assign w_indirect = in_table;
    assign w_base     = base;
    assign w_offset   = {w_place, 4'd0};
    assign pop_ready  = state_q == S_IDLE && further_idle && ready[pop_queue];
    assign pop        = pop_valid && pop_ready;
    assign take       = pop || (slot && ((onward && !follows) || state_q == S_NEXT));
    assign take_queue = (state_q == S_IDLE) ? pop_queue : queue_q;

    // A full block of links whose last one leads to its neighbour: the neighbour's block will be wanted soon. Judged in the cycle
    // after the block was taken, from what is registered then.
    reg             fresh;
    wire [N_W-1:0]  end_index = index + FULL;
    wire [LINK_W:0] end_link  = {1'b0, block[BLK*D_W-1 -: LINK_W]};
    wire [BLK-1:0]  goes_on;
    wire            look = left == BLK && &goes_on && end_index < entries &&
                           (cfg_packed || end_link == {{(LINK_W+1-N_W){1'b0}}, end_index});

    generate
        genvar g;
        for (g = 0; g < BLK; g = g + 1) begin : g_goes_on
            assign goes_on[g] = by_order || (block[g*D_W+D_NEXT] && !block[g*D_W+D_REF]);
        end
    endgenerate

    vq_further #(.BLK(BLK), .N_W(N_W), .BLK_W(BLK * D_W)) u_further (
        .clk(clk), .rst(rst), .forget(pop || enter || got), .need(state_q == S_FETCH),
        .need_at_valid(enter || (onward && !follows)), .need_at(enter ? {N_W{1'b0}} : d_link),
        .loaded(fresh), .look(look), .loaded_end(end_index), .walking(state_q == S_STEP),
        .entries(entries), .match(match), .wanted(wanted), .idle(further_idle), .held_count(held_count), .held_error(held_error),
        .held_block(held_block), .w_valid(w_valid), .w_ready(w_ready), .w_place(w_place), .w_count(w_count),
        .a_valid(a_valid), .a_error(a_error), .a_data(a_data)
    );

    always @(posedge clk) begin
        case (state_q)
            S_IDLE:
                if (pop) begin
                    state_q  <= S_LOAD;
                    queue_q  <= pop_queue;
                    code     <= 4'd0;
                    walked   <= {N_W{1'b0}};
                    on_ring  <= {N_W{1'b0}};
                    writable <= 1'b0;
                    lost     <= 1'b0;
                end
            S_LOAD: begin
                state_q  <= S_STEP;
                id       <= row_id;
                in_table <= row_indirect;
                base     <= row_table;
                entries  <= row_indirect ? row_entries : size[N_W-1:0];
                if (row_indirect) on_ring <= {{(N_W-1){1'b0}}, 1'b1};
                if (code == 4'd0) code <= row_code;
            end
            S_STEP: begin
                if (go && code == 4'd0) code <= fault;
                if (fail) state_q <= S_IDLE;
                if (enter) begin
                    state_q  <= S_FETCH;
                    in_table <= 1'b1;
                    base     <= d_addr;
                    entries  <= d_len[4 +: N_W];
                    on_ring  <= on_ring + 1'b1;
                end
                if (give) begin
                    walked   <= walked + 1'b1;
                    writable <= d_write;
                    counted  <= 1'b1;
                    if (!d_next) state_q <= S_IDLE;
                    else if (too_far) code <= E_DESC_INDEX;
                    else if (too_long) code <= E_LENGTH;
                end
                if ((give || pass) && !in_table) on_ring <= on_ring + 1'b1;
                if (onward) begin
                    counted <= 1'b0;
                    if (follows) begin
                        index <= beside;
                        left  <= left - 3'd1;
                    end else state_q <= slot ? S_LOAD : by_ring ? S_NEXT : S_FETCH;
                end
            end
            S_FETCH:
                if (match) begin
                    state_q <= S_STEP;
                    if (held_error) begin
                        code <= by_ring ? E_RING_DMA : E_DESC_DMA;
                        lost <= by_ring;
                    end
                end
            S_NEXT:
                if (slot) state_q <= S_LOAD;
                else if (gone[queue_q]) state_q <= S_FETCH;
            default: state_q <= S_IDLE;
        endcase

        if (load || got || step) begin
            block    <= block_next;
            empty    <= len_next == 32'd0;
            ref_code <= code_next;
        end
        if (load || got) begin
            left    <= load ? row_count : held_count;
            index   <= load ? row_index : wanted;
            counted <= 1'b0;
        end
        fresh <= load || got;
        if (rst) state_q <= S_IDLE;
    end

    // ---- to the consumer: an address beyond the card's reach becomes the last one, never another ----------------------------
    wire [63:0] d_reach;

    generate
        if (ADDR_W < 64) begin : g_short
            assign d_reach = {{(64-ADDR_W){1'b0}}, d_addr[ADDR_W-1:0] | {ADDR_W{d_addr[ADDR_W]}}};
        end else begin : g_whole
            assign d_reach = d_addr;
        end
    endgenerate

    always @(posedge clk) begin
        if (give || fail) begin
            seg_queue <= queue_q;
            seg_id    <= by_ring ? {{(16-LINK_W){1'b0}}, link} : id;
            seg_addr  <= d_reach;
            seg_len   <= d_len;
            seg_write <= d_write;
            seg_last  <= fail || !d_next;
            seg_error <= fail;
            seg_ndesc <= (fail && lost) ? 16'd0 : {{(16-N_W){1'b0}}, on_ring} + {15'd0, !in_table && !counted};
        end
        err_queue <= queue_q;
        err_code  <= code;
        err_valid <= fail && !rst;
        if (rst) seg_valid <= 1'b0;
        else if (give || fail) seg_valid <= 1'b1;
        else if (seg_ready) seg_valid <= 1'b0;
    end
endmodule

`default_nettype wire
