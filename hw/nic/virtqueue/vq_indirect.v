// SPDX-License-Identifier: Apache-2.0
// Says what is wrong with a descriptor that refers to an indirect table: an error code, 0 when it is good.
`default_nettype none

module vq_indirect (
    // the descriptor
    input  wire        next,                    // its NEXT flag
    input  wire        nested,                  // it stands in an indirect table, or further on in a packed chain
    input  wire [31:0] len,
    // configuration
    input  wire        cfg_indirect,
    input  wire [15:0] size,                    // of the queue, which no chain may exceed
    // verdict
    output wire [3:0]  code
);
    `include "vq_kinds.vh"

    wire malformed = !cfg_indirect || nested || next || len == 32'd0 || len[3:0] != 4'd0;
    wire too_long  = len[31:4] > {12'd0, size};

    assign code = malformed ? E_INDIRECT : too_long ? E_LENGTH : 4'd0;
endmodule

`default_nettype wire
