// SPDX-License-Identifier: Apache-2.0
// Moves every byte of a word up by so many lanes; what leaves at the top comes in at the bottom. One rotation serves both the
// word that is completed and the bytes left over for the next, where two windows of a double word would take twice the logic.
`default_nettype none

module lane_rotate #(
    parameter DATA_W = 128,
    parameter LANE_W = $clog2(DATA_W / 8)
) (
    input  wire [DATA_W-1:0] data,
    input  wire [LANE_W-1:0] lanes,
    output wire [DATA_W-1:0] rotated
);
    wire [DATA_W*(LANE_W+1)-1:0] stage;

    assign stage[DATA_W-1:0] = data;
    assign rotated = stage[DATA_W*LANE_W +: DATA_W];

    generate
        genvar s;
        for (s = 0; s < LANE_W; s = s + 1) begin : g_stage
            wire [DATA_W-1:0] from = stage[DATA_W*s +: DATA_W];
            localparam BITS = 8 << s;
            assign stage[DATA_W*(s+1) +: DATA_W] = lanes[s] ? {from[DATA_W-BITS-1:0], from[DATA_W-1 -: BITS]} : from;
        end
    endgenerate
endmodule

`default_nettype wire
