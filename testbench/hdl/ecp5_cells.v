// SPDX-License-Identifier: Apache-2.0
// What the boards' tops need of an ECP5 beside logic, as simulation models: PLL, DDR cells, delay, bidirectional pin
// (behaviour as in Lattice's FPGA-TN-02200 "ECP5 sysCLOCK" and FPGA-TN-02035 "ECP5 high-speed I/O").
`timescale 1ns/1ps
`default_nettype none
/* verilator lint_off UNDRIVEN */               // outputs that no board uses
/* verilator lint_off SYNCASYNCNET */           // the lock is a level, and a count of clocks

// CLKOP = CLKI * CLKFB_DIV / CLKI_DIV when it is fed back; the oscillator runs CLKOP_DIV times as fast, CLKOS is its CLKOS_DIV-th part.
module EHXPLLL #(
    parameter CLKI_DIV = 1,
    parameter CLKFB_DIV = 1,
    parameter FEEDBK_PATH = "CLKOP",
    parameter CLKOP_ENABLE = "ENABLED",
    parameter CLKOP_DIV = 8,
    parameter CLKOP_CPHASE = 0,
    parameter CLKOP_FPHASE = 0,
    parameter CLKOS_ENABLE = "DISABLED",
    parameter CLKOS_DIV = 8,
    parameter CLKOS_CPHASE = 0,
    parameter CLKOS_FPHASE = 0,
    parameter PLLRST_ENA = "DISABLED",
    parameter INTFB_WAKE = "DISABLED",
    parameter STDBY_ENABLE = "DISABLED",
    parameter DPHASE_SOURCE = "DISABLED",
    parameter OUTDIVIDER_MUXA = "DIVA",
    parameter OUTDIVIDER_MUXB = "DIVB",
    parameter OUTDIVIDER_MUXC = "DIVC",
    parameter OUTDIVIDER_MUXD = "DIVD"
) (
    input  wire CLKI,
    input  wire CLKFB,
    input  wire PHASESEL0,
    input  wire PHASESEL1,
    input  wire PHASEDIR,
    input  wire PHASESTEP,
    input  wire PHASELOADREG,
    input  wire STDBY,
    input  wire PLLWAKESYNC,
    input  wire RST,
    input  wire ENCLKOP,
    input  wire ENCLKOS,
    input  wire ENCLKOS2,
    input  wire ENCLKOS3,
    output reg  CLKOP,
    output reg  CLKOS,
    output wire CLKOS2,
    output wire CLKOS3,
    output wire LOCK,
    output wire INTLOCK,
    output wire REFCLK,
    output wire CLKINTFB
);
    localparam LOCKED = 64;                     // periods of the input until it counts as locked

    realtime  since, period;
    integer   count;
    reg       running;

    assign LOCK = (count >= LOCKED);

    initial begin
        CLKOP   = 0;
        CLKOS   = 0;
        count   = 0;
        since  = 0;
        period  = 0;
        running = 0;
    end
    always @(posedge CLKI) begin
        period  = $realtime - since;
        since  = $realtime;
        if (count < LOCKED) count = count + 1;
        running = (count > 2);
    end
    always begin
        wait (running);
        #(period * CLKI_DIV / CLKFB_DIV / 2) CLKOP = !CLKOP;
    end
    always begin
        wait (running);
        #(period * CLKI_DIV / CLKFB_DIV / CLKOP_DIV * CLKOS_DIV / 2) CLKOS = !CLKOS;
    end
endmodule

// D0 leaves while the clock is high, D1 while it is low, both as of the rising edge.
module ODDRX1F (
    input  wire D0,
    input  wire D1,
    input  wire SCLK,
    input  wire RST,
    output wire Q
);
    reg rise, fall, late;

    assign Q = SCLK ? rise : late;
    always @(posedge SCLK) begin
        rise <= D0;
        fall <= D1;
    end
    always @(negedge SCLK) late <= fall;
endmodule

// Q0 is what came at the rising edge, Q1 at the falling one after it; both change at the next rising edge.
module IDDRX1F (
    input  wire D,
    input  wire SCLK,
    input  wire RST,
    output reg  Q0,
    output reg  Q1
);
    reg rise, fall;

    always @(negedge SCLK) fall <= D;
    always @(posedge SCLK) begin
        rise <= D;
        Q0   <= rise;
        Q1   <= fall;
    end
endmodule

module DELAYG #(
    parameter DEL_MODE = "USER_DEFINED",
    parameter DEL_VALUE = 0                     // of 25 ps each
) (
    input  wire A,
    output reg  Z
);
    always @(A) Z <= #(DEL_VALUE * 0.025) A;
endmodule

module BB (
    input  wire I,
    input  wire T,
    output wire O,
    inout  wire B
);
    assign B = T ? 1'bz : I;
    assign O = B;
endmodule

/* verilator lint_on UNDRIVEN */
/* verilator lint_on SYNCASYNCNET */
`default_nettype wire
