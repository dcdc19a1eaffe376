// SPDX-License-Identifier: Apache-2.0
// One RGMII port of an ECP5 as GMII: the pins' cells, and the coding between the two. Only wires.
`default_nettype none

module rgmii_ecp5_port #(
    parameter TX_CLK_TAPS = 0,                  // as in rgmii_ecp5
    parameter RX_TAPS     = 80
) (
    // clocks: transmit; receive is rxc
    input  wire       tx_clk,
    input  wire       rx_rst,
    // GMII
    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire [7:0] gmii_rxd,
    output wire       gmii_rx_dv,
    output wire       gmii_rx_er,
    output wire       usable,                   // the PHY says: link at 1000 Mb/s, full duplex
    // pins
    output wire       txc,
    output wire [3:0] txd,
    output wire       tx_ctl,
    input  wire       rxc,
    input  wire [3:0] rxd,
    input  wire       rx_ctl
);
    wire [3:0] txd_rise, txd_fall, rxd_rise, rxd_fall;
    wire       tx_ctl_rise, tx_ctl_fall, rx_ctl_rise, rx_ctl_fall;

    rgmii_ecp5 #(.TX_CLK_TAPS(TX_CLK_TAPS), .RX_TAPS(RX_TAPS)) i_pins (
        .tx_clk(tx_clk), .txd_rise(txd_rise), .txd_fall(txd_fall), .tx_ctl_rise(tx_ctl_rise), .tx_ctl_fall(tx_ctl_fall),
        .rxd_rise(rxd_rise), .rxd_fall(rxd_fall), .rx_ctl_rise(rx_ctl_rise), .rx_ctl_fall(rx_ctl_fall),
        .pin_txc(txc), .pin_txd(txd), .pin_tx_ctl(tx_ctl), .pin_rxc(rxc), .pin_rxd(rxd), .pin_rx_ctl(rx_ctl)
    );

    rgmii_codec i_codec (
        .rx_clk(rxc), .rx_rst(rx_rst),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .rgmii_txd_rise(txd_rise), .rgmii_txd_fall(txd_fall), .rgmii_tx_ctl_rise(tx_ctl_rise), .rgmii_tx_ctl_fall(tx_ctl_fall),
        .rgmii_rxd_rise(rxd_rise), .rgmii_rxd_fall(rxd_fall), .rgmii_rx_ctl_rise(rx_ctl_rise), .rgmii_rx_ctl_fall(rx_ctl_fall),
        .link(), .speed(), .full_duplex(), .usable(usable)
    );
endmodule

`default_nettype wire
