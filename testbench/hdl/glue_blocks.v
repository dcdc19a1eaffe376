// SPDX-License-Identifier: Apache-2.0
// chain_share and notify_share as the card connects them, side by side, so that a simulator is built once for both.
`default_nettype none

module glue_blocks #(
    parameter QUEUE_PAIRS = 1,
    parameter TQW = $clog2(QUEUE_PAIRS + 1),
    parameter RQW = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1
) (
    input  wire           clk,
    input  wire           rst,
    // chain_share: two consumers
    input  wire           data_pop_valid,
    output wire           data_pop_ready,
    input  wire [TQW-1:0] data_pop_queue,
    output wire           data_seg_valid,
    input  wire           data_seg_ready,
    input  wire           data_cpl_valid,
    output wire           data_cpl_ready,
    input  wire [TQW-1:0] data_cpl_queue,
    input  wire [15:0]    data_cpl_id,
    input  wire [15:0]    data_cpl_ndesc,
    input  wire [31:0]    data_cpl_len,
    input  wire           data_cpl_more,
    input  wire           ctrl_pop_valid,
    output wire           ctrl_pop_ready,
    output wire           ctrl_seg_valid,
    input  wire           ctrl_seg_ready,
    input  wire           ctrl_cpl_valid,
    output wire           ctrl_cpl_ready,
    input  wire [15:0]    ctrl_cpl_id,
    input  wire [15:0]    ctrl_cpl_ndesc,
    input  wire [31:0]    ctrl_cpl_len,
    // chain_share: one engine
    output wire           pop_valid,
    input  wire           pop_ready,
    output wire [TQW-1:0] pop_queue,
    input  wire           seg_valid,
    output wire           seg_ready,
    input  wire [TQW-1:0] seg_queue,
    output wire           cpl_valid,
    input  wire           cpl_ready,
    output wire [TQW-1:0] cpl_queue,
    output wire [15:0]    cpl_id,
    output wire [15:0]    cpl_ndesc,
    output wire [31:0]    cpl_len,
    output wire           cpl_more,
    // notify_share: two engines
    input  wire           tx_pub_valid,
    input  wire [TQW-1:0] tx_pub_queue,
    input  wire [15:0]    tx_pub_count,
    output wire           tx_fire_valid,
    input  wire           tx_fire_ready,
    output wire [TQW-1:0] tx_fire_queue,
    input  wire           tx_irq_valid,
    output wire           tx_irq_ready,
    input  wire [TQW-1:0] tx_irq_queue,
    input  wire           rx_pub_valid,
    input  wire [RQW-1:0] rx_pub_queue,
    input  wire [15:0]    rx_pub_count,
    output wire           rx_fire_valid,
    input  wire           rx_fire_ready,
    output wire [RQW-1:0] rx_fire_queue,
    input  wire           rx_irq_valid,
    output wire           rx_irq_ready,
    input  wire [RQW-1:0] rx_irq_queue,
    // notify_share: coalescer and MSI-X
    output wire           pub_valid,
    output wire [7:0]     pub_gq,
    output wire [15:0]    pub_count,
    input  wire           fire_valid,
    output wire           fire_ready,
    input  wire [7:0]     fire_gq,
    output wire           irq_valid,
    input  wire           irq_ready,
    output wire [7:0]     irq_gq
);
    chain_share #(.QUEUES(QUEUE_PAIRS + 1)) u_chain_share (
        .data_pop_valid(data_pop_valid), .data_pop_ready(data_pop_ready), .data_pop_queue(data_pop_queue),
        .data_seg_valid(data_seg_valid), .data_seg_ready(data_seg_ready),
        .data_cpl_valid(data_cpl_valid), .data_cpl_ready(data_cpl_ready), .data_cpl_queue(data_cpl_queue),
        .data_cpl_id(data_cpl_id), .data_cpl_ndesc(data_cpl_ndesc), .data_cpl_len(data_cpl_len),
        .data_cpl_more(data_cpl_more), .ctrl_pop_valid(ctrl_pop_valid), .ctrl_pop_ready(ctrl_pop_ready),
        .ctrl_seg_valid(ctrl_seg_valid), .ctrl_seg_ready(ctrl_seg_ready),
        .ctrl_cpl_valid(ctrl_cpl_valid), .ctrl_cpl_ready(ctrl_cpl_ready), .ctrl_cpl_id(ctrl_cpl_id),
        .ctrl_cpl_ndesc(ctrl_cpl_ndesc), .ctrl_cpl_len(ctrl_cpl_len),
        .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_queue(pop_queue),
        .seg_valid(seg_valid), .seg_ready(seg_ready), .seg_queue(seg_queue),
        .cpl_valid(cpl_valid), .cpl_ready(cpl_ready), .cpl_queue(cpl_queue), .cpl_id(cpl_id),
        .cpl_ndesc(cpl_ndesc), .cpl_len(cpl_len), .cpl_more(cpl_more)
    );
    notify_share #(.QUEUE_PAIRS(QUEUE_PAIRS)) u_notify_share (
        .clk(clk), .rst(rst),
        .tx_pub_valid(tx_pub_valid), .tx_pub_queue(tx_pub_queue), .tx_pub_count(tx_pub_count),
        .tx_fire_valid(tx_fire_valid), .tx_fire_ready(tx_fire_ready), .tx_fire_queue(tx_fire_queue),
        .tx_irq_valid(tx_irq_valid), .tx_irq_ready(tx_irq_ready), .tx_irq_queue(tx_irq_queue),
        .rx_pub_valid(rx_pub_valid), .rx_pub_queue(rx_pub_queue), .rx_pub_count(rx_pub_count),
        .rx_fire_valid(rx_fire_valid), .rx_fire_ready(rx_fire_ready), .rx_fire_queue(rx_fire_queue),
        .rx_irq_valid(rx_irq_valid), .rx_irq_ready(rx_irq_ready), .rx_irq_queue(rx_irq_queue),
        .pub_valid(pub_valid), .pub_gq(pub_gq), .pub_count(pub_count),
        .fire_valid(fire_valid), .fire_ready(fire_ready), .fire_gq(fire_gq),
        .irq_valid(irq_valid), .irq_ready(irq_ready), .irq_gq(irq_gq)
    );
endmodule

`default_nettype wire
