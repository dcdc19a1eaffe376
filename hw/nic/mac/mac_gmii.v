// SPDX-License-Identifier: Apache-2.0
// MAC of kind GMII: 1000 Mb/s full duplex, a byte a cycle at 125 MHz (IEEE 802.3 clause 35), in clock domains of its own.
//
//   TX: mac_frames -> gmii_tx
//   RX: gmii_rx -> mac_frames
//
// No other speed and no half duplex. The crossings are as deep as a LUT RAM: the core gives a frame without gaps and
// takes one at any pace above the wire's, so that they hold what the synchronisers delay and short pauses.
`default_nettype none

module mac_gmii #(
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
    output wire [1:0]        fault,             // always none: GMII has no signal for it
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
    output wire [7:0]        gmii_txd,
    output wire              gmii_tx_en,
    output wire              gmii_tx_er,
    input  wire [7:0]        gmii_rxd,
    input  wire              gmii_rx_dv,
    input  wire              gmii_rx_er,
    input  wire              wire_link_up,      // as the PHY says, of any clock
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
    localparam DEPTH = 16;                      // of a LUT RAM

    wire [7:0]  send_data;
    wire [2:0]  unused_len;                     // a word is a byte
    wire        send_last;
    wire        send_valid;
    wire        send_start;
    wire        send_ready;
    wire        send_idle;
    wire        underrun;
    wire [7:0]  word_data;
    wire        word_last;
    wire        word_valid;
    wire        word_fcs;
    wire        word_error;
    wire        tx_link;

    assign fault = 2'd0;

    mac_frames #(
        .DATA_W               (DATA_W),
        .WORD_W               (8),
        .TX_FIFO_BYTES        (DEPTH * KEEP_W),
        .TX_START_BYTES       (DEPTH / 2 * KEEP_W),
        .RX_FIFO_BYTES        (DEPTH * KEEP_W),
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
        .send_len        (unused_len),
        .send_last       (send_last),
        .send_valid      (send_valid),
        .send_start      (send_start),
        .send_ready      (send_ready),
        .send_idle       (send_idle),
        .underrun        (underrun),
        .word_data       (word_data),
        .word_len        (3'd0),
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

    gmii_tx u_tx (
        .clk          (tx_clk),
        .rst          (tx_rst),
        .s_data       (send_data),
        .s_last       (send_last),
        .s_valid      (send_valid),
        .s_start      (send_start),
        .s_ready      (send_ready),
        .link_up      (tx_link),
        .gmii_txd     (gmii_txd),
        .gmii_tx_en   (gmii_tx_en),
        .gmii_tx_er   (gmii_tx_er),
        .idle         (send_idle),
        .evt_underrun (underrun)
    );

    gmii_rx u_rx (
        .clk        (rx_clk),
        .rst        (rx_rst),
        .gmii_rxd   (gmii_rxd),
        .gmii_rx_dv (gmii_rx_dv),
        .gmii_rx_er (gmii_rx_er),
        .m_data     (word_data),
        .m_last     (word_last),
        .m_valid    (word_valid),
        .m_fcs      (word_fcs),
        .m_error    (word_error)
    );

    sync_bit u_tx_link   (.clk (tx_clk), .rst (tx_rst), .d (wire_link_up), .q (tx_link));
    sync_bit u_core_link (.clk (clk),    .rst (rst),    .d (wire_link_up), .q (link_up));
endmodule

`default_nettype wire
