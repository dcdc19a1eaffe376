// SPDX-License-Identifier: Apache-2.0
// Verdict on the TCP or UDP checksum of a frame at 64 bits a beat: good, bad or none, seven cycles after its last beat left rx_parse.
//
//   beats -> rx_words -> [walk: where layer 4 begins] -> [mask] -> [add] -> [sums: IPv4 header, the rest] -> [verdict]
//
// Does what rx_walk and rx_verify do for wider streams. Those gather a frame's first 128 bytes, as a beat may hold all of its
// headers and the next beat be another frame; here a header word is a beat, so one step walks them as they come, and
// nothing is kept. What the walk leaves out of the sum need not be taken off afterwards.
`default_nettype none

module rx_verify_words (
    // clock
    input  wire              clk,
    input  wire              rst,
    // beat from rx_parse, and what is known with it
    input  wire              s_valid,
    input  wire [63:0]       s_data,
    input  wire              s_last,
    input  wire [15:0]       s_base,
    input  wire [2:0]        s_len,             // bytes of the frame up to the end of this beat, modulo 8
    input  wire [1:0]        s_tags,
    input  wire [15:0]       s_type,
    // verdict, once a frame
    output reg               m_valid,
    output reg               m_good,
    output reg               m_bad
);
    localparam HOP_BY_HOP = 8'd0;
    localparam TCP = 8'd6;
    localparam UDP = 8'd17;
    localparam ROUTING = 8'd43;
    localparam DESTINATION = 8'd60;

    // ---- layer 3, a word of eight bytes at a time
    wire               a_valid, a_first, a_last;
    wire [63:0]        a_word;
    wire [4:0]         a_there;
    reg                type4;
    reg                type6;

    rx_words u_words (
        .clk(clk), .rst(rst),
        .s_valid(s_valid), .s_data(s_data), .s_last(s_last), .s_base(s_base), .s_len(s_len), .s_tags(s_tags),
        .m_valid(a_valid), .m_word(a_word), .m_first(a_first), .m_last(a_last), .m_there(a_there)
    );

    always @(posedge clk)
        if (s_valid) begin
            type4 <= (s_type == 16'h0800);
            type6 <= (s_type == 16'h86dd);
        end

    // ---- the walk. Lengths that lie, and headers that the frame does not hold, end as a datagram longer than the frame, or as
    // layer 4 of negative length: of them a verdict needs no other account.
    reg                v6;
    reg                bad;                     // no verdict: not a whole header, a fragment, too many extension headers
    reg                tcp;                     // what follows at l4
    reg                udp;
    reg                routing;
    reg                header;                  // an extension header; that of hops only as the first
    reg  [3:0]         at;                      // number of this word, 15 for all from that one on
    reg  [4:0]         l4;                      // where layer 4 or the next extension header begins, in words of four bytes
    reg  [16:0]        rest;                    // bytes of the datagram behind that, two's complement
    reg  [17:0]        left;                    // bytes of the datagram from this word on, two's complement
    reg                udp_right;               // the two lengths agree, and there is a checksum
    reg                whole;                   // the datagram lies inside the frame

    wire [15:0] size     = type6 ? {a_word[39:32], a_word[47:40]} : {a_word[23:16], a_word[31:24]};
    wire [7:0]  kind     = a_first ? a_word[6*8 +: 8] : v6 ? a_word[7:0] : a_word[15:8];
    wire        extension = v6 && l4 == {at, 1'b0} && header;
    wire [7:0]  units    = a_word[15:8];        // of eight bytes, behind the first
    wire [4:0]  behind   = {1'b0, at} + {2'b00, units[2:0]} + 5'd1;
    wire        fragment = (a_word[6*8 +: 6] != 6'd0) || (a_word[7*8 +: 8] != 8'd0);
    /* verilator lint_off UNUSEDSIGNAL */
    wire [17:0] lacking  = {{13{a_there[4]}}, a_there} - left;    // below 0 at the last word: the frame ends before its datagram
    /* verilator lint_on UNUSEDSIGNAL */
    wire [31:0] second   = l4[0] ? a_word[31:0] : a_word[63:32];        // of UDP, in the word in question

    always @(posedge clk)
        if (a_valid) begin
            at   <= a_first ? 4'd1 : (at == 4'd15) ? 4'd15 : at + 4'd1;
            left <= (a_first ? {2'b00, size} : left) + ((a_first && type6) ? 18'd32 : -18'd8);
            whole <= !a_first && !lacking[17];
            if (a_first) begin
                v6   <= type6;
                bad  <= type6 ? (a_word[7:4] != 4'd6) : !type4 || a_word[7:4] != 4'd4 || a_word[3:0] < 4'd5 || fragment;
                l4   <= type6 ? 5'd10 : {1'b0, a_word[3:0]};
                rest <= {1'b0, size};
            end else if (extension) begin
                bad  <= bad || (routing && a_word[31:24] != 8'd0) || units[7:3] != 5'd0 || behind > 5'd12;
                l4   <= {behind[3:0], 1'b0};
                rest <= rest - {5'd0, {1'b0, units} + 9'd1, 3'b000};
            end else if (!v6 && at == 4'd1) rest <= rest - {10'd0, l4, 2'b00};
            if (a_first || extension || (!v6 && at == 4'd1)) begin
                tcp     <= (kind == TCP);
                udp     <= (kind == UDP);
                routing <= (kind == ROUTING);
                header  <= (kind == HOP_BY_HOP && a_first) || kind == ROUTING || kind == DESTINATION;
            end
            if ({1'b0, at} == {1'b0, l4[4:1]} + {4'd0, l4[0]})
                udp_right <= ({1'b0, second[7:0], second[15:8]} == rest) && second[31:16] != 16'd0;
        end

    // ---- what of the word counts: the IPv4 header by itself; addresses, layer 4 and what follows there
    wire       ports    = ({at, 1'b0} >= l4);
    wire       ports_hi = ({at, 1'b1} >= l4);
    wire       body_lo  = !a_first && (v6 ? (at < 4'd5 || ports) && !extension : ports || at == 4'd2);
    wire       body_hi  = !a_first && (v6 ? (at < 4'd5 || ports) && !extension : ports_hi || at == 4'd1);
    wire       head_lo  = a_first || !ports;
    wire       head_hi  = a_first || !ports_hi;
    reg        c_valid;
    reg        c_first;
    reg        c_last;
    reg [63:0] c_body;
    reg [63:0] c_head;
    integer    i;

    always @(posedge clk) begin
        if (rst) c_valid <= 1'b0;
        else c_valid <= a_valid;
        if (a_valid) begin
            c_first <= a_first;
            c_last  <= a_last;
            c_head  <= {head_hi ? a_word[63:32] : 32'd0, head_lo ? a_word[31:0] : 32'd0};
            for (i = 0; i < 8; i = i + 1)
                c_body[i*8 +: 8] <= ((i < 4 ? body_lo : body_hi) && !left[17] && (left[16:3] != 14'd0 || left[2:0] > i[2:0])) ? a_word[i*8 +: 8] : 8'd0;
        end
    end

    // ---- sums of little-endian words; the walk of the frame that ends is over here, the next one's not begun
    function [17:0] add;
        input [63:0] word;
        add = {2'b00, word[15:0]} + {2'b00, word[31:16]} + ({2'b00, word[47:32]} + {2'b00, word[63:48]});
    endfunction

    wire        long_enough = tcp ? (rest[15:5] != 11'd0 || rest[4:0] >= 5'd20) : udp && udp_right && rest[15:3] != 13'd0;
    reg  [2:0]  valid;                          // stages d to f
    reg         d_first;
    reg         d_last, e_last, f_last;
    reg         d_covered, e_covered, f_covered;
    reg         d_v6, e_v6, f_right;
    reg  [16:0] d_pseudo, e_pseudo;             // length and protocol
    reg  [17:0] d_body;
    reg  [17:0] d_head;
    reg  [31:0] body;
    reg  [20:0] head;
    reg  [17:0] total;
    wire [16:0] head_folded  = {1'b0, head[15:0]} + {12'd0, head[20:16]};
    wire [16:0] total_folded = {1'b0, total[15:0]} + {15'd0, total[17:16]};
    wire        right        = f_right && (total_folded == 17'h0ffff);

    always @(posedge clk) begin
        if (rst) begin
            valid   <= 3'd0;
            m_valid <= 1'b0;
        end else begin
            valid   <= {valid[1:0], c_valid};
            m_valid <= valid[2] && f_last;
        end
        d_first   <= c_first;
        d_last    <= c_last;
        d_covered <= !bad && whole && !rest[16] && long_enough;
        d_v6      <= v6;
        d_pseudo  <= {1'b0, rest[7:0], rest[15:8]} + {4'd0, udp, 1'b0, tcp, tcp, udp, 8'd0};
        d_body    <= add(c_body);
        d_head    <= add(c_head);
        if (valid[0]) begin
            body <= (d_first ? 32'd0 : body) + {14'd0, d_body};
            head <= (d_first ? 21'd0 : head) + {3'd0, d_head};
        end
        e_last    <= d_last;
        e_covered <= d_covered;
        e_v6      <= d_v6;
        e_pseudo  <= d_pseudo;
        f_last    <= e_last;
        f_covered <= e_covered;
        f_right   <= e_v6 || (head_folded == 17'h0ffff);
        total     <= {2'b00, body[15:0]} + {2'b00, body[31:16]} + {1'b0, e_pseudo};
        m_good    <= valid[2] && f_last && f_covered && right;
        m_bad     <= valid[2] && f_last && f_covered && !right;
    end
endmodule

`default_nettype wire
