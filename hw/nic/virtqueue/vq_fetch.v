// SPDX-License-Identifier: Apache-2.0
// Follows the avail ring of every running queue: reads its index, then entries, then first descriptors, and puts a
// queue to sleep so that no notification is lost. Looks at one queue a cycle, round robin over those with work.
// Longer than most: sleeping, polling and asking all change the same few words of a queue's state.
`default_nettype none

module vq_fetch #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,                       // descriptors of a block
    parameter INFO_W = 27
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_event_idx,
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    input  wire [15:0]       start_index,
    input  wire [15:0]       start_pos,
    input  wire [QUEUES-1:0] running,
    input  wire [QUEUES-1:0] broken,
    // notification by the driver
    input  wire              kick_valid,
    input  wire [QW-1:0]     kick_queue,
    // the queue looked at: what the tables and the block store know of it
    output reg  [QW-1:0]     queue,
    input  wire [15:0]       size,
    input  wire [63:0]       desc,
    input  wire [63:0]       avail,
    input  wire [63:0]       used,
    input  wire              slot_room,
    input  wire [5:0]        slot,
    input  wire              slot_short,        // one descriptor is likely enough
    output wire              slot_reserve,
    // reads
    output wire              f_valid,
    input  wire              f_ready,
    output wire [63:0]       f_addr,
    output wire [7:0]        f_len,
    output wire [2:0]        f_kind,
    output wire [INFO_W-1:0] f_info,
    // avail event write and its answer
    output wire              r_valid,
    input  wire              r_ready,
    output wire [63:0]       r_addr,
    output wire [15:0]       r_data,
    input  wire              armed_valid,
    input  wire [QW-1:0]     armed_queue,
    // answers of reads
    input  wire              a_valid,
    input  wire              a_error,
    input  wire [2:0]        a_kind,
    input  wire [QW-1:0]     a_queue,
    input  wire [15:0]       a_size,
    input  wire [4:0]        a_count,
    input  wire [255:0]      a_data,
    // the queue cannot go on: found in an answer, found while looking
    output wire              bad_valid,
    output wire [3:0]        bad_code,
    output wire              head_bad,
    // level: nothing is on its way
    output wire [QUEUES-1:0] dry,
    // debug
    input  wire [QW-1:0]     dbg_queue,
    output wire [15:0]       dbg_avail_seen,
    output wire [15:0]       dbg_avail_next,
    output wire [2:0]        dbg_state
);
    `include "vq_kinds.vh"
    localparam DEPTH = 1 << QW;
    localparam S_SLEEP = 3'd0, S_RUN = 3'd1, S_READ = 3'd2, S_ARM = 3'd3, S_ARMING = 3'd4, S_REREAD = 3'd5;

    reg [2:0]        state_q [0:DEPTH-1];
    reg [15:0]       seen    [0:DEPTH-1];       // avail index as last read
    reg [15:0]       next    [0:DEPTH-1];       // first entry not asked for
    reg [15:0]       pos     [0:DEPTH-1];       // its place in the ring
    reg [QUEUES-1:0] kicked;
    reg [QUEUES-1:0] polled;                    // the last read of the index found nothing new
    reg [QUEUES-1:0] armed;                     // avail event in memory is `seen`

    // ---- the queue looked at -------------------------------------------------------------------------------------
    wire [2:0]  state   = state_q[queue];
    wire [15:0] seen_s  = seen[queue];
    wire [15:0] next_s  = next[queue];
    wire [15:0] pos_s   = pos[queue];
    wire        active  = running[queue] && !broken[queue];
    wire [15:0] known   = seen_s - next_s;
    wire        few     = known <= 16'd16;
    wire [15:0] to_end  = size - pos_s;
    wire [15:0] burst_a = few ? known : 16'd16;
    wire [15:0] burst   = (to_end < burst_a) ? to_end : burst_a;
    wire        room;
    wire        have;
    wire [15:0] head;
    wire [15:0] desc_left = size - head;
    wire [2:0]  desc_n    = slot_short ? 3'd1 : (desc_left < BLK) ? desc_left[2:0] : BLK;

    reg poll;
    always @*
        case (state)
            S_SLEEP:  poll = kicked[queue];
            S_RUN:    poll = known == 16'd0 || (few && (!polled[queue] || kicked[queue]));
            S_REREAD: poll = 1'b1;
            default:  poll = 1'b0;
        endcase

    wire ring    = !poll && known != 16'd0 && room;
    wire enter   = !poll && !ring && have && slot_room;
    wire in_ring = head < size;

    assign head_bad = active && enter && !in_ring;
    assign f_valid  = active && (poll || ring || (enter && in_ring));
    assign f_kind   = poll ? K_IDX : ring ? K_RING : K_DESC;
    assign f_addr   = poll ? avail + 64'd2 : ring ? avail + 64'd4 + {47'd0, pos_s, 1'b0} : desc + {44'd0, head, 4'd0};
    assign f_len    = poll ? 8'd2 : ring ? {2'd0, burst[4:0], 1'b0} : {1'b0, desc_n, 4'd0};
    assign f_info   = ring ? {{(INFO_W - 5){1'b0}}, burst[4:0]} : {slot, head, 2'd0, desc_n};
    assign r_valid  = active && state == S_ARM;
    assign r_addr   = used + 64'd4 + {45'd0, size, 3'd0};
    assign r_data   = seen_s;

    wire sent = f_valid && f_ready;
    assign slot_reserve = sent && !poll && !ring;

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
    wire        idx_back = use_it && a_kind == K_IDX;
    wire        ring_ok  = use_it && a_kind == K_RING && !a_error;
    wire [15:0] idx      = a_data[15:0];
    wire [15:0] ahead    = idx - next[a_queue];
    wire        too_far  = ahead > a_size;
    wire        idx_ok   = idx_back && !a_error && !too_far;
    wire        is_new   = idx != seen[a_queue];
    wire        used_up  = seen[a_queue] == next[a_queue];

    assign bad_valid = use_it && ((a_error && (a_kind == K_IDX || a_kind == K_RING)) || (idx_back && too_far));
    assign bad_code  = a_error ? E_RING_DMA : E_AVAIL_INDEX;

    vq_heads #(.QUEUES(QUEUES), .QW(QW)) u_heads (
        .clk(clk), .rst(rst), .start_valid(start_valid), .start_queue(start_queue),
        .queue(queue), .room(room), .have(have), .head(head),
        .reserve(sent && ring), .take(slot_reserve),
        .land_valid(ring_ok), .land_queue(a_queue), .land_count(a_count), .land_data(a_data),
        .empty(empty)
    );

    integer i;
    always @(posedge clk) begin
        if (sent && poll) begin
            state_q[queue] <= S_READ;
            kicked[queue]  <= 1'b0;
        end
        if (sent && ring) begin
            next[queue] <= next_s + burst;
            pos[queue]  <= (burst == to_end) ? 16'd0 : pos_s + burst;
        end
        if (r_valid && r_ready) state_q[queue] <= S_ARMING;
        if (armed_valid) begin
            state_q[armed_queue] <= S_REREAD;
            armed[armed_queue]   <= 1'b1;
        end
        if (idx_ok) begin
            polled[a_queue] <= !is_new;
            seen[a_queue]   <= idx;
            if (is_new) armed[a_queue] <= 1'b0;
            if (is_new || !used_up) state_q[a_queue] <= S_RUN;
            else if (cfg_event_idx && !armed[a_queue]) state_q[a_queue] <= S_ARM;
            else state_q[a_queue] <= S_SLEEP;
        end
        // Last, so that a notification that meets the read of the index it announces is never forgotten.
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
