// SPDX-License-Identifier: Apache-2.0
// Writes received frames, each behind its virtio_net_hdr, into the buffers of their queue and completes those.
//
//   frame_store -+-> m_meta -> rx_place -+-> wr_req
//                |                       +-> [commands] -> rx_cut -> wr_dat
//                +-> m_axis ------------------------------->+
//                                        +-> [buffers, frames] -> rx_complete -> cpl
//                                                  wr_rsp ------->+
//
// Frames follow each other without waiting for answers; each is completed when its own are in.
`default_nettype none
`include "meta.vh"

module rx_writer #(
    parameter DATA_W = 128,
    parameter QUEUES = 1,
    parameter QW = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter MAX_WRITE = 4096,
    parameter FRAMES = 32,                      // frames in flight, a power of two, at most 256
    parameter BUFFERS = 256,                    // buffers in flight, and the most that one frame may take; a power of two
    parameter ADDR_W = 64                       // bits of host addresses; a frame for a buffer beyond is lost as by a failed write
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_enable,
    input  wire              cfg_mrg_rxbuf,
    input  wire              cfg_guest_csum,
    input  wire              cfg_hash_report,   // struct virtio_net_hdr_v1_hash, 20 bytes
    input  wire [15:0]       cfg_wait_cycles,
    // frames
    input  wire              s_meta_valid,
    output wire              s_meta_ready,
    output wire              s_meta_drop,
    input  wire [`RXM_W-1:0] s_meta,
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    // ring engine
    input  wire [QUEUES-1:0] chain_ready,
    input  wire [QUEUES-1:0] chain_none,
    output wire              pop_valid,
    input  wire              pop_ready,
    output wire [QW-1:0]     pop_queue,
    input  wire              seg_valid,
    output wire              seg_ready,
    input  wire [63:0]       seg_addr,
    input  wire [31:0]       seg_len,
    input  wire              seg_write,
    input  wire              seg_last,
    input  wire              seg_error,
    input  wire [15:0]       seg_id,
    input  wire [15:0]       seg_ndesc,
    output wire              cpl_valid,
    input  wire              cpl_ready,
    output wire [QW-1:0]     cpl_queue,
    output wire [15:0]       cpl_id,
    output wire [15:0]       cpl_ndesc,
    output wire [31:0]       cpl_len,
    output wire              cpl_more,
    // DMA write client
    output wire              wr_req_valid,
    input  wire              wr_req_ready,
    output wire [63:0]       wr_req_addr,
    output wire [15:0]       wr_req_len,
    output wire [7:0]        wr_req_tag,
    output wire              wr_dat_valid,
    input  wire              wr_dat_ready,
    output wire [DATA_W-1:0] wr_dat_data,
    input  wire              wr_rsp_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [7:0]        wr_rsp_tag,        // as wide as the slot
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              wr_rsp_error,
    // status
    output wire              idle,              // holds no frame and no chain
    // events
    output wire              evt_frame,
    output wire [15:0]       evt_bytes,
    output wire              evt_descriptor,
    output wire              evt_drop_no_buffer,
    output wire              evt_drop_chain,
    output wire              evt_drop_buffer_small,
    output wire              evt_drop_dma
);
    localparam SLOT_W = $clog2(FRAMES);
    localparam COUNT_W = $clog2(BUFFERS) + 1;
    localparam CMD_W  = 1 + 1 + 16 + 1 + 1 + 40;

    initial begin
        if (FRAMES < 2 || FRAMES > 256 || MAX_WRITE < 12 || MAX_WRITE > 65535 || BUFFERS > 16384 || ADDR_W < 32 || ADDR_W > 64) begin
            $display("rx_writer: FRAMES must be 2 to 256, MAX_WRITE 12 to 65535, BUFFERS at most 16384, ADDR_W 32 to 64");
            $finish;
        end
    end

    wire [39:0] p_hash, c_hash;
    reg         p_cmd_ready;
    wire [3:0]  commands;
    wire        p_cmd_valid, p_patch, p_last, p_long, p_verified;
    wire        c_cmd_valid, c_cmd_ready, c_patch, c_last, c_long, c_verified;
    wire [15:0] p_count, c_count;
    wire        buf_valid, buf_ready;
    wire [QW-1:0] buf_queue;
    wire [15:0] buf_id, buf_ndesc;
    wire [16:0] buf_len;
    wire        frame_valid, frame_ready, frame_ok, frame_lost;
    wire [COUNT_W-1:0] frame_buffers;
    wire [15:0] frame_bytes;
    wire [23:0] frame_requests;
    wire        place_idle, cut_idle, complete_idle;

    assign idle = place_idle && !c_cmd_valid && cut_idle && complete_idle;

    rx_place #(
        .QUEUES(QUEUES), .MAX_WRITE(MAX_WRITE), .BUFFERS(BUFFERS), .SLOT_W(SLOT_W), .ADDR_W(ADDR_W)
    ) u_place (
        .clk(clk), .rst(rst),
        .cfg_enable(cfg_enable), .cfg_mrg_rxbuf(cfg_mrg_rxbuf), .cfg_guest_csum(cfg_guest_csum),
        .cfg_hash_report(cfg_hash_report), .cfg_wait_cycles(cfg_wait_cycles),
        .s_meta_valid(s_meta_valid), .s_meta_ready(s_meta_ready), .s_meta_drop(s_meta_drop), .s_meta(s_meta),
        .chain_ready(chain_ready), .chain_none(chain_none),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_addr(seg_addr), .seg_len(seg_len), .seg_write(seg_write),
        .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .wr_req_valid(wr_req_valid), .wr_req_ready(wr_req_ready), .wr_req_addr(wr_req_addr), .wr_req_len(wr_req_len),
        .wr_req_tag(wr_req_tag),
        .cmd_valid(p_cmd_valid), .cmd_ready(p_cmd_ready), .cmd_patch(p_patch), .cmd_last(p_last), .cmd_count(p_count),
        .cmd_long(p_long), .cmd_verified(p_verified), .cmd_hash(p_hash),
        .buf_valid(buf_valid), .buf_ready(buf_ready), .buf_queue(buf_queue), .buf_id(buf_id), .buf_ndesc(buf_ndesc),
        .buf_len(buf_len),
        .frame_valid(frame_valid), .frame_ready(frame_ready), .frame_ok(frame_ok), .frame_lost(frame_lost),
        .frame_buffers(frame_buffers),
        .frame_bytes(frame_bytes), .frame_requests(frame_requests),
        .idle(place_idle),
        .evt_descriptor(evt_descriptor), .evt_drop_no_buffer(evt_drop_no_buffer), .evt_drop_chain(evt_drop_chain),
        .evt_drop_buffer_small(evt_drop_buffer_small)
    );

    // two places are left when rx_place is told of room: the answer is a cycle old, as a write request hangs on it
    always @(posedge clk) p_cmd_ready <= !rst && commands < 4'd7;

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(CMD_W), .DEPTH(8)) u_commands (
        .clk(clk), .rst(rst),
        .s_data({p_patch, p_last, p_count, p_long, p_verified, p_hash}), .s_valid(p_cmd_valid && p_cmd_ready), .s_ready(),
        .m_data({c_patch, c_last, c_count, c_long, c_verified, c_hash}), .m_valid(c_cmd_valid), .m_ready(c_cmd_ready),
        .count(commands)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    rx_cut #(.DATA_W(DATA_W)) u_cut (
        .clk(clk), .rst(rst),
        .cmd_valid(c_cmd_valid), .cmd_ready(c_cmd_ready), .cmd_patch(c_patch), .cmd_last(c_last), .cmd_count(c_count),
        .cmd_long(c_long), .cmd_verified(c_verified), .cmd_hash(c_hash),
        .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast), .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready),
        .m_valid(wr_dat_valid), .m_ready(wr_dat_ready), .m_data(wr_dat_data),
        .idle(cut_idle)
    );

    rx_complete #(.QW(QW), .BUFFERS(BUFFERS), .SLOT_W(SLOT_W)) u_complete (
        .clk(clk), .rst(rst),
        .buf_valid(buf_valid), .buf_ready(buf_ready), .buf_queue(buf_queue), .buf_id(buf_id), .buf_ndesc(buf_ndesc),
        .buf_len(buf_len),
        .frame_valid(frame_valid), .frame_ready(frame_ready), .frame_ok(frame_ok), .frame_lost(frame_lost),
        .frame_buffers(frame_buffers),
        .frame_bytes(frame_bytes), .frame_requests(frame_requests),
        .rsp_valid(wr_rsp_valid), .rsp_slot(wr_rsp_tag[SLOT_W-1:0]), .rsp_error(wr_rsp_error),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .cpl_len(cpl_len), .cpl_more(cpl_more),
        .idle(complete_idle),
        .evt_frame(evt_frame), .evt_bytes(evt_bytes), .evt_drop_dma(evt_drop_dma)
    );
endmodule

`default_nettype wire
