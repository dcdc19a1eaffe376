// SPDX-License-Identifier: Apache-2.0
// Verdict on the TCP or UDP checksum of a frame: good, bad or none, eleven cycles after its last beat left rx_parse.
//
// The bytes from layer 3 to the end of the IP datagram are summed as they pass; what must not count is taken off
// afterwards. In IPv4 that is nothing: a right header sums to zero. In IPv6 it is the extension headers, summed by the walk.
`default_nettype none

module rx_verify #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // beat and window from rx_parse
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    input  wire              s_first,
    input  wire              s_last,
    input  wire [15:0]       s_base,
    input  wire [15:0]       s_len,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [255:0]      s_window,          // lengths only
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [1:0]        s_tags,
    input  wire [4:0]        s_l3,
    input  wire [15:0]       s_type,
    // layer 4, from rx_walk, nine cycles after the frame's window was whole
    input  wire              w_bad,
    input  wire              w_v6,
    input  wire [7:0]        w_proto,
    input  wire [9:0]        w_l4,
    input  wire [36:0]       w_sum,
    input  wire [31:0]       w_second,
    input  wire [15:0]       w_len,
    input  wire [32:0]       w_pseudo,
    // verdict, eleven cycles after the frame's last beat
    output reg               m_valid,
    output reg               m_good,
    output reg               m_bad
);
    localparam TCP = 8'd6;
    localparam UDP = 8'd17;

    // Ones' complement sum of little-endian words; a total of zero folds to 0xffff in either byte order.
    function [15:0] fold;
        input [47:0] value;
        reg   [17:0] once;
        reg   [16:0] twice;
        begin
            once  = {2'b00, value[15:0]} + {2'b00, value[31:16]} + {2'b00, value[47:32]};
            twice = {1'b0, once[15:0]} + {15'd0, once[17:16]};
            fold  = twice[15:0] + {15'd0, twice[16]};
        end
    endfunction

    wire v6 = (s_type == 16'h86dd);

    // where the datagram ends, from the first six bytes of layer 3
    wire [31:0] lengths = (s_tags == 2'd0) ? s_window[16*8 +: 32] : (s_tags == 2'd1) ? s_window[20*8 +: 32] : s_window[24*8 +: 32];
    wire [16:0] l3      = {12'd0, s_l3};
    wire [16:0] finish  = l3 + (v6 ? 17'd40 + {1'b0, lengths[23:16], lengths[31:24]} : {1'b0, lengths[7:0], lengths[15:8]});
    // before those bytes are in, no byte can lie behind the end of a datagram that may get a verdict
    wire        known   = ({1'b0, s_base} + KEEP_W[16:0] >= l3 + 17'd6);
    wire [47:0] sum;

    rx_sum #(.DATA_W(DATA_W)) u_sum (
        .clk(clk), .rst(rst),
        .s_valid(s_valid), .s_data(s_data), .s_first(s_first), .s_base(s_base),
        .s_from(v6 ? l3 + 17'd8 : l3), .s_to(known ? finish : 17'h1ffff),
        .m_sum(sum)
    );

    // layer 4 of the frame whose last beat is nine cycles out of rx_parse
    wire [16:0] l4_len  = {1'b0, w_len} - {5'd0, w_l4, 2'b00} - (w_v6 ? 17'd0 : 17'd4);
    wire        tcp     = (w_proto == TCP) && (l4_len >= 17'd20);
    // a datagram whose two lengths disagree is left to the host, and a checksum of 0 means none was made
    wire        udp     = (w_proto == UDP) && (l4_len >= 17'd8) && ({w_second[7:0], w_second[15:8]} == l4_len[15:0])
                          && (w_second[31:16] != 16'd0);
    wire        covered = !w_bad && (w_l4 <= 10'd14) && !l4_len[16] && (tcp || udp);

    // delays of the last beat: index i is high i+1 cycles after it left rx_parse
    reg [9:0]  last;
    reg [3:0]  whole;                           // the datagram lies inside the frame
    reg [84:0] folded;                          // that, and the frame's sum, while the walk is under way
    reg [20:0] total;
    reg        total_right;
    reg        total_covered;
    wire       right = total_right && (fold({27'd0, total}) == 16'hffff);

    always @(posedge clk) begin
        if (rst) begin
            last    <= 10'd0;
            m_valid <= 1'b0;
        end else begin
            last    <= {last[8:0], s_valid && s_last};
            m_valid <= last[9];
        end
        whole  <= {whole[2:0], finish <= {1'b0, s_len}};
        folded <= {folded[67:0], whole[3], last[3] ? fold(sum) : 16'd0};
        if (last[8]) begin
            total_covered <= covered && folded[84];
            total_right   <= w_v6 || (fold({11'd0, w_sum}) == 16'hffff);
            total         <= {5'd0, folded[83:68]} + {5'd0, fold({15'd0, w_pseudo})} + {5'd0, l4_len[7:0], l4_len[15:8]}
                             + {5'd0, w_proto, 8'd0} + (w_v6 ? {5'd0, ~fold({11'd0, w_sum})} : 21'd0);
        end
        m_good <= last[9] && total_covered && right;
        m_bad  <= last[9] && total_covered && !right;
    end
endmodule

`default_nettype wire
