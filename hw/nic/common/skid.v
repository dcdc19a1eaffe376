// SPDX-License-Identifier: Apache-2.0
// Register slice: cuts the timing path of valid, data and ready of a stream, at full throughput.
`default_nettype none

module skid #(
    parameter WIDTH = 8
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
    reg [WIDTH-1:0] held;
    reg             held_valid;

    assign s_ready = !held_valid;

    always @(posedge clk) begin
        if (m_ready || !m_valid) m_data <= held_valid ? held : s_data;
        if (s_ready) held <= s_data;
        if (rst) begin
            m_valid    <= 1'b0;
            held_valid <= 1'b0;
        end else if (m_ready || !m_valid) begin
            m_valid    <= held_valid || s_valid;
            held_valid <= 1'b0;
        end else if (s_valid && s_ready) begin
            held_valid <= 1'b1;
        end
    end
endmodule

`default_nettype wire
