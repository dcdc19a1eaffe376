// SPDX-License-Identifier: Apache-2.0
// First-word-fall-through FIFO in block RAM: the word at the head waits in the RAM's own output register.
`default_nettype none

module fifo_ram #(
    parameter WIDTH   = 144,
    parameter DEPTH   = 256,                    // a power of two, not counting the word at the head
    parameter COUNT_W = $clog2(DEPTH) + 1
) (
    // clock
    input  wire             clk,
    input  wire             rst,
    // input
    input  wire [WIDTH-1:0] s_data,
    input  wire             s_valid,
    output wire             s_ready,
    // output
    output reg  [WIDTH-1:0] m_data,
    output reg              m_valid,
    input  wire             m_ready
);
    localparam ADDR_W = $clog2(DEPTH);

    (* no_rw_check *) reg [WIDTH-1:0] mem [0:DEPTH-1];  // the places of reading and writing are never the same
    reg [COUNT_W-1:0] wr_ptr;
    reg [COUNT_W-1:0] rd_ptr;

    wire [COUNT_W-1:0] count = wr_ptr - rd_ptr;
    wire               fetch = (wr_ptr != rd_ptr) && (!m_valid || m_ready);

    assign s_ready = !count[ADDR_W];

    initial begin
        if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin
            $display("fifo_ram: DEPTH %0d is not a power of two of at least 2", DEPTH);
            $finish;
        end
    end

    always @(posedge clk) begin
        if (s_valid && s_ready) mem[wr_ptr[ADDR_W-1:0]] <= s_data;
        if (fetch) m_data <= mem[rd_ptr[ADDR_W-1:0]];
        if (rst) begin
            wr_ptr  <= {COUNT_W{1'b0}};
            rd_ptr  <= {COUNT_W{1'b0}};
            m_valid <= 1'b0;
        end else begin
            if (s_valid && s_ready) wr_ptr <= wr_ptr + 1'b1;
            if (fetch) rd_ptr <= rd_ptr + 1'b1;
            m_valid <= fetch || (m_valid && !m_ready);
        end
    end
endmodule

`default_nettype wire
