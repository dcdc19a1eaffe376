// SPDX-License-Identifier: Apache-2.0
// TX offloads: two beats of look-ahead -> segmentation -> checksum insertion -> gate that releases whole frames.
`default_nettype none
`include "meta.vh"

module tx_offload #(
    parameter DATA_W = 128,
    parameter MAX_FRAME = 9216,                 // bytes on the wire, FCS included
    parameter TX_STORE = 2 * MAX_FRAME,         // bytes of wire frames that wait for the MAC
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // side-band word, one a frame
    input  wire              s_meta_valid,
    output wire              s_meta_ready,
    /* verilator lint_off UNUSEDSIGNAL */       // hdr_len is a hint; the timestamp ends here
    input  wire [`TXM_W-1:0] s_meta,
    /* verilator lint_on UNUSEDSIGNAL */
    // frames and super-frames
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    input  wire [0:0]        s_axis_tuser,
    // wire frames, without padding and FCS
    output wire [DATA_W-1:0] m_axis_tdata,
    output wire [KEEP_W-1:0] m_axis_tkeep,
    output wire              m_axis_tlast,
    output wire              m_axis_tvalid,
    input  wire              m_axis_tready,
    output wire [3:0]        m_queue,           // transmit queue of the frame, with every beat
    // status
    output wire              idle,
    // events
    output wire              evt_super_frame,
    output wire              evt_segment,
    output wire              evt_csum_inserted,
    output wire              evt_err_gso_no_csum,
    output wire              evt_err_gso_type,
    output wire              evt_err_gso_size,
    output wire              evt_err_header,
    output wire              evt_err_csum_range,
    output wire              evt_err_ip,
    output wire              evt_too_long
);
    localparam COUNT_W = $clog2(KEEP_W) + 1;
    localparam BEAT_W  = 16 - $clog2(KEEP_W);

    initial begin
        if (DATA_W != 64 && DATA_W != 128 && DATA_W != 256 && DATA_W != 512) begin
            $display("tx_offload: DATA_W %0d is not 64, 128, 256 or 512", DATA_W);
            $finish;
        end
        if (MAX_FRAME < 512 || MAX_FRAME > 16384) begin
            $display("tx_offload: MAX_FRAME %0d is not between 512 and 16384", MAX_FRAME);
            $finish;
        end
    end

    // side-band word: only what is used here
    wire [15:0] meta_csum_start;
    wire [15:0] meta_csum_offset;
    wire [15:0] meta_gso_size;
    wire [7:0]  meta_gso_type;
    /* verilator lint_off UNUSEDSIGNAL */       // of the flags, only NEEDS_CSUM is for the card
    wire [7:0]  meta_flags;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [3:0]  meta_queue;
    wire        meta_valid;
    wire        meta_take;
    /* verilator lint_off UNUSEDSIGNAL */       // there are at most sixteen pairs
    wire [7:0]  s_queue = s_meta[`TXM_QUEUE];
    /* verilator lint_on UNUSEDSIGNAL */

    skid #(.WIDTH(68)) meta_i (
        .clk(clk), .rst(rst),
        .s_data({s_queue[3:0], s_meta[`TXM_CSUM_OFFSET], s_meta[`TXM_CSUM_START], s_meta[`TXM_GSO_SIZE], s_meta[`TXM_GSO_TYPE], s_meta[`TXM_FLAGS]}),
        .s_valid(s_meta_valid), .s_ready(s_meta_ready),
        .m_data({meta_queue, meta_csum_offset, meta_csum_start, meta_gso_size, meta_gso_type, meta_flags}),
        .m_valid(meta_valid), .m_ready(meta_take)
    );

    // look-ahead
    wire               hold_valid;
    wire [DATA_W-1:0]  hold_data;
    wire [COUNT_W-1:0] hold_count;
    wire               hold_last;
    wire               hold_user;
    wire [16:0]        hold_total;
    wire               take;
    wire               next_valid;
    wire [DATA_W-1:0]  next_data;
    wire               next_last;
    wire               next_user;
    wire [16:0]        next_total;

    tso_input #(.DATA_W(DATA_W)) input_i (
        .clk(clk), .rst(rst),
        .s_axis_tdata(s_axis_tdata), .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tuser(s_axis_tuser),
        .hold_valid(hold_valid), .hold_data(hold_data), .hold_count(hold_count), .hold_last(hold_last),
        .hold_user(hold_user), .hold_total(hold_total), .take(take),
        .next_valid(next_valid), .next_data(next_data), .next_last(next_last), .next_user(next_user), .next_total(next_total)
    );

    // segmentation
    wire               seg_valid;
    wire               seg_ready;
    wire [DATA_W-1:0]  seg_data;
    wire [COUNT_W-1:0] seg_count;
    wire               seg_last;
    wire               seg_drop;
    wire               seg_csum;
    wire [15:0]        seg_csum_start;
    wire               seg_csum_first;
    wire [15:0]        seg_csum_offset;
    wire [3:0]         seg_queue;
    wire               seg_segment;
    wire               segment_idle;
    wire               segment_csum_range;

    tso_segment #(.DATA_W(DATA_W), .MAX_FRAME(MAX_FRAME)) segment_i (
        .clk(clk), .rst(rst),
        .meta_valid(meta_valid), .meta_take(meta_take), .meta_csum(meta_flags[0]), .meta_gso_type(meta_gso_type),
        .meta_gso_size(meta_gso_size), .meta_csum_start(meta_csum_start), .meta_csum_offset(meta_csum_offset), .meta_queue(meta_queue),
        .hold_valid(hold_valid), .hold_data(hold_data), .hold_count(hold_count), .hold_last(hold_last),
        .hold_user(hold_user), .hold_total(hold_total), .take(take),
        .next_valid(next_valid), .next_data(next_data), .next_last(next_last), .next_user(next_user), .next_total(next_total),
        .m_valid(seg_valid), .m_ready(seg_ready), .m_data(seg_data), .m_count(seg_count), .m_last(seg_last), .m_drop(seg_drop),
        .m_csum(seg_csum), .m_csum_start(seg_csum_start), .m_csum_first(seg_csum_first), .m_csum_offset(seg_csum_offset), .m_queue(seg_queue), .m_segment(seg_segment),
        .idle(segment_idle), .evt_super_frame(evt_super_frame), .evt_err_gso_no_csum(evt_err_gso_no_csum),
        .evt_err_gso_type(evt_err_gso_type), .evt_err_gso_size(evt_err_gso_size), .evt_err_header(evt_err_header),
        .evt_err_csum_range(segment_csum_range), .evt_err_ip(evt_err_ip)
    );

    // checksum insertion and gate
    wire               gate_ready;
    wire [BEAT_W-1:0]  gate_room;
    wire [KEEP_W-1:0]  wr_strb;
    wire [BEAT_W-1:0]  wr_beat;
    wire [DATA_W-1:0]  wr_data;
    wire               commit;
    wire [BEAT_W-1:0]  commit_last;
    wire [COUNT_W-1:0] commit_count;
    wire [3:0]         commit_queue;
    wire               insert_idle;
    wire               insert_csum_range;
    wire               gate_empty;

    csum_insert #(.DATA_W(DATA_W), .MAX_FRAME(MAX_FRAME)) insert_i (
        .clk(clk), .rst(rst),
        .s_valid(seg_valid), .s_ready(seg_ready), .s_data(seg_data), .s_count(seg_count), .s_last(seg_last), .s_drop(seg_drop),
        .s_csum(seg_csum), .s_csum_start(seg_csum_start), .s_csum_first(seg_csum_first), .s_csum_offset(seg_csum_offset), .s_queue(seg_queue), .s_segment(seg_segment),
        .gate_ready(gate_ready), .gate_room(gate_room),
        .wr_strb(wr_strb), .wr_beat(wr_beat), .wr_data(wr_data),
        .commit(commit), .commit_last(commit_last), .commit_count(commit_count), .commit_queue(commit_queue), .idle(insert_idle),
        .evt_segment(evt_segment), .evt_csum_inserted(evt_csum_inserted),
        .evt_csum_range(insert_csum_range), .evt_too_long(evt_too_long)
    );

    frame_gate #(.DATA_W(DATA_W), .MAX_FRAME(MAX_FRAME), .STORE_BYTES(TX_STORE)) gate_i (
        .clk(clk), .rst(rst),
        .gate_ready(gate_ready), .gate_room(gate_room),
        .wr_strb(wr_strb), .wr_beat(wr_beat), .wr_data(wr_data),
        .commit(commit), .commit_last(commit_last), .commit_count(commit_count), .commit_queue(commit_queue),
        .m_queue(m_queue), .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .empty(gate_empty)
    );

    // A frame inside always shows in one of these.
    assign idle = !meta_valid && !hold_valid && !next_valid && segment_idle && insert_idle && gate_empty;
    // The gate counts one too, but only for ordinary frames; both in one cycle would be two frames, which the pulse
    // cannot tell: the second is delayed by a cycle.
    reg range_late;
    assign evt_err_csum_range = segment_csum_range || insert_csum_range || range_late;
    always @(posedge clk)
        if (rst) range_late <= 1'b0;
        else     range_late <= segment_csum_range && insert_csum_range;
endmodule

`default_nettype wire
