// SPDX-License-Identifier: Apache-2.0
// Cuts a frame, while its beats of eight bytes pass, into words of eight bytes that begin with its layer 3.
//
// Layer 3 begins at byte 14, 18 or 22: six bytes into a beat, or two behind one tag. The last beat leaves a rest, which goes
// a cycle later: the next frame's first two beats give no word, so that cycle is free.
`default_nettype none

module rx_words (
    // clock
    input  wire              clk,
    input  wire              rst,
    // beats from rx_parse; the tags are known from the third one on
    input  wire              s_valid,
    input  wire [63:0]       s_data,
    input  wire              s_last,
    input  wire [15:0]       s_base,
    input  wire [2:0]        s_len,             // bytes of the frame up to the end of this beat, modulo 8
    input  wire [1:0]        s_tags,
    // words, at least one a frame: the last one comes two cycles after the last beat
    output reg               m_valid,
    output reg  [63:0]       m_word,
    output reg               m_first,
    output reg               m_last,
    output reg  [4:0]        m_there            // bytes of the frame in its last word, two's complement: the one before may lack up to five
);
    reg  [63:16]      previous;
    reg               flush;                    // the cycle after a last beat
    reg               begun;
    reg               behind_one;
    reg  [4:0]        there;

    wire              one_tag = (s_tags == 2'd1);
    wire              word    = s_valid && (s_base >= ((s_tags == 2'd0) ? 16'd16 : 16'd24));
    wire [4:0]        bytes   = {1'b0, s_len == 3'd0, s_len};

    always @(posedge clk) begin
        if (rst) begin
            flush   <= 1'b0;
            begun   <= 1'b0;
            m_valid <= 1'b0;
        end else begin
            flush   <= s_valid && s_last;
            m_valid <= word || flush;
            if (flush) begun <= 1'b0;
            else if (word) begun <= 1'b1;
        end
        if (s_valid) begin
            previous   <= s_data[63:16];
            behind_one <= one_tag;
            there      <= bytes - (one_tag ? 5'd2 : 5'd6);
        end
        if (word || flush) begin
            // behind the rest of a last beat stands what is not of this frame
            m_word  <= (flush ? behind_one : one_tag) ? {s_data[15:0], previous[63:16]} : {s_data[47:0], previous[63:48]};
            m_first <= !begun;
            m_last  <= flush;
            m_there <= there;
        end
    end
endmodule

`default_nettype wire
