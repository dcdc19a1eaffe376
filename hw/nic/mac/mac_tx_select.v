// SPDX-License-Identifier: Apache-2.0
// Chooses what the wire sends next: a pause frame before anything else, the core's frames unless the other end said stop.
`default_nettype none

module mac_tx_select (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input: the core's frames, words of 8 bytes, len is the number of bytes less one
    input  wire [63:0] s_data,
    input  wire [2:0]  s_len,
    input  wire        s_last,
    input  wire        s_valid,
    input  wire        s_start,
    output wire        s_ready,
    // input: a pause frame to send, taken with its last word
    input  wire [15:0] send_quanta,
    input  wire [47:0] send_mac,
    input  wire        send_valid,
    output wire        send_ready,
    // input: a pause frame received
    input  wire [15:0] got_quanta,
    input  wire        got_valid,
    // output
    output reg  [63:0] m_data,
    output wire [2:0]  m_len,
    output wire        m_last,
    output wire        m_valid,
    output wire        m_start,
    input  wire        m_ready,
    input  wire        m_idle                   // between frames: the choice is free
);
    localparam [47:0] ADDRESS = 48'h010000C28001;           // 01-80-C2-00-00-01, byte 0 lowest
    localparam [31:0] OPCODE  = 32'h01000888;               // type 0x8808, opcode 0x0001, byte 0 lowest
    localparam [2:0]  TAIL    = 3'd3;                       // the eighth word has 4 bytes: 60 in all

    reg        chosen_q;                        // the frame under way is a pause frame
    reg [2:0]  index;                           // its word
    reg [18:0] timer;                           // words of 64 bits during which no frame may start

    wire       own    = m_idle ? send_valid : chosen_q;
    wire       ending = index == 3'd7;

    assign m_len      = !own ? s_len : ending ? TAIL : 3'd7;
    assign m_last     = own ? ending : s_last;
    assign m_valid    = own || s_valid;
    assign m_start    = own || (s_start && timer == 19'd0);
    assign s_ready    = m_ready && !own;
    assign send_ready = m_ready && own && ending;

    always @* begin
        m_data = s_data;
        if (own)
            case (index)
                3'd0:    m_data = {send_mac[15:0], ADDRESS};
                3'd1:    m_data = {OPCODE, send_mac[47:16]};
                3'd2:    m_data = {48'd0, send_quanta[7:0], send_quanta[15:8]};
                default: m_data = 64'd0;
            endcase
    end

    always @(posedge clk)
        if (rst) begin
            chosen_q <= 1'b0;
            index    <= 3'd0;
            timer    <= 19'd0;
        end else begin
            chosen_q <= own;
            if (m_ready && own) index <= index + 3'd1;
            // the last pause frame counts, whatever is left of the one before; 8 words are a quantum of 512 bits
            if (got_valid) timer <= {got_quanta, 3'b000};
            else if (timer != 19'd0) timer <= timer - 19'd1;
        end
endmodule

`default_nettype wire
