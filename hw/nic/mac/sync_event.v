// SPDX-License-Identifier: Apache-2.0
// Carries single-cycle events to another clock without losing any while fewer than 2**COUNT_W are on their way.
//
// The sender counts in Gray code; the receiver synchronises the count and gives one event for each step it is behind.
// Both are reset at the same time; while the sender is, with or without a clock, the receiver takes its count for none.
`default_nettype none

module sync_event #(
    parameter COUNT_W = 4
) (
    // sending side
    input  wire s_clk,
    input  wire s_rst,
    input  wire s_event,
    // receiving side
    input  wire m_clk,
    input  wire m_rst,
    output wire m_event,
    input  wire m_ready
);
    reg [COUNT_W-1:0] sent;
    reg [COUNT_W-1:0] sent_gray;
    (* async_reg = "true" *) reg [COUNT_W-1:0] gray_m1;
    (* async_reg = "true" *) reg [COUNT_W-1:0] gray_m2;
    reg [COUNT_W-1:0] given;
    wire              s_in_rst;
    wire              m_clear = m_rst || s_in_rst;

    wire [COUNT_W-1:0] sent_next = sent + 1'b1;

    sync_bit #(
        .RESET_VALUE (1)
    ) u_s_in_rst (
        .clk (m_clk),
        .rst (m_rst),
        .d   (s_rst),
        .q   (s_in_rst)
    );

    // Gray codes are equal exactly when the counts are, so the receiver need not decode.
    assign m_event = gray_m2 != (given ^ (given >> 1));

    always @(posedge s_clk)
        if (s_rst) begin
            sent      <= {COUNT_W{1'b0}};
            sent_gray <= {COUNT_W{1'b0}};
        end else if (s_event) begin
            sent      <= sent_next;
            sent_gray <= sent_next ^ (sent_next >> 1);
        end

    always @(posedge m_clk)
        if (m_clear) begin
            gray_m1 <= {COUNT_W{1'b0}};
            gray_m2 <= {COUNT_W{1'b0}};
            given   <= {COUNT_W{1'b0}};
        end else begin
            gray_m1 <= sent_gray;
            gray_m2 <= gray_m1;
            if (m_event && m_ready) given <= given + 1'b1;
        end
endmodule

`default_nettype wire
