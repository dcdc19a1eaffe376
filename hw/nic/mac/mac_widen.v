// SPDX-License-Identifier: Apache-2.0
// Gathers the wire's words into beats of DATA_W, lowest lanes first; nothing here can be stalled.
`default_nettype none

module mac_widen #(
    parameter DATA_W = 128,
    parameter WORD_W = 64,                      // 64, or 8
    parameter LEN_W  = $clog2(DATA_W / 8)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // input: words full but the last of a frame, len is the number of bytes less one; why counts with last
    input  wire [WORD_W-1:0] s_data,
    input  wire [2:0]        s_len,
    input  wire              s_last,
    input  wire [3:0]        s_why,
    input  wire              s_valid,
    // output: beats full but the last
    output wire [DATA_W-1:0] m_data,
    output wire [LEN_W-1:0]  m_len,
    output wire              m_last,
    output wire [3:0]        m_why,
    output wire              m_valid
);
    localparam WORD_L = $clog2(WORD_W / 8);

    generate
        if (DATA_W == WORD_W) begin : g_same
            wire unused_ok = &{1'b0, clk, rst};
            assign m_data  = s_data;
            assign m_len   = s_len;
            assign m_last  = s_last;
            assign m_why   = s_why;
            assign m_valid = s_valid;
        end else begin : g_gather
            reg [DATA_W-1:0] data;
            reg [LEN_W-1:0]  len;
            reg              last;
            reg [3:0]        why;
            reg              valid;
            reg  [LEN_W-WORD_L-1:0] index;
            wire [LEN_W-WORD_L+2:0] place = {index, s_len};
            assign m_data  = data;
            assign m_len   = len;
            assign m_last  = last;
            assign m_why   = why;
            assign m_valid = valid;
            wire first = index == {(LEN_W-WORD_L){1'b0}};
            wire unused_ok = &{1'b0, place};
            genvar g;
            // the first word clears the others: no rubbish of an earlier frame behind a short one
            for (g = 0; g < DATA_W / WORD_W; g = g + 1) begin : g_lane
                localparam [LEN_W-WORD_L-1:0] LANE = g;
                always @(posedge clk)
                    if (s_valid) begin
                        if (index == LANE) data[g*WORD_W +: WORD_W] <= s_data;
                        else if (first)    data[g*WORD_W +: WORD_W] <= {WORD_W{1'b0}};
                    end
            end
            always @(posedge clk) begin
                if (s_valid) begin
                    len  <= place[LEN_W-WORD_L+2 -: LEN_W];
                    last <= s_last;
                    why  <= s_why;
                end
                valid <= s_valid && !rst && (s_last || (&index));
                if (rst) index <= {(LEN_W-WORD_L){1'b0}};
                else if (s_valid) index <= s_last ? {(LEN_W-WORD_L){1'b0}} : index + 1'b1;
            end
        end
    endgenerate
endmodule

`default_nettype wire
