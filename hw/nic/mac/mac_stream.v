// SPDX-License-Identifier: Apache-2.0
// MAC of kind STREAM: whole frames without FCS to and from a vendor MAC (or the simulated wire) on AXI-Stream.
//
// FCS, gap, faults and 802.3x flow control belong to the vendor MAC, which alone sees the line: cfg_pause_rx,
// cfg_pause_tx, pause_request and cfg_mac are here only so that both kinds of MAC have one core side.
`default_nettype none

module mac_stream #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration and flow control
    input  wire [15:0]       cfg_max_frame,     // with FCS
    input  wire              cfg_pause_rx,
    input  wire              cfg_pause_tx,
    input  wire [47:0]       cfg_mac,
    input  wire              pause_request,
    // link
    output wire              link_up,
    output wire [1:0]        fault,
    // input: frames from the core
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire [KEEP_W-1:0] s_axis_tkeep,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    output wire              tx_busy,           // the end of a frame taken is not yet on the wire
    // output: frames to the core
    output wire [DATA_W-1:0] m_axis_tdata,
    output wire [KEEP_W-1:0] m_axis_tkeep,
    output wire              m_axis_tlast,
    output wire              m_axis_tvalid,
    output wire [0:0]        m_axis_tuser,
    // output: frames to the wire
    output wire [DATA_W-1:0] m_wire_axis_tdata,
    output wire [KEEP_W-1:0] m_wire_axis_tkeep,
    output wire              m_wire_axis_tlast,
    output wire              m_wire_axis_tvalid,
    input  wire              m_wire_axis_tready,
    // input: frames from the wire; tuser on the last beat: received with an error
    input  wire [DATA_W-1:0] s_wire_axis_tdata,
    input  wire [KEEP_W-1:0] s_wire_axis_tkeep,
    input  wire              s_wire_axis_tlast,
    input  wire              s_wire_axis_tvalid,
    input  wire [0:0]        s_wire_axis_tuser,
    input  wire              wire_link_up,
    // events
    output wire              evt_tx_frame,
    output wire [15:0]       evt_tx_bytes,
    output wire              evt_rx_frame,
    output wire [15:0]       evt_rx_bytes,
    output wire              evt_rx_fcs,
    output wire              evt_rx_runt,
    output wire              evt_rx_giant,
    output wire              evt_rx_error,
    output wire              evt_rx_overflow,
    output wire              evt_rx_pause,
    output wire              evt_tx_pause
);
    localparam LEN_W = $clog2(KEEP_W);

    wire unused_ok = &{1'b0, cfg_pause_rx, cfg_pause_tx, cfg_mac, pause_request};

    assign fault        = 2'd0;
    assign evt_tx_pause = 1'b0;
    assign tx_busy      = m_wire_axis_tvalid;

    // Lanes are filled from 0, so this chain of differences adds up to the number of lanes in use.
    function [LEN_W:0] bytes_of;
        input [KEEP_W-1:0] keep;
        integer i;
        begin
            bytes_of = {(LEN_W+1){1'b0}};
            for (i = 0; i < KEEP_W; i = i + 1)
                if (keep[i]) bytes_of = bytes_of ^ i[LEN_W:0] ^ (i[LEN_W:0] + 1'b1);
        end
    endfunction

    // The vendor MAC's link state may come from its own clock.
    sync_bit u_link (
        .clk (clk),
        .rst (rst),
        .d   (wire_link_up),
        .q   (link_up)
    );

    mac_pad #(
        .DATA_W (DATA_W)
    ) u_pad (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tdata  (s_axis_tdata),
        .s_axis_tkeep  (s_axis_tkeep),
        .s_axis_tlast  (s_axis_tlast),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tready (s_axis_tready),
        .m_axis_tdata  (m_wire_axis_tdata),
        .m_axis_tkeep  (m_wire_axis_tkeep),
        .m_axis_tlast  (m_wire_axis_tlast),
        .m_axis_tvalid (m_wire_axis_tvalid),
        .m_axis_tready (m_wire_axis_tready),
        .evt_frame     (evt_tx_frame),
        .evt_bytes     (evt_tx_bytes)
    );

    mac_check #(
        .DATA_W (DATA_W)
    ) u_check (
        .clk           (clk),
        .rst           (rst),
        .cfg_max_frame (cfg_max_frame),
        .s_axis_tdata  (s_wire_axis_tdata),
        .s_axis_tkeep  (s_wire_axis_tkeep),
        .s_axis_bytes  (bytes_of(s_wire_axis_tkeep)),
        .s_axis_tlast  (s_wire_axis_tlast),
        .s_axis_tvalid (s_wire_axis_tvalid),
        .s_axis_why    ({3'b000, s_wire_axis_tuser}),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tkeep  (m_axis_tkeep),
        .m_axis_tlast  (m_axis_tlast),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tuser  (m_axis_tuser),
        .evt_frame     (evt_rx_frame),
        .evt_bytes     (evt_rx_bytes),
        .evt_fcs       (evt_rx_fcs),
        .evt_runt      (evt_rx_runt),
        .evt_giant     (evt_rx_giant),
        .evt_error     (evt_rx_error),
        .evt_overflow  (evt_rx_overflow),
        .evt_pause     (evt_rx_pause)
    );
endmodule

`default_nettype wire
