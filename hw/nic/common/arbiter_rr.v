// SPDX-License-Identifier: Apache-2.0
// Round-robin choice of one request; the choice moves on when `take` says that the grant was used.
`default_nettype none

module arbiter_rr #(
    parameter N = 4,
    parameter INDEX_W = (N > 1) ? $clog2(N) : 1
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // requests
    input  wire [N-1:0]       request,
    input  wire               take,
    // choice: combinational, the first request after the last one taken
    output wire               any,
    output reg  [INDEX_W-1:0] index
);
    reg  [N-1:0]       after;                   // those behind the last one taken
    wire [N-1:0]       later = request & after;
    wire [N-1:0]       pool  = (later != {N{1'b0}}) ? later : request;
    integer i;

    assign any = |request;

    always @* begin
        index = {INDEX_W{1'b0}};
        for (i = N - 1; i >= 0; i = i - 1)
            if (pool[i]) index = i[INDEX_W-1:0];
    end

    always @(posedge clk)
        if (rst) after <= {N{1'b1}} << 1;
        else if (take && any) after <= {N{1'b1}} << index << 1;
endmodule

`default_nettype wire
