// SPDX-License-Identifier: Apache-2.0
// Colorlight i5: the card on the first of its two ports; the serial line of the extension board's debugger is the bridge.
`default_nettype none

module colorlight_i5 #(
    parameter PLL_INPUT_DIV  = 1,
    parameter PLL_CORE_DIV   = 10,
    parameter BAUD           = 115200,
    parameter RGMII_TX_TAPS  = 0,
    parameter RGMII_RX_TAPS  = 80,
    parameter HOST_RAM       = 32768,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 64,
    parameter PACKED_RINGS   = 0,
    parameter STEERING       = 0,
    parameter VLAN_FILTER    = 0,
    parameter RX_CHECKSUM    = 1,
    parameter MAC_TABLE      = 4,
    parameter RX_STORE       = 16384,
    parameter PREFETCH       = 8,
    parameter SHARED_RINGS   = 1,
    parameter TX_STORE       = 16384,
    parameter COMMAND_RAM    = 512
) (
    input  wire       clk25,
    output wire       led_n,
    output wire       uart_tx,
    input  wire       uart_rx,
    output wire       phy_rst_n,
    output wire       phy_mdc,
    inout  wire       phy_mdio,
    output wire       eth0_txc,
    output wire [3:0] eth0_txd,
    output wire       eth0_tx_ctl,
    input  wire       eth0_rxc,
    input  wire [3:0] eth0_rxd,
    input  wire       eth0_rx_ctl
);
    wire clk_core, clk_125, led, mdio_out, mdio_drive, mdio_in;

    assign led_n = !led;
    BB i_mdio (.I(mdio_out), .T(!mdio_drive), .O(mdio_in), .B(phy_mdio));

    ecp5_card #(
        .PLL_INPUT_DIV(PLL_INPUT_DIV), .PLL_CORE_DIV(PLL_CORE_DIV), .BAUD(BAUD), .RGMII_TX_TAPS(RGMII_TX_TAPS), .RGMII_RX_TAPS(RGMII_RX_TAPS),
        .HOST_RAM(HOST_RAM), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX),
        .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM),
        .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) i_card (
        .clk_in(clk25), .clk_core(clk_core), .clk_125(clk_125), .button_n(1'b1), .led(led), .uart_rx(uart_rx), .uart_tx(uart_tx),
        .phy_rst_n(phy_rst_n), .mdc(phy_mdc), .mdio_out(mdio_out), .mdio_drive(mdio_drive), .mdio_in(mdio_in),
        .rst(), .ready(), .s_wb_stb(1'b0), .s_wb_we(1'b0), .s_wb_adr(30'd0), .s_wb_dat_w(32'd0), .s_wb_ack(), .s_wb_dat_r(),
        .txc(eth0_txc), .txd(eth0_txd), .tx_ctl(eth0_tx_ctl), .rxc(eth0_rxc), .rxd(eth0_rxd), .rx_ctl(eth0_rx_ctl)
    );
endmodule

`default_nettype wire
