// SPDX-License-Identifier: Apache-2.0
// The pins of one RGMII port: what they have at both edges of a 125 MHz cycle, as two nibbles and two control bits. ECP5.
`default_nettype none

module rgmii_ecp5 #(
    parameter TX_CLK_TAPS = 0,                  // delay of the clock sent, 25 ps each: 80 for a PHY that adds none itself
    parameter RX_TAPS     = 80                  // of what is received: as long as its clock takes to the pins' registers
) (
    // transmit
    input  wire       tx_clk,
    input  wire [3:0] txd_rise,
    input  wire [3:0] txd_fall,
    input  wire       tx_ctl_rise,
    input  wire       tx_ctl_fall,
    // receive, on pin_rxc
    output wire [3:0] rxd_rise,
    output wire [3:0] rxd_fall,
    output wire       rx_ctl_rise,
    output wire       rx_ctl_fall,
    // pins
    output wire       pin_txc,
    output wire [3:0] pin_txd,
    output wire       pin_tx_ctl,
    input  wire       pin_rxc,
    input  wire [3:0] pin_rxd,
    input  wire       pin_rx_ctl
);
    wire [5:0] tx_rise = {1'b1, tx_ctl_rise, txd_rise};
    wire [5:0] tx_fall = {1'b0, tx_ctl_fall, txd_fall};
    wire [4:0] rx_pin  = {pin_rx_ctl, pin_rxd};
    wire [5:0] tx_pin;

    assign {pin_txc, pin_tx_ctl, pin_txd} = tx_pin;

    generate
        genvar g;
        for (g = 0; g < 6; g = g + 1) begin : g_tx
            wire edges;
            ODDRX1F ddr (.D0(tx_rise[g]), .D1(tx_fall[g]), .SCLK(tx_clk), .RST(1'b0), .Q(edges));
            // Data have the cell, too, so that the taps are all the difference between them and their clock.
            DELAYG #(.DEL_MODE("USER_DEFINED"), .DEL_VALUE(g == 5 ? TX_CLK_TAPS : 0)) delay (.A(edges), .Z(tx_pin[g]));
        end
    endgenerate

    wire [4:0] rx_rise;
    wire [4:0] rx_fall;

    assign {rx_ctl_rise, rxd_rise} = rx_rise;
    assign {rx_ctl_fall, rxd_fall} = rx_fall;

    generate
        for (g = 0; g < 5; g = g + 1) begin : g_rx
            wire late;
            DELAYG #(.DEL_MODE("USER_DEFINED"), .DEL_VALUE(RX_TAPS)) delay (.A(rx_pin[g]), .Z(late));
            IDDRX1F ddr (.D(late), .SCLK(pin_rxc), .RST(1'b0), .Q0(rx_rise[g]), .Q1(rx_fall[g]));
        end
    endgenerate
endmodule

`default_nettype wire
