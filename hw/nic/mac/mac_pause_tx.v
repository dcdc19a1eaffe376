// SPDX-License-Identifier: Apache-2.0
// Decides when pause frames are sent: XOFF when the request rises and again long before it would run out, XON when it falls.
`default_nettype none

module mac_pause_tx #(
    parameter REFRESH_CYCLES = 65536            // of 65,535 quanta = 3.3 ms at 10 Gb/s: 0.26 ms at 250 MHz, 1 ms at 62.5
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // request
    input  wire        enable,
    input  wire        request,
    // output: to ask for the longest time, or for none
    output wire        m_stop,
    output wire        m_valid,
    input  wire        m_ready,
    // events: a pause frame is on its way
    output wire        evt_pause
);
    localparam TIMER_W = $clog2(REFRESH_CYCLES);
    localparam LAST    = REFRESH_CYCLES - 1;

    reg               off_q;                    // the other end has been told to stop
    reg [TIMER_W-1:0] timer;

    wire want = enable && request;

    assign m_stop    = want;
    assign m_valid   = (want != off_q) || (off_q && timer == {TIMER_W{1'b0}});
    assign evt_pause = m_valid && m_ready;

    always @(posedge clk)
        if (rst) begin
            off_q <= 1'b0;
            timer <= {TIMER_W{1'b0}};
        end else if (evt_pause) begin
            off_q <= want;
            timer <= LAST[TIMER_W-1:0];
        end else if (off_q && timer != {TIMER_W{1'b0}}) begin
            timer <= timer - 1'b1;
        end
endmodule

`default_nettype wire
