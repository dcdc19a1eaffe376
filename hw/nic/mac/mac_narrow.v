// SPDX-License-Identifier: Apache-2.0
// Cuts DATA_W-wide beats into the words of the wire, lowest lanes first.
`default_nettype none

module mac_narrow #(
    parameter DATA_W = 128,
    parameter WORD_W = 64,                      // 64, or 8
    parameter LEN_W  = $clog2(DATA_W / 8)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // input: len is the number of bytes less one
    input  wire [DATA_W-1:0] s_data,
    input  wire [LEN_W-1:0]  s_len,
    input  wire              s_last,
    input  wire              s_valid,
    output wire              s_ready,
    // output: the same in words
    output wire [WORD_W-1:0] m_data,
    output wire [2:0]        m_len,
    output wire              m_last,
    output wire              m_valid,
    input  wire              m_ready
);
    localparam WORD_L = $clog2(WORD_W / 8);

    generate
        if (DATA_W == WORD_W) begin : g_same
            wire unused_ok = &{1'b0, clk, rst};
            assign m_data  = s_data;
            assign m_len   = m_last ? s_len[2:0] : 3'd7;
            assign m_last  = s_last;
            assign m_valid = s_valid;
            assign s_ready = m_ready;
        end else begin : g_cut
            // choosing the word takes a good part of a cycle, so it has one for itself
            reg [LEN_W-WORD_L-1:0] index;
            reg [WORD_W-1:0]       data;
            reg [2:0]              len;
            reg                    last;
            reg                    valid;
            wire                   ends = (index == s_len[LEN_W-1:WORD_L]);
            wire                   move = m_ready || !valid;
            assign m_data  = data;
            assign m_len   = len;
            assign m_last  = last;
            assign m_valid = valid;
            assign s_ready = move && ends;
            always @(posedge clk) begin
                if (move) begin
                    data <= s_data[index*WORD_W +: WORD_W];
                    len  <= (WORD_W == 8) ? 3'd0 : (s_last && ends) ? s_len[2:0] : 3'd7;
                    last <= s_last && ends;
                end
                if (rst) begin
                    index <= {(LEN_W-WORD_L){1'b0}};
                    valid <= 1'b0;
                end else if (move) begin
                    valid <= s_valid;
                    if (s_valid) index <= ends ? {(LEN_W-WORD_L){1'b0}} : index + 1'b1;
                end
            end
        end
    endgenerate
endmodule

`default_nettype wire
