// SPDX-License-Identifier: Apache-2.0
// Moves received XGMII words so that every frame's start character stands in lane 0.
//
// A start in lane 4 delays everything by four lanes from the next word on. The delay ends with the next start in lane 0,
// which skips four lanes that are idle whenever the gap is at least 5 (the shortest a receiver may be given). A shorter
// gap may lose the terminate character; the start that follows then ends the frame with an error.
`default_nettype none

module xgmii_align (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input
    input  wire [63:0] xgmii_d,
    input  wire [7:0]  xgmii_c,
    // output, a cycle later
    output reg  [63:0] m_d,
    output reg  [7:0]  m_c
);
    localparam [7:0] START = 8'hFB;

    reg [31:0] held_d;                          // lanes 4 to 7 of the last word
    reg [3:0]  held_c;
    reg        late_q;                          // delayed by four lanes

    wire start_0 = xgmii_c[0] && xgmii_d[7:0] == START;
    wire start_4 = xgmii_c[4] && xgmii_d[39:32] == START;
    wire late    = late_q && !start_0;

    always @(posedge clk) begin
        held_d <= xgmii_d[63:32];
        held_c <= xgmii_c[7:4];
        m_d    <= late ? {xgmii_d[31:0], held_d} : xgmii_d;
        m_c    <= late ? {xgmii_c[3:0], held_c} : xgmii_c;
        if (rst) begin
            late_q <= 1'b0;
            m_d    <= {8{8'h07}};
            m_c    <= 8'hFF;
        end else begin
            late_q <= start_4 || late;
        end
    end
endmodule

`default_nettype wire
