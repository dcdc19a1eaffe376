// SPDX-License-Identifier: Apache-2.0
// Counts the places from one ring index to another (see vq_step): in a packed ring less than two rounds.
`default_nettype none

module vq_span (
    input  wire        cfg_packed,
    input  wire [15:0] size,                    // of the ring
    input  wire [15:0] from,
    input  wire [15:0] to,
    output wire [15:0] count
);
    wire [15:0] places = {1'b0, to[14:0]} - {1'b0, from[14:0]};

    assign count = !cfg_packed ? to - from : (to[15] != from[15]) ? places + size : places;
endmodule

`default_nettype wire
