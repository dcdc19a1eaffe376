// SPDX-License-Identifier: Apache-2.0
// Takes in an address of 64 bits: of a card that reaches less, the bits it reaches and one more that says it is beyond. The
// end is kept clear of the last 2^MARGIN bytes, so that nothing that may be added leads over it.
`default_nettype none

module vq_reach #(
    parameter ADDR_W = 64,
    parameter MARGIN = 64,                      // bits, none with 64
    parameter A_W    = (ADDR_W < 64) ? ADDR_W + 1 : 64
) (
    // from outside, inside
    input  wire [63:0]    address,
    output wire [A_W-1:0] reached
);
    generate
        if (ADDR_W < 64) begin : g_short
            wire near;
            if (MARGIN < ADDR_W) begin : g_margin
                assign near = &address[ADDR_W-1:MARGIN];
            end else begin : g_none
                assign near = 1'b0;
            end
            assign reached = {|address[63:ADDR_W] || near, address[ADDR_W-1:0]};
        end else begin : g_whole
            assign reached = address;
        end
    endgenerate
endmodule

`default_nettype wire
