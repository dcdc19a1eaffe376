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
    parameter INFO_W = 27
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
    input  wire [15:0]        start_pos,
    input  wire [QUEUES-1:0]  running,
    input  wire [QUEUES-1:0]  broken,
    // notification by the driver
    input  wire               kick_valid,
    input  wire [QW-1:0]      kick_queue,
    // the queue looked at: what the tables and the block store know of it
    output reg  [QW-1:0]      queue,
    output wire [15:0]        next_index,
    input  wire [15:0]        size,
    input  wire [63:0]        desc,
    input  wire [63:0]        avail,
    input  wire [63:0]        used,
    input  wire               slot_room,
    input  wire [5:0]         slot,
    input  wire               slot_short,       // one descriptor is likely enough (split)
    output wire [2:0]         slot_reserve,     // as many slots are taken: a chain's (split) or a descriptor's (packed)
    input  wire               landed,           // packed: all that was asked for is here, and its last chain goes on
    input  wire               goes_on,
    // reads
    output wire               f_valid,
    input  wire               f_ready,
    output wire [63:0]        f_addr,
    output wire [7:0]         f_len,
    output wire [2:0]         f_kind,
    output wire [INFO_W-1:0]  f_info,
    // avail event (split) or device event suppression (packed) write, and its answer
    output wire               r_valid,
    input  wire               r_ready,
    output wire [63:0]        r_addr,
    output wire [31:0]        r_data,
    input  wire               armed_valid,
    input  wire [QW-1:0]      armed_queue,
    // answers of reads
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [2:0]         a_kind,
    input  wire [QW-1:0]      a_queue,
    input  wire [15:0]        a_size,
    input  wire [20:0]        a_info,           // without the slot
    /* verilator lint_off UNUSEDSIGNAL */       // of a look nothing but two flags a descriptor counts
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
    localparam S_SLEEP = 3'd0, S_RUN = 3'd1, S_READ = 3'd2, S_ARM = 3'd3, S_ARMING = 3'd4, S_REREAD = 3'd5;

    reg [2:0]        state_q [0:DEPTH-1];
    reg [15:0]       seen    [0:DEPTH-1];       // avail index as last read, or as the flags say
    reg [15:0]       next    [0:DEPTH-1];       // first index not asked for
    reg [15:0]       pos     [0:DEPTH-1];       // its place in the ring
    reg [QUEUES-1:0] kicked;
    reg [QUEUES-1:0] polled;                    // the last poll found nothing new
    reg [QUEUES-1:0] armed;                     // the event in memory is `seen`, or events are enabled

    // ---- the queue looked at -------------------------------------------------------------------------------------
    wire [2:0]  state   = state_q[queue];
    wire [15:0] seen_s  = seen[queue];
    wire [15:0] next_s  = next[queue];
    wire [15:0] pos_s   = pos[queue];
    wire        active  = running[queue] && !broken[queue];
    wire [15:0] known;
    wire        none    = known == 16'd0;
    wire [15:0] most    = cfg_packed ? BLK : 16'd16;
    wire        few     = known <= most;
    wire [15:0] to_end  = size - pos_s;
    wire [15:0] burst_a = few ? known : most;
    wire [15:0] burst_b = (to_end < burst_a) ? to_end : burst_a;
    wire        room;
    wire        have;
    wire [15:0] head;
    wire [15:0] desc_left = size - head;
    wire [2:0]  desc_n    = slot_short ? 3'd1 : (desc_left < BLK) ? desc_left[2:0] : BLK;
    wire [15:0] look_at;
    wire [2:0]  look_n;
    wire        look_room;
    wire        look_more;
    wire        quiet;

    vq_span u_known (.cfg_packed(cfg_packed), .size(size), .from(next_s), .to(seen_s), .count(known));

    // Nothing is left to do for a packed ring. Where its last chain goes on with a descriptor that was never seen marked
    // available, that descriptor is read all the same: the chain's first one published it.
    wire at_rest = cfg_packed && state == S_RUN && polled[queue] && !kicked[queue] && quiet && none && landed;
    wire forced   = at_rest && goes_on;
    wire [15:0] burst = forced ? 16'd1 : burst_b;

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
    assign f_valid  = active && (poll || ring || ahead || (enter && in_ring));
    assign f_kind   = look ? K_LOOK : poll ? K_IDX : ring ? K_RING : K_DESC;

    // A look needs flags alone, which are the last bytes of a descriptor.
    wire [15:0] place  = look ? {1'b0, look_at[14:0]} : cfg_packed ? pos_s : head;
    wire [15:0] origin = look ? look_at : cfg_packed ? next_s : head;
    wire [2:0]  count  = look ? look_n : cfg_packed ? burst[2:0] : desc_n;
    assign f_addr = (ring || (poll && !look)) ? avail + (ring ? 64'd4 + {47'd0, pos_s, 1'b0} : 64'd2)
                                              : desc + {44'd0, place, look, 3'd0};
    assign f_len  = (poll && !look) ? 8'd2 : ring ? {2'd0, burst[4:0], 1'b0} : {1'b0, count, 4'd0} - {4'd0, look, 3'd0};
    assign f_info = ring ? {{(INFO_W - 5){1'b0}}, burst[4:0]} : {slot, origin, 2'd0, count};
    assign r_valid = active && state == S_ARM;
    assign r_addr  = cfg_packed ? used : used + 64'd4 + {45'd0, size, 3'd0};
    // Without EVENT_IDX it is ENABLE, to which no descriptor belongs.
    assign r_data  = !cfg_packed ? {16'd0, seen_s} : cfg_event_idx ? {16'd2, ~seen_s[15], seen_s[14:0]} : 32'd0;
    assign next_index = next_s;

    wire sent = f_valid && f_ready;
    wire read = sent && f_kind == K_DESC;
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
        .clk(clk), .rst(rst), .request(work), .take(f_ready), .any(any_work), .index(queue_next)
    );

    always @(posedge clk)
        if (rst) queue <= {QW{1'b0}};
        else if (f_ready && any_work) queue <= queue_next;

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

    vq_heads #(.QUEUES(QUEUES), .QW(QW)) u_heads (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .queue(queue), .room(room), .have(have), .head(head),
        .reserve(sent && ring), .take(read && !cfg_packed),
        .land_valid(good && a_kind == K_RING), .land_queue(a_queue), .land_count(a_info[4:0]), .land_data(a_data[255:0]),
        .empty(empty)
    );

    wire [BLK-1:0] a_avail;
    wire [BLK-1:0] a_used;

    generate
        for (g = 0; g < BLK; g = g + 1) begin : g_flags
            assign a_avail[g] = a_data[g*128+55];
            assign a_used[g]  = a_data[g*128+63];
        end
    endgenerate

    vq_look #(.QUEUES(QUEUES), .QW(QW), .BLK(BLK)) u_look (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue), .start_index(start_index),
        .queue(queue), .size(size), .next(next_s), .at(look_at), .count(look_n), .room(look_room), .more(look_more),
        .quiet(quiet), .sent(sent && look), .skip(read && forced),
        .a_valid(good && a_kind == K_LOOK), .a_queue(a_queue), .a_size(a_size), .a_at(a_info[20:5]), .a_count(a_info[2:0]),
        .a_avail(a_avail), .a_used(a_used), .a_seen(a_seen), .seen_valid(look_ok), .seen_new(look_new), .seen(look_seen)
    );

    // ---- state ---------------------------------------------------------------------------------------------------
    wire [15:0] next_moved;
    vq_step u_next (.cfg_packed(cfg_packed), .size(size), .index(next_s), .count(burst), .moved(next_moved));

    integer i;
    always @(posedge clk) begin
        if (sent && poll) begin
            state_q[queue] <= cfg_packed ? S_RUN : S_READ;
            kicked[queue]  <= 1'b0;
        end
        if (sent && look) polled[queue] <= 1'b0;
        if (sent && (ring || (read && cfg_packed))) begin
            next[queue] <= next_moved;
            pos[queue]  <= (burst == to_end) ? 16'd0 : pos_s + burst;
        end
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
            pos[start_queue]     <= start_pos;
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
