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
    reg [INDEX_W-1:0] last;
    reg               found;
    integer i;

    assign any = |request;

    always @* begin
        index = {INDEX_W{1'b0}};
        found = 1'b0;
        for (i = 0; i < N; i = i + 1)
            if (!found && request[i] && i > last) begin
                index = i[INDEX_W-1:0];
                found = 1'b1;
            end
        for (i = 0; i < N; i = i + 1)
            if (!found && request[i]) begin
                index = i[INDEX_W-1:0];
                found = 1'b1;
            end
    end

    always @(posedge clk)
        if (rst) last <= {INDEX_W{1'b0}};
        else if (take && any) last <= index;
endmodule

`default_nettype wire
