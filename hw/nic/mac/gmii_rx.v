// SPDX-License-Identifier: Apache-2.0
// Frames from GMII: preamble and FCS taken off, FCS checked, errors inside a frame told with its last byte.
//
// A byte leaves when five more have come, or the frame's end: the last four bytes, the FCS, stay behind. A preamble
// may be of any length, as PHYs shorten it, and a gap of one cycle is enough. A frame without a start delimiter, or
// too short to have anything but an FCS, leaves as one byte with its verdict, so that it is counted like any other.
`default_nettype none

module gmii_rx (
    // clock
    input  wire       clk,
    input  wire       rst,
    // input
    input  wire [7:0] gmii_rxd,
    input  wire       gmii_rx_dv,
    input  wire       gmii_rx_er,
    // output: the bytes of a frame; verdicts count with last
    output wire [7:0] m_data,
    output reg        m_last,
    output reg        m_valid,
    output reg        m_fcs,                    // the FCS is wrong
    output reg        m_error                   // an error of the PHY's, or no start of a frame
);
    localparam [31:0] RESIDUE  = 32'hDEBB20E3;  // state after data and its FCS
    localparam [7:0]  PREAMBLE = 8'h55;
    localparam [7:0]  SFD      = 8'hD5;

    localparam [1:0] S_IDLE     = 2'd0;
    localparam [1:0] S_PREAMBLE = 2'd1;
    localparam [1:0] S_FRAME    = 2'd2;
    localparam [1:0] S_BAD      = 2'd3;         // no frame after all: wait for its end

    reg  [1:0]  state_q;
    reg  [7:0]  d;
    reg         dv;
    reg         er;
    reg  [47:0] held;                           // the bytes before d, the latest lowest; the highest leaves
    reg  [4:0]  there;                          // which of the first five are the frame's
    reg  [31:0] crc;
    wire [31:0] crc_next;
    reg         spoiled;

    wire        ends = !dv && state_q != S_IDLE;

    assign m_data = held[47:40];

    mac_crc32 u_crc (
        .state (crc),
        .data  ({56'd0, d}),
        .bytes (4'd1),
        .next  (crc_next)
    );

    always @(posedge clk) begin
        d       <= gmii_rxd;
        er      <= gmii_rx_er;
        held    <= {held[39:0], d};
        m_last  <= ends;
        m_fcs   <= crc != RESIDUE;
        m_error <= spoiled || state_q != S_FRAME;
        if (state_q != S_FRAME || !dv) begin
            there <= 5'd0;                      // at the frame's end already: the next one may begin a cycle later
            crc   <= 32'hFFFFFFFF;
        end else begin
            there <= {there[3:0], 1'b1};
            crc   <= crc_next;
        end
        spoiled <= dv && (er || spoiled);
        case (state_q)
            S_FRAME, S_BAD: if (!dv) state_q <= S_IDLE;
            default:
                if (!dv)                state_q <= S_IDLE;
                else if (d == SFD)      state_q <= S_FRAME;
                else if (d == PREAMBLE) state_q <= S_PREAMBLE;
                else                    state_q <= S_BAD;
        endcase
        if (rst) begin
            state_q <= S_IDLE;
            dv      <= 1'b0;
            m_valid <= 1'b0;
        end else begin
            dv      <= gmii_rx_dv;
            m_valid <= ends || (dv && there[4]);
        end
    end
endmodule

`default_nettype wire
