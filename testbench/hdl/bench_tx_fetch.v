// SPDX-License-Identifier: Apache-2.0
// tx_fetch behind dma_read, so that its bench sees ring words on one side and AXI reads on the other.
`default_nettype none
`include "meta.vh"

module bench_tx_fetch #(
    parameter DATA_W       = 128,
    parameter QUEUE_PAIRS  = 3,
    parameter QW           = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // configuration and status
    input  wire                   cfg_enable,
    input  wire                   cfg_hash_report,
    output wire                   idle,
    // ring engine
    input  wire [QUEUE_PAIRS-1:0] chain_ready,
    output wire                   pop_valid,
    input  wire                   pop_ready,
    output wire [QW-1:0]          pop_queue,
    input  wire                   seg_valid,
    output wire                   seg_ready,
    input  wire [QW-1:0]          seg_queue,
    input  wire [63:0]            seg_addr,
    input  wire [31:0]            seg_len,
    input  wire                   seg_write,
    input  wire                   seg_last,
    input  wire                   seg_error,
    input  wire [15:0]            seg_id,
    input  wire [15:0]            seg_ndesc,
    output wire                   cpl_valid,
    input  wire                   cpl_ready,
    output wire [QW-1:0]          cpl_queue,
    output wire [15:0]            cpl_id,
    output wire [15:0]            cpl_ndesc,
    output wire [31:0]            cpl_len,
    output wire                   cpl_more,
    // frames
    output wire                   m_meta_valid,
    input  wire                   m_meta_ready,
    output wire [`TXM_W-1:0]      m_meta,
    output wire [DATA_W-1:0]      m_axis_tdata,
    output wire [DATA_W/8-1:0]    m_axis_tkeep,
    output wire                   m_axis_tlast,
    output wire                   m_axis_tvalid,
    input  wire                   m_axis_tready,
    output wire                   m_axis_tuser,
    // host memory
    output wire                   m_axi_arid,
    output wire [63:0]            m_axi_araddr,
    output wire [7:0]             m_axi_arlen,
    output wire [2:0]             m_axi_arsize,
    output wire [1:0]             m_axi_arburst,
    output wire                   m_axi_arvalid,
    input  wire                   m_axi_arready,
    input  wire                   m_axi_rid,
    input  wire [DATA_W-1:0]      m_axi_rdata,
    input  wire [1:0]             m_axi_rresp,
    input  wire                   m_axi_rlast,
    input  wire                   m_axi_rvalid,
    output wire                   m_axi_rready,
    // events
    output wire                   evt_descriptor,
    output wire                   evt_drop_chain,
    output wire                   evt_drop_dma,
    output wire                   evt_drop_too_short,
    output wire                   evt_drop_too_long
);
    wire              rd_req_valid, rd_req_ready, rd_rsp_valid, rd_rsp_last, rd_rsp_error;
    wire [63:0]       rd_req_addr;
    wire [15:0]       rd_req_len;
    wire [7:0]        rd_req_tag, rd_rsp_tag;
    wire [DATA_W-1:0] rd_rsp_data;
    wire              fetch_idle, read_idle, evt_burst, evt_error;
    wire [15:0]       evt_bytes;

    assign idle = fetch_idle && read_idle;

    tx_fetch #(.DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS)) u_fetch (
        .clk(clk), .rst(rst), .cfg_enable(cfg_enable), .cfg_hash_report(cfg_hash_report), .idle(fetch_idle), .chain_ready(chain_ready),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
        .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .cpl_len(cpl_len), .cpl_more(cpl_more),
        .rd_req_valid(rd_req_valid), .rd_req_ready(rd_req_ready), .rd_req_addr(rd_req_addr), .rd_req_len(rd_req_len),
        .rd_req_tag(rd_req_tag), .rd_rsp_valid(rd_rsp_valid), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last),
        .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
        .m_meta_valid(m_meta_valid), .m_meta_ready(m_meta_ready), .m_meta(m_meta),
        .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready), .m_axis_tuser(m_axis_tuser),
        .evt_descriptor(evt_descriptor), .evt_drop_chain(evt_drop_chain), .evt_drop_dma(evt_drop_dma),
        .evt_drop_too_short(evt_drop_too_short), .evt_drop_too_long(evt_drop_too_long)
    );

    dma_read #(.DATA_W(DATA_W), .CLIENTS(1)) u_read (
        .clk(clk), .rst(rst),
        .c_req_valid(rd_req_valid), .c_req_ready(rd_req_ready), .c_req_addr(rd_req_addr), .c_req_len(rd_req_len),
        .c_req_tag(rd_req_tag), .c_rsp_valid(rd_rsp_valid), .c_rsp_data(rd_rsp_data), .c_rsp_last(rd_rsp_last),
        .c_rsp_tag(rd_rsp_tag), .c_rsp_error(rd_rsp_error),
        .m_axi_arid(m_axi_arid), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen), .m_axi_arsize(m_axi_arsize),
        .m_axi_arburst(m_axi_arburst), .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_rid(m_axi_rid),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast), .m_axi_rvalid(m_axi_rvalid),
        .m_axi_rready(m_axi_rready), .idle(read_idle), .evt_burst(evt_burst), .evt_bytes(evt_bytes), .evt_error(evt_error)
    );
endmodule

`default_nettype wire
