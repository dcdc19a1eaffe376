// SPDX-License-Identifier: Apache-2.0
// Takes received frames from the wire's clock to the core's; a frame that finds no room is ended early and marked.
//
// The wire cannot wait. The last free entry is kept for a closing beat, so a frame that was begun is always ended;
// a frame that finds no room at its very start leaves nothing but an event.
`default_nettype none

module mac_rx_cross #(
    parameter DATA_W     = 128,
    parameter KEEP_W     = DATA_W / 8,
    parameter WORD_W     = 64,                  // bits a cycle of the wire's clock: 64, or 8
    parameter FIFO_BYTES = 1024
) (
    // wire side: words full but the last, len is the number of bytes less one; why counts with last
    input  wire              rx_clk,
    input  wire              rx_rst,
    input  wire [WORD_W-1:0] s_data,
    input  wire [2:0]        s_len,
    input  wire              s_last,
    input  wire [3:0]        s_why,             // {pause, overflow, fcs, error}
    input  wire              s_valid,
    // core side
    input  wire              clk,
    input  wire              rst,
    output wire [DATA_W-1:0] m_axis_tdata,
    output wire [KEEP_W-1:0] m_axis_tkeep,
    output wire [$clog2(KEEP_W):0] m_axis_bytes,   // in this beat
    output wire              m_axis_tlast,
    output wire              m_axis_tvalid,
    output wire [3:0]        m_axis_why,
    // events in the core's clock: a frame left no trace; given while ready
    output wire              evt_lost,
    input  wire              evt_lost_ready
);
    localparam LEN_W   = $clog2(KEEP_W);
    localparam DEPTH   = FIFO_BYTES / KEEP_W;
    localparam COUNT_W = $clog2(DEPTH) + 1;
    localparam [3:0] WHY_OVERFLOW = 4'b0100;

    localparam [1:0] S_FIRST = 2'd0;            // the next beat begins a frame
    localparam [1:0] S_FRAME = 2'd1;
    localparam [1:0] S_SKIP  = 2'd2;            // the rest of a frame that found no room

    wire [DATA_W-1:0]  data;
    wire [LEN_W-1:0]   len;
    wire               last;
    wire [3:0]         why;
    wire               valid;
    wire [COUNT_W-1:0] fill;
    reg  [COUNT_W-1:0] seen;                    // fill a cycle ago: at most one word came since
    wire               room = !seen[COUNT_W-1] && !(&seen[COUNT_W-2:1]);    // fewer than DEPTH - 1 are inside for certain
    reg  [1:0]         state_q;
    wire               cut  = (state_q == S_FRAME) && !room && !last;
    wire               put  = valid && ((state_q == S_FIRST && room) || state_q == S_FRAME);
    wire               lost = valid && state_q == S_FIRST && !room;
    wire               close = last || cut;
    wire [3:0]         reason = cut ? WHY_OVERFLOW : why;
    wire [DATA_W-1:0]  out_data;
    wire [LEN_W-1:0]   out_len;
    wire               out_last;
    wire [3:0]         out_why;
    wire [LEN_W-1:0]   empty_lanes = ~out_len;
    wire               unused_ready;             // `room` keeps it high
    wire [COUNT_W-1:0] unused_count;

    assign m_axis_tdata = out_data;
    assign m_axis_tkeep = {KEEP_W{1'b1}} >> empty_lanes;
    assign m_axis_bytes = {1'b0, out_len} + 1'b1;
    assign m_axis_tlast = out_last;
    assign m_axis_why   = out_why;

    always @(posedge rx_clk)
        if (rx_rst) seen <= {COUNT_W{1'b0}};
        else seen <= fill;

    always @(posedge rx_clk)
        if (rx_rst) state_q <= S_FIRST;
        else if (valid)
            case (state_q)
                S_FIRST: if (!last) state_q <= room ? S_FRAME : S_SKIP;
                S_FRAME: if (last) state_q <= S_FIRST;
                         else if (cut) state_q <= S_SKIP;
                default: if (last) state_q <= S_FIRST;
            endcase

    mac_widen #(
        .DATA_W (DATA_W),
        .WORD_W (WORD_W)
    ) u_widen (
        .clk     (rx_clk),
        .rst     (rx_rst),
        .s_data  (s_data),
        .s_len   (s_len),
        .s_last  (s_last),
        .s_why   (s_why),
        .s_valid (s_valid),
        .m_data  (data),
        .m_len   (len),
        .m_last  (last),
        .m_why   (why),
        .m_valid (valid)
    );

    fifo_async #(
        .WIDTH (DATA_W + LEN_W + 5),
        .DEPTH (DEPTH)
    ) u_fifo (
        .wr_clk   (rx_clk),
        .wr_rst   (rx_rst),
        .s_data   ({reason, close, len, data}),
        .s_valid  (put),
        .s_ready  (unused_ready),
        .wr_count (fill),
        .rd_clk   (clk),
        .rd_rst   (rst),
        .m_data   ({out_why, out_last, out_len, out_data}),
        .m_valid  (m_axis_tvalid),
        .m_ready  (1'b1),
        .rd_count (unused_count)
    );

    sync_event u_lost (
        .s_clk   (rx_clk),
        .s_rst   (rx_rst),
        .s_event (lost),
        .m_clk   (clk),
        .m_rst   (rst),
        .m_event (evt_lost),
        .m_ready (evt_lost_ready)
    );
endmodule

`default_nettype wire
