// SPDX-License-Identifier: Apache-2.0
// Serial receiver, 8 data bits, no parity, one stop bit: a byte for each whole frame on the line.
`default_nettype none

module uart_rx #(
    parameter BAUD_DIV = 543                    // clocks a bit, at least 4
) (
    // clock
    input  wire       clk,
    input  wire       rst,
    // line, asynchronous, high at rest
    input  wire       rxd,
    // bytes: a pulse each
    output reg  [7:0] m_data,
    output reg        m_valid
);
    localparam TICK_W = $clog2(BAUD_DIV);
    localparam [31:0] LAST   = BAUD_DIV - 1;
    localparam [31:0] MIDDLE = BAUD_DIV / 2 - 1;
    localparam [TICK_W-1:0] BIT  = LAST[TICK_W-1:0];
    localparam [TICK_W-1:0] HALF = MIDDLE[TICK_W-1:0];
    localparam [3:0] BITS = 4'd10;              // start, data, stop

    reg [TICK_W-1:0] tick;
    reg [3:0]        left;                      // bits to come; 0: the line is at rest
    wire             line;

    sync_bit #(.RESET_VALUE(1)) i_line (.clk(clk), .rst(rst), .d(rxd), .q(line));

    // every bit is looked at in its middle; a byte whose stop bit is not there is noise and comes to nothing
    always @(posedge clk) begin
        if (left == 4'd0) tick <= HALF;
        else if (tick == {TICK_W{1'b0}}) tick <= BIT;
        else tick <= tick - 1'b1;
        if (tick == {TICK_W{1'b0}} && left != 4'd1) m_data <= {line, m_data[7:1]};
        if (rst) begin
            left    <= 4'd0;
            m_valid <= 1'b0;
        end else begin
            m_valid <= (left == 4'd1) && (tick == {TICK_W{1'b0}}) && line;
            if (left == 4'd0) begin
                if (!line) left <= BITS;
            end else if (tick == {TICK_W{1'b0}}) begin
                if (left == BITS && line) left <= 4'd0;
                else left <= left - 1'b1;
            end
        end
    end

    initial begin
        if (BAUD_DIV < 4) begin
            $display("uart_rx: BAUD_DIV %0d is less than 4 clocks a bit", BAUD_DIV);
            $finish;
        end
    end
endmodule

`default_nettype wire
