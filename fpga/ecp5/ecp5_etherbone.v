// SPDX-License-Identifier: Apache-2.0
// A second RGMII port of an ECP5, as bus master: its pins, a gigabit MAC and Etherbone. Only wires.
`default_nettype none

module ecp5_etherbone #(
    parameter RGMII_TX_TAPS = 0,                // as in rgmii_ecp5
    parameter RGMII_RX_TAPS = 80,
    parameter MAC           = 48'h020000000032, // the address's first byte is the highest
    parameter IP            = 32'hc0a80132      // 192.168.1.50
) (
    // clocks
    input  wire        clk,
    input  wire        rst,
    input  wire        tx_clk,
    input  wire        ready,                   // as in reset_sync
    // bus master
    output wire        wb_stb,
    output wire        wb_we,
    output wire [29:0] wb_adr,
    output wire [31:0] wb_dat_w,
    input  wire        wb_ack,
    input  wire [31:0] wb_dat_r,
    // RGMII
    output wire        txc,
    output wire [3:0]  txd,
    output wire        tx_ctl,
    input  wire        rxc,
    input  wire [3:0]  rxd,
    input  wire        rx_ctl
);
    wire tx_rst, rx_rst;

    reset_sync i_tx_rst (.clk(tx_clk), .ready(ready), .rst(tx_rst));
    reset_sync i_rx_rst (.clk(rxc), .ready(ready), .rst(rx_rst));

    wire [7:0] gmii_txd, gmii_rxd;
    wire       gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er, usable;

    rgmii_ecp5_port #(.TX_CLK_TAPS(RGMII_TX_TAPS), .RX_TAPS(RGMII_RX_TAPS)) i_port (
        .tx_clk(tx_clk), .rx_rst(rx_rst),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er), .usable(usable),
        .txc(txc), .txd(txd), .tx_ctl(tx_ctl), .rxc(rxc), .rxd(rxd), .rx_ctl(rx_ctl)
    );

    wire [63:0] rx_tdata, tx_tdata;
    wire [7:0]  rx_tkeep, tx_tkeep;
    wire        rx_tlast, rx_tvalid, rx_tuser, tx_tlast, tx_tvalid, tx_tready;

    mac_gmii #(.DATA_W(64)) i_mac (
        .clk(clk), .rst(rst), .tx_clk(tx_clk), .tx_rst(tx_rst), .rx_clk(rxc), .rx_rst(rx_rst),
        .cfg_max_frame(16'd1522), .cfg_pause_rx(1'b0), .cfg_pause_tx(1'b0), .cfg_mac(48'd0), .pause_request(1'b0),
        .link_up(), .fault(),
        .s_axis_tdata(tx_tdata), .s_axis_tkeep(tx_tkeep), .s_axis_tlast(tx_tlast), .s_axis_tvalid(tx_tvalid),
        .s_axis_tready(tx_tready), .tx_busy(),
        .m_axis_tdata(rx_tdata), .m_axis_tkeep(rx_tkeep), .m_axis_tlast(rx_tlast), .m_axis_tvalid(rx_tvalid),
        .m_axis_tuser(rx_tuser),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er), .wire_link_up(usable),
        .evt_tx_frame(), .evt_tx_bytes(), .evt_rx_frame(), .evt_rx_bytes(), .evt_rx_fcs(), .evt_rx_runt(), .evt_rx_giant(),
        .evt_rx_error(), .evt_rx_overflow(), .evt_rx_pause(), .evt_tx_pause(), .evt_tx_underrun()
    );

    etherbone i_etherbone (
        .clk(clk), .rst(rst), .cfg_mac(MAC), .cfg_ip(IP),
        .s_axis_tdata(rx_tdata), .s_axis_tkeep(rx_tkeep), .s_axis_tlast(rx_tlast), .s_axis_tvalid(rx_tvalid), .s_axis_tuser(rx_tuser),
        .m_axis_tdata(tx_tdata), .m_axis_tkeep(tx_tkeep), .m_axis_tlast(tx_tlast), .m_axis_tvalid(tx_tvalid),
        .m_axis_tready(tx_tready),
        .wb_stb(wb_stb), .wb_we(wb_we), .wb_adr(wb_adr), .wb_dat_w(wb_dat_w), .wb_ack(wb_ack), .wb_dat_r(wb_dat_r)
    );
endmodule

`default_nettype wire
