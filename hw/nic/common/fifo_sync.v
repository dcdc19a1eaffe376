// SPDX-License-Identifier: Apache-2.0
// First-word-fall-through FIFO on one clock; `count` is what is inside, so that a producer can reserve room ahead.
`default_nettype none

module fifo_sync #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,                       // a power of two
    parameter COUNT_W = $clog2(DEPTH) + 1
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // input
    input  wire [WIDTH-1:0]   s_data,
    input  wire               s_valid,
    output wire               s_ready,
    // output
    output wire [WIDTH-1:0]   m_data,
    output wire               m_valid,
    input  wire               m_ready,
    // fill
    output wire [COUNT_W-1:0] count
);
    localparam ADDR_W = $clog2(DEPTH);

    reg [WIDTH-1:0]  mem [0:DEPTH-1];
    reg [COUNT_W-1:0] wr_ptr;
    reg [COUNT_W-1:0] rd_ptr;

    assign count   = wr_ptr - rd_ptr;
    assign s_ready = !count[ADDR_W];
    assign m_valid = (wr_ptr != rd_ptr);
    assign m_data  = mem[rd_ptr[ADDR_W-1:0]];

    initial begin
        if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin
            $display("fifo_sync: DEPTH %0d is not a power of two of at least 2", DEPTH);
            $finish;
        end
    end

    always @(posedge clk) begin
        if (s_valid && s_ready) mem[wr_ptr[ADDR_W-1:0]] <= s_data;
        if (rst) begin
            wr_ptr <= 0;
            rd_ptr <= 0;
        end else begin
            if (s_valid && s_ready) wr_ptr <= wr_ptr + 1'b1;
            if (m_valid && m_ready) rd_ptr <= rd_ptr + 1'b1;
        end
    end
endmodule

`default_nettype wire
