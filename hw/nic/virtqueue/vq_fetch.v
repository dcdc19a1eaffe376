// SPDX-License-Identifier: Apache-2.0
// Follows the avail side of every running queue and asks for first descriptors, and puts a queue to sleep so that no
// notification is lost. Looks at one queue a cycle, round robin over those with work.
//   split:  reads the avail index, then entries (vq_heads), then a block of descriptors at each head
//   packed: looks at flags (vq_look), then reads the descriptors they publish, in ring order, whatever chains they form
// Either way "seen" is the index up to which the driver is known to have made available, and "next" the first not asked for.
// Longer than most: sleeping, polling and asking all change the same few words of a queue's state.
`default_nettype none

module vq_fetch #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,                       // descriptors of a block
    parameter PACKED_RINGS = 1,
    parameter WINDOW  = 64,                     // descriptors of a packed ring looked at ahead
    parameter BURST   = 16,                     // entries of a read of the avail ring
    parameter SLOT_W  = 6,
    parameter INDEX_W = 16,
    parameter INFO_W  = SLOT_W + INDEX_W + 5,
    parameter N_W     = 16,                     // bits of a number of descriptors
    parameter OFF_W   = N_W + 4
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    input  wire               cfg_event_idx,
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    input  wire [15:0]        start_index,
    input  wire [QUEUES-1:0]  running,
    input  wire [QUEUES-1:0]  broken,
    // notification by the driver
    input  wire               kick_valid,
    input  wire [QW-1:0]      kick_queue,
    // the queue looked at: what the tables and the block store know of it
    output reg  [QW-1:0]      queue,
    output wire [QW-1:0]      queue_ahead,      // it will be in the next cycle
    output wire [15:0]        next_index,
    input  wire [15:0]        size,
    input  wire               slot_room,
    input  wire [SLOT_W-1:0]  slot,
    input  wire               slot_short,       // one descriptor is likely enough (split)
    output wire [2:0]         slot_reserve,     // as many slots are taken: a chain's (split) or a descriptor's (packed)
    input  wire               landed,           // packed: all that was asked for is here, and its last chain goes on
    input  wire               goes_on,
    // reads
    output reg                f_valid,
    input  wire               f_ready,
    output reg  [QW-1:0]      f_queue,
    output reg                f_avail,          // in the avail ring, else among the descriptors
    output reg  [OFF_W-1:0]   f_offset,
    output reg  [7:0]         f_len,
    output reg  [2:0]         f_kind,
    output reg  [INFO_W-1:0]  f_info,
    // avail event (split) or device event suppression (packed) write, and its answer
    output wire               r_valid,
    input  wire               r_ready,
    output wire [OFF_W-1:0]   r_offset,
    output wire [31:0]        r_data,
    input  wire               armed_valid,
    input  wire [QW-1:0]      armed_queue,
    // answers of reads
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [2:0]         a_kind,
    input  wire [QW-1:0]      a_queue,
    input  wire [15:0]        a_size,
    /* verilator lint_off UNUSEDSIGNAL */       // of a look nothing but two flags a descriptor counts
    input  wire [INFO_W-1:0]  a_info,
    input  wire [BLK*128-1:0] a_data,
    /* verilator lint_on UNUSEDSIGNAL */
    // the queue cannot go on: found in an answer, found while looking
    output wire               bad_valid,
    output wire [3:0]         bad_code,
    output wire               head_bad,
    // level: nothing is on its way
    output wire [QUEUES-1:0]  dry,
    // debug
    input  wire [QW-1:0]      dbg_queue,
    output wire [15:0]        dbg_avail_seen,
    output wire [15:0]        dbg_avail_next,
    output wire [2:0]         dbg_state
);
    `include "vq_kinds.vh"
    localparam DEPTH = 1 << QW;
    localparam COUNT_W = $clog2(BURST) + 1;
    localparam BLK_W   = $clog2(BLK);
    /* verilator lint_off WIDTHTRUNC */         // a parameter is 32 bits
    localparam [N_W-1:0] MOST = BURST;
    localparam [N_W-1:0] FEW  = BLK;
    localparam [COUNT_W-1:0] ALIGNED = BURST - 1;
    /* verilator lint_on WIDTHTRUNC */
    localparam S_SLEEP = 3'd0, S_RUN = 3'd1, S_READ = 3'd2, S_ARM = 3'd3, S_ARMING = 3'd4, S_REREAD = 3'd5;

    reg [2:0]        state_q [0:DEPTH-1];
    reg [15:0]       seen    [0:DEPTH-1];       // avail index as last read, or as the flags say
    reg [15:0]       next    [0:DEPTH-1];       // first index not asked for
    reg [QUEUES-1:0] kicked;
    reg [QUEUES-1:0] polled;                    // the last poll found nothing new
    reg [QUEUES-1:0] armed;                     // the event in memory is `seen`, or events are enabled

    // ---- the queue looked at -------------------------------------------------------------------------------------
    wire [2:0]  state   = state_q[queue];
    wire [15:0] seen_s  = seen[queue];
    wire [15:0] next_s  = next[queue];
    wire        active  = running[queue] && !broken[queue];
    /* verilator lint_off UNUSEDSIGNAL */       // no more than the ring has, whatever the driver says
    wire [15:0] span;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [N_W-1:0] known = span[N_W-1:0];
    wire        none    = known == {N_W{1'b0}};
    wire [N_W-1:0] ring_n  = size[N_W-1:0];
    // The place of `next`; a split ring's size is a power of two.
    wire [N_W-1:0] pos_s   = cfg_packed ? {1'b0, next_s[N_W-2:0]} : next_s[N_W-1:0] & (ring_n - 1'b1);
    wire [N_W-1:0] most    = cfg_packed ? FEW : MOST;
    // No more than `most`, a power of two: without a carry chain, since much depends on it.
    wire [N_W-1:0] more_than = known & ~(most - 1'b1);
    wire        few     = more_than == {N_W{1'b0}} || known == most;
    wire [N_W-1:0] burst_s;
    wire        room;
    wire        have;
    wire [15:0] head;
    // A split table's size is a power of two: a block is cut short only in its last piece of BLK, or where it has no more than that.
    wire [N_W-1:0] last     = ring_n - 1'b1;
    wire        in_last     = head[N_W-1:BLK_W] == last[N_W-1:BLK_W];
    wire [2:0]  to_last     = {{(3-BLK_W){1'b0}}, last[BLK_W-1:0]} - {{(3-BLK_W){1'b0}}, head[BLK_W-1:0]} + 3'd1;
    wire [2:0]  desc_n      = slot_short ? 3'd1 : in_last ? to_last : FEW[2:0];
    wire [15:0] look_at;
    wire [2:0]  look_n;
    wire        look_room;
    wire        look_more;
    wire        quiet;

    vq_span u_known (.cfg_packed(cfg_packed), .size(size), .from(next_s), .to(seen_s), .count(span));

    // Nothing is left to do for a packed ring. Where its last chain goes on with a descriptor that was never seen marked
    // available, that descriptor is read all the same: the chain's first one published it.
    wire at_rest = cfg_packed && state == S_RUN && polled[queue] && !kicked[queue] && quiet && none && landed;
    wire forced   = at_rest && goes_on;
    wire [N_W-1:0] burst = forced ? {{(N_W-1){1'b0}}, 1'b1} : burst_s;

    // A split ring is read in aligned pieces, none of which is over its end: a few bits decide, and much depends on it.
    wire [COUNT_W-1:0] to_edge  = (last[COUNT_W-1:0] & ALIGNED) - (pos_s[COUNT_W-1:0] & ALIGNED) + 1'b1;
    wire               past_it  = known[N_W-1:COUNT_W] != {(N_W-COUNT_W){1'b0}} || known[COUNT_W-1:0] > to_edge;
    wire [N_W-1:0]     burst_sp = {{(N_W-COUNT_W){1'b0}}, past_it ? to_edge : known[COUNT_W-1:0]};

    generate
        if (PACKED_RINGS != 0) begin : g_any_size
            wire [N_W-1:0] to_end  = ring_n - pos_s;
            wire [N_W-1:0] burst_a = few ? known : most;
            assign burst_s = !cfg_packed ? burst_sp : (to_end < burst_a) ? to_end : burst_a;
        end else begin : g_aligned
            assign burst_s = burst_sp;
        end
    endgenerate

    reg poll;
    always @*
        case (state)
            S_SLEEP:  poll = kicked[queue];
            S_RUN:
                if (cfg_packed) poll = quiet && look_room && (!polled[queue] || kicked[queue]);
                else poll = none || (few && (!polled[queue] || kicked[queue]));
            S_REREAD: poll = 1'b1;
            default:  poll = 1'b0;
        endcase

    wire ring    = !cfg_packed && !poll && !none && room;
    wire enter   = !poll && slot_room && (cfg_packed ? !none || forced : !ring && have);
    wire ahead   = cfg_packed && !poll && !enter && look_more;
    wire look    = cfg_packed && (poll || ahead);
    wire in_ring = cfg_packed || head < size;

    assign head_bad = active && enter && !in_ring;
    wire       wish = active && (poll || ring || ahead || (enter && in_ring));
    wire [2:0] kind = look ? K_LOOK : poll ? K_IDX : ring ? K_RING : K_DESC;

    // A look needs flags alone, which are the last bytes of a descriptor.
    wire [N_W-1:0] place  = look ? {1'b0, look_at[N_W-2:0]} : cfg_packed ? pos_s : head[N_W-1:0];
    /* verilator lint_off UNUSEDSIGNAL */       // a head that counts is inside the ring
    wire [15:0]    origin = look ? look_at : cfg_packed ? next_s : head;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [2:0]     count  = look ? look_n : cfg_packed ? burst[2:0] : desc_n;
    wire           index  = poll && !look;
    wire [N_W:0]   entry  = {1'b0, pos_s} + {{(N_W-1){1'b0}}, 2'd2};
    wire [COUNT_W-1:0] info_n = ring ? burst[COUNT_W-1:0] : {{(COUNT_W-3){1'b0}}, count};

    // Each on its own: only for a descriptor must the head be known.
    wire free       = active && !f_valid;
    wire sent_poll  = free && poll;
    wire sent_look  = free && look;
    wire sent_ring  = free && ring;
    wire read       = free && enter && in_ring;

    // What is asked for waits in a register: finding that out takes most of a cycle.
    always @(posedge clk) begin
        if (!f_valid) begin
            f_queue  <= queue;
            f_kind   <= kind;
            f_avail  <= ring || index;
            f_offset <= index ? {{(OFF_W-2){1'b0}}, 2'd2} : ring ? {{(OFF_W-N_W-2){1'b0}}, entry, 1'b0} : {place, look, 3'd0};
            f_len    <= index ? 8'd2 : ring ? {{(7-COUNT_W){1'b0}}, burst[COUNT_W-1:0], 1'b0} : {1'b0, count, 4'd0} - {4'd0, look, 3'd0};
            f_info   <= {slot, origin[INDEX_W-1:0], info_n};
        end
        if (rst) f_valid <= 1'b0;
        else f_valid <= f_valid ? !f_ready : wish;
    end

    assign r_valid = active && state == S_ARM;
    assign r_offset = cfg_packed ? {OFF_W{1'b0}} : {{(OFF_W-N_W-3){1'b0}}, ring_n, 3'd4};
    // Without EVENT_IDX it is ENABLE, to which no descriptor belongs.
    assign r_data  = !cfg_packed ? {16'd0, seen_s} : cfg_event_idx ? {16'd2, ~seen_s[15], seen_s[14:0]} : 32'd0;
    assign next_index = next_s;

    assign slot_reserve = !read ? 3'd0 : cfg_packed ? count : 3'd1;

    // ---- which queue next ----------------------------------------------------------------------------------------
    wire [QUEUES-1:0] asleep;
    wire [QUEUES-1:0] empty;
    wire [QUEUES-1:0] work = running & ~broken & ~dry;
    wire              any_work;
    wire [QW-1:0]     queue_next;

    assign dry = asleep & empty;
    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_asleep
            assign asleep[g] = state_q[g] == S_SLEEP && !kicked[g];
        end
    endgenerate

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(work), .take(!f_valid), .any(any_work), .index(queue_next)
    );

    assign queue_ahead = (!f_valid && any_work) ? queue_next : queue;

    always @(posedge clk)
        if (rst) queue <= {QW{1'b0}};
        else queue <= queue_ahead;

    // ---- answers -------------------------------------------------------------------------------------------------
    wire        use_it   = a_valid && running[a_queue] && !broken[a_queue];
    wire        good     = use_it && !a_error;
    wire        idx_back = use_it && a_kind == K_IDX;
    wire        on_ring  = a_kind == K_IDX || a_kind == K_RING || a_kind == K_LOOK || (cfg_packed && a_kind == K_DESC);
    wire [15:0] a_seen   = seen[a_queue];
    wire [15:0] idx      = a_data[15:0];
    wire [15:0] ahead_by = idx - next[a_queue];
    wire        too_far  = ahead_by > a_size;
    wire        idx_ok   = idx_back && !a_error && !too_far;
    wire        used_up  = a_seen == next[a_queue];
    wire        look_ok;
    wire        look_new;
    wire [15:0] look_seen;
    wire        is_new   = cfg_packed ? look_new : idx != a_seen;

    assign bad_valid = use_it && ((a_error && on_ring) || (idx_back && too_far));
    assign bad_code  = a_error ? E_RING_DMA : E_AVAIL_INDEX;

    vq_heads #(.QUEUES(QUEUES), .QW(QW), .BURST(BURST)) u_heads (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .queue(queue), .room(room), .have(have), .head(head),
        .reserve(sent_ring), .take(read && !cfg_packed),
        .land_valid(good && a_kind == K_RING), .land_queue(a_queue), .land_count(a_info[COUNT_W-1:0]), .land_data(a_data[BURST*16-1:0]),
        .empty(empty)
    );

    generate
        if (PACKED_RINGS != 0) begin : g_look
            wire [BLK-1:0] a_avail;
            wire [BLK-1:0] a_used;

            for (g = 0; g < BLK; g = g + 1) begin : g_flags
                assign a_avail[g] = a_data[g*128+55];
                assign a_used[g]  = a_data[g*128+63];
            end

            vq_look #(.QUEUES(QUEUES), .QW(QW), .BLK(BLK), .WINDOW(WINDOW)) u_look (
                .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue), .start_index(start_index),
                .queue(queue), .size(size), .next(next_s), .at(look_at), .count(look_n), .room(look_room), .more(look_more),
                .quiet(quiet), .sent(sent_look), .skip(read && forced),
                .a_valid(good && a_kind == K_LOOK), .a_queue(a_queue), .a_size(a_size),
                .a_at(a_info[INFO_W-SLOT_W-1 -: INDEX_W]), .a_count(a_info[2:0]),
                .a_avail(a_avail), .a_used(a_used), .a_seen(a_seen), .seen_valid(look_ok), .seen_new(look_new), .seen(look_seen)
            );
        end else begin : g_no_look
            assign look_at   = 16'd0;
            assign look_n    = 3'd0;
            assign look_room = 1'b0;
            assign look_more = 1'b0;
            assign quiet     = 1'b1;
            assign look_ok   = 1'b0;
            assign look_new  = 1'b0;
            assign look_seen = 16'd0;
        end
    endgenerate

    // ---- state ---------------------------------------------------------------------------------------------------
    wire [15:0] next_moved;
    vq_step u_next (
        .cfg_packed(cfg_packed), .size(size), .index(next_s), .count({{(16-N_W){1'b0}}, burst}), .moved(next_moved)
    );

    integer i;
    always @(posedge clk) begin
        if (sent_poll) begin
            state_q[queue] <= cfg_packed ? S_RUN : S_READ;
            kicked[queue]  <= 1'b0;
        end
        if (sent_look) polled[queue] <= 1'b0;
        if (sent_ring || (read && cfg_packed)) next[queue] <= next_moved;
        if (read && forced) begin
            seen[queue]   <= next_moved;
            polled[queue] <= 1'b0;
            armed[queue]  <= !cfg_event_idx && armed[queue];
        end
        if (active && at_rest && !goes_on) state_q[queue] <= armed[queue] ? S_SLEEP : S_ARM;
        if (r_valid && r_ready) state_q[queue] <= S_ARMING;
        if (armed_valid) begin
            state_q[armed_queue] <= S_REREAD;
            armed[armed_queue]   <= 1'b1;
        end
        if (idx_ok || look_ok) begin
            polled[a_queue] <= !is_new;
            seen[a_queue]   <= cfg_packed ? look_seen : idx;
            if (is_new && (cfg_event_idx || !cfg_packed)) armed[a_queue] <= 1'b0;
        end
        if (idx_ok) begin
            if (is_new || !used_up) state_q[a_queue] <= S_RUN;
            else if (cfg_event_idx && !armed[a_queue]) state_q[a_queue] <= S_ARM;
            else state_q[a_queue] <= S_SLEEP;
        end
        // Last, so that a notification that meets the poll it calls for is never forgotten.
        if (kick_valid) kicked[kick_queue] <= 1'b1;
        if (start_valid) begin
            state_q[start_queue] <= S_RUN;
            seen[start_queue]    <= start_index;
            next[start_queue]    <= start_index;
            polled[start_queue]  <= 1'b0;
            armed[start_queue]   <= 1'b0;
        end
        if (rst) begin
            kicked <= {QUEUES{1'b0}};
            for (i = 0; i < DEPTH; i = i + 1) state_q[i] <= S_SLEEP;
        end
    end

    assign dbg_avail_seen = seen[dbg_queue];
    assign dbg_avail_next = next[dbg_queue];
    assign dbg_state      = state_q[dbg_queue];
endmodule

`default_nettype wire
