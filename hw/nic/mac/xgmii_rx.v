// SPDX-License-Identifier: Apache-2.0
// Frames from XGMII: preamble and FCS taken off, FCS checked, errors inside a frame told with its last word.
//
// Pipeline: align -> tell data from control -> hold two words, since the last four bytes (the FCS) must not leave and
// the verdict on the FCS is known a cycle after the terminate character. A frame with a bad preamble, or too short to
// have anything but an FCS, leaves as one byte with its verdict, so that it is counted like any other.
`default_nettype none

module xgmii_rx (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input
    input  wire [63:0] xgmii_rxd,
    input  wire [7:0]  xgmii_rxc,
    // output: words full but the last, len is the number of bytes less one; verdicts count with last
    output reg  [63:0] m_data,
    output reg  [2:0]  m_len,
    output reg         m_last,
    output reg         m_valid,
    output reg         m_fcs,                   // the FCS is wrong
    output reg         m_error                  // a character that has no place in a frame
);
    localparam [31:0] RESIDUE   = 32'hDEBB20E3; // state after data and its FCS
    localparam [7:0]  START     = 8'hFB;
    localparam [7:0]  TERMINATE = 8'hFD;
    localparam [7:0]  SFD       = 8'hD5;

    localparam [1:0] S_IDLE  = 2'd0;
    localparam [1:0] S_FRAME = 2'd1;
    localparam [1:0] S_END   = 2'd2;            // last word and verdict leave

    wire [63:0] d;
    wire [7:0]  c;
    wire [31:0] crc_next;

    reg  [1:0]  state_q;
    reg  [31:0] crc;
    reg  [63:0] held;                           // a word that may yet prove to be part of the FCS
    reg         held_valid;
    reg  [63:0] tail;                           // the word with the terminate character
    reg  [3:0]  tail_bytes;
    reg         spoiled;
    reg  [3:0]  bytes;                          // data lanes before the first control character

    wire        start = c[0] && d[7:0] == START;
    wire        sound = c == 8'h01 && d[63:56] == SFD;
    wire        ended = c != 8'h00;
    wire        clean = ended && d[{bytes[2:0], 3'b000} +: 8] == TERMINATE;
    wire        two   = tail_bytes > 4'd4;      // the tail holds bytes of the frame, not only of the FCS
    wire        early = ended && bytes > 4'd4;  // the same, seen a cycle before

    always @*
        casez (c)
            8'b???????1: bytes = 4'd0;
            8'b??????10: bytes = 4'd1;
            8'b?????100: bytes = 4'd2;
            8'b????1000: bytes = 4'd3;
            8'b???10000: bytes = 4'd4;
            8'b??100000: bytes = 4'd5;
            8'b?1000000: bytes = 4'd6;
            8'b10000000: bytes = 4'd7;
            default:     bytes = 4'd8;
        endcase

    xgmii_align u_align (
        .clk     (clk),
        .rst     (rst),
        .xgmii_d (xgmii_rxd),
        .xgmii_c (xgmii_rxc),
        .m_d     (d),
        .m_c     (c)
    );

    mac_crc32 u_crc (
        .state (crc),
        .data  (d),
        .bytes (bytes),
        .next  (crc_next)
    );

    always @(posedge clk) begin
        m_valid <= 1'b0;
        m_last  <= 1'b0;
        case (state_q)
            S_FRAME: begin
                crc <= crc_next;
                if (!ended || early) begin
                    m_data  <= held;
                    m_len   <= 3'd7;
                    m_valid <= held_valid;
                end
                if (!ended) begin
                    held       <= d;
                    held_valid <= 1'b1;
                end else begin
                    tail       <= d;
                    tail_bytes <= bytes;
                    spoiled    <= !clean;
                    state_q    <= S_END;
                end
                if (start) begin                // the frame lost its end; the new one must not suffer
                    m_valid    <= 1'b1;
                    m_last     <= 1'b1;
                    m_data     <= held_valid ? held : d;
                    m_len      <= held_valid ? 3'd7 : 3'd0;
                    m_error    <= 1'b1;
                    held_valid <= 1'b0;
                    crc        <= 32'hFFFFFFFF;
                    spoiled    <= 1'b1;
                    state_q    <= sound ? S_FRAME : S_END;
                end
            end
            default: begin
                if (state_q == S_END) begin
                    m_valid <= 1'b1;
                    m_last  <= 1'b1;
                    m_data  <= (two || !held_valid) ? tail : held;
                    m_len   <= two ? tail_bytes[2:0] - 3'd5 : held_valid ? tail_bytes[2:0] + 3'd3 : 3'd0;
                    m_error <= spoiled;
                    m_fcs   <= crc != RESIDUE;
                end
                state_q    <= S_IDLE;
                held_valid <= 1'b0;
                crc        <= 32'hFFFFFFFF;
                if (start) begin
                    tail       <= d;
                    tail_bytes <= 4'd0;
                    spoiled    <= 1'b1;         // holds unless the preamble is sound
                    state_q    <= sound ? S_FRAME : S_END;
                end
            end
        endcase
        if (rst) begin
            state_q <= S_IDLE;
            m_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
