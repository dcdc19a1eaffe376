// SPDX-License-Identifier: Apache-2.0
// Frames to GMII: preamble, FCS and a gap of 12 bytes, a byte a cycle.
//
// Bytes must follow without a break once a frame has started; should one be missing the frame is ended with an error
// and its rest thrown away, so that the receiver drops it.
`default_nettype none

module gmii_tx (
    // clock
    input  wire       clk,
    input  wire       rst,
    // input: the bytes of padded frames; start: the frame offered may start
    input  wire [7:0] s_data,
    input  wire       s_last,
    input  wire       s_valid,
    input  wire       s_start,
    output reg        s_ready,
    // link: frames are taken at the wire's pace and lost while there is none
    input  wire       link_up,
    // output
    output reg  [7:0] gmii_txd,
    output reg        gmii_tx_en,
    output reg        gmii_tx_er,
    // state
    output wire       idle,                     // between frames: the input may be switched to another frame
    output wire       evt_underrun
);
    localparam [7:0] PREAMBLE = 8'h55;
    localparam [7:0] SFD      = 8'hD5;

    localparam [2:0] S_IDLE     = 3'd0;
    localparam [2:0] S_PREAMBLE = 3'd1;
    localparam [2:0] S_DATA     = 3'd2;
    localparam [2:0] S_FCS      = 3'd3;
    localparam [2:0] S_GAP      = 3'd4;
    localparam [2:0] S_FLUSH    = 3'd5;         // the rest of a spoiled frame

    // Cycles of a state less one; the idle state, left at the earliest after a cycle, is part of the gap.
    localparam [3:0] PREAMBLE_END = 4'd7;
    localparam [3:0] FCS_END      = 4'd3;
    localparam [3:0] GAP_END      = 4'd10;

    reg  [2:0]  state_q;
    reg  [3:0]  count;                          // cycles in this state
    reg  [7:0]  held;                           // the byte to be sent
    reg         last;
    reg         live;                           // this frame goes out
    reg  [31:0] crc;
    reg  [7:0]  mixed;                          // held and the state's lowest byte, added ahead of the byte's turn
    wire [31:0] crc_next;

    assign idle         = state_q == S_IDLE;
    assign evt_underrun = state_q == S_DATA && s_ready && !s_valid;

    // A byte that equals the state's lowest leaves nothing but a shift: this brings out the FCS.
    mac_crc32 u_crc (
        .state ({crc[31:8], 8'd0}),
        .data  ({56'd0, mixed}),
        .bytes (4'd1),
        .next  (crc_next)
    );

    always @(posedge clk) begin
        if (s_ready) begin
            held <= s_data;
            last <= s_last;
        end
        mixed <= s_ready ? s_data ^ crc_next[7:0] : 8'd0;
        if (state_q == S_PREAMBLE) crc <= 32'hFFFFFFFF;
        else                       crc <= crc_next;
        case (state_q)
            S_PREAMBLE: gmii_txd <= s_ready ? SFD : PREAMBLE;
            S_DATA:     gmii_txd <= held;
            S_FCS:      gmii_txd <= ~crc[7:0];
            default:    gmii_txd <= 8'd0;
        endcase
        gmii_tx_en <= live && (state_q == S_PREAMBLE || state_q == S_DATA || state_q == S_FCS);
        gmii_tx_er <= live && evt_underrun;
        if (state_q == S_IDLE) live <= link_up;
        else if (!link_up)     live <= 1'b0;
        count <= count + 4'd1;
        case (state_q)
            S_IDLE: begin
                count <= 4'd0;
                if (s_start) state_q <= S_PREAMBLE;
            end
            S_PREAMBLE: if (s_ready) state_q <= S_DATA;
            S_DATA: begin
                count <= 4'd0;
                if (last)          state_q <= S_FCS;
                else if (!s_valid) state_q <= S_FLUSH;
            end
            S_FCS: if (count == FCS_END) begin
                count   <= 4'd0;
                state_q <= S_GAP;
            end
            S_FLUSH: begin
                count <= 4'd0;
                if (s_valid && s_last) state_q <= S_GAP;
            end
            default: if (count == GAP_END) state_q <= S_IDLE;
        endcase
        // from the last cycle of the preamble until the last byte has been taken
        s_ready <= !rst && ((state_q == S_PREAMBLE && count == PREAMBLE_END - 4'd1) || (s_ready && !(s_valid && s_last)));
        if (rst) begin
            state_q    <= S_IDLE;
            gmii_txd   <= 8'd0;
            gmii_tx_en <= 1'b0;
            gmii_tx_er <= 1'b0;
        end
    end
endmodule

`default_nettype wire
