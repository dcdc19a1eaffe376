// SPDX-License-Identifier: Apache-2.0
// Queue errors of both ring engines: brings them into one order, counts them, keeps the last 16 for firmware and the last code
// of each queue. When the log is full, new entries are only counted.
`default_nettype none

/* verilator lint_off UNUSEDSIGNAL */ // queue numbers are 8 bits everywhere, a small card looks at fewer
/* verilator lint_off PINCONNECTEMPTY */ // never full, or full on purpose
module error_log #(
    parameter QUEUE_PAIRS = 1,
    parameter QUEUES = 2 * QUEUE_PAIRS + 1      // derived
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // errors, local queue numbers of each engine
    input  wire        err_tx_valid,
    input  wire [7:0]  err_tx_queue,
    input  wire [3:0]  err_tx_code,
    input  wire        err_rx_valid,
    input  wire [7:0]  err_rx_queue,
    input  wire [3:0]  err_rx_code,
    // log
    output wire        log_valid,
    output wire [7:0]  log_gq,
    output wire [3:0]  log_code,
    input  wire        log_pop,
    // last code of a queue; 0 again when the queue is enabled
    input  wire [7:0]  code_gq,
    output wire [3:0]  code,
    input  wire        forget_valid,
    input  wire [7:0]  forget_gq,
    // events
    output wire        evt_error,
    output wire [9:1]  evt_code                 // one bit a code
);
    localparam GQ_W = $clog2(QUEUES);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [7:0] PAIRS = QUEUE_PAIRS;
    /* verilator lint_on WIDTHTRUNC */

    wire        tx_there;
    wire        rx_there;
    wire [11:0] tx_word;
    wire [11:0] rx_word;
    reg  [4*QUEUES-1:0] codes;

    // a chain fails at most every few cycles, so a short FIFO for each engine loses none
    fifo_sync #(.WIDTH(12), .DEPTH(4)) tx_fifo (
        .clk(clk), .rst(rst), .s_data({err_tx_code, err_tx_queue}), .s_valid(err_tx_valid), .s_ready(),
        .m_data(tx_word), .m_valid(tx_there), .m_ready(1'b1), .count()
    );
    fifo_sync #(.WIDTH(12), .DEPTH(4)) rx_fifo (
        .clk(clk), .rst(rst), .s_data({err_rx_code, err_rx_queue}), .s_valid(err_rx_valid), .s_ready(),
        .m_data(rx_word), .m_valid(rx_there), .m_ready(!tx_there), .count()
    );

    wire [7:0] tx_gq  = (tx_word[7:0] == PAIRS) ? 8'd2 * PAIRS : {tx_word[6:0], 1'b1};
    wire [7:0] now_gq = tx_there ? tx_gq : {rx_word[6:0], 1'b0};
    wire [3:0] now_code = tx_there ? tx_word[11:8] : rx_word[11:8];

    assign evt_error = tx_there || rx_there;

    fifo_sync #(.WIDTH(12), .DEPTH(16)) log (
        .clk(clk), .rst(rst), .s_data({now_code, now_gq}), .s_valid(evt_error), .s_ready(),
        .m_data({log_code, log_gq}), .m_valid(log_valid), .m_ready(log_pop), .count()
    );

    assign code = codes[4 * code_gq[GQ_W-1:0] +: 4];

    generate
        genvar g;
        for (g = 1; g <= 9; g = g + 1) begin : g_code
            assign evt_code[g] = evt_error && now_code == g;
        end
    endgenerate

    always @(posedge clk)
        if (rst) codes <= 0;
        else begin
            if (forget_valid) codes[4 * forget_gq[GQ_W-1:0] +: 4] <= 4'd0;
            if (evt_error) codes[4 * now_gq[GQ_W-1:0] +: 4] <= now_code;
        end
endmodule
/* verilator lint_on PINCONNECTEMPTY */
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
