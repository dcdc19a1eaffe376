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
    parameter MAX_WRITE = 4096,                 // bytes of a write request, at most 65535
    parameter BUFFERS = 256,                    // most buffers of one frame
    parameter SLOT_W = 5
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
    output wire [159:0]      cmd_header,        // zero beyond its length
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
    output wire [15:0]       frame_buffers,
    output wire [15:0]       frame_bytes,
    output wire [23:0]       frame_requests,    // number of the last request made for it
    // status
    output wire              idle,
    // events
    output wire              evt_descriptor,
    output wire              evt_drop_no_buffer,
    output wire              evt_drop_chain,
    output wire              evt_drop_buffer_small
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

    reg [2:0]  state_q;
    reg [1:0]  reason;
    reg        bad;                             // an error or a readable descriptor in this chain
    reg        closed;                          // the frame's last cut has been given
    reg        mrg;
    reg [QW-1:0] queue;
    reg [15:0] len;
    reg        hash_report;
    reg [159:0] header;
    reg [16:0] left;                            // bytes of header and frame not yet requested
    reg [16:0] done;                            // bytes requested
    reg [16:0] chain_done;                      // of them in this chain
    reg [15:0] buffers;
    reg [SLOT_W-1:0] slot;
    reg [23:0] requests;
    reg [15:0] waited;
    reg [63:0] addr;
    reg [16:0] room;                            // left in the segment
    reg        at_end;                           // the segment is its chain's last
    reg [15:0] id;
    reg [15:0] ndesc;
    reg [63:0] count_addr0;                     // where the two bytes of num_buffers went
    reg [63:0] count_addr1;

    // ---- the head frame and its queue
    wire [7:0]    head_queue = s_meta[`RXM_QUEUE];
    wire          at_head    = (state_q == S_HEAD) && s_meta_valid;
    wire          known      = ({24'd0, head_queue} < QUEUES);
    wire [QW-1:0] wanted     = (state_q == S_HEAD) ? head_queue[QW-1:0] : queue;
    wire          none       = chain_none[wanted] && !chain_ready[wanted];
    wire          asks       = at_head || (state_q == S_MORE);
    // a switched-off receiver waits for nothing
    wire          give_up    = none && (waited >= cfg_wait_cycles || !cfg_enable);
    wire          drop_head  = at_head && (!known || !cfg_enable || give_up);
    wire          full       = (buffers == BUFFERS[15:0]);
    wire          popped     = pop_valid && pop_ready;

    assign pop_valid    = chain_ready[wanted] && buf_ready
                          && ((at_head && frame_ready && !drop_head) || (state_q == S_MORE && !full));
    assign pop_queue    = wanted;
    assign s_meta_drop  = drop_head;
    assign s_meta_ready = (state_q == S_HEAD) && (drop_head || popped);

    // ---- a write request: what is left of the segment, of the frame, or MAX_WRITE
    wire [16:0] fit       = (room < left) ? room : left;
    wire        split     = (fit > MAX_WRITE[16:0]);
    wire [16:0] chunk     = split ? MAX_WRITE[16:0] : fit;
    wire        ends      = (left == chunk);
    wire [63:0] past      = addr - {47'd0, done};       // where byte 0 would be if it lay in this segment
    wire        adjacent  = (count_addr1 == count_addr0 + 64'd1);
    wire        patching  = (state_q == S_PATCH) || (state_q == S_PATCH2);
    wire        request   = wr_req_valid && wr_req_ready;

    assign wr_req_valid = ((state_q == S_WRITE) || patching) && cmd_ready;
    assign wr_req_addr  = (state_q == S_PATCH) ? count_addr0 : (state_q == S_PATCH2) ? count_addr1 : addr;
    assign wr_req_len   = (state_q == S_PATCH) ? (adjacent ? 16'd2 : 16'd1) : (state_q == S_PATCH2) ? 16'd1 : chunk[15:0];
    assign wr_req_tag   = {{(8 - SLOT_W){1'b0}}, slot};

    assign cmd_valid  = request || (state_q == S_ABORT && !closed);
    assign cmd_patch  = patching;
    assign cmd_last   = (state_q == S_ABORT) || (state_q == S_WRITE && ends);
    assign cmd_count  = (state_q == S_PATCH) ? buffers : (state_q == S_PATCH2) ? {8'd0, buffers[15:8]}
                        : (state_q == S_ABORT) ? 16'd0 : chunk[15:0];
    assign cmd_long   = hash_report;
    assign cmd_header = header;

    // ---- records
    wire        segment   = seg_valid && seg_ready;
    wire        seg_bad   = bad || seg_error || !seg_write;
    wire        placed    = (state_q == S_CHAIN) && !bad && left == 17'd0;
    wire [15:0] with_this = buffers + 16'd1;
    wire        patched   = request && ((state_q == S_PATCH && adjacent) || state_q == S_PATCH2);
    wire        aborted   = (state_q == S_ABORT) && (closed || cmd_ready);

    assign seg_ready      = (state_q == S_SEGMENT);
    assign buf_valid      = (state_q == S_CHAIN);
    assign buf_queue      = queue;
    assign buf_id         = id;
    assign buf_ndesc      = ndesc;
    assign buf_len        = chain_done;
    assign frame_valid    = (placed && with_this == 16'd1) || patched || aborted;
    assign frame_ok       = !aborted;
    assign frame_buffers  = (state_q == S_CHAIN) ? with_this : buffers;
    assign frame_bytes    = len;
    assign frame_requests = requests + {23'd0, patched};
    assign idle           = (state_q == S_HEAD);

    assign evt_descriptor        = segment && !seg_error;
    assign evt_drop_no_buffer    = drop_head || (aborted && reason == NONE);
    assign evt_drop_chain        = aborted && reason == BROKEN;
    assign evt_drop_buffer_small = aborted && reason == SMALL;

    // struct virtio_net_hdr_v1_hash, whose beginning is virtio_net_hdr
    wire [95:0] plain_header = {16'd1, 72'd0, 6'd0, s_meta[`RXM_DATA_VALID] && cfg_guest_csum, 1'b0};
    wire [63:0] hash_fields  = {16'd0, 8'd0, s_meta[`RXM_HASH_TYPE], s_meta[`RXM_HASH]};

    always @(posedge clk) begin
        if (rst) begin
            state_q  <= S_HEAD;
            slot     <= {SLOT_W{1'b0}};
            requests <= 24'd0;
            waited   <= 16'd0;
        end else begin
            if (asks && none && !give_up) waited <= waited + 16'd1;
            else waited <= 16'd0;
            if (request) requests <= requests + 24'd1;
            if (frame_valid) slot <= slot + 1'b1;
            case (state_q)
                S_HEAD:    if (popped) state_q <= S_SEGMENT;
                S_SEGMENT: if (segment) begin
                               if (!seg_bad && left != 17'd0 && seg_len != 32'd0) state_q <= S_WRITE;
                               else if (seg_last) state_q <= S_CHAIN;
                           end
                S_WRITE:   if (request && !split) state_q <= at_end ? S_CHAIN : S_SEGMENT;
                S_CHAIN:   if (bad || (left != 17'd0 && !mrg)) state_q <= S_ABORT;
                           else if (left != 17'd0) state_q <= S_MORE;
                           else state_q <= (with_this == 16'd1) ? S_HEAD : S_PATCH;
                S_MORE:    if (popped) state_q <= S_SEGMENT;
                           else if (full || give_up) state_q <= S_ABORT;
                S_PATCH:   if (request) state_q <= adjacent ? S_HEAD : S_PATCH2;
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
            header  <= {cfg_hash_report ? hash_fields : 64'd0, plain_header};
            done    <= 17'd0;
            closed  <= 1'b0;
            buffers <= 16'd0;
        end
        if (popped) begin
            bad        <= 1'b0;
            chain_done <= 17'd0;
        end
        if (segment) begin
            addr  <= seg_addr;
            room  <= (seg_len[31:16] != 16'd0) ? 17'h1ffff : {1'b0, seg_len[15:0]};
            at_end <= seg_last;
            id    <= seg_id;
            ndesc <= seg_ndesc;
            bad   <= seg_bad;
        end
        if (request && state_q == S_WRITE) begin
            addr       <= addr + {47'd0, chunk};
            room       <= room - chunk;
            left       <= left - chunk;
            done       <= done + chunk;
            chain_done <= chain_done + chunk;
            closed     <= ends;
            if (done <= 17'd10 && done + chunk > 17'd10) count_addr0 <= past + 64'd10;
            if (done <= 17'd11 && done + chunk > 17'd11) count_addr1 <= past + 64'd11;
        end
        if (state_q == S_CHAIN) begin
            buffers <= with_this;
            reason  <= bad ? BROKEN : SMALL;
        end
        if (state_q == S_MORE) reason <= full ? SMALL : NONE;
    end
endmodule

`default_nettype wire
