// SPDX-License-Identifier: Apache-2.0
// Watches one state register, bound beside it, and tells C++ of every change; in a cycle without one it calls nothing.
`timescale 1ns/1ps

module fsm_monitor #(
    parameter MACHINE = 0,                      // number of the machine in the list that Python has
    parameter WIDTH   = 1
) (
    // clock and reset of the register
    input wire             clk,
    input wire             rst,
    // the register
    input wire [WIDTH-1:0] state
);
    import "DPI-C" function int fr_fsm_open(input int machine, input string path);
    import "DPI-C" function void fr_fsm_step(input int place, input int from, input int to, input int by_reset);

    int               place;
    logic [WIDTH-1:0] last     = '0;
    logic             last_rst = 0;
    logic             live     = 0;             // a reset has been seen: before it, states mean nothing

    initial place = fr_fsm_open(MACHINE, $sformatf("%m"));

    // what is seen now happened at the edge before, and so did the reset that made it
    always @(posedge clk) begin
        last     <= state;
        last_rst <= rst;
        live     <= live || last_rst;
        if (!live && last_rst) fr_fsm_step(place, int'(state), int'(state), 0);
        if (live && state != last) fr_fsm_step(place, int'(last), int'(state), {31'd0, last_rst});
    end
endmodule
