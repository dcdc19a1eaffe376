// SPDX-License-Identifier: Apache-2.0
// Two-flop synchroniser for one level that comes from another clock.
`default_nettype none

module sync_bit #(
    parameter RESET_VALUE = 0
) (
    // clock of the receiving side
    input  wire clk,
    input  wire rst,
    // level from elsewhere
    input  wire d,
    output wire q
);
    (* async_reg = "true" *) reg [1:0] stage;

    assign q = stage[1];

    always @(posedge clk)
        if (rst) stage <= (RESET_VALUE != 0) ? 2'b11 : 2'b00;
        else     stage <= {stage[0], d};
endmodule

`default_nettype wire
