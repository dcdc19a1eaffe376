// SPDX-License-Identifier: Apache-2.0
// MAC of kind XGMII: 10 Gb/s on 64 bits at 156.25 MHz (IEEE 802.3 clause 46), in clock domains of its own.
//
//   TX: mac_frames -> xgmii_tx
//   RX: xgmii_rx -> mac_frames; xgmii_fault
`default_nettype none

module mac_xgmii #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
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
    // link
    output wire              link_up,
    output wire [1:0]        fault,             // 0 none, 1 local, 2 remote
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
    // wire
    output wire [63:0]       xgmii_txd,
    output wire [7:0]        xgmii_txc,
    input  wire [63:0]       xgmii_rxd,
    input  wire [7:0]        xgmii_rxc,
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
    wire [63:0] send_data;
    wire [2:0]  send_len;
    wire        send_last;
    wire        send_valid;
    wire        send_start;
    wire        send_ready;
    wire        send_idle;
    wire        underrun;
    wire [63:0] word_data;
    wire [2:0]  word_len;
    wire        word_last;
    wire        word_valid;
    wire        word_fcs;
    wire        word_error;
    wire        tx_local;
    wire        tx_remote;

    mac_frames #(
        .DATA_W               (DATA_W),
        .PAUSE_REFRESH_CYCLES (PAUSE_REFRESH_CYCLES)
    ) u_frames (
        .clk             (clk),
        .rst             (rst),
        .tx_clk          (tx_clk),
        .tx_rst          (tx_rst),
        .rx_clk          (rx_clk),
        .rx_rst          (rx_rst),
        .cfg_max_frame   (cfg_max_frame),
        .cfg_pause_rx    (cfg_pause_rx),
        .cfg_pause_tx    (cfg_pause_tx),
        .cfg_mac         (cfg_mac),
        .pause_request   (pause_request),
        .s_axis_tdata    (s_axis_tdata),
        .s_axis_tkeep    (s_axis_tkeep),
        .s_axis_tlast    (s_axis_tlast),
        .s_axis_tvalid   (s_axis_tvalid),
        .s_axis_tready   (s_axis_tready),
        .tx_busy         (tx_busy),
        .m_axis_tdata    (m_axis_tdata),
        .m_axis_tkeep    (m_axis_tkeep),
        .m_axis_tlast    (m_axis_tlast),
        .m_axis_tvalid   (m_axis_tvalid),
        .m_axis_tuser    (m_axis_tuser),
        .send_data       (send_data),
        .send_len        (send_len),
        .send_last       (send_last),
        .send_valid      (send_valid),
        .send_start      (send_start),
        .send_ready      (send_ready),
        .send_idle       (send_idle),
        .underrun        (underrun),
        .word_data       (word_data),
        .word_len        (word_len),
        .word_last       (word_last),
        .word_valid      (word_valid),
        .word_fcs        (word_fcs),
        .word_error      (word_error),
        .evt_tx_frame    (evt_tx_frame),
        .evt_tx_bytes    (evt_tx_bytes),
        .evt_rx_frame    (evt_rx_frame),
        .evt_rx_bytes    (evt_rx_bytes),
        .evt_rx_fcs      (evt_rx_fcs),
        .evt_rx_runt     (evt_rx_runt),
        .evt_rx_giant    (evt_rx_giant),
        .evt_rx_error    (evt_rx_error),
        .evt_rx_overflow (evt_rx_overflow),
        .evt_rx_pause    (evt_rx_pause),
        .evt_tx_pause    (evt_tx_pause),
        .evt_tx_underrun (evt_tx_underrun)
    );

    xgmii_tx u_tx (
        .clk          (tx_clk),
        .rst          (tx_rst),
        .s_data       (send_data),
        .s_len        (send_len),
        .s_last       (send_last),
        .s_valid      (send_valid),
        .s_start      (send_start),
        .s_ready      (send_ready),
        .local_fault  (tx_local),
        .remote_fault (tx_remote),
        .xgmii_txd    (xgmii_txd),
        .xgmii_txc    (xgmii_txc),
        .idle         (send_idle),
        .evt_underrun (underrun)
    );

    xgmii_rx u_rx (
        .clk       (rx_clk),
        .rst       (rx_rst),
        .xgmii_rxd (xgmii_rxd),
        .xgmii_rxc (xgmii_rxc),
        .m_data    (word_data),
        .m_len     (word_len),
        .m_last    (word_last),
        .m_valid   (word_valid),
        .m_fcs     (word_fcs),
        .m_error   (word_error)
    );

    // ---- link faults: to the transmitter, which answers them, and to the core ----
    wire rx_local;
    wire rx_remote;
    wire core_local;
    wire core_remote;
    wire core_alive;
    reg  rx_alive;                              // the receive clock runs and is out of reset

    assign link_up = core_alive && !core_local && !core_remote;
    assign fault   = core_local ? 2'd1 : core_remote ? 2'd2 : 2'd0;

    always @(posedge rx_clk) rx_alive <= !rx_rst;

    xgmii_fault u_fault (
        .clk          (rx_clk),
        .rst          (rx_rst),
        .xgmii_rxd    (xgmii_rxd),
        .xgmii_rxc    (xgmii_rxc),
        .local_fault  (rx_local),
        .remote_fault (rx_remote)
    );

    sync_bit u_tx_local    (.clk (tx_clk), .rst (tx_rst), .d (rx_local),  .q (tx_local));
    sync_bit u_tx_remote   (.clk (tx_clk), .rst (tx_rst), .d (rx_remote), .q (tx_remote));
    sync_bit u_core_local  (.clk (clk),    .rst (rst),    .d (rx_local),  .q (core_local));
    sync_bit u_core_remote (.clk (clk),    .rst (rst),    .d (rx_remote), .q (core_remote));
    sync_bit u_core_alive  (.clk (clk),    .rst (rst),    .d (rx_alive),  .q (core_alive));
endmodule

`default_nettype wire
