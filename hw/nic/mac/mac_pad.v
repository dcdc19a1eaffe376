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
    localparam [15:0] MIN_BYTES  = 60;
    localparam        LEN_W      = $clog2(KEEP_W);
    localparam        BEAT_W     = 16 - LEN_W;
    localparam        SIXTIETH   = 64 / KEEP_W - 1;         // the beat that holds byte 60
    localparam        FCS_BYTES  = 4;                       // of 64, which end it

    reg               pad_q;                    // the frame has ended, zeros are still owed
    reg  [BEAT_W-1:0] beats;                    // of this frame before this one
    reg  [15:0]       length;                   // of the frame whose last beat is at the output

    wire              move    = !m_axis_tvalid || m_axis_tready;
    wire              offered = pad_q || s_axis_tvalid;
    wire [BEAT_W-1:0] next    = beats + 1'b1;
    wire              ends    = pad_q || s_axis_tlast;
    wire              more    = ends && next <= SIXTIETH[BEAT_W-1:0];
    wire              fill    = ends && beats == SIXTIETH[BEAT_W-1:0];
    wire [KEEP_W-1:0] owed    = {KEEP_W{more}} | ({KEEP_W{fill}} & ({KEEP_W{1'b1}} >> FCS_BYTES));
    wire [KEEP_W-1:0] keep    = s_axis_tkeep & {KEEP_W{!pad_q}};
    wire [LEN_W:0]    bytes   = bytes_of(keep);
    wire [15:0]       total   = {bytes[LEN_W] ? next : beats, bytes[LEN_W-1:0]};

    assign s_axis_tready = move && !pad_q;
    assign evt_frame     = m_axis_tvalid && m_axis_tready && m_axis_tlast;
    assign evt_bytes     = evt_frame ? length : 16'd0;

    // Lanes are filled from 0, so this chain of differences adds up to the number of lanes in use.
    function [LEN_W:0] bytes_of;
        input [KEEP_W-1:0] lanes;
        integer i;
        begin
            bytes_of = {(LEN_W+1){1'b0}};
            for (i = 0; i < KEEP_W; i = i + 1)
                if (lanes[i]) bytes_of = bytes_of ^ i[LEN_W:0] ^ (i[LEN_W:0] + 1'b1);
        end
    endfunction

    // Lanes that hold no byte are zero, so that padding is a matter of tkeep alone.
    generate
        genvar g;
        for (g = 0; g < KEEP_W; g = g + 1) begin : g_lane
            always @(posedge clk)
                if (move && offered) begin
                    if (keep[g]) m_axis_tdata[g*8 +: 8] <= s_axis_tdata[g*8 +: 8];
                    else         m_axis_tdata[g*8 +: 8] <= 8'd0;
                end
        end
    endgenerate

    always @(posedge clk) begin
        if (move && offered) begin
            m_axis_tlast <= ends && !more;
            m_axis_tkeep <= keep | owed;
            length       <= (total < MIN_BYTES) ? MIN_BYTES : total;
        end
        if (rst) begin
            m_axis_tvalid <= 1'b0;
            pad_q         <= 1'b0;
            beats         <= {BEAT_W{1'b0}};
        end else if (move) begin
            m_axis_tvalid <= offered;
            if (offered) begin
                pad_q <= more;
                beats <= (ends && !more) ? {BEAT_W{1'b0}} : next;
            end
        end
    end
endmodule

`default_nettype wire
