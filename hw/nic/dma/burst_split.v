// SPDX-License-Identifier: Apache-2.0
// The next AXI burst of what is left of a request: it ends with the request or at the next multiple of MAX_BURST.
// MAX_BURST divides 4096, so no burst crosses 4 KiB, and all bursts but the first start on a bus word.
`default_nettype none

module burst_split #(
    parameter DATA_W    = 128,
    parameter MAX_BURST = 512                   // bytes
) (
    // what is left of the request
    input  wire [63:0] addr,
    input  wire [15:0] remaining,               // bytes, at least 1
    // its next burst
    output wire [63:0] burst_addr,              // of the first bus word
    output wire [7:0]  burst_len,               // beats - 1, as AXI wants it
    output wire [15:0] burst_bytes,             // bytes of the request in it
    output wire        burst_last,
    // what is left after it (meaningless after the last)
    output wire [63:0] next_addr,
    output wire [15:0] next_remaining
);
    localparam LANE_W  = $clog2(DATA_W / 8);
    localparam CHUNK_W = $clog2(MAX_BURST);
    localparam [15:0] CHUNK = MAX_BURST;

    wire [15:0] offset   = addr[15:0] & (CHUNK - 16'd1);
    wire [15:0] room     = CHUNK - offset;
    wire [15:0] end_byte = offset + burst_bytes - 16'd1;
    /* verilator lint_off UNUSEDSIGNAL */       // a burst has at most 256 beats, so the upper half is 0
    wire [15:0] beats    = (end_byte >> LANE_W) - (offset >> LANE_W);
    /* verilator lint_on UNUSEDSIGNAL */

    assign burst_last     = (remaining <= room);
    assign burst_bytes    = burst_last ? remaining : room;
    assign burst_len      = beats[7:0];
    assign burst_addr     = {addr[63:LANE_W], {LANE_W{1'b0}}};
    assign next_addr      = {addr[63:CHUNK_W] + 1'b1, {CHUNK_W{1'b0}}};
    assign next_remaining = remaining - room;

    initial begin
        if (4096 % MAX_BURST != 0 || MAX_BURST < DATA_W / 4 || MAX_BURST > DATA_W * 32) begin
            $display("burst_split: MAX_BURST %0d must divide 4096 and be 2 to 256 beats of %0d bits", MAX_BURST, DATA_W);
            $finish;
        end
    end
endmodule

`default_nettype wire
