// SPDX-License-Identifier: Apache-2.0
// Takes padded frames from the core's clock to the wire's, and says when a frame may start and cannot run dry.
//
// A frame may start when it is wholly inside, or when START_BYTES of it are: the core then stays ahead as long as it
// delivers faster than the wire on the average of a frame, with START_BYTES to spare for its pauses. That is found out a cycle
// or two ahead: no transmitter starts a frame so soon after the last word of the one before.
`default_nettype none

module mac_tx_cross #(
    parameter DATA_W      = 128,
    parameter KEEP_W      = DATA_W / 8,
    parameter WORD_W      = 64,                 // bits a cycle of the wire's clock: 64, or 8
    parameter FIFO_BYTES  = 2048,
    parameter START_BYTES = 512
) (
    // core side
    input  wire              clk,
    input  wire              rst,
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    output wire              busy,              // something is inside
    // wire side: words, len is the number of bytes less one
    input  wire              tx_clk,
    input  wire              tx_rst,
    output wire [WORD_W-1:0] m_data,
    output wire [2:0]        m_len,
    output wire              m_last,
    output wire              m_valid,
    output wire              m_start,           // the frame offered may start
    input  wire              m_ready
);
    localparam LEN_W   = $clog2(KEEP_W);
    localparam DEPTH   = FIFO_BYTES / KEEP_W;
    localparam COUNT_W = $clog2(DEPTH) + 1;
    localparam START   = START_BYTES / KEEP_W;

    wire [DATA_W-1:0]  data;
    wire [LEN_W-1:0]   len;
    wire               last;
    wire               valid;
    wire               ready;
    wire [COUNT_W-1:0] fill;
    wire [COUNT_W-1:0] held;                    // as the core's side knows it: never too few
    wire               frame_in;
    reg  [COUNT_W-1:0] frames;                  // wholly inside and not yet wholly out
    reg                left;                    // the last word of a frame left a cycle ago
    reg                enough;

    assign busy    = held != {COUNT_W{1'b0}};
    assign m_start = m_valid && enough;

    // Lanes are filled from 0, so this chain of differences adds up to the highest lane in use.
    function [LEN_W-1:0] len_of;
        input [KEEP_W-1:0] keep;
        integer i;
        begin
            len_of = {LEN_W{1'b0}};
            for (i = 1; i < KEEP_W; i = i + 1)
                if (keep[i]) len_of = len_of ^ i[LEN_W-1:0] ^ (i[LEN_W-1:0] - 1'b1);
        end
    endfunction

    always @(posedge tx_clk)
        if (tx_rst) begin
            frames <= {COUNT_W{1'b0}};
            left   <= 1'b0;
            enough <= 1'b0;
        end else begin
            if (frame_in != left) frames <= left ? frames - 1'b1 : frames + 1'b1;
            left   <= m_valid && m_ready && m_last;
            enough <= !left && (frames != {COUNT_W{1'b0}} || fill >= START[COUNT_W-1:0]);
        end

    fifo_async #(
        .WIDTH (DATA_W + LEN_W + 1),
        .DEPTH (DEPTH)
    ) u_fifo (
        .wr_clk   (clk),
        .wr_rst   (rst),
        .s_data   ({s_axis_tlast, len_of(s_axis_tkeep), s_axis_tdata}),
        .s_valid  (s_axis_tvalid),
        .s_ready  (s_axis_tready),
        .wr_count (held),
        .rd_clk   (tx_clk),
        .rd_rst   (tx_rst),
        .m_data   ({last, len, data}),
        .m_valid  (valid),
        .m_ready  (ready),
        .rd_count (fill)
    );

    // As many frames as beats may be inside; the counter must hold them all.
    sync_event #(
        .COUNT_W (COUNT_W)
    ) u_frame_in (
        .s_clk   (clk),
        .s_rst   (rst),
        .s_event (s_axis_tvalid && s_axis_tready && s_axis_tlast),
        .m_clk   (tx_clk),
        .m_rst   (tx_rst),
        .m_event (frame_in),
        .m_ready (1'b1)
    );

    mac_narrow #(
        .DATA_W (DATA_W),
        .WORD_W (WORD_W)
    ) u_narrow (
        .clk     (tx_clk),
        .rst     (tx_rst),
        .s_data  (data),
        .s_len   (len),
        .s_last  (last),
        .s_valid (valid),
        .s_ready (ready),
        .m_data  (m_data),
        .m_len   (m_len),
        .m_last  (m_last),
        .m_valid (m_valid),
        .m_ready (m_ready)
    );
endmodule

`default_nettype wire
