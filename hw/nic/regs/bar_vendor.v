// SPDX-License-Identifier: Apache-2.0
// The BAR's vendor block: identity and the host's own snapshot of the counters.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module bar_vendor (
    // clock
    input  wire        clk,
    // register bus, addresses in the block
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire [3:0]  bus_wstrb,
    input  wire        bus_re,
    output wire [31:0] bus_rdata,
    // counters
    output wire        snapshot,
    input  wire        copying,
    output wire        stats_re,
    output wire [7:0]  stats_word,
    input  wire [31:0] stats_data
);
    localparam [31:0] COUNT = `STAT_COUNT;
    localparam [16:0] STATS_END = `VENDOR_STATS_WINDOW + 17'd8 * `STAT_COUNT;

    wire [16:0] off = {bus_addr[16:2], 2'b00};

    assign snapshot    = bus_we && off == `VENDOR_STATS_SNAPSHOT && bus_wstrb[0] && bus_wdata[0];
    assign stats_re    = bus_re && off >= `VENDOR_STATS_WINDOW && off < STATS_END;
    assign stats_word  = off[9:2];             // the window is aligned

    wire [4:0] chosen;
    wire       unused_chosen = &{1'b0, chosen};

    reg_read #(.ENTRIES(5)) read_i (
        .clk(clk), .re(bus_re), .rdata(bus_rdata), .chosen(chosen),
        .entries({
            off == `VENDOR_ID,             `VENDOR_ID_RESET,
            off == `VENDOR_VERSION,        `MGMT_VERSION_RESET,
            off == `VENDOR_STATS_COUNT,    COUNT,
            off == `VENDOR_STATS_SNAPSHOT, {31'd0, copying},
            // read with the choice, so there when it is taken
            stats_re,                      stats_data
        })
    );
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
