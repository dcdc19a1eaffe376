// SPDX-License-Identifier: Apache-2.0
// Keeps good frames from the MAC and hands them out in words of 32 bits, in network order, with two bytes before the first:
// so the IP header and all behind it stand in whole words.
`default_nettype none
`include "meta.vh"

module eb_in #(
    parameter STORE_BYTES = 4096                // a power of two; a frame that finds no room is lost, as UDP may be
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // frames from the MAC: no ready, the wire never stalls
    input  wire [63:0] s_axis_tdata,
    input  wire [7:0]  s_axis_tkeep,
    input  wire        s_axis_tlast,
    input  wire        s_axis_tvalid,
    input  wire        s_axis_tuser,
    // words of one frame after the other; the last one is beyond its end, or holds its last two bytes
    output wire [31:0] m_word,
    output wire        m_last,
    output wire        m_valid,
    input  wire        m_ready,
    output reg  [15:0] m_len                    // bytes of the frame
);
    // ---- the length of a frame is known with its last beat
    reg  [15:0]       begun;                    // bytes of the frame that have come
    reg  [3:0]        lanes;                    // of this beat
    wire [15:0]       len = begun + {12'd0, lanes};
    wire [`RXM_W-1:0] meta = {{(`RXM_W-`RXM_DROP-1){1'b0}}, s_axis_tuser, {(`RXM_DROP-16){1'b0}}, len};

    integer i;
    always @* begin
        lanes = 4'd0;
        for (i = 0; i < 8; i = i + 1)
            if (s_axis_tkeep[i]) lanes = i[3:0] + 4'd1;
    end

    always @(posedge clk)
        if (rst) begun <= 16'd0;
        else if (s_axis_tvalid) begun <= s_axis_tlast ? 16'd0 : begun + 16'd8;

    // ---- whole and good frames only
    wire              head_valid;
    wire              beat_valid;
    wire              beat_ready;
    wire              beat_last;
    wire [63:0]       beat;
    reg               busy;                     // a frame is on its way out
    wire              take = head_valid && !busy;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [`RXM_W-1:0] head;
    wire [7:0]        unused_keep;
    wire [15:0]       unused_level;
    wire              unused_full;
    /* verilator lint_on UNUSEDSIGNAL */

    frame_store #(.DATA_W(64), .STORE_BYTES(STORE_BYTES)) u_store (
        .clk(clk), .rst(rst),
        .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast), .s_axis_tvalid(s_axis_tvalid), .s_meta(meta),
        .m_meta_valid(head_valid), .m_meta_ready(take), .m_meta_drop(1'b0), .m_meta(head),
        .m_axis_tdata(beat), .m_axis_tkeep(unused_keep), .m_axis_tlast(beat_last), .m_axis_tvalid(beat_valid),
        .m_axis_tready(beat_ready), .level(unused_level), .evt_store_full(unused_full)
    );

    // ---- a beat is two words; behind the last one comes what is left of it
    reg  [15:0] kept;                           // the last two bytes of the beat before
    reg         second;
    reg         tail;

    assign m_valid    = busy && (tail || beat_valid);
    assign m_last     = tail;
    assign m_word     = (tail || !second) ? {kept, beat[7:0], beat[15:8]} : {beat[23:16], beat[31:24], beat[39:32], beat[47:40]};
    assign beat_ready = busy && !tail && second && m_ready;

    always @(posedge clk) begin
        if (take) m_len <= head[`RXM_LEN];
        if (take) kept <= 16'd0;
        else if (beat_valid && beat_ready) kept <= {beat[55:48], beat[63:56]};
        if (rst) begin
            busy   <= 1'b0;
            second <= 1'b0;
            tail   <= 1'b0;
        end else begin
            busy <= take || (busy && !(m_valid && m_ready && tail));
            if (m_valid && m_ready) begin
                second <= !tail && !second;
                tail   <= !tail && second && beat_last;
            end
        end
    end
endmodule

`default_nettype wire
