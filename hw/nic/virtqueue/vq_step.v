// SPDX-License-Identifier: Apache-2.0
// Moves a ring index on. In a split ring it counts entries, modulo 65,536. In a packed one [14:0] is the place and [15] the
// inverse of the wrap counter, which flips where the place passes the ring's end: by compare, since its size is any number.
`default_nettype none

module vq_step (
    input  wire        cfg_packed,
    input  wire [15:0] size,                    // of the ring
    input  wire [15:0] index,
    input  wire [15:0] count,                   // at most the size
    output wire [15:0] moved
);
    wire [16:0] place = {2'd0, index[14:0]} + {1'b0, count};
    wire        over  = place >= {1'b0, size};
    /* verilator lint_off UNUSEDSIGNAL */       // below the size: 15 bits are enough
    wire [16:0] left  = place - {1'b0, size};
    /* verilator lint_on UNUSEDSIGNAL */

    assign moved = !cfg_packed ? index + count : {index[15] ^ over, over ? left[14:0] : place[14:0]};
endmodule

`default_nettype wire
