// SPDX-License-Identifier: Apache-2.0
// The far side of a GMII at 1000 Mb/s, coded and decoded in C++ (testbench/dpi/wire_gmii.cpp).
`timescale 1ns/1ps

module servant_wire_gmii (
    input  logic       tx_clk,
    input  logic       rx_clk,
    input  logic       rst,
    input  logic [7:0] txd,
    input  logic       tx_en,
    input  logic       tx_er,
    output logic [7:0] rxd,
    output logic       rx_dv,
    output logic       rx_er
);
    import "DPI-C" function int fr_gmii_tx(input int data, input int enable, input int error);
    import "DPI-C" function int fr_gmii_rx();

    logic follow = 0;
    always @(posedge tx_clk)
        if (!rst && (follow || tx_en)) follow <= fr_gmii_tx({24'd0, txd}, {31'd0, tx_en}, {31'd0, tx_er}) != 0;

    int character;
    always @(posedge rx_clk) begin
        character = rst ? 0 : fr_gmii_rx();
        rxd   <= character[7:0];
        rx_dv <= character[8];
        rx_er <= character[9];
    end
endmodule
