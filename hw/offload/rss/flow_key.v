// SPDX-License-Identifier: Apache-2.0
// Where in a table of flows a frame belongs, the same for both directions of a flow: two cycles, one frame a cycle.
//
//   index: the four bytes, joined by exclusive or, of (source + destination + 33 (source port + destination port)), where
//   an IPv6 address is its four words joined by exclusive or
`default_nettype none

module flow_key (
    // clock
    input  wire         clk,
    input  wire         rst,
    // the first 64 bytes of a frame, from rx_parse
    input  wire         s_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [511:0] s_window,               // layer 3 is what matters
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [15:0]  s_len,                  // bytes of the frame, at least as far as they matter here
    input  wire [1:0]   s_tags,
    input  wire [4:0]   s_l3,
    input  wire [15:0]  s_type,
    // answer
    output reg          m_valid,
    output reg          m_known,                // IPv4 or IPv6
    output wire [7:0]   m_index
);
    localparam TCP = 8'd6;
    localparam UDP = 8'd17;

    function [31:0] number;                     // of four bytes in the order of the network
        input [31:0] bytes;
        number = {bytes[7:0], bytes[15:8], bytes[23:16], bytes[31:24]};
    endfunction

    reg         valid;
    reg         known;
    reg [31:0]  source;
    reg [31:0]  destination;
    reg [16:0]  ports;
    reg [31:0]  total;

    assign m_index = total[31:24] ^ total[23:16] ^ total[15:8] ^ total[7:0];

    /* verilator lint_off BLKSEQ */
    // blocking temporaries: evaluated once a frame
    /* verilator lint_off UNUSEDSIGNAL */
    reg [351:0] head;                           // 44 bytes of layer 3, not all of which matter
    /* verilator lint_on UNUSEDSIGNAL */
    reg [31:0]  pair;                           // ports
    reg         has_ports;
    reg [16:0]  there;                          // bytes of layer 3
    reg         v4;
    reg         v6;

    always @(posedge clk) begin
        if (rst) begin
            valid   <= 1'b0;
            m_valid <= 1'b0;
        end else begin
            valid   <= s_valid;
            m_valid <= valid;
        end
        if (s_valid) begin
            case (s_tags)
                2'd0:    head = s_window[14*8 +: 352];
                2'd1:    head = s_window[18*8 +: 352];
                default: head = {16'd0, s_window[511:22*8]};
            endcase
            there = {1'b0, s_len} - {12'd0, s_l3};
            v4 = (s_type == 16'h0800) && head[7:4] == 4'd4 && head[3:0] >= 4'd5 && !there[16] && there >= 17'd20;
            v6 = (s_type == 16'h86dd) && head[7:4] == 4'd6 && !there[16] && there >= 17'd40;
            if (v6) begin
                // behind two tags the ports of IPv6 lie beyond the 64 bytes
                has_ports   = (head[6*8 +: 8] == TCP || head[6*8 +: 8] == UDP) && !s_tags[1] && there >= 17'd44;
                pair        = head[40*8 +: 32];
                source      <= number(head[8*8 +: 32] ^ head[12*8 +: 32] ^ head[16*8 +: 32] ^ head[20*8 +: 32]);
                destination <= number(head[24*8 +: 32] ^ head[28*8 +: 32] ^ head[32*8 +: 32] ^ head[36*8 +: 32]);
            end else begin
                // options and fragments: by their addresses alone
                has_ports   = (head[9*8 +: 8] == TCP || head[9*8 +: 8] == UDP) && head[3:0] == 4'd5 && there >= 17'd24
                              && head[6*8 +: 6] == 6'd0 && head[7*8 +: 8] == 8'd0;
                pair        = head[20*8 +: 32];
                source      <= number(head[12*8 +: 32]);
                destination <= number(head[16*8 +: 32]);
            end
            known <= v4 || v6;
            ports <= has_ports ? {1'b0, pair[7:0], pair[15:8]} + {1'b0, pair[23:16], pair[31:24]} : 17'd0;
        end
        if (valid) begin
            m_known <= known;
            total   <= source + destination + {10'd0, ports, 5'd0} + {15'd0, ports};
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
