// SPDX-License-Identifier: Apache-2.0
// Joins the notification ports of the transmit and the receive ring engine to one coalescer, in global queue numbers.
`default_nettype none

module notify_share #(
    parameter QUEUE_PAIRS = 1,
    parameter TQW = $clog2(QUEUE_PAIRS + 1),
    parameter RQW = (QUEUE_PAIRS > 1) ? $clog2(QUEUE_PAIRS) : 1
) (
    // clock
    input  wire           clk,
    input  wire           rst,
    // transmit engine: the last queue is the control queue
    input  wire           tx_pub_valid,
    input  wire [TQW-1:0] tx_pub_queue,
    input  wire [15:0]    tx_pub_count,
    output wire           tx_fire_valid,
    input  wire           tx_fire_ready,
    output wire [TQW-1:0] tx_fire_queue,
    input  wire           tx_irq_valid,
    output wire           tx_irq_ready,
    input  wire [TQW-1:0] tx_irq_queue,
    // receive engine
    input  wire           rx_pub_valid,
    input  wire [RQW-1:0] rx_pub_queue,
    input  wire [15:0]    rx_pub_count,
    output wire           rx_fire_valid,
    input  wire           rx_fire_ready,
    output wire [RQW-1:0] rx_fire_queue,
    input  wire           rx_irq_valid,
    output wire           rx_irq_ready,
    input  wire [RQW-1:0] rx_irq_queue,
    // coalescer
    output wire           pub_valid,
    output wire [7:0]     pub_gq,
    output wire [15:0]    pub_count,
    input  wire           fire_valid,
    output wire           fire_ready,
    input  wire [7:0]     fire_gq,
    // MSI-X
    output wire           irq_valid,
    input  wire           irq_ready,
    output wire [7:0]     irq_gq
);
    // an engine has at most one index write a queue in flight, so this many publications can wait at most
    localparam DEPTH = (QUEUE_PAIRS < 2) ? 2 : (1 << $clog2(QUEUE_PAIRS + 1));
    localparam [31:0] PAIRS_WIDE = QUEUE_PAIRS;
    localparam [7:0]  CONTROL_GQ = PAIRS_WIDE[7:0] << 1;

    wire [7:0] tx_pub_wide = {{(8-TQW){1'b0}}, tx_pub_queue};
    wire [7:0] tx_irq_wide = {{(8-TQW){1'b0}}, tx_irq_queue};
    wire [7:0] rx_pub_wide = {{(8-RQW){1'b0}}, rx_pub_queue};
    wire [7:0] rx_irq_wide = {{(8-RQW){1'b0}}, rx_irq_queue};
    wire [7:0] tx_pub_gq   = (tx_pub_wide == PAIRS_WIDE[7:0]) ? CONTROL_GQ : {tx_pub_wide[6:0], 1'b1};
    wire [7:0] tx_irq_gq   = (tx_irq_wide == PAIRS_WIDE[7:0]) ? CONTROL_GQ : {tx_irq_wide[6:0], 1'b1};

    // ---- publications: two sources without ready, one sink a cycle
    wire        tx_held_valid, rx_held_valid, tx_room, rx_room;
    wire [23:0] tx_held, rx_held;
    wire [$clog2(DEPTH):0] tx_count, rx_count;

    fifo_sync #(.WIDTH(24), .DEPTH(DEPTH)) u_tx_held (
        .clk(clk), .rst(rst), .s_data({tx_pub_gq, tx_pub_count}), .s_valid(tx_pub_valid), .s_ready(tx_room),
        .m_data(tx_held), .m_valid(tx_held_valid), .m_ready(1'b1), .count(tx_count)
    );
    fifo_sync #(.WIDTH(24), .DEPTH(DEPTH)) u_rx_held (
        .clk(clk), .rst(rst), .s_data({rx_pub_wide[6:0], 1'b0, rx_pub_count}), .s_valid(rx_pub_valid), .s_ready(rx_room),
        .m_data(rx_held), .m_valid(rx_held_valid), .m_ready(!tx_held_valid), .count(rx_count)
    );
    assign pub_valid = tx_held_valid || rx_held_valid;
    assign {pub_gq, pub_count} = tx_held_valid ? tx_held : rx_held;

    // ---- evaluations: the control queue and odd numbers belong to the transmit engine
    wire       fire_control = (fire_gq == CONTROL_GQ);
    wire       fire_to_tx   = fire_gq[0] || fire_control;
    wire [7:0] fire_local   = fire_control ? PAIRS_WIDE[7:0] : {1'b0, fire_gq[7:1]};
    assign tx_fire_valid = fire_valid && fire_to_tx;
    assign rx_fire_valid = fire_valid && !fire_to_tx;
    assign tx_fire_queue = fire_local[TQW-1:0];
    assign rx_fire_queue = fire_local[RQW-1:0];
    assign fire_ready    = fire_to_tx ? tx_fire_ready : rx_fire_ready;

    // ---- interrupts
    assign irq_valid    = tx_irq_valid || rx_irq_valid;
    assign irq_gq       = tx_irq_valid ? tx_irq_gq : {rx_irq_wide[6:0], 1'b0};
    assign tx_irq_ready = irq_ready;
    assign rx_irq_ready = irq_ready && !tx_irq_valid;
    wire unused = &{1'b0, tx_room, rx_room, tx_count, rx_count, rx_pub_wide, rx_irq_wide, fire_local};
endmodule

`default_nettype wire
