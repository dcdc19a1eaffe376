// SPDX-License-Identifier: Apache-2.0
// Sums the bytes of a frame between two offsets, a beat a cycle; the offsets may be learnt while the frame passes.
`default_nettype none

module rx_sum #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // beat, with the range as known at this beat
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    input  wire              s_first,
    input  wire [15:0]       s_base,
    input  wire [16:0]       s_from,
    input  wire [16:0]       s_to,
    // sum of little-endian 32-bit words since the first beat, four cycles later
    output reg  [47:0]       m_sum
);
    localparam K = $clog2(KEEP_W) + 1;

    reg              b_valid;
    reg              b_first;
    reg [DATA_W-1:0] b_data;
    reg [K-1:0]      b_from;                    // lanes below this do not count
    reg [K-1:0]      b_to;                      // nor do these and those above
    reg              c_valid;
    reg              c_first;
    reg [DATA_W-1:0] c_data;
    reg              d_valid;
    reg              d_first;
    reg [36:0]       d_sum;

    // Differences are two's complement: bit 17 set means the offset lies before this beat.
    wire [17:0] from_rel = {1'b0, s_from} - {2'b00, s_base};
    wire [17:0] to_rel   = {1'b0, s_to} - {2'b00, s_base};

    integer i;
    /* verilator lint_off BLKSEQ */
    // blocking temporary in a clocked block: no adder tree is evaluated in idle cycles
    reg [36:0] sum;
    /* verilator lint_on BLKSEQ */

    always @(posedge clk) begin
        if (rst) begin
            b_valid <= 1'b0;
            c_valid <= 1'b0;
            d_valid <= 1'b0;
        end else begin
            b_valid <= s_valid;
            c_valid <= b_valid;
            d_valid <= c_valid;
        end
        if (s_valid) begin
            b_first <= s_first;
            b_data  <= s_data;
            b_from  <= from_rel[17] ? {K{1'b0}} : (from_rel > KEEP_W[17:0]) ? KEEP_W[K-1:0] : from_rel[K-1:0];
            b_to    <= to_rel[17] ? {K{1'b0}} : (to_rel > KEEP_W[17:0]) ? KEEP_W[K-1:0] : to_rel[K-1:0];
        end
        if (b_valid) begin
            c_first <= b_first;
            if (b_from == {K{1'b0}} && b_to == KEEP_W[K-1:0]) c_data <= b_data;
            else c_data <= b_data & ({DATA_W{1'b1}} << {b_from, 3'b000}) & ~({DATA_W{1'b1}} << {b_to, 3'b000});
        end
        if (c_valid) begin
            d_first <= c_first;
            /* verilator lint_off BLKSEQ */
            sum = 37'd0;
            for (i = 0; i < DATA_W / 32; i = i + 1)
                sum = sum + {5'd0, c_data[i*32 +: 32]};
            /* verilator lint_on BLKSEQ */
            d_sum <= sum;
        end
        if (d_valid) m_sum <= (d_first ? 48'd0 : m_sum) + {11'd0, d_sum};
    end
endmodule

`default_nettype wire
