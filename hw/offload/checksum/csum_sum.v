// SPDX-License-Identifier: Apache-2.0
// Ones-complement sum of the chosen bytes of a frame, a beat a cycle, in three pipeline stages.
`default_nettype none

module csum_sum #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // beat: a byte counts where its mask bit is set; even lanes are the high bytes of the 16-bit words
    input  wire              beat_valid,
    input  wire              beat_first,        // forget what was summed before
    input  wire [DATA_W-1:0] beat_data,
    input  wire [KEEP_W-1:0] beat_mask,
    // folded sum; a beat of cycle t is in it from cycle t + 3
    output wire [15:0]       sum,
    output wire              all_ones
);
    localparam GROUPS = KEEP_W / 8;

    reg  [18*GROUPS-1:0] group_sum;             // four words each
    reg  [1:0]           valid_pipe;
    reg  [1:0]           first_pipe;
    reg  [20:0]          beat_sum;
    reg  [31:0]          total;                 // 65,535 bytes of 0xFF stay below 2^31
    reg  [20:0]          group_total;
    integer i;

    generate
        genvar g;
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            wire [63:0] b = beat_data[g*64 +: 64];
            wire [7:0]  m = beat_mask[g*8 +: 8];
            always @(posedge clk)
                if (beat_valid)
                    group_sum[g*18 +: 18] <=
                        ({2'b0, {8{m[0]}} & b[7:0],   {8{m[1]}} & b[15:8]}  + {2'b0, {8{m[2]}} & b[23:16], {8{m[3]}} & b[31:24]}) +
                        ({2'b0, {8{m[4]}} & b[39:32], {8{m[5]}} & b[47:40]} + {2'b0, {8{m[6]}} & b[55:48], {8{m[7]}} & b[63:56]});
        end
    endgenerate

    always @* begin
        group_total = 21'd0;
        for (i = 0; i < GROUPS; i = i + 1)
            group_total = group_total + {3'b0, group_sum[i*18 +: 18]};
    end

    always @(posedge clk) begin
        first_pipe <= {first_pipe[0], beat_first};
        if (valid_pipe[0]) beat_sum <= group_total;
        if (valid_pipe[1]) total <= (first_pipe[1] ? 32'd0 : total) + {11'd0, beat_sum};
        if (rst) valid_pipe <= 2'b00;
        else     valid_pipe <= {valid_pipe[0], beat_valid};
    end

    wire [16:0] once = {1'b0, total[31:16]} + {1'b0, total[15:0]};
    assign sum      = once[15:0] + {15'd0, once[16]};
    assign all_ones = &once[15:1] && once[0] != once[16];   // 0xFFFF, or 0xFFFE and a carry
endmodule

`default_nettype wire
