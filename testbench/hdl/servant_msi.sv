// SPDX-License-Identifier: Apache-2.0
// Takes the card's interrupt messages, always at once, and hands them to C++.
`timescale 1ns/1ps

module servant_msi (
    input logic        clk,
    input logic        rst,
    input logic        s_valid,
    input logic [10:0] s_vector,
    input logic [63:0] s_addr,
    input logic [31:0] s_data
);
    import "DPI-C" function void fr_message(input int vector, input longint address, input int data);
    always @(posedge clk) if (s_valid && !rst) fr_message({21'd0, s_vector}, s_addr, s_data);
endmodule
