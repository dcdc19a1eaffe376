// SPDX-License-Identifier: Apache-2.0
// LiteX's "uartbone": reads and writes of 32-bit words over a serial line, as master of a Wishbone bus.
//
// A message is a command (1 write, 2 read; 3 and 4 the same without counting the address up), the number of words, the
// word address (32 bits, high byte first) and for a write the words, high byte first; a read is answered with its words.
// What is no command is skipped, and a message that stops in the middle is forgotten after a while, so that garbage and
// clients that vanish do no harm for long. The few bytes of FIFO are for what comes while a word is written or sent.
`default_nettype none

module uartbone #(
    parameter BAUD_DIV     = 543,               // clocks a bit
    parameter TIMEOUT_LOG2 = 23                 // a message has stopped after 2^this clocks without a byte
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // serial line
    input  wire        rxd,
    output wire        txd,
    // Wishbone (classic, words)
    output wire        wb_stb,
    output wire        wb_we,
    output wire [29:0] wb_adr,
    output wire [31:0] wb_dat_w,
    input  wire        wb_ack,
    input  wire [31:0] wb_dat_r,
    // a message is under way
    output wire        busy
);
    localparam S_COMMAND = 3'd0;
    localparam S_LENGTH  = 3'd1;
    localparam S_ADDRESS = 3'd2;
    localparam S_DATA    = 3'd3;
    localparam S_WRITE   = 3'd4;
    localparam S_READ    = 3'd5;
    localparam S_SEND    = 3'd6;

    reg  [2:0]  state_q;
    reg         is_write;
    reg         count_up;
    reg  [7:0]  left;                           // words
    reg  [1:0]  place;                          // byte of the word
    reg  [29:0] address;
    reg  [31:0] data;
    reg  [TIMEOUT_LOG2:0] quiet;

    wire [7:0]  line_byte, rx_data;
    wire        line_valid, rx_valid, tx_ready;
    wire [4:0]  rx_count;
    wire        receiving = (state_q == S_COMMAND) || (state_q == S_LENGTH) || (state_q == S_ADDRESS) || (state_q == S_DATA);
    wire        take      = rx_valid && receiving;
    wire        stopped   = quiet[TIMEOUT_LOG2];

    assign wb_stb   = (state_q == S_WRITE) || (state_q == S_READ);
    assign wb_we    = (state_q == S_WRITE);
    assign wb_adr   = address;
    assign wb_dat_w = data;
    assign busy     = (state_q != S_COMMAND) || (rx_count != 5'd0) || !tx_ready;

    uart_rx #(.BAUD_DIV(BAUD_DIV)) i_rx (.clk(clk), .rst(rst), .rxd(rxd), .m_data(line_byte), .m_valid(line_valid));

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(8), .DEPTH(16)) i_fifo (
        .clk(clk), .rst(rst),
        .s_data(line_byte), .s_valid(line_valid), .s_ready(),   // a client that does not wait loses bytes
        .m_data(rx_data), .m_valid(rx_valid), .m_ready(receiving), .count(rx_count)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    uart_tx #(.BAUD_DIV(BAUD_DIV)) i_tx (
        .clk(clk), .rst(rst), .s_data(data[31:24]), .s_valid(state_q == S_SEND), .s_ready(tx_ready), .txd(txd)
    );

    always @(posedge clk) begin
        if (take && state_q == S_COMMAND) begin
            is_write <= rx_data[0];
            count_up <= (rx_data <= 8'd2);
        end
        if (take && state_q == S_LENGTH) left <= rx_data;
        else if (wb_stb && wb_ack) left <= left - 1'b1;
        if (take && state_q == S_ADDRESS) address <= {address[21:0], rx_data};
        else if (wb_stb && wb_ack && count_up) address <= address + 1'b1;
        if (state_q == S_READ) data <= wb_dat_r;
        else if (state_q == S_SEND ? tx_ready : take) data <= {data[23:0], rx_data};
        if (!receiving || state_q == S_COMMAND || take) quiet <= {TIMEOUT_LOG2 + 1{1'b0}};
        else quiet <= quiet + 1'b1;
        if (state_q == S_COMMAND) place <= 2'd0;
        else if ((take && state_q != S_LENGTH) || (state_q == S_SEND && tx_ready)) place <= place + 1'b1;
    end

    always @(posedge clk)
        if (rst) state_q <= S_COMMAND;
        else
            case (state_q)
                S_COMMAND: if (take && rx_data != 8'd0 && rx_data <= 8'd4) state_q <= S_LENGTH;
                S_LENGTH:
                    if (take) state_q <= (rx_data == 8'd0) ? S_COMMAND : S_ADDRESS;
                    else if (stopped) state_q <= S_COMMAND;
                S_ADDRESS:
                    if (take && place == 2'd3) state_q <= is_write ? S_DATA : S_READ;
                    else if (stopped) state_q <= S_COMMAND;
                S_DATA:
                    if (take && place == 2'd3) state_q <= S_WRITE;
                    else if (stopped) state_q <= S_COMMAND;
                S_WRITE: if (wb_ack) state_q <= (left == 8'd1) ? S_COMMAND : S_DATA;
                S_READ: if (wb_ack) state_q <= S_SEND;
                S_SEND: if (tx_ready && place == 2'd3) state_q <= (left == 8'd0) ? S_COMMAND : S_READ;
                default: state_q <= S_COMMAND;
            endcase
endmodule

`default_nettype wire
