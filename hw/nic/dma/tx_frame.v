// SPDX-License-Identifier: Apache-2.0
// Takes the virtio_net_hdr off each frame, gives it as the side-band word, and drops what has failed.
// The words come with the header ending at a word's end, so the frame itself needs no further shift.
`default_nettype none
`include "meta.vh"

module tx_frame #(
    parameter DATA_W = 128,
    parameter QW     = 1,
    parameter LANE_W = $clog2(DATA_W / 8)
) (
    // clock
    input  wire                clk,
    input  wire                rst,
    // configuration
    input  wire                cfg_hash_report, // the header has 20 bytes, else 12
    // words of header and frame
    input  wire                s_valid,
    output wire                s_ready,
    input  wire [DATA_W-1:0]   s_data,
    input  wire [LANE_W:0]     s_count,
    input  wire                s_last,
    input  wire [QW-1:0]       s_queue,
    input  wire [1:0]          s_verdict,       // as far as it is known by now, final with s_last
    input  wire                s_failed,        // a read has failed
    input  wire                s_bad,           // either: the frame may not leave
    // side band
    output reg                 m_meta_valid,
    input  wire                m_meta_ready,
    output wire [`TXM_W-1:0]   m_meta,
    // frame
    output reg  [DATA_W-1:0]   m_axis_tdata,
    output reg  [DATA_W/8-1:0] m_axis_tkeep,
    output reg                 m_axis_tlast,
    output reg                 m_axis_tvalid,
    input  wire                m_axis_tready,
    output reg                 m_axis_tuser,
    // events
    output reg                 evt_drop_chain,
    output reg                 evt_drop_dma,
    output reg                 evt_drop_too_short,
    output reg                 evt_drop_too_long
);
    localparam KEEP_W  = DATA_W / 8;
    localparam [31:0] SHORT = (12 + KEEP_W - 1) / KEEP_W;   // words of a header
    localparam [31:0] LONG  = (20 + KEEP_W - 1) / KEEP_W;
    localparam WORDS   = LONG;
    localparam WORDS_W = $clog2(WORDS + 1);
    localparam [1:0] GOOD = 2'd0, CHAIN = 2'd1, TOO_SHORT = 2'd2, TOO_LONG = 2'd3;

    reg  [WORDS_W-1:0]      words;              // header words taken
    reg                     started;            // a word of this frame has left
    reg                     ended;              // and its last one: what still comes of it is nobody's
    reg  [WORDS*DATA_W-1:0] header;
    reg  [79:0]             meta_header;
    reg  [QW-1:0]           meta_queue;

    wire                        body    = (words >= (cfg_hash_report ? LONG[WORDS_W-1:0] : SHORT[WORDS_W-1:0]));
    wire                        shows   = body && !ended && (started || !s_bad);
    // a frame ends where a read of it has failed, so that no segment is made of what was not read
    wire                        ends    = s_last || s_failed;
    wire                        can_out = (!m_axis_tvalid || m_axis_tready) && (started || !m_meta_valid || m_meta_ready);
    wire                        take    = s_valid && s_ready;
    wire                        out     = take && shows;
    wire                        dropped = take && s_last && s_bad;
    wire [(WORDS+1)*DATA_W-1:0] window  = {s_data, header};
    // the header ends where the words end
    wire [79:0]                 fields  = cfg_hash_report ? header[WORDS*DATA_W-160 +: 80] : header[WORDS*DATA_W-96 +: 80];
    wire [LANE_W:0]             missing = (s_count == {(LANE_W+1){1'b0}}) ? KEEP_W[LANE_W:0] - 1'b1 : KEEP_W[LANE_W:0] - s_count;

    // nothing beyond csum_offset matters to a sender
    assign m_meta  = {64'd0, {(8-QW){1'b0}}, meta_queue, meta_header};
    assign s_ready = !shows || can_out;

    always @(posedge clk) begin
        if (take && !body) header <= window[DATA_W +: WORDS*DATA_W];
        if (out) begin
            m_axis_tdata <= s_data;
            m_axis_tkeep <= {KEEP_W{1'b1}} >> missing;
            m_axis_tlast <= ends;
            m_axis_tuser <= ends && s_bad;
        end
        if (out && !started) begin
            meta_header <= fields;
            meta_queue  <= s_queue;
        end
        if (rst) begin
            words              <= {WORDS_W{1'b0}};
            started            <= 1'b0;
            ended              <= 1'b0;
            m_axis_tvalid      <= 1'b0;
            m_meta_valid       <= 1'b0;
            evt_drop_chain     <= 1'b0;
            evt_drop_dma       <= 1'b0;
            evt_drop_too_short <= 1'b0;
            evt_drop_too_long  <= 1'b0;
        end else begin
            if (take) words <= s_last ? {WORDS_W{1'b0}} : body ? words : words + 1'b1;
            if (take) started <= (started || out) && !s_last;
            if (take) ended <= (ended || (out && ends)) && !s_last;
            m_axis_tvalid      <= out || (m_axis_tvalid && !m_axis_tready);
            m_meta_valid       <= (out && !started) || (m_meta_valid && !m_meta_ready);
            evt_drop_chain     <= dropped && s_verdict == CHAIN;
            evt_drop_dma       <= dropped && s_verdict == GOOD;
            evt_drop_too_short <= dropped && s_verdict == TOO_SHORT;
            evt_drop_too_long  <= dropped && s_verdict == TOO_LONG;
        end
    end

    wire unused = &{1'b0, header, window[DATA_W-1:0]};
endmodule

`default_nettype wire
