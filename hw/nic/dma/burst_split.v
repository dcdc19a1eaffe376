// SPDX-License-Identifier: Apache-2.0
// The next AXI burst of what is left of a request: it ends with the request or at the next multiple of MAX_BURST.
// MAX_BURST divides 4096, so no burst crosses 4 KiB, and all bursts but the first start on a bus word.
// Whether it is the request's last burst is for the user to say, who may have worked it out a cycle ahead.
// The highest bit of a short address says "beyond what the card reaches": a request that runs out of the card's reach stays out.
`default_nettype none

module burst_split #(
    parameter DATA_W    = 128,
    parameter MAX_BURST = 512,                  // bytes
    parameter ADDR_W    = 64,
    parameter TOP       = (ADDR_W < 64) ? ADDR_W : 63   // highest bit of an address
) (
    // what is left of the request
    input  wire [TOP:0] addr,
    input  wire [15:0] remaining,               // bytes, at least 1
    input  wire        last,                    // `fits`
    // its next burst
    output wire        fits,                    // it is the last one
    output wire [TOP:0] burst_addr,              // of the first bus word
    output wire [7:0]  burst_len,               // beats - 1, as AXI wants it
    output wire [15:0] burst_bytes,             // bytes of the request in it
    // what is left after it (meaningless after the last)
    output wire [TOP:0] next_addr,
    output wire [15:0] next_remaining,
    output wire        next_last                // the next burst is the last one
);
    localparam LANE_W  = $clog2(DATA_W / 8);
    localparam CHUNK_W = $clog2(MAX_BURST);
    localparam [15:0] CHUNK = MAX_BURST;

    wire [CHUNK_W-1:0] offset = addr[CHUNK_W-1:0];
    wire [15:0]        room   = CHUNK - {{(16-CHUNK_W){1'b0}}, offset};
    wire [16:0]        sum    = {1'b0, remaining} + {{(17-CHUNK_W){1'b0}}, offset};
    /* verilator lint_off UNUSEDSIGNAL */
    wire [16:0]        past   = sum - {1'b0, CHUNK};    // never beyond 16 bits where it means something
    wire [CHUNK_W:0]   tail   = remaining[CHUNK_W:0] + {{(CHUNK_W+1-LANE_W){1'b0}}, offset[LANE_W-1:0]} - 1'b1;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [CHUNK_W-LANE_W-1:0] beats = last ? tail[CHUNK_W-1:LANE_W] : ~offset[CHUNK_W-1:LANE_W];

    assign fits           = (sum <= {1'b0, CHUNK});
    assign burst_bytes    = last ? remaining : room;
    assign burst_addr     = {addr[TOP:LANE_W], {LANE_W{1'b0}}};
    wire [TOP:CHUNK_W] next_chunk = addr[TOP:CHUNK_W] + 1'b1;
    assign next_addr      = {next_chunk[TOP] || (ADDR_W < 64 && addr[TOP]), next_chunk[TOP-1:CHUNK_W], {CHUNK_W{1'b0}}};
    assign next_remaining = past[15:0];
    assign next_last      = (sum <= {CHUNK, 1'b0});

    generate
        if (CHUNK_W - LANE_W < 8) begin : g_short
            assign burst_len = {{(8-CHUNK_W+LANE_W){1'b0}}, beats};
        end else begin : g_long
            assign burst_len = beats;
        end
    endgenerate

    initial begin
        if (4096 % MAX_BURST != 0 || MAX_BURST < DATA_W / 4 || MAX_BURST > DATA_W * 32) begin
            $display("burst_split: MAX_BURST %0d must divide 4096 and be 2 to 256 beats of %0d bits", MAX_BURST, DATA_W);
            $finish;
        end
    end
endmodule

`default_nettype wire
