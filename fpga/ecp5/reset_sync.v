// SPDX-License-Identifier: Apache-2.0
// A reset for one clock: set at once when `ready` falls, with or without a clock, and given up at the 18th edge after it rose.
`default_nettype none

module reset_sync (
    input  wire clk,
    input  wire ready,                          // from anywhere: a PLL's lock, a button
    output wire rst
);
    // The one place with an asynchronous set: a clock that a PHY makes may be absent while this must hold.
    reg [3:0] count;
    (* async_reg = "true" *) reg held_1;
    (* async_reg = "true" *) reg held_2;

    always @(posedge clk or negedge ready)
        if (!ready) {held_2, held_1} <= 2'b11;
        else        {held_2, held_1} <= {held_1, 1'b0};

    reg rst_q;
    assign rst = rst_q;

    always @(posedge clk or negedge ready)
        if (!ready) begin
            rst_q <= 1'b1;
            count <= 4'd0;
        end else if (held_2) begin
            rst_q <= 1'b1;
            count <= 4'd0;
        end else begin
            rst_q <= !(&count);
            count <= count + {3'd0, !(&count)};
        end
endmodule

`default_nettype wire
