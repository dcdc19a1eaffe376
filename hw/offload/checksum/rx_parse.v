// SPDX-License-Identifier: Apache-2.0
// Keeps the first bytes of a frame in a window, counts its bytes, and finds where its layer 3 begins behind up to two VLAN tags.
`default_nettype none

module rx_parse #(
    parameter DATA_W = 128,
    parameter WINDOW = 128,                     // bytes kept: a multiple of a beat, at least 32
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // input beats
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    input  wire [KEEP_W-1:0] s_keep,
    input  wire              s_last,
    // the same beat a cycle later
    output reg               m_valid,
    output reg  [DATA_W-1:0] m_data,
    output reg               m_first,
    output reg               m_last,
    output reg  [15:0]       m_base,            // offset of lane 0 in the frame
    output reg  [15:0]       m_len,             // bytes of the frame up to the end of this beat
    // what is known of the frame with this beat; bytes that have not come read as zero
    output reg  [WINDOW*8-1:0] m_window,
    output wire              m_parsed,          // the window has all it will get: once a frame
    output wire [1:0]        m_tags,
    output wire [4:0]        m_l3,              // offset of layer 3
    output wire [15:0]       m_type             // EtherType or 802.3 length behind the tags
);
    localparam BEATS = WINDOW / KEEP_W;

    reg [15:0] base;
    reg [6:0]  count;
    integer    i;

    wire [15:0] type0 = {m_window[12*8 +: 8], m_window[13*8 +: 8]};
    wire [15:0] type1 = {m_window[16*8 +: 8], m_window[17*8 +: 8]};
    wire [15:0] type2 = {m_window[20*8 +: 8], m_window[21*8 +: 8]};
    wire        tag0  = (type0 == 16'h8100) || (type0 == 16'h88a8);
    wire        tag1  = (type1 == 16'h8100) || (type1 == 16'h88a8);

    assign m_tags   = !tag0 ? 2'd0 : !tag1 ? 2'd1 : 2'd2;
    assign m_l3     = 5'd14 + {1'b0, m_tags, 2'b00};
    assign m_type   = !tag0 ? type0 : !tag1 ? type1 : type2;
    assign m_parsed = m_valid && (m_base < WINDOW[15:0]) && (m_last || m_base == WINDOW[15:0] - KEEP_W[15:0]);

    // counted only on the last beat: every other one is full
    always @* begin
        count = KEEP_W[6:0];
        i     = 0;                              // else synthesis sees a latch in it
        if (s_last) begin
            count = 7'd0;
            for (i = 0; i < KEEP_W; i = i + 1)
                if (s_keep[i]) count = i[6:0] + 7'd1;
        end
    end

    always @(posedge clk) begin
        if (rst) begin
            m_valid <= 1'b0;
            base    <= 16'd0;
        end else begin
            m_valid <= s_valid;
            if (s_valid) base <= s_last ? 16'd0 : base + KEEP_W[15:0];
        end
        if (s_valid) begin
            m_data  <= s_data;
            m_first <= (base == 16'd0);
            m_last  <= s_last;
            m_base  <= base;
            m_len   <= base + {9'd0, count};
            // clearing at the start means that no byte of an earlier frame is ever read as this one's
            if (base == 16'd0) begin
                m_window             <= {(WINDOW*8){1'b0}};
                m_window[DATA_W-1:0] <= s_data;
            end else if (base < WINDOW[15:0]) begin
                // a place at a time: a place chosen by an index would be a multiplexer for every bit
                for (i = 1; i < BEATS; i = i + 1)
                    if (base == i[15:0] * KEEP_W[15:0]) m_window[i*DATA_W +: DATA_W] <= s_data;
            end
        end
    end
endmodule

`default_nettype wire
