// SPDX-License-Identifier: Apache-2.0
// The ring engines of the card: one for transmit and control queues and one for receive queues, or a single one for all of them
// (SHARED_RINGS), which takes 1,500 LUT4s and five block RAMs less on a board and is as fast as a gigabit wire asks for. Nothing
// outside sees which it is. Only wires.
`default_nettype none

module rings #(
    parameter DATA_W         = 128,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter ADDR_W         = 64,
    parameter PACKED_RINGS   = 1,
    parameter PREFETCH       = 64,
    parameter SHARED_RINGS   = 0,
    parameter TQW = $clog2(QUEUE_PAIRS + 1),
    parameter RQW = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // configuration
    input  wire                   cfg_packed,
    input  wire                   cfg_event_idx,
    input  wire                   cfg_indirect,
    input  wire                   qcfg_tx_valid,
    input  wire                   qcfg_rx_valid,
    input  wire [7:0]             qcfg_queue,
    input  wire [2:0]             qcfg_field,
    input  wire [63:0]            qcfg_data,
    input  wire                   kick_tx_valid,
    input  wire                   kick_rx_valid,
    input  wire [7:0]             kick_queue,
    // status
    output wire [QUEUE_PAIRS:0]   q_busy_tx,
    output wire [QUEUE_PAIRS:0]   q_broken_tx,
    output wire [QUEUE_PAIRS-1:0] q_busy_rx,
    output wire [QUEUE_PAIRS-1:0] q_broken_rx,
    output wire                   err_tx_valid,
    output wire [TQW-1:0]         err_tx_queue,
    output wire [3:0]             err_tx_code,
    output wire                   err_rx_valid,
    output wire [RQW-1:0]         err_rx_queue,
    output wire [3:0]             err_rx_code,
    input  wire                   dbg_rx,       // the receive queue dbg_queue, not the transmit queue
    input  wire [7:0]             dbg_queue,
    output wire [15:0]            dbg_avail_seen,
    output wire [15:0]            dbg_used,
    // transmit chains; the last queue is the control queue
    output wire [QUEUE_PAIRS:0]   tx_chain_ready,
    input  wire                   tx_pop_valid,
    output wire                   tx_pop_ready,
    input  wire [TQW-1:0]         tx_pop_queue,
    output wire                   tx_seg_valid,
    input  wire                   tx_seg_ready,
    output wire [TQW-1:0]         tx_seg_queue,
    output wire [63:0]            tx_seg_addr,
    output wire [31:0]            tx_seg_len,
    output wire                   tx_seg_write,
    output wire                   tx_seg_last,
    output wire                   tx_seg_error,
    output wire [15:0]            tx_seg_id,
    output wire [15:0]            tx_seg_ndesc,
    input  wire                   tx_cpl_valid,
    output wire                   tx_cpl_ready,
    input  wire [TQW-1:0]         tx_cpl_queue,
    input  wire [15:0]            tx_cpl_id,
    input  wire [15:0]            tx_cpl_ndesc,
    input  wire [31:0]            tx_cpl_len,
    input  wire                   tx_cpl_more,
    // receive chains
    output wire [QUEUE_PAIRS-1:0] rx_chain_ready,
    output wire [QUEUE_PAIRS-1:0] rx_chain_none,
    input  wire                   rx_pop_valid,
    output wire                   rx_pop_ready,
    input  wire [RQW-1:0]         rx_pop_queue,
    output wire                   rx_seg_valid,
    input  wire                   rx_seg_ready,
    output wire [63:0]            rx_seg_addr,
    output wire [31:0]            rx_seg_len,
    output wire                   rx_seg_write,
    output wire                   rx_seg_last,
    output wire                   rx_seg_error,
    output wire [15:0]            rx_seg_id,
    output wire [15:0]            rx_seg_ndesc,
    input  wire                   rx_cpl_valid,
    output wire                   rx_cpl_ready,
    input  wire [RQW-1:0]         rx_cpl_queue,
    input  wire [15:0]            rx_cpl_id,
    input  wire [15:0]            rx_cpl_ndesc,
    input  wire [31:0]            rx_cpl_len,
    input  wire                   rx_cpl_more,
    // notification
    output wire                   tx_pub_valid,
    output wire [TQW-1:0]         tx_pub_queue,
    output wire [15:0]            tx_pub_count,
    input  wire                   tx_fire_valid,
    output wire                   tx_fire_ready,
    input  wire [TQW-1:0]         tx_fire_queue,
    output wire                   tx_irq_valid,
    input  wire                   tx_irq_ready,
    output wire [TQW-1:0]         tx_irq_queue,
    output wire                   rx_pub_valid,
    output wire [RQW-1:0]         rx_pub_queue,
    output wire [15:0]            rx_pub_count,
    input  wire                   rx_fire_valid,
    output wire                   rx_fire_ready,
    input  wire [RQW-1:0]         rx_fire_queue,
    output wire                   rx_irq_valid,
    input  wire                   rx_irq_ready,
    output wire [RQW-1:0]         rx_irq_queue,
    output wire                   evt_suppressed,
    // DMA read clients: 0 transmit engine, 1 receive engine; a shared one is the first
    output wire [1:0]             rd_req_valid,
    input  wire [1:0]             rd_req_ready,
    output wire [2*64-1:0]        rd_req_addr,
    output wire [2*16-1:0]        rd_req_len,
    output wire [2*8-1:0]         rd_req_tag,
    input  wire [1:0]             rd_rsp_valid,
    input  wire [DATA_W-1:0]      rd_rsp_data,
    input  wire                   rd_rsp_last,
    input  wire [7:0]             rd_rsp_tag,
    input  wire                   rd_rsp_error,
    // DMA write clients
    output wire [1:0]             wr_req_valid,
    input  wire [1:0]             wr_req_ready,
    output wire [2*64-1:0]        wr_req_addr,
    output wire [2*16-1:0]        wr_req_len,
    output wire [2*8-1:0]         wr_req_tag,
    output wire [1:0]             wr_dat_valid,
    input  wire [1:0]             wr_dat_ready,
    output wire [2*DATA_W-1:0]    wr_dat_data,
    input  wire [1:0]             wr_rsp_valid,
    input  wire [7:0]             wr_rsp_tag,
    input  wire                   wr_rsp_error
);
    localparam QUEUES = 2 * QUEUE_PAIRS + 1;
    localparam QW     = $clog2(QUEUES);

    generate
        if (SHARED_RINGS != 0) begin : g_one
            localparam [31:0]   FIRST_WIDE = QUEUE_PAIRS + 1;
            localparam [QW-1:0] FIRST = FIRST_WIDE[QW-1:0];     // receive queue, in the engine's numbers
            wire [QUEUES-1:0] q_running, q_busy, q_broken, chain_ready, chain_none;
            wire              err_valid, pop_valid, pop_ready, seg_valid, seg_ready, seg_write, seg_last, seg_error;
            wire              cpl_valid, cpl_ready, cpl_more, pub_valid, fire_ready, irq_valid;
            wire [QW-1:0]     err_queue, pop_queue, seg_queue, cpl_queue, pub_queue, irq_queue;
            wire [3:0]        err_code, dbg_state;
            wire [63:0]       seg_addr;
            wire [31:0]       seg_len, cpl_len;
            wire [15:0]       seg_id, seg_ndesc, cpl_id, cpl_ndesc, pub_count, dbg_avail_next;
            wire              irq_rx      = irq_queue >= FIRST;
            wire [QW-1:0]     qcfg_number = qcfg_rx_valid ? qcfg_queue[QW-1:0] + FIRST : qcfg_queue[QW-1:0];
            wire [QW-1:0]     kick_number = kick_rx_valid ? kick_queue[QW-1:0] + FIRST : kick_queue[QW-1:0];
            wire [QW-1:0]     dbg_number  = dbg_rx ? dbg_queue[QW-1:0] + FIRST : dbg_queue[QW-1:0];
            wire [QW-1:0]     fire_number = rx_fire_valid ? {{(QW-RQW){1'b0}}, rx_fire_queue} + FIRST : {{(QW-TQW){1'b0}}, tx_fire_queue};

            vq_engine #(
                .DATA_W(DATA_W), .QUEUES(QUEUES), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .PREFETCH(PREFETCH)
            ) u_ring (
                .clk(clk), .rst(rst),
                .qcfg_valid(qcfg_tx_valid || qcfg_rx_valid), .qcfg_queue(qcfg_number), .qcfg_field(qcfg_field), .qcfg_data(qcfg_data),
                .cfg_packed(cfg_packed), .cfg_event_idx(cfg_event_idx), .cfg_indirect(cfg_indirect),
                .kick_valid(kick_tx_valid || kick_rx_valid), .kick_queue(kick_number),
                .q_busy(q_busy), .q_broken(q_broken), .q_running(q_running),
                .err_valid(err_valid), .err_queue(err_queue), .err_code(err_code),
                .dbg_queue(dbg_number), .dbg_avail_seen(dbg_avail_seen), .dbg_avail_next(dbg_avail_next), .dbg_used(dbg_used), .dbg_state(dbg_state),
                .chain_ready(chain_ready), .chain_none(chain_none),
                .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
                .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
                .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
                .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc), .cpl_len(cpl_len), .cpl_more(cpl_more),
                .pub_valid(pub_valid), .pub_queue(pub_queue), .pub_count(pub_count),
                .fire_valid(tx_fire_valid || rx_fire_valid), .fire_ready(fire_ready), .fire_queue(fire_number),
                .irq_valid(irq_valid), .irq_ready(irq_rx ? rx_irq_ready : tx_irq_ready), .irq_queue(irq_queue), .evt_suppressed(evt_suppressed),
                .rd_req_valid(rd_req_valid[0]), .rd_req_ready(rd_req_ready[0]), .rd_req_addr(rd_req_addr[0*64 +: 64]),
                .rd_req_len(rd_req_len[0*16 +: 16]), .rd_req_tag(rd_req_tag[0*8 +: 8]),
                .rd_rsp_valid(rd_rsp_valid[0]), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
                .wr_req_valid(wr_req_valid[0]), .wr_req_ready(wr_req_ready[0]), .wr_req_addr(wr_req_addr[0*64 +: 64]),
                .wr_req_len(wr_req_len[0*16 +: 16]), .wr_req_tag(wr_req_tag[0*8 +: 8]),
                .wr_dat_valid(wr_dat_valid[0]), .wr_dat_ready(wr_dat_ready[0]), .wr_dat_data(wr_dat_data[0*DATA_W +: DATA_W]),
                .wr_rsp_valid(wr_rsp_valid[0]), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error)
            );

            wire err_rx = err_queue >= FIRST;
            wire pub_rx = pub_queue >= FIRST;
            wire [QW-1:0] err_local = err_queue - FIRST;
            wire [QW-1:0] pub_local = pub_queue - FIRST;
            wire [QW-1:0] irq_local = irq_queue - FIRST;

            assign {q_busy_rx, q_busy_tx}         = q_busy;
            assign {q_broken_rx, q_broken_tx}     = q_broken;
            assign {rx_chain_ready, tx_chain_ready} = chain_ready;
            assign rx_chain_none = chain_none[QUEUES-1:QUEUE_PAIRS+1];
            assign err_tx_valid  = err_valid && !err_rx;
            assign err_rx_valid  = err_valid && err_rx;
            assign err_tx_queue  = err_queue[TQW-1:0];
            assign err_rx_queue  = err_local[RQW-1:0];
            assign err_tx_code   = err_code;
            assign err_rx_code   = err_code;
            assign tx_pub_valid  = pub_valid && !pub_rx;
            assign rx_pub_valid  = pub_valid && pub_rx;
            assign tx_pub_queue  = pub_queue[TQW-1:0];
            assign rx_pub_queue  = pub_local[RQW-1:0];
            assign tx_pub_count  = pub_count;
            assign rx_pub_count  = pub_count;
            assign tx_fire_ready = fire_ready;
            assign rx_fire_ready = fire_ready;
            assign tx_irq_valid  = irq_valid && !irq_rx;
            assign rx_irq_valid  = irq_valid && irq_rx;
            assign tx_irq_queue  = irq_queue[TQW-1:0];
            assign rx_irq_queue  = irq_local[RQW-1:0];
            assign rx_seg_addr   = seg_addr;
            assign rx_seg_len    = seg_len;
            assign rx_seg_write  = seg_write;
            assign rx_seg_last   = seg_last;
            assign rx_seg_error  = seg_error;
            assign rx_seg_id     = seg_id;
            assign rx_seg_ndesc  = seg_ndesc;
            assign rd_req_valid[1]                 = 1'b0;
            assign rd_req_addr[64 +: 64]           = 64'd0;
            assign rd_req_len[16 +: 16]            = 16'd0;
            assign rd_req_tag[8 +: 8]              = 8'd0;
            assign wr_req_valid[1]                 = 1'b0;
            assign wr_req_addr[64 +: 64]           = 64'd0;
            assign wr_req_len[16 +: 16]            = 16'd0;
            assign wr_req_tag[8 +: 8]              = 8'd0;
            assign wr_dat_valid[1]                 = 1'b0;
            assign wr_dat_data[DATA_W +: DATA_W]   = {DATA_W{1'b0}};

            ring_share #(.PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W)) u_share (
                .clk(clk), .rst(rst),
                .tx_pop_valid(tx_pop_valid), .tx_pop_ready(tx_pop_ready), .tx_pop_queue(tx_pop_queue), .tx_seg_valid(tx_seg_valid), .tx_seg_ready(tx_seg_ready),
                .tx_seg_queue(tx_seg_queue), .tx_seg_addr(tx_seg_addr), .tx_seg_len(tx_seg_len), .tx_seg_write(tx_seg_write),
                .tx_seg_last(tx_seg_last), .tx_seg_error(tx_seg_error), .tx_seg_id(tx_seg_id), .tx_seg_ndesc(tx_seg_ndesc),
                .tx_cpl_valid(tx_cpl_valid), .tx_cpl_ready(tx_cpl_ready), .tx_cpl_queue(tx_cpl_queue), .tx_cpl_id(tx_cpl_id),
                .tx_cpl_ndesc(tx_cpl_ndesc), .tx_cpl_len(tx_cpl_len), .tx_cpl_more(tx_cpl_more),
                .rx_pop_valid(rx_pop_valid), .rx_pop_ready(rx_pop_ready), .rx_pop_queue(rx_pop_queue), .rx_seg_valid(rx_seg_valid), .rx_seg_ready(rx_seg_ready),
                .rx_cpl_valid(rx_cpl_valid), .rx_cpl_ready(rx_cpl_ready), .rx_cpl_queue(rx_cpl_queue), .rx_cpl_id(rx_cpl_id),
                .rx_cpl_ndesc(rx_cpl_ndesc), .rx_cpl_len(rx_cpl_len), .rx_cpl_more(rx_cpl_more),
                .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
                .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue), .seg_addr(seg_addr), .seg_len(seg_len),
                .seg_write(seg_write), .seg_last(seg_last), .seg_error(seg_error), .seg_id(seg_id), .seg_ndesc(seg_ndesc),
                .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id), .cpl_ndesc(cpl_ndesc), .cpl_len(cpl_len), .cpl_more(cpl_more)
            );
            wire unused = &{1'b0, q_running, chain_none, dbg_avail_next, dbg_state, qcfg_queue, kick_queue, dbg_queue, err_local, pub_local,
                            irq_local, rd_req_ready[1], rd_rsp_valid[1], wr_req_ready[1], wr_dat_ready[1], wr_rsp_valid[1]};
        end else begin : g_two
            wire [QUEUE_PAIRS:0]   tx_running, tx_chain_none;
            wire [QUEUE_PAIRS-1:0] rx_running;
            wire [RQW-1:0]         rx_seg_queue;
            wire [15:0]            tx_avail_seen, tx_avail_next, tx_used, rx_avail_seen, rx_avail_next, rx_used;
            wire [3:0]             tx_state, rx_state;
            wire                   tx_suppressed, rx_suppressed;

            vq_engine #(
                .DATA_W(DATA_W), .QUEUES(QUEUE_PAIRS + 1), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .PREFETCH(PREFETCH)
            ) u_tx (
                .clk(clk), .rst(rst),
                .qcfg_valid(qcfg_tx_valid), .qcfg_queue(qcfg_queue[TQW-1:0]), .qcfg_field(qcfg_field), .qcfg_data(qcfg_data),
                .cfg_packed(cfg_packed), .cfg_event_idx(cfg_event_idx), .cfg_indirect(cfg_indirect),
                .kick_valid(kick_tx_valid), .kick_queue(kick_queue[TQW-1:0]),
                .q_busy(q_busy_tx), .q_broken(q_broken_tx), .q_running(tx_running),
                .err_valid(err_tx_valid), .err_queue(err_tx_queue), .err_code(err_tx_code),
                .dbg_queue(dbg_queue[TQW-1:0]), .dbg_avail_seen(tx_avail_seen), .dbg_avail_next(tx_avail_next), .dbg_used(tx_used), .dbg_state(tx_state),
                .chain_ready(tx_chain_ready), .chain_none(tx_chain_none),
                .pop_valid(tx_pop_valid), .pop_ready(tx_pop_ready), .pop_queue(tx_pop_queue),
                .seg_valid(tx_seg_valid), .seg_ready(tx_seg_ready), .seg_queue(tx_seg_queue), .seg_addr(tx_seg_addr), .seg_len(tx_seg_len),
                .seg_write(tx_seg_write), .seg_last(tx_seg_last), .seg_error(tx_seg_error), .seg_id(tx_seg_id), .seg_ndesc(tx_seg_ndesc),
                .cpl_valid(tx_cpl_valid), .cpl_ready(tx_cpl_ready), .cpl_queue(tx_cpl_queue), .cpl_id(tx_cpl_id), .cpl_ndesc(tx_cpl_ndesc), .cpl_len(tx_cpl_len), .cpl_more(tx_cpl_more),
                .pub_valid(tx_pub_valid), .pub_queue(tx_pub_queue), .pub_count(tx_pub_count),
                .fire_valid(tx_fire_valid), .fire_ready(tx_fire_ready), .fire_queue(tx_fire_queue),
                .irq_valid(tx_irq_valid), .irq_ready(tx_irq_ready), .irq_queue(tx_irq_queue), .evt_suppressed(tx_suppressed),
                .rd_req_valid(rd_req_valid[0]), .rd_req_ready(rd_req_ready[0]), .rd_req_addr(rd_req_addr[0*64 +: 64]),
                .rd_req_len(rd_req_len[0*16 +: 16]), .rd_req_tag(rd_req_tag[0*8 +: 8]),
                .rd_rsp_valid(rd_rsp_valid[0]), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
                .wr_req_valid(wr_req_valid[0]), .wr_req_ready(wr_req_ready[0]), .wr_req_addr(wr_req_addr[0*64 +: 64]),
                .wr_req_len(wr_req_len[0*16 +: 16]), .wr_req_tag(wr_req_tag[0*8 +: 8]),
                .wr_dat_valid(wr_dat_valid[0]), .wr_dat_ready(wr_dat_ready[0]), .wr_dat_data(wr_dat_data[0*DATA_W +: DATA_W]),
                .wr_rsp_valid(wr_rsp_valid[0]), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error)
            );

            vq_engine #(
                .DATA_W(DATA_W), .QUEUES(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .PREFETCH(PREFETCH)
            ) u_rx (
                .clk(clk), .rst(rst),
                .qcfg_valid(qcfg_rx_valid), .qcfg_queue(qcfg_queue[RQW-1:0]), .qcfg_field(qcfg_field), .qcfg_data(qcfg_data),
                .cfg_packed(cfg_packed), .cfg_event_idx(cfg_event_idx), .cfg_indirect(cfg_indirect),
                .kick_valid(kick_rx_valid), .kick_queue(kick_queue[RQW-1:0]),
                .q_busy(q_busy_rx), .q_broken(q_broken_rx), .q_running(rx_running),
                .err_valid(err_rx_valid), .err_queue(err_rx_queue), .err_code(err_rx_code),
                .dbg_queue(dbg_queue[RQW-1:0]), .dbg_avail_seen(rx_avail_seen), .dbg_avail_next(rx_avail_next), .dbg_used(rx_used), .dbg_state(rx_state),
                .chain_ready(rx_chain_ready), .chain_none(rx_chain_none),
                .pop_valid(rx_pop_valid), .pop_ready(rx_pop_ready), .pop_queue(rx_pop_queue),
                .seg_valid(rx_seg_valid), .seg_ready(rx_seg_ready), .seg_queue(rx_seg_queue), .seg_addr(rx_seg_addr), .seg_len(rx_seg_len),
                .seg_write(rx_seg_write), .seg_last(rx_seg_last), .seg_error(rx_seg_error), .seg_id(rx_seg_id), .seg_ndesc(rx_seg_ndesc),
                .cpl_valid(rx_cpl_valid), .cpl_ready(rx_cpl_ready), .cpl_queue(rx_cpl_queue), .cpl_id(rx_cpl_id), .cpl_ndesc(rx_cpl_ndesc), .cpl_len(rx_cpl_len), .cpl_more(rx_cpl_more),
                .pub_valid(rx_pub_valid), .pub_queue(rx_pub_queue), .pub_count(rx_pub_count),
                .fire_valid(rx_fire_valid), .fire_ready(rx_fire_ready), .fire_queue(rx_fire_queue),
                .irq_valid(rx_irq_valid), .irq_ready(rx_irq_ready), .irq_queue(rx_irq_queue), .evt_suppressed(rx_suppressed),
                .rd_req_valid(rd_req_valid[1]), .rd_req_ready(rd_req_ready[1]), .rd_req_addr(rd_req_addr[1*64 +: 64]),
                .rd_req_len(rd_req_len[1*16 +: 16]), .rd_req_tag(rd_req_tag[1*8 +: 8]),
                .rd_rsp_valid(rd_rsp_valid[1]), .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
                .wr_req_valid(wr_req_valid[1]), .wr_req_ready(wr_req_ready[1]), .wr_req_addr(wr_req_addr[1*64 +: 64]),
                .wr_req_len(wr_req_len[1*16 +: 16]), .wr_req_tag(wr_req_tag[1*8 +: 8]),
                .wr_dat_valid(wr_dat_valid[1]), .wr_dat_ready(wr_dat_ready[1]), .wr_dat_data(wr_dat_data[1*DATA_W +: DATA_W]),
                .wr_rsp_valid(wr_rsp_valid[1]), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error)
            );

            pulse_merge u_suppressed (.clk(clk), .rst(rst), .a(tx_suppressed), .b(rx_suppressed), .any(evt_suppressed));
            assign dbg_avail_seen = dbg_rx ? rx_avail_seen : tx_avail_seen;
            assign dbg_used       = dbg_rx ? rx_used : tx_used;
            wire unused = &{1'b0, tx_running, rx_running, tx_chain_none, rx_seg_queue, tx_avail_next, rx_avail_next, tx_state, rx_state,
                            qcfg_queue, kick_queue, dbg_queue};
        end
    endgenerate
endmodule

`default_nettype wire
