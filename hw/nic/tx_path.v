// SPDX-License-Identifier: Apache-2.0
// The way of a transmitted frame, from the rings to the MAC: chains -> tx_fetch -> tx_offload, flow_tap beside it. Only wires.
// Chains of the control queue come with the others; its commands end in ctrl_queue.
`default_nettype none
`include "meta.vh"

module tx_path #(
    parameter DATA_W         = 128,
    parameter QUEUE_PAIRS    = 1,
    parameter MAX_FRAME      = 9216,
    parameter ADDR_W         = 64,
    parameter STEERING       = 1,
    parameter PREFETCH       = 64,
    parameter COMMAND_RAM    = 4096,
    parameter TX_STORE       = 2 * MAX_FRAME,
    parameter QW             = $clog2(QUEUE_PAIRS + 1)
) (
    // clock
    input  wire                 clk,
    input  wire                 rst,
    // configuration
    input  wire                 cfg_enable,
    input  wire                 cfg_hash_report,
    input  wire                 cfg_learn,      // tell where flows are sent from
    // status
    output wire                 idle,
    // chains of the rings; the last queue is the control queue
    input  wire [QUEUE_PAIRS:0] chain_ready,
    output wire                 pop_valid,
    input  wire                 pop_ready,
    output wire [QW-1:0]        pop_queue,
    input  wire                 seg_valid,
    output wire                 seg_ready,
    input  wire [QW-1:0]        seg_queue,
    input  wire [63:0]          seg_addr,
    input  wire [31:0]          seg_len,
    input  wire                 seg_write,
    input  wire                 seg_last,
    input  wire                 seg_error,
    input  wire [15:0]          seg_id,
    input  wire [15:0]          seg_ndesc,
    output wire                 cpl_valid,
    input  wire                 cpl_ready,
    output wire [QW-1:0]        cpl_queue,
    output wire [15:0]          cpl_id,
    output wire [15:0]          cpl_ndesc,
    output wire [31:0]          cpl_len,
    output wire                 cpl_more,
    // DMA read clients: 0 frames, 1 commands
    output wire [1:0]           rd_req_valid,
    input  wire [1:0]           rd_req_ready,
    output wire [2*64-1:0]      rd_req_addr,
    output wire [2*16-1:0]      rd_req_len,
    output wire [2*8-1:0]       rd_req_tag,
    input  wire [1:0]           rd_rsp_valid,
    input  wire [DATA_W-1:0]    rd_rsp_data,
    input  wire                 rd_rsp_last,
    input  wire [7:0]           rd_rsp_tag,
    input  wire                 rd_rsp_error,
    // DMA write client: answers to commands
    output wire                 wr_req_valid,
    input  wire                 wr_req_ready,
    output wire [63:0]          wr_req_addr,
    output wire [15:0]          wr_req_len,
    output wire [7:0]           wr_req_tag,
    output wire                 wr_dat_valid,
    input  wire                 wr_dat_ready,
    output wire [DATA_W-1:0]    wr_dat_data,
    input  wire                 wr_rsp_valid,
    input  wire [7:0]           wr_rsp_tag,
    input  wire                 wr_rsp_error,
    // commands, for firmware
    input  wire                 ctl_stop,
    output wire                 ctl_pending,
    output wire                 ctl_too_long,
    output wire [15:0]          ctl_length,
    output wire [31:0]          ctl_capacity,
    input  wire                 ctl_done_valid,
    input  wire [15:0]          ctl_done_length,
    input  wire [3:0]           ctl_ram_we,
    input  wire [9:0]           ctl_ram_addr,
    input  wire [31:0]          ctl_ram_wdata,
    output wire [31:0]          ctl_ram_rdata,
    // frames to the MAC
    output wire [DATA_W-1:0]    m_axis_tdata,
    output wire [DATA_W/8-1:0]  m_axis_tkeep,
    output wire                 m_axis_tlast,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    // flows as they are sent
    output wire                 learn_valid,
    output wire [7:0]           learn_index,
    output wire [3:0]           learn_pair,
    // events
    output wire                 evt_descriptor,
    output wire                 evt_drop_chain,
    output wire                 evt_drop_dma,
    output wire                 evt_drop_too_short,
    output wire                 evt_drop_too_long,
    output wire                 evt_super_frame,
    output wire                 evt_segment,
    output wire                 evt_csum_inserted,
    output wire                 evt_err_gso_no_csum,
    output wire                 evt_err_gso_type,
    output wire                 evt_err_gso_size,
    output wire                 evt_err_header,
    output wire                 evt_err_csum_range,
    output wire                 evt_err_ip
);
    localparam QUEUES = QUEUE_PAIRS + 1;

    // ---- who walks which chain
    wire          data_pop_valid, data_pop_ready, data_seg_valid, data_seg_ready;
    wire [QW-1:0] data_pop_queue, data_cpl_queue;
    wire          data_cpl_valid, data_cpl_ready, data_cpl_more;
    wire [15:0]   data_cpl_id, data_cpl_ndesc;
    wire [31:0]   data_cpl_len;
    wire          ctrl_pop_valid, ctrl_pop_ready, ctrl_seg_valid, ctrl_seg_ready;
    wire          ctrl_cpl_valid, ctrl_cpl_ready;
    wire [15:0]   ctrl_cpl_id, ctrl_cpl_ndesc;
    wire [31:0]   ctrl_cpl_len;

    chain_share #(.QUEUES(QUEUES)) u_share (
        .data_pop_valid(data_pop_valid), .data_pop_ready(data_pop_ready), .data_pop_queue(data_pop_queue),
        .data_seg_valid(data_seg_valid), .data_seg_ready(data_seg_ready),
        .data_cpl_valid(data_cpl_valid), .data_cpl_ready(data_cpl_ready), .data_cpl_queue(data_cpl_queue),
        .data_cpl_id(data_cpl_id), .data_cpl_ndesc(data_cpl_ndesc), .data_cpl_len(data_cpl_len), .data_cpl_more(data_cpl_more),
        .ctrl_pop_valid(ctrl_pop_valid), .ctrl_pop_ready(ctrl_pop_ready),
        .ctrl_seg_valid(ctrl_seg_valid), .ctrl_seg_ready(ctrl_seg_ready),
        .ctrl_cpl_valid(ctrl_cpl_valid), .ctrl_cpl_ready(ctrl_cpl_ready),
        .ctrl_cpl_id(ctrl_cpl_id), .ctrl_cpl_ndesc(ctrl_cpl_ndesc), .ctrl_cpl_len(ctrl_cpl_len),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .cpl_len(cpl_len), .cpl_more(cpl_more)
    );

    // ---- frames: read, cut into wire frames, sum
    wire                fetch_meta_valid, fetch_meta_ready;
    wire [`TXM_W-1:0]   fetch_meta;
    wire [DATA_W-1:0]   fetch_tdata;
    wire [DATA_W/8-1:0] fetch_tkeep;
    wire                fetch_tlast, fetch_tvalid, fetch_tready, fetch_tuser;
    wire [3:0]          m_queue;
    wire                fetch_idle, offload_idle, fetch_too_long, offload_too_long;

    tx_fetch #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .QW(QW), .ADDR_W(ADDR_W), .CHAINS((PREFETCH > 16) ? PREFETCH : 16)
    ) u_fetch (
        .clk(clk), .rst(rst), .cfg_enable(cfg_enable), .cfg_hash_report(cfg_hash_report), .idle(fetch_idle),
        .chain_ready(chain_ready[QUEUE_PAIRS-1:0]),
        .pop_valid(data_pop_valid), .pop_ready(data_pop_ready), .pop_queue(data_pop_queue),
        .seg_valid(data_seg_valid), .seg_ready(data_seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
        .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .cpl_valid(data_cpl_valid), .cpl_ready(data_cpl_ready), .cpl_queue(data_cpl_queue), .cpl_id(data_cpl_id),
        .cpl_ndesc(data_cpl_ndesc), .cpl_len(data_cpl_len), .cpl_more(data_cpl_more),
        .rd_req_valid(rd_req_valid[0]), .rd_req_ready(rd_req_ready[0]), .rd_req_addr(rd_req_addr[0 +: 64]),
        .rd_req_len(rd_req_len[0 +: 16]), .rd_req_tag(rd_req_tag[0 +: 8]),
        .rd_rsp_valid(rd_rsp_valid[0]), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag),
        .rd_rsp_error(rd_rsp_error),
        .m_meta_valid(fetch_meta_valid), .m_meta_ready(fetch_meta_ready), .m_meta(fetch_meta),
        .m_axis_tdata(fetch_tdata), .m_axis_tkeep(fetch_tkeep), .m_axis_tlast(fetch_tlast), .m_axis_tvalid(fetch_tvalid),
        .m_axis_tready(fetch_tready), .m_axis_tuser(fetch_tuser),
        .evt_descriptor(evt_descriptor), .evt_drop_chain(evt_drop_chain), .evt_drop_dma(evt_drop_dma),
        .evt_drop_too_short(evt_drop_too_short), .evt_drop_too_long(fetch_too_long)
    );

    pulse_merge u_too_long (.clk(clk), .rst(rst), .a(fetch_too_long), .b(offload_too_long), .any(evt_drop_too_long));

    tx_offload #(.DATA_W(DATA_W), .MAX_FRAME(MAX_FRAME), .TX_STORE(TX_STORE)) u_offload (
        .clk(clk), .rst(rst), .idle(offload_idle),
        .s_meta_valid(fetch_meta_valid), .s_meta_ready(fetch_meta_ready), .s_meta(fetch_meta),
        .s_axis_tdata(fetch_tdata), .s_axis_tkeep(fetch_tkeep), .s_axis_tlast(fetch_tlast), .s_axis_tvalid(fetch_tvalid),
        .s_axis_tready(fetch_tready), .s_axis_tuser(fetch_tuser),
        .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready), .m_queue(m_queue),
        .evt_super_frame(evt_super_frame), .evt_segment(evt_segment), .evt_csum_inserted(evt_csum_inserted),
        .evt_err_gso_no_csum(evt_err_gso_no_csum), .evt_err_gso_type(evt_err_gso_type), .evt_err_gso_size(evt_err_gso_size),
        .evt_err_header(evt_err_header), .evt_err_csum_range(evt_err_csum_range), .evt_err_ip(evt_err_ip),
        .evt_too_long(offload_too_long)
    );

    generate
        if (STEERING != 0) begin : g_tap
            flow_tap #(.DATA_W(DATA_W)) u_tap (
                .clk(clk), .rst(rst), .cfg_enable(cfg_learn),
                .s_valid(m_axis_tvalid && m_axis_tready), .s_data(m_axis_tdata), .s_keep(m_axis_tkeep), .s_last(m_axis_tlast),
                .s_pair(m_queue), .learn_valid(learn_valid), .learn_index(learn_index), .learn_pair(learn_pair)
            );
        end else begin : g_tap
            assign learn_valid = 1'b0;
            assign learn_index = 8'd0;
            assign learn_pair  = 4'd0;
            wire unused_tap = &{1'b0, cfg_learn, m_queue};
        end
    endgenerate

    // ---- commands
    ctrl_queue #(.DATA_W(DATA_W), .ADDR_W(ADDR_W), .RAM_BYTES(COMMAND_RAM), .WRITABLE(COMMAND_RAM / 64)) u_ctrl (
        .clk(clk), .rst(rst), .stop(ctl_stop),
        .chain_ready(chain_ready[QUEUE_PAIRS]),
        .pop_valid(ctrl_pop_valid), .pop_ready(ctrl_pop_ready),
        .seg_valid(ctrl_seg_valid), .seg_ready(ctrl_seg_ready), .seg_addr(seg_addr), .seg_len(seg_len), .seg_write(seg_write),
        .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .cpl_valid(ctrl_cpl_valid), .cpl_ready(ctrl_cpl_ready), .cpl_id(ctrl_cpl_id), .cpl_ndesc(ctrl_cpl_ndesc),
        .cpl_len(ctrl_cpl_len),
        .rd_req_valid(rd_req_valid[1]), .rd_req_ready(rd_req_ready[1]), .rd_req_addr(rd_req_addr[64 +: 64]),
        .rd_req_len(rd_req_len[16 +: 16]), .rd_req_tag(rd_req_tag[8 +: 8]),
        .rd_rsp_valid(rd_rsp_valid[1]), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag),
        .rd_rsp_error(rd_rsp_error),
        .wr_req_valid(wr_req_valid), .wr_req_ready(wr_req_ready), .wr_req_addr(wr_req_addr),
        .wr_req_len(wr_req_len), .wr_req_tag(wr_req_tag),
        .wr_dat_valid(wr_dat_valid), .wr_dat_ready(wr_dat_ready), .wr_dat_data(wr_dat_data),
        .wr_rsp_valid(wr_rsp_valid), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error),
        .ctl_pending(ctl_pending), .ctl_too_long(ctl_too_long), .ctl_length(ctl_length), .ctl_capacity(ctl_capacity),
        .ctl_done_valid(ctl_done_valid), .ctl_done_length(ctl_done_length),
        .ctl_ram_we(ctl_ram_we), .ctl_ram_addr(ctl_ram_addr), .ctl_ram_wdata(ctl_ram_wdata), .ctl_ram_rdata(ctl_ram_rdata)
    );

    assign idle = fetch_idle && offload_idle && !m_axis_tvalid;
endmodule

`default_nettype wire
