// SPDX-License-Identifier: Apache-2.0
// Walks one popped chain at a time and gives a segment word a descriptor. Where the first block ends it goes on with further
// ones (vq_further), or, in a packed ring, with the queue's next slot, since what follows on the ring follows in the chain.
// A bad chain of a packed ring is walked to its end, because its last descriptor holds the buffer id.
// Longer than most: every rule about a descriptor is judged in the one place that holds the chain's state.
`default_nettype none

module vq_walker #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
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
    input  wire [63:0]        desc,
    // prefetched chains (split) or descriptors (packed)
    input  wire [QUEUES-1:0]  ready,
    input  wire [QUEUES-1:0]  gone,             // none of that queue is ready or will be, until it starts afresh
    output wire               pop,              // a chain is begun
    output wire               take,             // a slot is read
    output wire [QW-1:0]      take_queue,
    input  wire [3:0]         row_code,
    input  wire [15:0]        row_id,
    input  wire               row_indirect,
    input  wire [63:0]        row_table,
    input  wire [15:0]        row_entries,
    input  wire [15:0]        row_index,
    input  wire [2:0]         row_count,
    input  wire [BLK*128-1:0] row_data,
    // reads of further blocks
    output wire               w_valid,
    input  wire               w_ready,
    output wire [63:0]        w_addr,
    output wire [2:0]         w_count,
    input  wire               a_valid,          // the answer is one of these
    input  wire               a_error,
    input  wire [BLK*128-1:0] a_data,
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
    localparam S_IDLE = 3'd0, S_LOAD = 3'd1, S_STEP = 3'd2, S_FETCH = 3'd3, S_NEXT = 3'd4;

    reg [2:0]         state_q;
    reg [QW-1:0]      queue_q;
    reg [15:0]        id;
    reg [3:0]         code;                     // what is wrong with the chain, 0 nothing yet
    reg               in_table;                 // the descriptors come from an indirect table
    reg [63:0]        base;                     // of the table the descriptors come from
    reg [15:0]        entries;
    reg [15:0]        index;                    // of the descriptor in hand
    reg [15:0]        walked;                   // descriptors given so far
    reg [15:0]        on_ring;                  // descriptors of the ring's own table so far
    reg               counted;                  // the descriptor in hand is among them
    reg               writable;                 // a writable descriptor has been given
    reg               lost;                     // a descriptor of a packed ring could not be read
    reg [BLK*128-1:0] block;
    reg [2:0]         left;                     // descriptors in the block from the one in hand on

    // ---- the descriptor in hand; a packed table's flags mean nothing but WRITE, its order is the chain's -----------------
    wire        by_order = cfg_packed && in_table;
    wire        by_ring  = cfg_packed && !in_table;
    wire [15:0] beside   = index + 16'd1;
    wire        at_end   = beside == entries;
    wire [63:0] d_addr   = block[63:0];
    wire [31:0] d_len    = block[95:64];
    wire        d_next   = by_order ? !at_end : block[96];
    wire        d_write  = block[97];
    wire        d_ref    = block[98] && !by_order;
    wire [15:0] d_link   = !cfg_packed ? block[127:112] : at_end ? 16'd0 : beside;
    wire [3:0]  ref_code;
    wire        go       = state_q == S_STEP && (!seg_valid || seg_ready);
    wire [3:0]  fault    = d_ref ? ref_code : (d_len == 32'd0) ? E_ZERO : (writable && !d_write) ? E_ORDER : 4'd0;
    wire        good     = go && code == 4'd0 && fault == 4'd0;
    wire        give     = good && !d_ref;
    wire        enter    = good && d_ref;
    wire        too_far  = d_link >= entries;
    wire        too_long = (by_ring ? on_ring : walked) + 16'd1 >= size;
    wire        pass     = go && code != 4'd0 && by_ring && d_next && !too_long && !lost;
    wire        fail     = go && code != 4'd0 && !pass;
    wire        onward   = pass || (give && d_next && !too_far && !too_long);
    wire        follows  = d_link == beside && left != 3'd1;
    wire        slot     = by_ring && ready[queue_q];

    vq_indirect u_check (
        .next(block[96]), .nested(in_table || cfg_packed), .len(d_len), .cfg_indirect(cfg_indirect), .size(size), .code(ref_code)
    );

    // ---- blocks and slots ------------------------------------------------------------------------------------------
    wire               match;
    wire               further_idle;
    wire [15:0]        wanted;
    wire [2:0]         held_count;
    wire               held_error;
    wire [BLK*128-1:0] held_block;
    wire               got  = state_q == S_FETCH && match;
    wire               load = state_q == S_LOAD;

    assign queue      = queue_q;
    assign pop_ready  = state_q == S_IDLE && further_idle && ready[pop_queue];
    assign pop        = pop_valid && pop_ready;
    assign take       = pop || (slot && ((onward && !follows) || state_q == S_NEXT));
    assign take_queue = (state_q == S_IDLE) ? pop_queue : queue_q;

    // A full block of links whose last one leads to its neighbour: the neighbour's block will be wanted soon.
    wire [BLK*128-1:0] fresh       = load ? row_data : held_block;
    wire [2:0]         fresh_count = load ? row_count : held_count;
    wire [15:0]        fresh_index = load ? row_index : wanted;
    wire [15:0]        fresh_end   = fresh_index + BLK;
    wire               fresh_order = cfg_packed && (load ? row_indirect : in_table);
    wire [BLK-1:0]     fresh_goes_on;
    wire [15:0]        fresh_limit = !load ? entries : row_indirect ? row_entries : size;
    wire               fresh_look  = fresh_count == BLK && &fresh_goes_on && fresh_end < fresh_limit &&
                                     (cfg_packed || fresh[BLK*128-1 -: 16] == fresh_end);

    generate
        genvar g;
        for (g = 0; g < BLK; g = g + 1) begin : g_goes_on
            assign fresh_goes_on[g] = fresh_order || (fresh[g*128+96] && !fresh[g*128+98]);
        end
    endgenerate

    vq_further #(.BLK(BLK)) u_further (
        .clk(clk), .rst(rst), .forget(pop || enter || got), .need(state_q == S_FETCH),
        .need_at_valid(enter || (onward && !follows)), .need_at(enter ? 16'd0 : d_link),
        .loaded(load || got), .look(fresh_look), .loaded_end(fresh_end), .walking(state_q == S_STEP), .base(base),
        .entries(entries), .match(match), .wanted(wanted), .idle(further_idle), .held_count(held_count), .held_error(held_error),
        .held_block(held_block), .w_valid(w_valid), .w_ready(w_ready), .w_addr(w_addr), .w_count(w_count),
        .a_valid(a_valid), .a_error(a_error), .a_data(a_data)
    );

    always @(posedge clk) begin
        case (state_q)
            S_IDLE:
                if (pop) begin
                    state_q  <= S_LOAD;
                    queue_q  <= pop_queue;
                    code     <= 4'd0;
                    walked   <= 16'd0;
                    on_ring  <= 16'd0;
                    writable <= 1'b0;
                    lost     <= 1'b0;
                end
            S_LOAD: begin
                state_q  <= S_STEP;
                id       <= row_id;
                in_table <= row_indirect;
                base     <= row_indirect ? row_table : desc;
                entries  <= row_indirect ? row_entries : size;
                if (row_indirect) on_ring <= 16'd1;
                if (code == 4'd0) code <= row_code;
            end
            S_STEP: begin
                if (go && code == 4'd0) code <= fault;
                if (fail) state_q <= S_IDLE;
                if (enter) begin
                    state_q  <= S_FETCH;
                    in_table <= 1'b1;
                    base     <= d_addr;
                    entries  <= d_len[19:4];
                    on_ring  <= on_ring + 16'd1;
                end
                if (give) begin
                    walked   <= walked + 16'd1;
                    writable <= d_write;
                    counted  <= 1'b1;
                    if (!d_next) state_q <= S_IDLE;
                    else if (too_far) code <= E_DESC_INDEX;
                    else if (too_long) code <= E_LENGTH;
                end
                if ((give || pass) && !in_table) on_ring <= on_ring + 16'd1;
                if (onward) begin
                    counted <= 1'b0;
                    if (follows) begin
                        block <= block >> 128;
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

        if (load || got) begin
            block   <= fresh;
            left    <= fresh_count;
            index   <= fresh_index;
            counted <= 1'b0;
        end
        if (rst) state_q <= S_IDLE;
    end

    // ---- to the consumer -----------------------------------------------------------------------------------------
    always @(posedge clk) begin
        if (give || fail) begin
            seg_queue <= queue_q;
            seg_id    <= by_ring ? block[127:112] : id;
            seg_addr  <= d_addr;
            seg_len   <= d_len;
            seg_write <= d_write;
            seg_last  <= fail || !d_next;
            seg_error <= fail;
            seg_ndesc <= (fail && lost) ? 16'd0 : (in_table || counted) ? on_ring : on_ring + 16'd1;
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
