// SPDX-License-Identifier: Apache-2.0
// The PHY at a board's RGMII pins: double data rate to GMII and back, in-band status, and the delays it gives clocks.
`timescale 1ns/1ps

module rgmii_phy #(
    parameter TX_DELAY_PS = 2000,  // of the clock it gets, until it samples
    parameter RX_DELAY_PS = 2000   // of the clock it gives, against its data
) (
    input  logic       clk,        // of its own, 125 MHz
    input  logic       link,
    // pins
    input  logic       txc,
    input  logic [3:0] txd,
    input  logic       tx_ctl,
    output logic       rxc,
    output logic [3:0] rxd,
    output logic       rx_ctl,
    // what came, on gmii_tx_clk, and what is to be sent, on clk
    output logic       gmii_tx_clk,
    output logic [7:0] gmii_txd,
    output logic       gmii_tx_en,
    output logic       gmii_tx_er,
    input  logic [7:0] gmii_rxd,
    input  logic       gmii_rx_dv,
    input  logic       gmii_rx_er
);
    logic [3:0] low, high;
    logic       valid, second;
    initial gmii_tx_clk = 0;
    always @(txc) gmii_tx_clk <= #(TX_DELAY_PS / 1000.0) txc;
    always @(negedge gmii_tx_clk) {second, high} <= {tx_ctl, txd};
    always @(posedge gmii_tx_clk) begin
        {valid, low} <= {tx_ctl, txd};
        gmii_txd   <= {high, low};
        gmii_tx_en <= valid;
        gmii_tx_er <= valid ^ second;
    end

    // between frames both nibbles say: full duplex, 1000 Mb/s, link
    wire  [3:0] status = {1'b1, 2'b10, link};
    logic [7:0] octet;
    logic       first, error;
    initial rxc = 0;
    always @(clk) rxc <= #(RX_DELAY_PS / 1000.0) clk;
    always @(posedge clk) begin
        octet <= (gmii_rx_dv || gmii_rx_er) ? gmii_rxd : {status, status};
        first <= gmii_rx_dv;
        error <= gmii_rx_dv ^ gmii_rx_er;
    end
    assign rxd    = clk ? octet[3:0] : octet[7:4];
    assign rx_ctl = clk ? first : error;
endmodule
