// SPDX-License-Identifier: Apache-2.0
// Chooses what the wire sends next: a pause frame before anything else, the core's frames unless the other end said stop.
`default_nettype none

module mac_tx_select #(
    parameter WORD_W = 64                       // 64, or 8
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input: the core's frames, words, len is the number of bytes less one
    input  wire [WORD_W-1:0] s_data,
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
    output wire [WORD_W-1:0] m_data,
    output wire [2:0]  m_len,
    output wire        m_last,
    output wire        m_valid,
    output wire        m_start,
    input  wire        m_ready,
    input  wire        m_idle                   // between frames: the choice is free
);
    localparam [47:0] ADDRESS = 48'h010000C28001;           // 01-80-C2-00-00-01, byte 0 lowest
    localparam [31:0] OPCODE  = 32'h01000888;               // type 0x8808, opcode 0x0001, byte 0 lowest
    localparam WORDS   = 512 / WORD_W;          // of a pause frame of 60 bytes, and of a quantum of 512 bits
    localparam INDEX_W = $clog2(WORDS);
    localparam LAST    = 59 * 8 / WORD_W;
    localparam FULL    = WORD_W / 8 - 1;
    localparam TAIL    = 59 % (WORD_W / 8);

    reg                chosen_q;                // the frame under way is a pause frame
    reg  [INDEX_W-1:0] index;                   // its word
    reg                ending;                  // its last word
    reg  [INDEX_W+15:0] timer;                  // words during which no frame may start
    reg                 paused;                 // it is not zero

    wire         own    = m_idle ? send_valid : chosen_q;
    // a transmitter of bytes takes none while it is idle
    wire         taken  = (WORD_W == 8) ? chosen_q : own;
    wire [511:0] pause  = {368'd0, send_quanta[7:0], send_quanta[15:8], OPCODE, send_mac, ADDRESS};

    wire [WORD_W-1:0] word;                     // of the pause frame

    assign m_data     = taken ? word : s_data;
    assign m_len      = !taken ? s_len : ending ? TAIL[2:0] : FULL[2:0];
    assign m_last     = taken ? ending : s_last;
    assign m_valid    = taken || s_valid;
    assign m_start    = own || (s_start && !paused);
    assign s_ready    = m_ready && !taken;
    assign send_ready = m_ready && taken && ending;

    generate
        if (WORD_W == 8) begin : g_bytes
            // Chosen with the byte before it, and one of send_mac with the byte before that: nothing stops a frame once it has
            // begun. The first byte is always the same, so it stands behind the last.
            wire [63:0]  ring  = {send_mac[31:0], 16'd0, send_mac[47:32]};
            wire [511:0] fixed = {32'd0, ADDRESS[7:0], 336'd0, send_quanta[7:0], send_quanta[15:8], OPCODE, 48'd0, ADDRESS[47:8]};
            wire         unused_pause = &{1'b0, pause};
            reg  [7:0]   mac_q;
            reg  [7:0]   byte_q;
            assign word = byte_q;
            always @(posedge clk) begin
                mac_q <= (index >= 6'd4 && index < 6'd10) ? ring[index[2:0]*8 +: 8] : 8'd0;
                if (rst) byte_q <= ADDRESS[7:0];
                else if (m_ready && taken) byte_q <= fixed[index*8 +: 8] | mac_q;
            end
        end else begin : g_words
            assign word = pause[index*WORD_W +: WORD_W];
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            chosen_q <= 1'b0;
            index    <= {INDEX_W{1'b0}};
            ending   <= 1'b0;
            timer    <= {(INDEX_W+16){1'b0}};
            paused   <= 1'b0;
        end else begin
            chosen_q <= own;
            if (m_ready && taken) begin
                index  <= ending ? {INDEX_W{1'b0}} : index + 1'b1;
                ending <= index == LAST[INDEX_W-1:0] - 1'b1;
            end
            // the last pause frame counts, whatever is left of the one before
            if (got_valid) begin
                timer  <= {got_quanta, {INDEX_W{1'b0}}};
                paused <= got_quanta != 16'd0;
            end else if (paused) begin
                timer  <= timer - 1'b1;
                paused <= timer != {{(INDEX_W+15){1'b0}}, 1'b1};
            end
        end
endmodule

`default_nettype wire
