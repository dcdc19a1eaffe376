// SPDX-License-Identifier: Apache-2.0
// What MACs with clocks of their own share: frames between the core and the words of the wire, flow control, counting.
//
//   TX: mac_pad -> mac_tx_cross | tx_clk | -> mac_tx_select (pause) -> send_*
//   RX: word_* -> mac_pause_rx, mac_rx_cross | clk | -> mac_check
//
// Signals cross clocks in fifo_async, sync_bit and sync_event only. This module is wiring, hence its length.
`default_nettype none

module mac_frames #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter WORD_W = 64,                      // bits a cycle of the wire's clocks: 64, or 8
    parameter TX_FIFO_BYTES  = 2048,
    parameter TX_START_BYTES = 512,             // a frame starts when so much of it is there, or all
    parameter RX_FIFO_BYTES  = 1024,
    parameter PAUSE_REFRESH_CYCLES = 65536      // core cycles between XOFF frames while pause_request is high
) (
    // clock of the core, and of the wire's two directions
    input  wire              clk,
    input  wire              rst,
    input  wire              tx_clk,
    input  wire              tx_rst,
    input  wire              rx_clk,
    input  wire              rx_rst,
    // configuration and flow control
    input  wire [15:0]       cfg_max_frame,     // with FCS
    input  wire              cfg_pause_rx,
    input  wire              cfg_pause_tx,
    input  wire [47:0]       cfg_mac,           // source address of pause frames, byte 0 lowest
    input  wire              pause_request,
    // input: frames from the core
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    output wire              tx_busy,           // a frame taken is not yet on the wire, or held by a pause
    // output: frames to the core
    output wire [DATA_W-1:0] m_axis_tdata,
    output wire [KEEP_W-1:0] m_axis_tkeep,
    output wire              m_axis_tlast,
    output wire              m_axis_tvalid,
    output wire [0:0]        m_axis_tuser,
    // output: to the wire's transmitter, len is the number of bytes of a word less one
    output wire [WORD_W-1:0] send_data,
    output wire [2:0]        send_len,
    output wire              send_last,
    output wire              send_valid,
    output wire              send_start,        // the frame offered may start
    input  wire              send_ready,
    input  wire              send_idle,         // the transmitter is between frames
    input  wire              underrun,          // event: it missed a word
    // input: from the wire's receiver, words full but the last of a frame; verdicts count with last
    input  wire [WORD_W-1:0] word_data,
    input  wire [2:0]        word_len,
    input  wire              word_last,
    input  wire              word_valid,
    input  wire              word_fcs,
    input  wire              word_error,
    // events
    output wire              evt_tx_frame,
    output wire [15:0]       evt_tx_bytes,
    output wire              evt_rx_frame,
    output wire [15:0]       evt_rx_bytes,
    output wire              evt_rx_fcs,
    output wire              evt_rx_runt,
    output wire              evt_rx_giant,
    output wire              evt_rx_error,
    output wire              evt_rx_overflow,
    output wire              evt_rx_pause,
    output wire              evt_tx_pause,
    output wire              evt_tx_underrun    // the core fell behind within a frame, which was sent spoiled
);
    // ---- transmit ----
    wire [DATA_W-1:0] pad_tdata;
    wire [KEEP_W-1:0] pad_tkeep;
    wire              pad_tlast;
    wire              pad_tvalid;
    wire              pad_tready;
    wire              cross_busy;
    wire [WORD_W-1:0] cross_data;
    wire [2:0]        cross_len;
    wire              cross_last;
    wire              cross_valid;
    wire              cross_start;
    wire              cross_ready;
    wire [15:0]       got_quanta;
    wire              got_valid;
    wire              xoff_stop;
    wire              xoff_valid;
    wire              xoff_ready;
    wire              xoff_out_stop;
    wire [47:0]       xoff_out_mac;
    wire              xoff_out_valid;
    wire              xoff_out_ready;
    wire [1:0]        unused_xoff_wr;
    wire [1:0]        unused_xoff_rd;

    assign tx_busy = pad_tvalid || cross_busy;

    mac_pad #(
        .DATA_W (DATA_W)
    ) u_pad (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tdata  (s_axis_tdata),
        .s_axis_tkeep  (s_axis_tkeep),
        .s_axis_tlast  (s_axis_tlast),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tready (s_axis_tready),
        .m_axis_tdata  (pad_tdata),
        .m_axis_tkeep  (pad_tkeep),
        .m_axis_tlast  (pad_tlast),
        .m_axis_tvalid (pad_tvalid),
        .m_axis_tready (pad_tready),
        .evt_frame     (evt_tx_frame),
        .evt_bytes     (evt_tx_bytes)
    );

    mac_tx_cross #(
        .DATA_W      (DATA_W),
        .WORD_W      (WORD_W),
        .FIFO_BYTES  (TX_FIFO_BYTES),
        .START_BYTES (TX_START_BYTES)
    ) u_tx_cross (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tdata  (pad_tdata),
        .s_axis_tkeep  (pad_tkeep),
        .s_axis_tlast  (pad_tlast),
        .s_axis_tvalid (pad_tvalid),
        .s_axis_tready (pad_tready),
        .busy          (cross_busy),
        .tx_clk        (tx_clk),
        .tx_rst        (tx_rst),
        .m_data        (cross_data),
        .m_len         (cross_len),
        .m_last        (cross_last),
        .m_valid       (cross_valid),
        .m_start       (cross_start),
        .m_ready       (cross_ready)
    );

    mac_tx_select #(
        .WORD_W (WORD_W)
    ) u_select (
        .clk         (tx_clk),
        .rst         (tx_rst),
        .s_data      (cross_data),
        .s_len       (cross_len),
        .s_last      (cross_last),
        .s_valid     (cross_valid),
        .s_start     (cross_start),
        .s_ready     (cross_ready),
        .send_quanta ({16{xoff_out_stop}}),
        .send_mac    (xoff_out_mac),
        .send_valid  (xoff_out_valid),
        .send_ready  (xoff_out_ready),
        .got_quanta  (got_quanta),
        .got_valid   (got_valid),
        .m_data      (send_data),
        .m_len       (send_len),
        .m_last      (send_last),
        .m_valid     (send_valid),
        .m_start     (send_start),
        .m_ready     (send_ready),
        .m_idle      (send_idle)
    );

    sync_event u_underrun (
        .s_clk   (tx_clk),
        .s_rst   (tx_rst),
        .s_event (underrun),
        .m_clk   (clk),
        .m_rst   (rst),
        .m_event (evt_tx_underrun),
        .m_ready (1'b1)
    );

    // ---- pause frames sent: decided in the core, built on the wire's side ----
    mac_pause_tx #(
        .REFRESH_CYCLES (PAUSE_REFRESH_CYCLES)
    ) u_pause_tx (
        .clk       (clk),
        .rst       (rst),
        .enable    (cfg_pause_tx),
        .request   (pause_request),
        .m_stop    (xoff_stop),
        .m_valid   (xoff_valid),
        .m_ready   (xoff_ready),
        .evt_pause (evt_tx_pause)
    );

    fifo_async #(
        .WIDTH (49),
        .DEPTH (2)
    ) u_xoff (
        .wr_clk   (clk),
        .wr_rst   (rst),
        .s_data   ({cfg_mac, xoff_stop}),
        .s_valid  (xoff_valid),
        .s_ready  (xoff_ready),
        .wr_count (unused_xoff_wr),
        .rd_clk   (tx_clk),
        .rd_rst   (tx_rst),
        .m_data   ({xoff_out_mac, xoff_out_stop}),
        .m_valid  (xoff_out_valid),
        .m_ready  (xoff_out_ready),
        .rd_count (unused_xoff_rd)
    );

    // ---- receive ----
    wire              word_pause;
    wire [15:0]       word_quanta;
    wire [DATA_W-1:0] in_tdata;
    wire [KEEP_W-1:0] in_tkeep;
    wire [$clog2(KEEP_W):0] in_bytes;
    wire              in_tlast;
    wire              in_tvalid;
    wire [3:0]        in_why;
    wire              cut;
    wire              lost;
    wire              rx_pause_enable;
    wire [2:0]        unused_got_wr;
    wire [2:0]        unused_got_rd;
    wire              unused_got_ready;         // the transmit side takes a word a cycle

    // A frame that left no trace is announced in a cycle in which no other overflow is.
    assign evt_rx_overflow = cut || lost;

    mac_rx_cross #(
        .DATA_W     (DATA_W),
        .WORD_W     (WORD_W),
        .FIFO_BYTES (RX_FIFO_BYTES)
    ) u_rx_cross (
        .rx_clk         (rx_clk),
        .rx_rst         (rx_rst),
        .s_data         (word_data),
        .s_len          (word_len),
        .s_last         (word_last),
        .s_why          ({word_pause, 1'b0, word_fcs, word_error}),
        .s_valid        (word_valid),
        .clk            (clk),
        .rst            (rst),
        .m_axis_tdata   (in_tdata),
        .m_axis_tkeep   (in_tkeep),
        .m_axis_bytes   (in_bytes),
        .m_axis_tlast   (in_tlast),
        .m_axis_tvalid  (in_tvalid),
        .m_axis_why     (in_why),
        .evt_lost       (lost),
        .evt_lost_ready (!cut)
    );

    mac_check #(
        .DATA_W (DATA_W)
    ) u_check (
        .clk           (clk),
        .rst           (rst),
        .cfg_max_frame (cfg_max_frame),
        .s_axis_tdata  (in_tdata),
        .s_axis_tkeep  (in_tkeep),
        .s_axis_bytes  (in_bytes),
        .s_axis_tlast  (in_tlast),
        .s_axis_tvalid (in_tvalid),
        .s_axis_why    (in_why),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tkeep  (m_axis_tkeep),
        .m_axis_tlast  (m_axis_tlast),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tuser  (m_axis_tuser),
        .evt_frame     (evt_rx_frame),
        .evt_bytes     (evt_rx_bytes),
        .evt_fcs       (evt_rx_fcs),
        .evt_runt      (evt_rx_runt),
        .evt_giant     (evt_rx_giant),
        .evt_error     (evt_rx_error),
        .evt_overflow  (cut),
        .evt_pause     (evt_rx_pause)
    );

    // ---- pause frames received: from the receive clock straight to the transmit clock ----
    sync_bit u_pause_enable (
        .clk (rx_clk),
        .rst (rx_rst),
        .d   (cfg_pause_rx),
        .q   (rx_pause_enable)
    );

    mac_pause_rx #(
        .WORD_W (WORD_W)
    ) u_pause_rx (
        .clk     (rx_clk),
        .rst     (rx_rst),
        .enable  (rx_pause_enable),
        .s_data  (word_data),
        .s_last  (word_last),
        .s_valid (word_valid),
        .s_bad   (word_fcs || word_error),
        .pause   (word_pause),
        .quanta  (word_quanta)
    );

    fifo_async #(
        .WIDTH (16),
        .DEPTH (4)
    ) u_got (
        .wr_clk   (rx_clk),
        .wr_rst   (rx_rst),
        .s_data   (word_quanta),
        .s_valid  (word_pause),
        .s_ready  (unused_got_ready),
        .wr_count (unused_got_wr),
        .rd_clk   (tx_clk),
        .rd_rst   (tx_rst),
        .m_data   (got_quanta),
        .m_valid  (got_valid),
        .m_ready  (1'b1),
        .rd_count (unused_got_rd)
    );
endmodule

`default_nettype wire
