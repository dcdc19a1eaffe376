// SPDX-License-Identifier: Apache-2.0
// The far side of a 64-bit XGMII, coded and decoded in C++ (testbench/dpi/wire_xgmii.cpp).
`timescale 1ns/1ps

module servant_wire_xgmii (
    input  logic        clk,
    input  logic        rst,
    input  logic [63:0] txd,
    input  logic [7:0]  txc,
    output logic [63:0] rxd,
    output logic [7:0]  rxc
);
    import "DPI-C" function int fr_xgmii_tx(input longint data, input int control);
    import "DPI-C" function int fr_xgmii_rx(output longint data);

    logic   follow = 0;
    longint word;
    int     control;
    always @(posedge clk) begin
        if (rst) begin
            rxd <= 64'h0707070707070707;
            rxc <= 8'hff;
        end else begin
            if (follow || txc != 8'hff || txd != 64'h0707070707070707) follow <= fr_xgmii_tx(txd, {24'd0, txc}) != 0;
            control = fr_xgmii_rx(word);
            rxd <= word;
            rxc <= control[7:0];
        end
    end
endmodule
