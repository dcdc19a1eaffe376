// SPDX-License-Identifier: Apache-2.0
// Makes an address: an offset in a queue's table, or in an indirect one. Where a card reaches less than 64 bits, an address has
// a bit more than it reaches, which says that it is beyond; then the last 64 bytes are read or written, whole.
`default_nettype none

module vq_address #(
    parameter ADDR_W = 64,
    parameter A_W    = (ADDR_W < 64) ? ADDR_W + 1 : 64,
    parameter OFF_W  = 20
) (
    // base and offset
    input  wire             indirect,
    input  wire [A_W-1:0]   indirect_base,
    input  wire [A_W-1:0]   table_base,
    input  wire [OFF_W-1:0] offset,
    // sum
    output wire [63:0]      address
);
    wire [A_W-1:0] base = indirect ? indirect_base : table_base;

    generate
        if (ADDR_W < 64) begin : g_short
            // So near to the end that it could be passed: beyond, too. Queues' tables were taken in so.
            wire              near   = &indirect_base[ADDR_W-1:OFF_W];
            wire              beyond = base[ADDR_W] || (indirect && near);
            wire [ADDR_W-1:0] sum    = base[ADDR_W-1:0] + {{(ADDR_W-OFF_W){1'b0}}, offset};

            assign address = {{(64-ADDR_W){1'b0}}, beyond ? {{(ADDR_W-6){1'b1}}, 6'd0} : sum};
        end else begin : g_whole
            assign address = base + {{(64-OFF_W){1'b0}}, offset};
        end
    endgenerate
endmodule

`default_nettype wire
