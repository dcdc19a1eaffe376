// SPDX-License-Identifier: Apache-2.0
// Takes the frame at the head of the store, finds buffers for it, and turns it into write requests and commands for rx_cut.
//
//   head frame -> pop a chain -> its segments -> a request for each 4 KiB -> chain ends: a buffer record
//        |             ^                                                        |
//        |             +--------------- MRG_RXBUF: bytes are left --------------+-> frame record, with what became of it
//        +-> no chain in time: dropped
//
// The header is written with num_buffers 1 and patched when the frame needed more: only then is the number known.
// Long for a module: half of it is ports, the rest one state machine over registers that every state uses.
`default_nettype none
`include "meta.vh"

module rx_place #(
    parameter QUEUES = 1,
    parameter QW = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter MAX_WRITE = 4096,                 // bytes of a write request, 12 to 65535
    parameter BUFFERS = 256,                    // most buffers of one frame, a power of two
    parameter COUNT_W = $clog2(BUFFERS) + 1,
    parameter SLOT_W = 5,
    parameter ADDR_W = 64                       // bits of an address that can be reached, at least 32
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_enable,
    input  wire              cfg_mrg_rxbuf,
    input  wire              cfg_guest_csum,
    input  wire              cfg_hash_report,   // the header has 20 bytes, else 12
    input  wire [15:0]       cfg_wait_cycles,
    // frame at the head of the store
    input  wire              s_meta_valid,
    output wire              s_meta_ready,
    output wire              s_meta_drop,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [`RXM_W-1:0] s_meta,            // but for the timestamp
    /* verilator lint_on UNUSEDSIGNAL */
    // buffers
    input  wire [QUEUES-1:0] chain_ready,
    input  wire [QUEUES-1:0] chain_none,
    output wire              pop_valid,
    input  wire              pop_ready,
    output wire [QW-1:0]     pop_queue,
    input  wire              seg_valid,
    output wire              seg_ready,
    input  wire [63:0]       seg_addr,
    input  wire [31:0]       seg_len,
    input  wire              seg_write,
    input  wire              seg_last,
    input  wire              seg_error,
    input  wire [15:0]       seg_id,
    input  wire [15:0]       seg_ndesc,
    // write requests
    output wire              wr_req_valid,
    input  wire              wr_req_ready,
    output wire [63:0]       wr_req_addr,
    output wire [15:0]       wr_req_len,
    output wire [7:0]        wr_req_tag,        // slot of the frame
    // commands to rx_cut
    output wire              cmd_valid,
    input  wire              cmd_ready,
    output wire              cmd_patch,
    output wire              cmd_last,
    output wire [15:0]       cmd_count,
    output wire              cmd_long,          // the header has 20 bytes
    output wire              cmd_verified,      // what it says of the frame
    output wire [39:0]       cmd_hash,          // ... and report type above it
    // records to rx_complete
    output wire              buf_valid,
    input  wire              buf_ready,
    output wire [QW-1:0]     buf_queue,
    output wire [15:0]       buf_id,
    output wire [15:0]       buf_ndesc,
    output wire [16:0]       buf_len,
    output wire              frame_valid,
    input  wire              frame_ready,
    output wire              frame_ok,
    output wire              frame_lost,        // with frame_ok: a buffer lies where no write can reach
    output wire [COUNT_W-1:0] frame_buffers,
    output wire [15:0]       frame_bytes,
    output wire [23:0]       frame_requests,    // number of the last request made for it
    // status
    output wire              idle,
    // events
    output reg               evt_descriptor,
    output reg               evt_drop_no_buffer,
    output reg               evt_drop_chain,
    output reg               evt_drop_buffer_small
);
    localparam S_HEAD    = 3'd0;                // waits for a frame and its first chain
    localparam S_SEGMENT = 3'd1;                // takes a segment
    localparam S_WRITE   = 3'd2;                // makes a write request
    localparam S_CHAIN   = 3'd3;                // the chain is used up
    localparam S_MORE    = 3'd4;                // waits for the frame's next chain
    localparam S_PATCH   = 3'd5;                // num_buffers
    localparam S_PATCH2  = 3'd6;                // its second byte, when that lies elsewhere
    localparam S_ABORT   = 3'd7;                // discards the rest of a frame that cannot be placed

    localparam BROKEN = 2'd0;                   // why a frame was given up
    localparam SMALL  = 2'd1;
    localparam NONE   = 2'd2;
    localparam BEYOND = 2'd3;                   // an address of more than ADDR_W bits

    reg [2:0]  state_q;
    reg [1:0]  reason;
    reg        bad;                             // an error or a readable descriptor in this chain
    reg        beyond;                          // the segment to be written cannot be reached
    reg        closed;                          // the frame's last cut has been given
    reg        mrg;
    reg [QW-1:0] queue;
    reg [15:0] len;
    reg        hash_report;
    reg        verified;
    reg [39:0] hash;
    reg [16:0] left;                            // bytes of header and frame not yet requested
    reg [3:0]  done;                            // bytes requested, at most 12: counts until num_buffers is behind
    reg [16:0] chain_done;                      // of them in this chain
    reg [COUNT_W-1:0] buffers;
    reg [SLOT_W-1:0] slot;
    reg [23:0] requests;
    reg [15:0] waited;
    reg [ADDR_W-1:0] addr;
    reg [16:0] fit;                             // what is left of the segment or of the frame, whichever is less
    reg        fits;                            // it is the frame (both lose what a request takes: so it stays)
    reg        at_end;                           // the segment is its chain's last
    reg [15:0] id;
    reg [15:0] ndesc;
    reg [ADDR_W-1:0] count_addr0;               // where the two bytes of num_buffers went
    reg [ADDR_W-1:0] count_addr1;               // the second one, if another request had it
    reg        together;                        // the same request had both

    // ---- the head frame and its queue
    // The store's RAM gives the word late in its cycle, and a pop goes through the ring engine: so the queue is
    // registered on the way, and so is its leaving. That costs cycles only of a frame that finds nothing before it.
    wire [7:0]    next_queue = s_meta[`RXM_QUEUE];
    reg           seen;                         // the head frame has been there for a cycle
    reg           known;                        // its queue exists ...
    reg  [QW-1:0] head_queue;                   // ... and is this one
    reg           left_head;                    // the head frame has been taken in the cycle before,
    reg           dropped;                      // to be thrown away
    wire          at_head    = (state_q == S_HEAD) && seen;
    wire [QW-1:0] wanted     = (state_q == S_HEAD) ? head_queue : queue;
    wire          none       = chain_none[wanted] && !chain_ready[wanted];
    wire          asks       = at_head || (state_q == S_MORE);
    // a switched-off receiver waits for nothing
    reg           enough;                       // time has been spent on waiting for a buffer
    wire          give_up    = none && (enough || !cfg_enable);
    wire          drop_head  = at_head && (!known || !cfg_enable || give_up);
    wire          full       = (buffers == BUFFERS[COUNT_W-1:0]);
    wire          popped     = pop_valid && pop_ready;
    wire          leaves     = drop_head || (at_head && popped);

    assign pop_valid    = chain_ready[wanted] && buf_ready
                          && ((at_head && frame_ready && !drop_head) || (state_q == S_MORE && !full));
    assign pop_queue    = wanted;

    always @(posedge clk) begin
        left_head  <= !rst && leaves;
        dropped    <= drop_head;
        seen       <= !rst && s_meta_valid && !s_meta_ready && !leaves;
        known      <= ({24'd0, next_queue} < QUEUES);
        head_queue <= next_queue[QW-1:0];
    end
    assign s_meta_drop  = dropped;
    assign s_meta_ready = left_head;

    // ---- a write request: what is left of the segment, of the frame, or MAX_WRITE
    wire        split     = (fit > MAX_WRITE[16:0]);
    wire [16:0] chunk     = split ? MAX_WRITE[16:0] : fit;
    wire        ends      = fits && !split;
    wire [15:0] count     = {{(16 - COUNT_W){1'b0}}, buffers};
    wire [3:0]  to_count  = 4'd10 - done;       // bytes before num_buffers
    // up to 12 bytes are never split: `fit` says it earlier in the cycle than `chunk`
    wire        has_count = (done <= 4'd10) && (fit > {13'd0, to_count});
    wire        has_next  = (done <= 4'd11) && (fit > {13'd0, to_count + 4'd1});
    wire [ADDR_W-1:0] at    = (state_q == S_PATCH) ? count_addr0 : (state_q == S_PATCH2) ? count_addr1 : addr;
    wire        patching  = (state_q == S_PATCH) || (state_q == S_PATCH2);
    wire        request   = wr_req_valid && wr_req_ready;
    wire        far;                            // no address of ours reaches all of the segment

    assign wr_req_valid = ((state_q == S_WRITE && !beyond) || patching) && cmd_ready;
    assign wr_req_len   = (state_q == S_PATCH) ? (together ? 16'd2 : 16'd1) : (state_q == S_PATCH2) ? 16'd1 : chunk[15:0];
    assign wr_req_tag   = {{(8 - SLOT_W){1'b0}}, slot};

    assign cmd_valid  = request || (state_q == S_ABORT && !closed);
    assign cmd_patch  = patching;
    assign cmd_last   = (state_q == S_ABORT) || (state_q == S_WRITE && ends);
    assign cmd_count  = (state_q == S_PATCH) ? count : (state_q == S_PATCH2) ? {8'd0, count[15:8]}
                        : (state_q == S_ABORT) ? 16'd0 : chunk[15:0];
    assign cmd_long   = hash_report;
    assign cmd_verified = verified;
    assign cmd_hash   = hash;

    generate
        if (ADDR_W < 64) begin : g_narrow
            // a segment may end with the last byte that can be reached; 17 bits of length are more than a frame needs
            wire        huge = (seg_len[31:17] != 15'd0);   // as 17'h1ffff
            wire [17:0] past = {1'b0, seg_addr[16:0]} + {1'b0, seg_len[16:0]};

            assign far         = (seg_addr[63:ADDR_W] != {(64 - ADDR_W){1'b0}})
                                 || ((&seg_addr[ADDR_W-1:17]) && (huge ? seg_addr[16:1] != 16'd0 : past > 18'h20000));
            assign wr_req_addr = {{(64 - ADDR_W){1'b0}}, at};
        end else begin : g_wide
            assign far         = 1'b0;
            assign wr_req_addr = at;
        end
    endgenerate

    // ---- records
    wire        segment   = seg_valid && seg_ready;
    wire [16:0] seg_room  = (seg_len[31:16] != 16'd0) ? 17'h1ffff : {1'b0, seg_len[15:0]};
    wire        all_fits  = (seg_room >= left);
    wire        used      = (left != 17'd0) && (seg_len != 32'd0);
    wire        seg_bad   = bad || seg_error || !seg_write;
    wire        placed    = (state_q == S_CHAIN) && !bad && left == 17'd0;
    wire [COUNT_W-1:0] with_this = buffers + 1'b1;
    wire        patched   = request && ((state_q == S_PATCH && together) || state_q == S_PATCH2);
    wire        aborted   = (state_q == S_ABORT) && (closed || cmd_ready);

    assign seg_ready      = (state_q == S_SEGMENT);
    assign buf_valid      = (state_q == S_CHAIN);
    assign buf_queue      = queue;
    assign buf_id         = id;
    assign buf_ndesc      = ndesc;
    assign buf_len        = chain_done;
    assign frame_valid    = (placed && buffers == {COUNT_W{1'b0}}) || patched || aborted;
    assign frame_ok       = !aborted || reason == BEYOND;
    assign frame_lost     = aborted;
    assign frame_buffers  = (state_q == S_CHAIN) ? with_this : buffers;
    assign frame_bytes    = len;
    assign frame_requests = requests + {23'd0, patched};
    assign idle           = (state_q == S_HEAD);

    always @(posedge clk) begin
        evt_descriptor        <= !rst && segment && !seg_error;
        evt_drop_no_buffer    <= !rst && (drop_head || (aborted && reason == NONE));
        evt_drop_chain        <= !rst && aborted && reason == BROKEN;
        evt_drop_buffer_small <= !rst && aborted && reason == SMALL;
    end

    always @(posedge clk) begin
        if (rst) begin
            state_q  <= S_HEAD;
            slot     <= {SLOT_W{1'b0}};
            requests <= 24'd0;
            waited   <= 16'd0;
            enough   <= 1'b0;
        end else begin
            if (asks && none && !give_up) waited <= waited + 16'd1;
            else waited <= 16'd0;
            enough <= asks && none && !give_up && waited >= cfg_wait_cycles;
            if (request) requests <= requests + 24'd1;
            if (frame_valid) slot <= slot + 1'b1;
            case (state_q)
                S_HEAD:    if (popped) state_q <= S_SEGMENT;
                S_SEGMENT: if (segment) begin
                               if (!seg_bad && used) state_q <= S_WRITE;
                               else if (seg_last) state_q <= S_CHAIN;
                           end
                S_WRITE:   if (beyond || (request && !split)) state_q <= at_end ? S_CHAIN : S_SEGMENT;
                S_CHAIN:   if (bad || (left != 17'd0 && !mrg)) state_q <= S_ABORT;
                           else if (left != 17'd0) state_q <= S_MORE;
                           else state_q <= (buffers == {COUNT_W{1'b0}}) ? S_HEAD : S_PATCH;
                S_MORE:    if (popped) state_q <= S_SEGMENT;
                           else if (full || give_up) state_q <= S_ABORT;
                S_PATCH:   if (request) state_q <= together ? S_HEAD : S_PATCH2;
                S_PATCH2:  if (request) state_q <= S_HEAD;
                default:   if (aborted) state_q <= S_HEAD;
            endcase
        end
        if (state_q == S_HEAD) begin
            queue   <= wanted;
            mrg     <= cfg_mrg_rxbuf;
            len     <= s_meta[`RXM_LEN];
            left    <= {1'b0, s_meta[`RXM_LEN]} + (cfg_hash_report ? 17'd20 : 17'd12);
            hash_report <= cfg_hash_report;
            verified <= s_meta[`RXM_DATA_VALID] && cfg_guest_csum;
            hash    <= {s_meta[`RXM_HASH_TYPE], s_meta[`RXM_HASH]};
            done    <= 4'd0;
            closed  <= 1'b0;
            buffers <= {COUNT_W{1'b0}};
        end
        if (popped) begin
            bad        <= 1'b0;
            beyond     <= 1'b0;
            chain_done <= 17'd0;
        end
        if (segment) begin
            addr  <= seg_addr[ADDR_W-1:0];
            fit   <= all_fits ? left : seg_room;
            fits  <= all_fits;
            at_end <= seg_last;
            id    <= seg_id;
            ndesc <= seg_ndesc;
            bad   <= seg_bad;
            if (!bad) beyond <= used && far && !seg_bad;
        end
        if (state_q == S_WRITE && beyond) bad <= 1'b1;
        if (request && state_q == S_WRITE) begin
            addr       <= addr + {{(ADDR_W - 17){1'b0}}, chunk};
            fit        <= fit - chunk;
            left       <= left - chunk;
            done       <= (fit > 17'd11 || {1'b0, done} + {1'b0, fit[3:0]} > 5'd12) ? 4'd12 : done + fit[3:0];
            chain_done <= chain_done + chunk;
            closed     <= ends;
            if (has_count) begin
                count_addr0 <= addr + {{(ADDR_W - 4){1'b0}}, to_count};
                together    <= has_next;
            end
            if (done == 4'd11) count_addr1 <= addr;
        end
        if (state_q == S_CHAIN) begin
            buffers <= with_this;
            reason  <= beyond ? BEYOND : bad ? BROKEN : SMALL;
        end
        if (state_q == S_MORE) reason <= full ? SMALL : NONE;
    end
endmodule

`default_nettype wire
