// SPDX-License-Identifier: Apache-2.0
// Asks for a pause while the receive store fills: early enough that a sender which obeys loses nothing, until half is drained.
//
// Behind the request there may still come a frame of ours under way, which the XOFF waits for; the time 802.3 gives the other end to
// obey (60 quanta at 10 Gb/s) with XOFF itself and the crossings; and the frame it has begun by then. A store of 16 KiB has room
// for all that with frames of up to 4 KiB; longer ones may be lost, as asking any earlier would hold up ordinary traffic.
`default_nettype none

module mac_pressure #(
    parameter STORE_BYTES = 32768,
    parameter MAX_FRAME   = 9216
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // bytes in the store
    input  wire [15:0] level,
    // to mac_pause_tx
    output reg         request
);
    localparam ANSWER  = 60 * 64 + 256;         // bytes
    localparam LEAST   = 4096;                  // below it ordinary traffic would be held up
    localparam NEEDED  = 2 * MAX_FRAME + ANSWER;
    localparam [31:0] STOP = (STORE_BYTES >= NEEDED + LEAST) ? STORE_BYTES - NEEDED : LEAST;
    localparam [31:0] GO   = STOP / 2;

    always @(posedge clk)
        if (rst) request <= 1'b0;
        else if (level >= STOP[15:0]) request <= 1'b1;
        else if (level < GO[15:0]) request <= 1'b0;
endmodule

`default_nettype wire
