// SPDX-License-Identifier: Apache-2.0
// The clocks of a board from its oscillator: the core's, and 125 MHz for gigabit Ethernet. ECP5, one PLL.
`default_nettype none

module ecp5_pll #(
    parameter INPUT_DIV = 1,                    // brings the oscillator to 25 MHz: 1 for 25 MHz, 4 for 100 MHz
    parameter CORE_DIV  = 10                    // core clock = 625 MHz / CORE_DIV: 10 gives 62.5 MHz
) (
    // oscillator
    input  wire clk_in,
    // clocks
    output wire clk_core,
    output wire clk_125,
    output wire locked
);
    // 25 MHz x 5 = 125 MHz on CLKOP, which is fed back; the oscillator inside runs at 5 x 125 MHz, within its 400 to 800 MHz.
    // A divider's CPHASE is one less than its ratio when its output is not shifted.
    EHXPLLL #(
        .CLKI_DIV        (INPUT_DIV),
        .CLKFB_DIV       (5),
        .FEEDBK_PATH     ("CLKOP"),
        .CLKOP_ENABLE    ("ENABLED"),
        .CLKOP_DIV       (5),
        .CLKOP_CPHASE    (4),
        .CLKOP_FPHASE    (0),
        .CLKOS_ENABLE    ("ENABLED"),
        .CLKOS_DIV       (CORE_DIV),
        .CLKOS_CPHASE    (CORE_DIV - 1),
        .CLKOS_FPHASE    (0),
        .PLLRST_ENA      ("DISABLED"),
        .INTFB_WAKE      ("DISABLED"),
        .STDBY_ENABLE    ("DISABLED"),
        .DPHASE_SOURCE   ("DISABLED"),
        .OUTDIVIDER_MUXA ("DIVA"),
        .OUTDIVIDER_MUXB ("DIVB"),
        .OUTDIVIDER_MUXC ("DIVC"),
        .OUTDIVIDER_MUXD ("DIVD")
    /* verilator lint_off PINMISSING */         // outputs that have no use here
    ) pll (
        .CLKI         (clk_in),
        .CLKFB        (clk_125),
        .CLKOP        (clk_125),
        .CLKOS        (clk_core),
        .LOCK         (locked),
        .RST          (1'b0),
        .STDBY        (1'b0),
        .PHASESEL0    (1'b0),
        .PHASESEL1    (1'b0),
        .PHASEDIR     (1'b0),
        .PHASESTEP    (1'b0),
        .PHASELOADREG (1'b0),
        .PLLWAKESYNC  (1'b0),
        .ENCLKOP      (1'b0),
        .ENCLKOS      (1'b0),
        .ENCLKOS2     (1'b0),
        .ENCLKOS3     (1'b0)
    );
    /* verilator lint_on PINMISSING */
endmodule

`default_nettype wire
