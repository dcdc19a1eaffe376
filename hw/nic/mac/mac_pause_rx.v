// SPDX-License-Identifier: Apache-2.0
// Finds 802.3x pause frames among the received words and gives their time once the FCS has proved good.
`default_nettype none

module mac_pause_rx (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration
    input  wire        enable,
    // input: the words of xgmii_rx
    input  wire [63:0] s_data,
    input  wire        s_last,
    input  wire        s_valid,
    input  wire        s_bad,                   // with last: the frame failed a check
    // output: with the last word of a good pause frame
    output wire        pause,
    output wire [15:0] quanta                   // of 512 bit times
);
    localparam [47:0] ADDRESS = 48'h010000C28001;           // 01-80-C2-00-00-01, byte 0 lowest
    localparam [31:0] OPCODE  = 32'h01000888;               // type 0x8808, opcode 0x0001, byte 0 lowest

    reg [2:0]  index;                           // word of the frame, stays at the eighth
    reg        match;
    reg [15:0] quanta_q;

    // The eighth word ends the shortest frame (60 bytes); anything shorter is a runt and pauses nothing.
    assign pause  = enable && s_valid && s_last && !s_bad && match && index == 3'd7;
    assign quanta = quanta_q;

    always @(posedge clk) begin
        if (s_valid)
            case (index)
                3'd0: match <= s_data[47:0] == ADDRESS;
                3'd1: match <= match && s_data[63:32] == OPCODE;
                3'd2: quanta_q <= {s_data[7:0], s_data[15:8]};
                default: ;
            endcase
        if (rst) index <= 3'd0;
        else if (s_valid) index <= s_last ? 3'd0 : (index == 3'd7) ? index : index + 3'd1;
    end
endmodule

`default_nettype wire
