// SPDX-License-Identifier: Apache-2.0
// Joins one-cycle events of two sources into one event wire without losing any that coincide.
`default_nettype none

module pulse_merge #(
    parameter BACKLOG_W = 6                     // coincidences that can wait
) (
    // clock
    input  wire clk,
    input  wire rst,
    // events
    input  wire a,
    input  wire b,
    output wire any
);
    reg [BACKLOG_W-1:0] backlog;

    assign any = a || b || (backlog != 0);

    always @(posedge clk)
        if (rst)                          backlog <= 0;
        else if (a && b)                  backlog <= backlog + 1'b1;
        else if (!a && !b && backlog != 0) backlog <= backlog - 1'b1;
endmodule

`default_nettype wire
