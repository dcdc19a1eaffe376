// SPDX-License-Identifier: Apache-2.0
// Pads transmit frames with zeros to 60 bytes, the shortest Ethernet frame without its FCS, and reports their length.
`default_nettype none

module mac_pad #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // input: a frame from the core
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    // output: the frame, at least 60 bytes long
    output reg  [DATA_W-1:0] m_axis_tdata,
    output reg  [KEEP_W-1:0] m_axis_tkeep,
    output reg               m_axis_tlast,
    output reg               m_axis_tvalid,
    input  wire              m_axis_tready,
    // events: a frame has left, with its length on the wire without FCS (0 while there is none)
    output wire              evt_frame,
    output wire [15:0]       evt_bytes
);
    localparam [15:0] MIN_BYTES = 60;
    localparam [15:0] BEAT_BYTES = KEEP_W[15:0];

    reg        pad_q;                           // the frame has ended, zeros are still owed
    reg [15:0] sent;                            // bytes of this frame in the beats before this one
    reg [15:0] length;                          // of the frame whose last beat is at the output

    wire        move    = !m_axis_tvalid || m_axis_tready;
    wire        offered = pad_q || s_axis_tvalid;
    wire [15:0] bytes   = pad_q ? 16'd0 : bytes_of(s_axis_tkeep);
    wire        ends    = pad_q || s_axis_tlast;
    wire        short   = ends && sent + bytes < MIN_BYTES;
    wire [15:0] owed    = MIN_BYTES - sent;     // of use only while the frame is short
    wire        more    = short && owed > BEAT_BYTES;

    assign s_axis_tready = move && !pad_q;
    assign evt_frame     = m_axis_tvalid && m_axis_tready && m_axis_tlast;
    assign evt_bytes     = evt_frame ? length : 16'd0;

    // Lanes are filled from 0, so the highest lane in use gives the number of bytes.
    function [15:0] bytes_of;
        input [KEEP_W-1:0] keep;
        integer i;
        begin
            bytes_of = BEAT_BYTES;
            if (!(&keep)) begin
                bytes_of = 16'd0;
                for (i = 0; i < KEEP_W; i = i + 1)
                    if (keep[i]) bytes_of = i[15:0] + 16'd1;
            end
        end
    endfunction

    always @(posedge clk) begin
        if (move && offered) begin
            m_axis_tlast <= ends && !more;
            length       <= short ? MIN_BYTES : sent + bytes;
            if (short) begin
                m_axis_tdata <= pad_q ? {DATA_W{1'b0}} : s_axis_tdata & ~({DATA_W{1'b1}} << {bytes, 3'b000});
                m_axis_tkeep <= more ? {KEEP_W{1'b1}} : ~({KEEP_W{1'b1}} << owed);
            end else begin
                m_axis_tdata <= s_axis_tdata;
                m_axis_tkeep <= s_axis_tkeep;
            end
        end
        if (rst) begin
            m_axis_tvalid <= 1'b0;
            pad_q         <= 1'b0;
            sent          <= 16'd0;
        end else if (move) begin
            m_axis_tvalid <= offered;
            if (offered) begin
                pad_q <= more;
                sent  <= (ends && !more) ? 16'd0 : sent + BEAT_BYTES;
            end
        end
    end
endmodule

`default_nettype wire
