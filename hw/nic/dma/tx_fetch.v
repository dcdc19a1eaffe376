// SPDX-License-Identifier: Apache-2.0
// Reads transmit chains from host memory, several frames ahead, and gives frames with their side-band words.
//
//   pop/cpl <-> tx_chains <-----------------.  all of a chain is asked for
//   seg --> tx_segment ---------------------+--> [u_ended: where it ends, verdict] --.
//              |       \-- a chain begins -----> [u_begun: its queue] ---------------+
//              v                                                                     v
//             rd_req ... rd_rsp --> fifo_ram (data) ------------------------> stream_pack --> tx_frame --> m_meta, m_axis
//
// A frame ends with the read that is tagged as its chain's last. A chain may turn out bad after reads of it have gone out,
// and then none is: such a frame ends behind the read whose number u_ended gives. Any frame's word is in u_ended before the
// last read's answer, and before a later frame's reads are asked for.
`default_nettype none
`include "meta.vh"

module tx_fetch #(
    parameter DATA_W       = 128,
    parameter QUEUE_PAIRS  = 1,
    parameter QW           = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1,
    parameter MAX_READ     = 512,               // bytes
    parameter FIFO_DEPTH   = 256,               // words of data
    parameter CHAINS       = 64,                // popped and not completed
    parameter ADDR_W       = 64                 // bits of addresses the card reaches
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // configuration and status
    input  wire                   cfg_enable,   // low: no new pops; what is popped is finished
    input  wire                   cfg_hash_report,  // virtio_net_hdr has 20 bytes, else 12
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
    // DMA read client
    output wire                   rd_req_valid,
    input  wire                   rd_req_ready,
    output wire [63:0]            rd_req_addr,
    output wire [15:0]            rd_req_len,
    output wire [7:0]             rd_req_tag,
    input  wire                   rd_rsp_valid,
    input  wire [DATA_W-1:0]      rd_rsp_data,
    input  wire                   rd_rsp_last,
    input  wire [7:0]             rd_rsp_tag,
    input  wire                   rd_rsp_error,
    // side band
    output wire                   m_meta_valid,
    input  wire                   m_meta_ready,
    output wire [`TXM_W-1:0]      m_meta,
    // frames
    output wire [DATA_W-1:0]      m_axis_tdata,
    output wire [DATA_W/8-1:0]    m_axis_tkeep,
    output wire                   m_axis_tlast,
    output wire                   m_axis_tvalid,
    input  wire                   m_axis_tready,
    output wire                   m_axis_tuser,
    // events
    output wire                   evt_descriptor,
    output wire                   evt_drop_chain,
    output wire                   evt_drop_dma,
    output wire                   evt_drop_too_short,
    output wire                   evt_drop_too_long
);
    localparam KEEP_W   = DATA_W / 8;
    localparam LANE_W   = $clog2(KEEP_W);
    localparam [31:0] PAD_SHORT = (2 * KEEP_W - 12 % KEEP_W) % KEEP_W;  // lanes before a header, so that it ends with a word
    localparam [31:0] PAD_LONG  = (2 * KEEP_W - 20 % KEEP_W) % KEEP_W;
    localparam COUNT_W  = $clog2(CHAINS) + 1;
    // CHAINS chains of 32,768 descriptors each have fewer than 2^23 reads, so that numbers compare by their difference
    localparam SERIAL_W = 24;
    // what is asked for and not packed has its words reserved, so that an end is no more reads ahead than there are words
    localparam SPAN_W   = $clog2(FIFO_DEPTH) + 1;

    // ---- chains in, completions out
    wire                begin_valid, begin_ready;
    wire [QW-1:0]       begin_queue;
    wire                end_valid;
    wire                ended_ready, chains_ready;
    wire [QW-1:0]       end_queue;
    wire [15:0]         end_id, end_ndesc;
    wire [SERIAL_W-1:0] end_serial;
    wire [1:0]          end_verdict;
    wire                chains_idle;
    wire                word_taken;

    assign cpl_len  = 32'd0;
    assign cpl_more = 1'b0;

    tx_chains #(.QUEUE_PAIRS(QUEUE_PAIRS), .QW(QW), .CHAINS(CHAINS), .SERIAL_W(SERIAL_W)) u_chains (
        .clk(clk), .rst(rst), .cfg_enable(cfg_enable), .chain_ready(chain_ready),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc),
        .end_valid(end_valid), .end_ready(chains_ready), .end_queue(end_queue), .end_id(end_id), .end_ndesc(end_ndesc),
        .end_serial(end_serial), .answered(rd_rsp_valid && rd_rsp_last), .idle(chains_idle)
    );

    tx_segment #(
        .DATA_W(DATA_W), .QW(QW), .MAX_READ(MAX_READ), .FIFO_DEPTH(FIFO_DEPTH), .SERIAL_W(SERIAL_W), .ADDR_W(ADDR_W)
    ) u_segment (
        .clk(clk), .rst(rst), .cfg_hash_report(cfg_hash_report),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
        .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
        .rd_req_valid(rd_req_valid), .rd_req_ready(rd_req_ready), .rd_req_addr(rd_req_addr), .rd_req_len(rd_req_len),
        .rd_req_tag(rd_req_tag), .freed(word_taken),
        .begin_valid(begin_valid), .begin_ready(begin_ready), .begin_queue(begin_queue),
        .end_valid(end_valid), .end_ready(ended_ready && chains_ready), .end_queue(end_queue), .end_id(end_id),
        .end_ndesc(end_ndesc), .end_serial(end_serial), .end_verdict(end_verdict), .evt_descriptor(evt_descriptor)
    );

    // ---- what is known of the frames whose data are to be packed
    wire                begun_valid, ended_valid;
    wire [QW-1:0]       begun_queue;
    wire [SPAN_W-1:0]   ended_serial;
    wire [1:0]          ended_verdict;
    wire [COUNT_W-1:0]  begun_count, ended_count;
    wire                frame_taken;

    fifo_sync #(.WIDTH(QW), .DEPTH(CHAINS)) u_begun (
        .clk(clk), .rst(rst), .s_data(begin_queue), .s_valid(begin_valid), .s_ready(begin_ready),
        .m_data(begun_queue), .m_valid(begun_valid), .m_ready(frame_taken), .count(begun_count)
    );

    fifo_sync #(.WIDTH(SPAN_W + 2), .DEPTH(CHAINS)) u_ended (
        .clk(clk), .rst(rst), .s_data({end_serial[SPAN_W-1:0], end_verdict}), .s_valid(end_valid), .s_ready(ended_ready),
        .m_data({ended_serial, ended_verdict}), .m_valid(ended_valid), .m_ready(frame_taken), .count(ended_count)
    );

    // ---- data: answers are stored word by word as they are, gaps are closed on the way out. That a read has failed is
    // known with its last word, so none of its words goes on before that: a segment must not be made of bytes nobody read.
    reg               word_there, word_end, word_last;
    reg  [LANE_W-1:0] word_top;
    reg  [DATA_W-1:0] word_data;
    wire              word_valid;
    wire              read_whole, read_failed;
    wire              stored_valid, fetch;
    wire [DATA_W+LANE_W+1:0] stored;
    wire              data_ready, whole_ready;

    fifo_ram #(.WIDTH(DATA_W + LANE_W + 2), .DEPTH(FIFO_DEPTH)) u_data (
        .clk(clk), .rst(rst),
        .s_data({rd_rsp_last, rd_rsp_last && rd_rsp_tag[7], rd_rsp_last ? rd_rsp_tag[LANE_W-1:0] : {LANE_W{1'b1}}, rd_rsp_data}),
        .s_valid(rd_rsp_valid), .s_ready(data_ready),
        .m_data(stored), .m_valid(stored_valid), .m_ready(fetch)
    );

    fifo_ram #(.WIDTH(1), .DEPTH(FIFO_DEPTH)) u_whole (
        .clk(clk), .rst(rst),
        .s_data(rd_rsp_error), .s_valid(rd_rsp_valid && rd_rsp_last), .s_ready(whole_ready),
        .m_data(read_failed), .m_valid(read_whole), .m_ready(word_taken && word_end)
    );

    reg  [SPAN_W-1:0]   packed_reads;
    reg                 settled;                // what follows is judged
    reg                 close;                  // all of the abandoned frame's words are packed; also if nothing was read of it
    reg                 failed;                 // a read of this frame
    wire                pack_ready;
    // whether the next word is another frame's takes a cycle to see, after each read of a frame that was abandoned
    wire                abandoned  = ended_valid && ended_verdict[0];
    wire [1:0]          verdict    = ended_valid ? ended_verdict : 2'd0;
    wire                now_failed = failed || (!close && read_failed);
    wire                pack_taken = (close || word_valid) && pack_ready;
    wire                step       = pack_taken && (close || word_end);

    // a block RAM's word comes too late in a cycle for what is decided on it
    always @(posedge clk) begin
        if (fetch) {word_end, word_last, word_top, word_data} <= stored;
        if (rst) word_there <= 1'b0;
        else     word_there <= fetch || (word_there && !word_taken);
    end

    assign fetch       = stored_valid && (!word_there || word_taken);
    assign word_valid  = word_there && read_whole && (settled || !abandoned);
    assign word_taken  = word_valid && !close && pack_ready;
    assign frame_taken = pack_taken && (close || word_last);

    always @(posedge clk)
        if (rst) begin
            packed_reads <= {SPAN_W{1'b0}};
            settled      <= 1'b0;
            close        <= 1'b0;
            failed       <= 1'b0;
        end else begin
            if (pack_taken) failed <= now_failed && !frame_taken;
            if (word_taken && word_end) packed_reads <= packed_reads + 1'b1;
            settled <= abandoned && !step;
            close   <= abandoned && !step && ended_serial == packed_reads;
        end

    // ---- frames
    wire              piece_valid, piece_ready, piece_last, piece_failed, piece_bad;
    wire [DATA_W-1:0] piece_data;
    wire [LANE_W:0]   piece_count;
    wire [QW-1:0]     piece_queue;
    wire [1:0]        piece_verdict;

    stream_pack #(.DATA_W(DATA_W), .USER_W(QW + 4)) u_pack (
        .clk(clk), .rst(rst), .cfg_start(cfg_hash_report ? PAD_LONG[LANE_W-1:0] : PAD_SHORT[LANE_W-1:0]),
        .s_valid(close || word_valid), .s_ready(pack_ready), .s_data(word_data),
        .s_count(close ? {(LANE_W+1){1'b0}} : {1'b0, word_top} + 1'b1), .s_end(close || word_last),
        .s_user({begun_queue, verdict, now_failed, now_failed || verdict != 2'd0}),
        .m_valid(piece_valid), .m_ready(piece_ready), .m_data(piece_data), .m_count(piece_count), .m_last(piece_last),
        .m_user({piece_queue, piece_verdict, piece_failed, piece_bad})
    );

    tx_frame #(.DATA_W(DATA_W), .QW(QW)) u_frame (
        .clk(clk), .rst(rst), .cfg_hash_report(cfg_hash_report),
        .s_valid(piece_valid), .s_ready(piece_ready), .s_data(piece_data), .s_count(piece_count), .s_last(piece_last),
        .s_queue(piece_queue), .s_verdict(piece_verdict), .s_failed(piece_failed), .s_bad(piece_bad),
        .m_meta_valid(m_meta_valid), .m_meta_ready(m_meta_ready), .m_meta(m_meta),
        .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready), .m_axis_tuser(m_axis_tuser),
        .evt_drop_chain(evt_drop_chain), .evt_drop_dma(evt_drop_dma), .evt_drop_too_short(evt_drop_too_short),
        .evt_drop_too_long(evt_drop_too_long)
    );

    assign idle = chains_idle && !begun_valid && !piece_valid && !m_axis_tvalid && !m_meta_valid;

    wire unused = &{1'b0, begun_count, ended_count, data_ready, whole_ready, rd_rsp_tag};
endmodule

`default_nettype wire
