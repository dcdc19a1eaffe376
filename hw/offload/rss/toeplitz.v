// SPDX-License-Identifier: Apache-2.0
// Toeplitz hash of 36 bytes under a key that can change while it runs, a slice of the input a cycle: a start every STEPS cycles, the answer STEPS + 1 cycles later.
`default_nettype none

module toeplitz #(
    parameter STEPS = 4                         // 1, 2, 4 or 8: the less, the more it costs
) (
    // clock
    input  wire         clk,
    input  wire         rst,
    // configuration: bit 319 is the first, the highest of byte 0
    input  wire [319:0] cfg_key,
    // input: bit 287 is the first; not before STEPS cycles after the last one
    input  wire         s_valid,
    input  wire [287:0] s_data,
    // hash, for one cycle
    output reg  [31:0]  m_hash
);
    localparam SLICE = 288 / STEPS;
    localparam SPAN  = SLICE + 31;              // bits of the key that meet a slice

    reg [287:0] rest;                           // the next slice highest
    reg [2:0]   step;
    reg         running;

    // Blocking temporaries inside the clocked block: nothing is evaluated while no frame is hashed.
    /* verilator lint_off BLKSEQ */
    reg [SPAN-1:0]    key;
    reg [SLICE/3-1:0] threes;
    reg [31:0]        sum;
    integer           i;
    integer           j;

    always @(posedge clk) begin
        if (rst) running <= 1'b0;
        else if (s_valid) running <= 1'b1;
        else if (step == STEPS[2:0] - 3'd1) running <= 1'b0;
        if (s_valid) begin
            rest <= s_data;
            step <= 3'd0;
        end else if (running) begin
            rest <= rest << SLICE;
            step <= step + 3'd1;
        end
        if (running) begin
            // chosen among STEPS places: a shifter to any place would cost a thousand LUTs more at 72 bits a cycle
            key = cfg_key[319 -: SPAN];
            for (i = 1; i < STEPS; i = i + 1)
                if (step == i[2:0]) key = cfg_key[320 - SPAN - i * SLICE +: SPAN];
            for (i = 0; i < 32; i = i + 1) begin
                // three of these fill a LUT
                for (j = 0; j < SLICE / 3; j = j + 1)
                    threes[j] = ^(rest[288 - SLICE + 3*j +: 3] & key[i + 3*j +: 3]);
                sum[i] = ^threes;
            end
            m_hash <= ((step == 3'd0) ? 32'd0 : m_hash) ^ sum;
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
