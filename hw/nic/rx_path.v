// SPDX-License-Identifier: Apache-2.0
// The way of a received frame, from the MAC to the rings: rx_classify -> frame_store -> rx_writer <- chains of the rings.
// Only wires.
`default_nettype none
`include "meta.vh"

module rx_path #(
    parameter DATA_W         = 128,
    parameter QUEUE_PAIRS    = 1,
    parameter ADDR_W         = 64,
    parameter STEERING       = 1,
    parameter VLAN_FILTER    = 1,
    parameter RX_CHECKSUM    = 1,
    parameter MAC_TABLE      = 32,
    parameter RX_STORE       = 32768,
    parameter PREFETCH       = 64,
    parameter QW             = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // configuration
    input  wire                   cfg_enable,
    input  wire                   cfg_mrg_rxbuf,
    input  wire                   cfg_guest_csum,
    input  wire                   cfg_hash_report,
    input  wire [5:0]             cfg_mode,
    input  wire [47:0]            cfg_mac,
    input  wire [15:0]            cfg_mtu,
    input  wire                   cfg_vlan,
    input  wire [1:0]             cfg_steering,
    input  wire [7:0]             cfg_steer,
    input  wire [7:0]             cfg_pairs,
    input  wire [8:0]             cfg_hash_types,
    input  wire [319:0]           cfg_hash_key,
    input  wire [7:0]             cfg_unclassified,
    input  wire [6:0]             cfg_table_mask,
    input  wire [15:0]            cfg_wait_cycles,
    input  wire                   tab_we,
    input  wire [7:0]             tab_index,
    input  wire [47:0]            tab_mac,
    input  wire                   tab_valid,
    input  wire                   tab_steer,
    input  wire [7:0]             tab_queue,
    input  wire                   tab_clear,
    input  wire                   vlan_we,
    input  wire [6:0]             vlan_index,
    input  wire [31:0]            vlan_bits,
    output wire [31:0]            vlan_word,
    input  wire                   rss_we,
    input  wire [6:0]             rss_index,
    input  wire [7:0]             rss_queue,
    output wire [7:0]             rss_word,
    // flows as they are sent
    input  wire                   learn_valid,
    input  wire [7:0]             learn_index,
    input  wire [3:0]             learn_pair,
    // status
    output wire                   idle,
    output wire [15:0]            level,        // bytes in the frame store
    // chains of the rings
    input  wire [QUEUE_PAIRS-1:0] chain_ready,
    input  wire [QUEUE_PAIRS-1:0] chain_none,
    output wire                   pop_valid,
    input  wire                   pop_ready,
    output wire [QW-1:0]          pop_queue,
    input  wire                   seg_valid,
    output wire                   seg_ready,
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
    // DMA write client
    output wire                   wr_req_valid,
    input  wire                   wr_req_ready,
    output wire [63:0]            wr_req_addr,
    output wire [15:0]            wr_req_len,
    output wire [7:0]             wr_req_tag,
    output wire                   wr_dat_valid,
    input  wire                   wr_dat_ready,
    output wire [DATA_W-1:0]      wr_dat_data,
    input  wire                   wr_rsp_valid,
    input  wire [7:0]             wr_rsp_tag,
    input  wire                   wr_rsp_error,
    // frames from the MAC: no ready, the wire never stalls
    input  wire [DATA_W-1:0]      s_axis_tdata,
    input  wire [DATA_W/8-1:0]    s_axis_tkeep,
    input  wire                   s_axis_tlast,
    input  wire                   s_axis_tvalid,
    input  wire                   s_axis_tuser,
    // events
    output wire                   evt_wire_frame,
    output wire [15:0]            evt_wire_bytes,
    output wire                   evt_drop_filter,
    output wire                   evt_drop_vlan,
    output wire                   evt_drop_mtu,
    output wire                   evt_drop_disabled,
    output wire                   evt_drop_length,
    output wire                   evt_multicast,
    output wire                   evt_broadcast,
    output wire                   evt_csum_good,
    output wire                   evt_csum_bad,
    output wire                   evt_store_full,
    output wire                   evt_frame,
    output wire [15:0]            evt_bytes,
    output wire                   evt_descriptor,
    output wire                   evt_drop_no_buffer,
    output wire                   evt_drop_chain,
    output wire                   evt_drop_buffer_small,
    output wire                   evt_drop_dma
);
    // ---- what the frame is, and whether the host wants it
    wire [DATA_W-1:0]   class_tdata;
    wire [DATA_W/8-1:0] class_tkeep;
    wire                class_tlast, class_tvalid;
    wire                class_idle;
    wire [`RXM_W-1:0]   class_meta;

    rx_classify #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .MAC_TABLE(MAC_TABLE), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER),
        .RX_CHECKSUM(RX_CHECKSUM)
    ) u_classify (
        .clk(clk), .rst(rst),
        .cfg_enable(cfg_enable), .cfg_mode(cfg_mode), .cfg_mac(cfg_mac), .cfg_mtu(cfg_mtu), .cfg_vlan(cfg_vlan),
        .cfg_steering(cfg_steering), .cfg_steer(cfg_steer), .cfg_pairs(cfg_pairs), .cfg_hash_types(cfg_hash_types),
        .cfg_hash_key(cfg_hash_key), .cfg_unclassified(cfg_unclassified), .cfg_table_mask(cfg_table_mask),
        .tab_we(tab_we), .tab_index(tab_index[$clog2(MAC_TABLE)-1:0]), .tab_mac(tab_mac), .tab_valid(tab_valid), .tab_steer(tab_steer),
        .tab_queue(tab_queue), .tab_clear(tab_clear),
        .vlan_we(vlan_we), .vlan_index(vlan_index), .vlan_bits(vlan_bits), .vlan_word(vlan_word),
        .rss_we(rss_we), .rss_index(rss_index), .rss_queue(rss_queue), .rss_word(rss_word),
        .learn_valid(learn_valid), .learn_index(learn_index), .learn_pair(learn_pair),
        .s_axis_tdata(s_axis_tdata), .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast), .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tuser(s_axis_tuser),
        .m_axis_tdata(class_tdata), .m_axis_tkeep(class_tkeep), .m_axis_tlast(class_tlast), .m_axis_tvalid(class_tvalid),
        .m_meta(class_meta), .idle(class_idle),
        .evt_frame(evt_wire_frame), .evt_bytes(evt_wire_bytes), .evt_drop_filter(evt_drop_filter), .evt_drop_vlan(evt_drop_vlan),
        .evt_drop_mtu(evt_drop_mtu),
        .evt_drop_disabled(evt_drop_disabled), .evt_drop_length(evt_drop_length), .evt_multicast(evt_multicast),
        .evt_broadcast(evt_broadcast), .evt_csum_good(evt_csum_good), .evt_csum_bad(evt_csum_bad)
    );

    // ---- whole frames only
    wire                store_meta_valid, store_meta_ready, store_meta_drop;
    wire [`RXM_W-1:0]   store_meta;
    wire [DATA_W-1:0]   store_tdata;
    wire [DATA_W/8-1:0] store_tkeep;
    wire                store_tlast, store_tvalid, store_tready;

    frame_store #(.DATA_W(DATA_W), .STORE_BYTES(RX_STORE)) u_store (
        .clk(clk), .rst(rst),
        .s_axis_tdata(class_tdata), .s_axis_tlast(class_tlast), .s_axis_tvalid(class_tvalid),
        .s_meta(class_meta),
        .m_meta_valid(store_meta_valid), .m_meta_ready(store_meta_ready), .m_meta(store_meta), .m_meta_drop(store_meta_drop),
        .m_axis_tdata(store_tdata), .m_axis_tkeep(store_tkeep), .m_axis_tlast(store_tlast), .m_axis_tvalid(store_tvalid),
        .m_axis_tready(store_tready),
        .level(level), .evt_store_full(evt_store_full)
    );

    // ---- into the driver's buffers
    wire writer_idle;

    rx_writer #(
        .DATA_W(DATA_W), .QUEUES(QUEUE_PAIRS), .QW(QW), .ADDR_W(ADDR_W), .FRAMES(PREFETCH < 32 ? 16 : 32)  // as deep as the rings look ahead
    ) u_writer (
        .clk(clk), .rst(rst), .cfg_enable(cfg_enable), .cfg_mrg_rxbuf(cfg_mrg_rxbuf), .cfg_guest_csum(cfg_guest_csum),
        .cfg_hash_report(cfg_hash_report), .cfg_wait_cycles(cfg_wait_cycles), .idle(writer_idle),
        .s_meta_valid(store_meta_valid), .s_meta_ready(store_meta_ready), .s_meta(store_meta), .s_meta_drop(store_meta_drop),
        .s_axis_tdata(store_tdata), .s_axis_tlast(store_tlast), .s_axis_tvalid(store_tvalid),
        .s_axis_tready(store_tready),
        .chain_ready(chain_ready), .chain_none(chain_none),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_addr(seg_addr), .seg_len(seg_len),
        .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .cpl_len(cpl_len), .cpl_more(cpl_more),
        .wr_req_valid(wr_req_valid), .wr_req_ready(wr_req_ready), .wr_req_addr(wr_req_addr),
        .wr_req_len(wr_req_len), .wr_req_tag(wr_req_tag),
        .wr_dat_valid(wr_dat_valid), .wr_dat_ready(wr_dat_ready), .wr_dat_data(wr_dat_data),
        .wr_rsp_valid(wr_rsp_valid), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error),
        .evt_frame(evt_frame), .evt_bytes(evt_bytes), .evt_descriptor(evt_descriptor), .evt_drop_no_buffer(evt_drop_no_buffer),
        .evt_drop_chain(evt_drop_chain), .evt_drop_buffer_small(evt_drop_buffer_small), .evt_drop_dma(evt_drop_dma)
    );

    assign idle = writer_idle && !store_meta_valid && class_idle && !s_axis_tvalid;
    wire unused = &{1'b0, class_tkeep, store_tkeep, tab_index};
endmodule

`default_nettype wire
