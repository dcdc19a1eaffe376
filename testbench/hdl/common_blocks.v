// SPDX-License-Identifier: Apache-2.0
// The small blocks of hw/nic/common side by side, so that a simulator is built once for the benches of all of them.
`default_nettype none

module common_blocks #(
    parameter DEPTH = 8,
    parameter REQUESTS = 5,
    parameter INDEX_W = $clog2(REQUESTS),
    parameter COUNT_W = $clog2(DEPTH) + 1
) (
    // clocks: fifo_async has its own
    input  wire                clk,
    input  wire                rst,
    input  wire                wr_clk,
    input  wire                wr_rst,
    input  wire                rd_clk,
    input  wire                rd_rst,
    // skid
    input  wire [7:0]          skid_s_data,
    input  wire                skid_s_valid,
    output wire                skid_s_ready,
    output wire [7:0]          skid_m_data,
    output wire                skid_m_valid,
    input  wire                skid_m_ready,
    // arbiter_rr with several requests, and with one
    input  wire [REQUESTS-1:0] arb_request,
    input  wire                arb_take,
    output wire                arb_any,
    output wire [INDEX_W-1:0]  arb_index,
    output wire                one_any,
    output wire                one_index,
    // fifo_async
    input  wire [7:0]          fifo_s_data,
    input  wire                fifo_s_valid,
    output wire                fifo_s_ready,
    output wire [COUNT_W-1:0]  fifo_wr_count,
    output wire [7:0]          fifo_m_data,
    output wire                fifo_m_valid,
    input  wire                fifo_m_ready,
    output wire [COUNT_W-1:0]  fifo_rd_count,
    // pulse_merge
    input  wire                merge_a,
    input  wire                merge_b,
    output wire                merge_any,
    // ram_sdp
    input  wire [3:0]          ram_wr_strb,
    input  wire [3:0]          ram_wr_addr,
    input  wire [31:0]         ram_wr_data,
    input  wire                ram_rd_en,
    input  wire [3:0]          ram_rd_addr,
    output wire [31:0]         ram_rd_data,
    // sync_bit with both reset values
    input  wire                sync_d,
    output wire                sync_low,
    output wire                sync_high
);
    skid #(.WIDTH(8)) u_skid (
        .clk(clk), .rst(rst), .s_data(skid_s_data), .s_valid(skid_s_valid), .s_ready(skid_s_ready),
        .m_data(skid_m_data), .m_valid(skid_m_valid), .m_ready(skid_m_ready)
    );
    arbiter_rr #(.N(REQUESTS)) u_arbiter (
        .clk(clk), .rst(rst), .request(arb_request), .take(arb_take), .any(arb_any), .index(arb_index)
    );
    arbiter_rr #(.N(1)) u_arbiter_of_one (
        .clk(clk), .rst(rst), .request(arb_request[0]), .take(arb_take), .any(one_any), .index(one_index)
    );
    fifo_async #(.WIDTH(8), .DEPTH(DEPTH)) u_fifo_async (
        .wr_clk(wr_clk), .wr_rst(wr_rst), .s_data(fifo_s_data), .s_valid(fifo_s_valid), .s_ready(fifo_s_ready),
        .wr_count(fifo_wr_count), .rd_clk(rd_clk), .rd_rst(rd_rst), .m_data(fifo_m_data), .m_valid(fifo_m_valid),
        .m_ready(fifo_m_ready), .rd_count(fifo_rd_count)
    );
    pulse_merge u_pulse_merge (.clk(clk), .rst(rst), .a(merge_a), .b(merge_b), .any(merge_any));
    ram_sdp #(.WIDTH(32), .DEPTH(16)) u_ram_sdp (
        .clk(clk), .wr_strb(ram_wr_strb), .wr_addr(ram_wr_addr), .wr_data(ram_wr_data),
        .rd_en(ram_rd_en), .rd_addr(ram_rd_addr), .rd_data(ram_rd_data)
    );
    sync_bit #(.RESET_VALUE(0)) u_sync_low (.clk(clk), .rst(rst), .d(sync_d), .q(sync_low));
    sync_bit #(.RESET_VALUE(1)) u_sync_high (.clk(clk), .rst(rst), .d(sync_d), .q(sync_high));
endmodule

`default_nettype wire
