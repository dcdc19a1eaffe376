// SPDX-License-Identifier: Apache-2.0
// Last look at a received frame: marks runts, giants and frames the wire side found bad, and counts each once.
`default_nettype none

module mac_check #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter LEN_W  = $clog2(KEEP_W)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration: longest frame, its FCS included
    input  wire [15:0]       cfg_max_frame,
    // input: a frame without FCS; bytes in this beat; why = {pause, overflow, fcs, error} counts on its last beat
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire [LEN_W:0]    s_axis_bytes,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    input  wire [3:0]        s_axis_why,
    // output: the frame; tuser on its last beat: drop it
    output reg  [DATA_W-1:0] m_axis_tdata,
    output reg  [KEEP_W-1:0] m_axis_tkeep,
    output reg               m_axis_tlast,
    output reg               m_axis_tvalid,
    output reg  [0:0]        m_axis_tuser,
    // events: one of them a frame; evt_bytes is the length of a good one and 0 without one
    output reg               evt_frame,
    output reg  [15:0]       evt_bytes,
    output reg               evt_fcs,
    output reg               evt_runt,
    output reg               evt_giant,
    output reg               evt_error,
    output reg               evt_overflow,
    output reg               evt_pause
);
    localparam [15:0] MIN_BYTES  = 60;
    localparam [15:0] BEAT_BYTES = KEEP_W[15:0];
    localparam [15:0] FCS_BYTES  = 4;

    reg        open;                            // a frame has begun and not ended
    reg        skip_q;                          // the rest of a giant: it was ended at the limit
    reg [15:0] seen;                            // bytes of the beats before this one
    reg [15:0] left;                            // bytes that may still come
    reg [15:0] limit;

    wire [15:0] total  = seen + {{(15-LEN_W){1'b0}}, s_axis_bytes};
    wire        giant  = left[15:LEN_W+1] == {(15-LEN_W){1'b0}} && s_axis_bytes > left[LEN_W:0];
    wire        last   = s_axis_tlast || giant;
    wire        runt   = !giant && total < MIN_BYTES;
    wire        beat   = s_axis_tvalid && !skip_q;
    wire        marked = s_axis_tlast && (s_axis_why[3] || s_axis_why[2] || s_axis_why[0]);
    wire        fcs    = s_axis_tlast && s_axis_why[1];

    always @(posedge clk) begin
        limit <= cfg_max_frame - FCS_BYTES;
        // the comparison is prepared, as the sum of a frame's bytes comes late in the cycle
        if (beat && !last)      left <= left - BEAT_BYTES;
        else if (beat || !open) left <= limit;
        if (beat) begin
            m_axis_tdata <= s_axis_tdata;
            m_axis_tkeep <= s_axis_tkeep;
            m_axis_tlast <= last;
            m_axis_tuser <= last && (marked || fcs || giant || runt);
        end
        evt_frame    <= 1'b0;
        evt_bytes    <= 16'd0;
        evt_fcs      <= 1'b0;
        evt_runt     <= 1'b0;
        evt_giant    <= 1'b0;
        evt_error    <= 1'b0;
        evt_overflow <= 1'b0;
        evt_pause    <= 1'b0;
        if (rst) begin
            m_axis_tvalid <= 1'b0;
            open          <= 1'b0;
            skip_q        <= 1'b0;
            seen          <= 16'd0;
        end else begin
            m_axis_tvalid <= beat;
            if (s_axis_tvalid) skip_q <= !s_axis_tlast && (skip_q || giant);
            if (beat) open <= !last;
            if (beat) seen <= last ? 16'd0 : total;
            if (beat && last) begin
                // What the wire side saw outranks the length; a short frame is a runt whatever its FCS.
                evt_error    <= marked && s_axis_why[0];
                evt_overflow <= marked && s_axis_why[2];
                evt_pause    <= marked && s_axis_why[3];
                evt_giant    <= !marked && giant;
                evt_runt     <= !marked && runt;
                evt_fcs      <= !marked && !giant && !runt && fcs;
                evt_frame    <= !marked && !giant && !runt && !fcs;
                if (!marked && !giant && !runt && !fcs) evt_bytes <= total;
            end
        end
    end
endmodule

`default_nettype wire
