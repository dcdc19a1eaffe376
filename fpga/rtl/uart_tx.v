// SPDX-License-Identifier: Apache-2.0
// Serial transmitter, 8 data bits, no parity, one stop bit.
`default_nettype none

module uart_tx #(
    parameter BAUD_DIV = 543                    // clocks a bit
) (
    // clock
    input  wire       clk,
    input  wire       rst,
    // bytes
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    // line, high at rest
    output wire       txd
);
    localparam TICK_W = $clog2(BAUD_DIV);
    localparam [31:0] LAST = BAUD_DIV - 1;
    localparam [TICK_W-1:0] BIT = LAST[TICK_W-1:0];

    reg [TICK_W-1:0] tick;
    reg [3:0]        left;                      // bits on their way; 0: the line is at rest
    reg [8:0]        shift;

    assign s_ready = (left == 4'd0);
    assign txd     = shift[0];

    always @(posedge clk) begin
        if (s_ready || tick == {TICK_W{1'b0}}) tick <= BIT;
        else tick <= tick - 1'b1;
        if (rst) begin
            left  <= 4'd0;
            shift <= 9'h1ff;
        end else if (s_ready) begin
            if (s_valid) begin
                left  <= 4'd10;
                shift <= {s_data, 1'b0};
            end
        end else if (tick == {TICK_W{1'b0}}) begin
            left  <= left - 1'b1;
            shift <= {1'b1, shift[8:1]};
        end
    end
endmodule

`default_nettype wire
