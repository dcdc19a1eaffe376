// SPDX-License-Identifier: Apache-2.0
// One of four pipeline stages that go through the 16 words between layer 3 and layer 4: walks IPv6 extension headers, sums what precedes layer 4.
`default_nettype none

module rx_walk_step #(
    parameter STEP = 0,                         // looks at words 4*STEP .. 4*STEP+3 of the region
    parameter CARRY_W = 8
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // state before these words
    input  wire               s_valid,
    input  wire               s_v6,
    input  wire [511:0]       s_region,         // words still to come, the next one lowest
    input  wire [7:0]         s_proto,          // what follows at word s_l4
    input  wire [9:0]         s_l4,             // where layer 4, or the next extension header, begins
    input  wire               s_bad,
    input  wire [36:0]        s_sum,            // of the words before s_l4
    input  wire [31:0]        s_second,         // second word of layer 4: length and checksum of UDP
    input  wire [CARRY_W-1:0] s_carry,
    // state behind them
    output reg                m_valid,
    output reg                m_v6,
    output reg  [511:0]       m_region,
    output reg  [7:0]         m_proto,
    output reg  [9:0]         m_l4,
    output reg                m_bad,
    output reg  [36:0]        m_sum,
    output reg  [31:0]        m_second,
    output reg  [CARRY_W-1:0] m_carry
);
    localparam HOP_BY_HOP = 8'd0;
    localparam ROUTING = 8'd43;
    localparam DESTINATION = 8'd60;

    // Blocking temporaries inside the clocked block: the walk is then evaluated once a frame, not once a cycle.
    /* verilator lint_off BLKSEQ */
    reg [7:0]  proto;
    reg [9:0]  l4;
    reg        bad;
    reg [36:0] sum;
    reg [31:0] word;
    integer    i;

    always @(posedge clk) begin
        if (rst) m_valid <= 1'b0;
        else m_valid <= s_valid;
        if (s_valid) begin
            proto = s_proto;
            l4    = s_l4;
            bad   = s_bad;
            sum   = s_sum;
            m_second <= s_second;
            for (i = 0; i < 4; i = i + 1) begin
                word = s_region[i*32 +: 32];
                // hop-by-hop options may only come first; anything not known here ends the walk and is no TCP or UDP
                if (s_v6 && {22'd0, l4} == 4 * STEP + i
                    && (proto == ROUTING || proto == DESTINATION || (proto == HOP_BY_HOP && STEP == 0 && i == 0))) begin
                    bad   = bad || (proto == ROUTING && word[31:24] != 8'd0);
                    proto = word[7:0];
                    l4    = l4 + 10'd2 + {1'b0, word[15:8], 1'b0};
                end
                if (4 * STEP + i < {22'd0, l4}) sum = sum + {5'd0, word};
                if (4 * STEP + i == {22'd0, l4} + 1) m_second <= word;
            end
            m_v6     <= s_v6;
            m_region <= s_region >> 128;
            m_proto  <= proto;
            m_l4     <= l4;
            m_bad    <= bad;
            m_sum    <= sum;
            m_carry  <= s_carry;
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
