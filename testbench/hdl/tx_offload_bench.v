// SPDX-License-Identifier: Apache-2.0
// tx_offload with its streams packed into one bus a direction (one access of Python a cycle) and its events counted.
`default_nettype none
`include "meta.vh"

module tx_offload_bench #(
    parameter DATA_W = 128,
    parameter MAX_FRAME = 9216,
    parameter TX_STORE = 2 * MAX_FRAME,
    parameter KEEP_W = DATA_W / 8
) (
    input  wire                     clk,
    input  wire                     rst,
    // {tuser, tlast, tvalid, tkeep, tdata}
    input  wire [DATA_W+KEEP_W+2:0] s,
    // {valid, word}
    input  wire [`TXM_W:0]          meta,
    input  wire                     m_axis_tready,
    // {meta ready, tready of s, idle, tlast, tvalid, tkeep, tdata}; tkeep and tdata are 0 without tvalid
    output wire [DATA_W+KEEP_W+4:0] m,
    // queue of the frame
    output wire [3:0]               m_queue,
    // ten counters of 32 bits, in the order of tx_offload's ports
    output wire [319:0]             events
);
    wire [9:0]        evt;
    wire [DATA_W-1:0] m_tdata;
    wire [KEEP_W-1:0] m_tkeep;
    wire              m_tlast;
    wire              m_tvalid;
    wire              idle;
    wire              s_tready;
    wire              meta_ready;

    tx_offload #(.DATA_W(DATA_W), .MAX_FRAME(MAX_FRAME), .TX_STORE(TX_STORE)) dut (
        .clk(clk), .rst(rst),
        .s_meta_valid(meta[`TXM_W]), .s_meta_ready(meta_ready), .s_meta(meta[`TXM_W-1:0]),
        .s_axis_tdata(s[DATA_W-1:0]), .s_axis_tkeep(s[DATA_W +: KEEP_W]), .s_axis_tvalid(s[DATA_W+KEEP_W]),
        .s_axis_tlast(s[DATA_W+KEEP_W+1]), .s_axis_tuser(s[DATA_W+KEEP_W+2]), .s_axis_tready(s_tready),
        .m_axis_tdata(m_tdata), .m_axis_tkeep(m_tkeep), .m_axis_tlast(m_tlast), .m_axis_tvalid(m_tvalid),
        .m_axis_tready(m_axis_tready), .m_queue(m_queue), .idle(idle),
        .evt_super_frame(evt[0]), .evt_segment(evt[1]), .evt_csum_inserted(evt[2]), .evt_err_gso_no_csum(evt[3]),
        .evt_err_gso_type(evt[4]), .evt_err_gso_size(evt[5]), .evt_err_header(evt[6]), .evt_err_csum_range(evt[7]),
        .evt_err_ip(evt[8]), .evt_too_long(evt[9])
    );

    assign m = {meta_ready, s_tready, idle, m_tvalid && m_tlast, m_tvalid, m_tvalid ? {m_tkeep, m_tdata} : {(DATA_W+KEEP_W){1'b0}}};

    generate
        genvar g;
        for (g = 0; g < 10; g = g + 1) begin : g_count
            reg [31:0] count;
            assign events[g*32 +: 32] = count;
            always @(posedge clk)
                if (rst) count <= 32'd0;
                else     count <= count + {31'd0, evt[g]};
        end
    endgenerate
endmodule

`default_nettype wire
