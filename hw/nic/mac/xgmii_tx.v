// SPDX-License-Identifier: Apache-2.0
// Frames to XGMII: preamble, FCS, terminate character, and a gap of 12 bytes on the average (deficit idle count).
//
// Frames are built as words that begin with the start character in lane 0; the last register moves them by four lanes
// where the gap wants a start in lane 4. Such a move may repeat or skip the upper half of a word, which the gap
// (at least 9 bytes) has made idle. Words must follow without a break once a frame has started; should one be missing
// the frame is ended with error characters and its rest thrown away, so that the receiver drops it.
`default_nettype none

module xgmii_tx (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input: words full but the last, len is the number of bytes less one; start: the frame offered may start
    input  wire [63:0] s_data,
    input  wire [2:0]  s_len,
    input  wire        s_last,
    input  wire        s_valid,
    input  wire        s_start,
    output wire        s_ready,
    // link faults received (46.3.4): local is answered with remote fault, remote with idle
    input  wire        local_fault,
    input  wire        remote_fault,
    // output
    output reg  [63:0] xgmii_txd,
    output reg  [7:0]  xgmii_txc,
    // state
    output wire        idle,                    // between frames: the input may be switched to another frame
    output wire        evt_underrun
);
    localparam [63:0] IDLES    = {8{8'h07}};
    localparam [63:0] PREAMBLE = 64'hD5555555555555FB;
    localparam [63:0] SPOILED  = 64'h070707FDFEFEFEFE;
    localparam [63:0] REMOTES  = {2{32'h0200009C}};

    localparam [2:0] S_IDLE  = 3'd0;
    localparam [2:0] S_FRAME = 3'd1;
    localparam [2:0] S_TAIL  = 3'd2;            // second word of FCS, terminate character and gap
    localparam [2:0] S_FLUSH = 3'd3;            // the rest of a spoiled frame

    reg  [2:0]  state_q;
    reg  [63:0] word;
    reg  [3:0]  bytes;                          // of word
    reg         last;
    reg  [31:0] crc;                            // word included
    reg  [1:0]  wait_words;                     // gap still owed
    reg  [1:0]  deficit;                        // bytes by which gaps have been too short
    reg         late;                           // where the next (or present) frame starts: lane 4
    reg  [63:0] a_d;                            // aligned word
    reg  [7:0]  a_c;
    reg         a_late;
    reg  [31:0] held_d;                         // upper half of the aligned word before
    reg  [3:0]  held_c;
    reg         mute;                           // a fault replaces frames; ends only between frames

    wire        go    = state_q == S_IDLE && wait_words == 2'd0 && s_start;
    wire        fault = local_fault || remote_fault;
    wire [31:0] crc_next;

    assign idle         = state_q == S_IDLE;
    assign s_ready      = go || (state_q == S_FRAME && !last) || state_q == S_FLUSH;
    assign evt_underrun = state_q == S_FRAME && !last && !s_valid;

    mac_crc32 u_crc (
        .state (state_q == S_IDLE ? 32'hFFFFFFFF : crc),
        .data  (s_data),
        .bytes ({1'b0, s_len} + 4'd1),
        .next  (crc_next)
    );

    // The last word with FCS, terminate character and idles behind it.
    wire [6:0]   bits  = {bytes, 3'b000};
    wire [127:0] end_d = ({{11{8'h07}}, 8'hFD, ~crc} << bits) | {64'd0, word & ~(64'hFFFFFFFFFFFFFFFF << bits)};
    wire [15:0]  end_c = 16'hFFF0 << bytes;

    // Gap: the start after 12 bytes rounded to a multiple of 4, down while the deficit stays below 4 (46.3.1.4).
    wire [2:0] lane   = bytes[2:0] + 3'd4;      // of the terminate character
    wire [2:0] owing  = {1'b0, deficit} + {1'b0, lane[1:0]};
    wire [2:0] halves = {2'd0, late} + {2'd0, lane[2]} + (owing[2] ? 3'd4 : 3'd3);  // to the next start, of 4 bytes

    always @(posedge clk) begin
        if (s_ready && s_valid) begin
            word  <= s_data;
            bytes <= {1'b0, s_len} + 4'd1;
            last  <= s_last;
            crc   <= crc_next;
        end
        case (state_q)
            S_FRAME: begin
                a_d <= last ? end_d[63:0] : word;
                a_c <= last ? end_c[7:0] : 8'h00;
                if (last) begin
                    state_q <= S_TAIL;
                end else if (!s_valid) begin
                    a_d     <= SPOILED;
                    a_c     <= 8'hFF;
                    state_q <= S_FLUSH;
                end
            end
            S_TAIL: begin
                a_d        <= end_d[127:64];
                a_c        <= end_c[15:8];
                deficit    <= owing[1:0];
                late       <= halves[0];
                // a terminate character in the first word (fewer than 4 bytes before the FCS) was sent a word ago
                wait_words <= halves[2:1] - (bytes < 4'd4 ? 2'd2 : 2'd1);
                state_q    <= S_IDLE;
            end
            S_FLUSH: begin
                a_d        <= IDLES;
                a_c        <= 8'hFF;
                wait_words <= 2'd2;
                if (s_valid && s_last) state_q <= S_IDLE;
            end
            default: begin
                a_d <= go ? PREAMBLE : IDLES;
                a_c <= go ? 8'h01 : 8'hFF;
                if (go) begin
                    a_late  <= late;
                    state_q <= S_FRAME;
                end
                if (wait_words != 2'd0) wait_words <= wait_words - 2'd1;
            end
        endcase
        held_d <= a_d[63:32];
        held_c <= a_c[7:4];
        if (fault) mute <= 1'b1;
        else if (state_q == S_IDLE && a_c == 8'hFF && !go) mute <= 1'b0;
        if (mute || fault) begin
            xgmii_txd <= local_fault ? REMOTES : IDLES;
            xgmii_txc <= local_fault ? 8'h11 : 8'hFF;
        end else begin
            xgmii_txd <= a_late ? {a_d[31:0], held_d} : a_d;
            xgmii_txc <= a_late ? {a_c[3:0], held_c} : a_c;
        end
        if (rst) begin
            state_q    <= S_IDLE;
            wait_words <= 2'd0;
            deficit    <= 2'd0;
            late       <= 1'b0;
            a_late     <= 1'b0;
            a_d        <= IDLES;
            a_c        <= 8'hFF;
            held_d     <= IDLES[31:0];
            held_c     <= 4'hF;
            mute       <= 1'b0;
            xgmii_txd  <= IDLES;
            xgmii_txc  <= 8'hFF;
        end
    end
endmodule

`default_nettype wire
