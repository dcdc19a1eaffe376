// SPDX-License-Identifier: Apache-2.0
// Cuts DATA_W-wide beats into the 64-bit words of the wire, lowest lanes first.
`default_nettype none

module mac_narrow #(
    parameter DATA_W = 128,
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
    // output: the same in words of 8 bytes
    output wire [63:0]       m_data,
    output wire [2:0]        m_len,
    output wire              m_last,
    output wire              m_valid,
    input  wire              m_ready
);
    assign m_valid = s_valid;
    assign m_len   = m_last ? s_len[2:0] : 3'd7;

    generate
        if (DATA_W == 64) begin : g_same
            wire unused_ok = &{1'b0, clk, rst};
            assign m_data  = s_data;
            assign m_last  = s_last;
            assign s_ready = m_ready;
        end else begin : g_cut
            reg [LEN_W-4:0] index;
            wire            ends = (index == s_len[LEN_W-1:3]);
            assign m_data  = s_data[index*64 +: 64];
            assign m_last  = s_last && ends;
            assign s_ready = m_ready && ends;
            always @(posedge clk)
                if (rst) index <= {(LEN_W-3){1'b0}};
                else if (m_valid && m_ready) index <= ends ? {(LEN_W-3){1'b0}} : index + 1'b1;
        end
    endgenerate
endmodule

`default_nettype wire
