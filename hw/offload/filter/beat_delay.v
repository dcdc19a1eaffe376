// SPDX-License-Identifier: Apache-2.0
// Gives beats out a fixed number of cycles after they came in, one a cycle: they wait in a ring that turns every cycle.
`default_nettype none

module beat_delay #(
    parameter WIDTH = 145,
    parameter DELAY = 18                        // cycles, 3 to 32
) (
    // clock
    input  wire             clk,
    input  wire             rst,
    // input
    input  wire             s_valid,
    input  wire [WIDTH-1:0] s_data,
    // output
    output reg              m_valid,
    output reg  [WIDTH-1:0] m_data,
    // status
    output wire             idle                // none is inside
);
    localparam TURN_W = (DELAY > 16) ? 5 : 4;

    reg [WIDTH-1:0] ring [0:(1<<TURN_W)-1];
    reg [DELAY-2:0] valid;
    reg [TURN_W-1:0] turn;
    wire [TURN_W-1:0] oldest = turn - DELAY[TURN_W-1:0] + 1'b1;

    assign idle = !m_valid && valid == {(DELAY-1){1'b0}};

    always @(posedge clk) begin
        if (rst) begin
            turn    <= {TURN_W{1'b0}};
            valid   <= {(DELAY-1){1'b0}};
            m_valid <= 1'b0;
        end else begin
            turn    <= turn + 1'b1;
            valid   <= {valid[DELAY-3:0], s_valid};
            m_valid <= valid[DELAY-2];
        end
        if (s_valid) ring[turn] <= s_data;
        if (valid[DELAY-2]) m_data <= ring[oldest];
    end
endmodule

`default_nettype wire
