// SPDX-License-Identifier: Apache-2.0
// FIFO between two clocks, Gray-coded pointers; each side is reset by its own reset, both at the same time.
//
// The write clock may stand still then, as a PHY's does: the reader waits until the writer has left its reset, or it would read what
// the pointer of before the reset promises. The writer need not wait: a read pointer of before makes room seem less, never more.
`default_nettype none

module fifo_async #(
    parameter WIDTH = 72,
    parameter DEPTH = 64,                       // a power of two
    parameter COUNT_W = $clog2(DEPTH) + 1
) (
    // write side
    input  wire               wr_clk,
    input  wire               wr_rst,
    input  wire [WIDTH-1:0]   s_data,
    input  wire               s_valid,
    output wire               s_ready,
    output wire [COUNT_W-1:0] wr_count,         // never less than what is inside
    // read side
    input  wire               rd_clk,
    input  wire               rd_rst,
    output wire [WIDTH-1:0]   m_data,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [COUNT_W-1:0] rd_count          // never more than what is inside
);
    localparam ADDR_W = $clog2(DEPTH);

    reg [WIDTH-1:0]  mem [0:DEPTH-1];
    reg [COUNT_W-1:0] wr_ptr;
    reg [COUNT_W-1:0] wr_gray;
    reg [COUNT_W-1:0] rd_ptr;
    reg [COUNT_W-1:0] rd_gray;
    (* async_reg = "true" *) reg [COUNT_W-1:0] rd_gray_w1;
    (* async_reg = "true" *) reg [COUNT_W-1:0] rd_gray_w2;
    (* async_reg = "true" *) reg [COUNT_W-1:0] wr_gray_r1;
    (* async_reg = "true" *) reg [COUNT_W-1:0] wr_gray_r2;

    wire [COUNT_W-1:0] wr_next = wr_ptr + 1'b1;
    wire [COUNT_W-1:0] rd_next = rd_ptr + 1'b1;
    wire [COUNT_W-1:0] rd_binary;
    wire [COUNT_W-1:0] wr_binary;
    reg  [COUNT_W-1:0] rd_seen;                 // a cycle late: room is found out of the way of who writes
    reg  [COUNT_W-1:0] wr_seen;                 // likewise
    reg                room;                    // as wr_count says, but out of a register
    wire               wr_in_rst;
    wire               rd_clear = rd_rst || wr_in_rst;

    generate
        genvar g;
        for (g = 0; g < COUNT_W; g = g + 1) begin : g_binary
            assign rd_binary[g] = ^(rd_gray_w2 >> g);
            assign wr_binary[g] = ^(wr_gray_r2 >> g);
        end
    endgenerate

    sync_bit #(
        .RESET_VALUE (1)
    ) u_wr_in_rst (
        .clk (rd_clk),
        .rst (rd_rst),
        .d   (wr_rst),
        .q   (wr_in_rst)
    );

    assign wr_count = wr_ptr - rd_seen;
    assign rd_count = wr_seen - rd_ptr;
    assign s_ready  = room;
    assign m_valid  = (wr_gray_r2 != rd_gray);  // Gray codes are equal exactly when the counts are
    assign m_data   = mem[rd_ptr[ADDR_W-1:0]];

    always @(posedge wr_clk) begin
        if (s_valid && s_ready) mem[wr_ptr[ADDR_W-1:0]] <= s_data;
        if (wr_rst) begin
            wr_ptr     <= 0;
            wr_gray    <= 0;
            rd_gray_w1 <= 0;
            rd_gray_w2 <= 0;
            rd_seen    <= 0;
            room       <= 1'b1;
        end else begin
            rd_gray_w1 <= rd_gray;
            rd_gray_w2 <= rd_gray_w1;
            rd_seen    <= rd_binary;
            room       <= !wr_count[ADDR_W] && !(s_valid && s_ready && (&wr_count[ADDR_W-1:0]));
            if (s_valid && s_ready) begin
                wr_ptr  <= wr_next;
                wr_gray <= wr_next ^ (wr_next >> 1);
            end
        end
    end

    always @(posedge rd_clk) begin
        if (rd_clear) begin
            rd_ptr     <= 0;
            rd_gray    <= 0;
            wr_gray_r1 <= 0;
            wr_gray_r2 <= 0;
            wr_seen    <= 0;
        end else begin
            wr_gray_r1 <= wr_gray;
            wr_gray_r2 <= wr_gray_r1;
            wr_seen    <= wr_binary;
            if (m_valid && m_ready) begin
                rd_ptr  <= rd_next;
                rd_gray <= rd_next ^ (rd_next >> 1);
            end
        end
    end
endmodule

`default_nettype wire
