// SPDX-License-Identifier: Apache-2.0
// A serial line's other end: bytes from C++ as bits and back, 8 data bits, no parity, one stop bit.
`timescale 1ns/1ps

module servant_uart #(
    parameter BAUD_DIV = 4
) (
    input  logic clk,
    input  logic rst,
    input  logic waiting,  // C++ has a byte, as of the last edge
    output logic txd,      // to the board
    input  logic rxd       // from it
);
    import "DPI-C" function int fr_uart_next();
    import "DPI-C" function void fr_uart_put(input int data);

    int         send_tick = 0;
    int         send_left = 0;  // bits
    logic       settled = 0;    // `waiting` was computed after the last byte was taken
    logic [8:0] send = '1;
    assign txd = send[0];
    always @(posedge clk) begin
        settled <= 1;
        if (rst) begin
            send      <= '1;
            send_left <= 0;
        end else if (send_left == 0) begin
            if (waiting && settled) begin
                send      <= {8'(fr_uart_next()), 1'b0};
                send_left <= 10;
                send_tick <= BAUD_DIV - 1;
                settled   <= 0;
            end
        end else if (send_tick != 0) send_tick <= send_tick - 1;
        else begin
            send      <= {1'b1, send[8:1]};
            send_left <= send_left - 1;
            send_tick <= BAUD_DIV - 1;
        end
    end

    int         take_tick = 0;
    int         take_left = 0;
    logic [7:0] take;
    always @(posedge clk) begin
        if (rst) take_left <= 0;
        else if (take_left == 0) begin
            if (!rxd) begin
                take_left <= 10;
                take_tick <= BAUD_DIV / 2 - 1;
            end
        end else if (take_tick != 0) take_tick <= take_tick - 1;
        else begin
            take_left <= take_left - 1;
            take_tick <= BAUD_DIV - 1;
            if (take_left == 1) begin
                if (rxd) fr_uart_put({24'd0, take});
            end else take <= {rxd, take[7:1]};
        end
    end
endmodule
