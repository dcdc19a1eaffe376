// SPDX-License-Identifier: Apache-2.0
// Counts per queue what is outstanding, so that a stopped queue knows when nothing of it is left.
`default_nettype none

module vq_count #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter WIDTH  = 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // one more of a queue, one less of a queue (perhaps the same)
    input  wire              inc_valid,
    input  wire [QW-1:0]     inc_queue,
    input  wire              dec_valid,
    input  wire [QW-1:0]     dec_queue,
    // level
    output wire [QUEUES-1:0] nonzero
);
    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_queue
            reg [WIDTH-1:0] count;
            wire inc = inc_valid && inc_queue == g;
            wire dec = dec_valid && dec_queue == g;

            assign nonzero[g] = |count;

            always @(posedge clk)
                if (rst) count <= {WIDTH{1'b0}};
                else if (inc && !dec) count <= count + 1'b1;
                else if (dec && !inc) count <= count - 1'b1;
        end
    endgenerate
endmodule

`default_nettype wire
