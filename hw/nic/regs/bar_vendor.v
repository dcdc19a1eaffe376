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
    output wire [6:0]  stats_index,
    input  wire [63:0] stats_data
);
    localparam [31:0] COUNT = `STAT_COUNT;
    localparam [16:0] STATS_END = `VENDOR_STATS_WINDOW + 17'd8 * `STAT_COUNT;

    wire [16:0] off = {bus_addr[16:2], 2'b00};
    wire [16:0] in_stats = off - `VENDOR_STATS_WINDOW;

    reg [31:0] rdata;
    reg        from_stats;
    reg        high;

    assign snapshot    = bus_we && off == `VENDOR_STATS_SNAPSHOT && bus_wstrb[0] && bus_wdata[0];
    assign stats_re    = bus_re && off >= `VENDOR_STATS_WINDOW && off < STATS_END;
    assign stats_index = in_stats[9:3];
    assign bus_rdata   = !from_stats ? rdata : high ? stats_data[63:32] : stats_data[31:0];

    always @(posedge clk)
        if (bus_re) begin
            from_stats <= stats_re;
            high       <= off[2];
            case (off)
                `VENDOR_ID:             rdata <= `VENDOR_ID_RESET;
                `VENDOR_VERSION:        rdata <= `MGMT_VERSION_RESET;
                `VENDOR_STATS_COUNT:    rdata <= COUNT;
                `VENDOR_STATS_SNAPSHOT: rdata <= {31'd0, copying};
                default:                rdata <= 32'd0;
            endcase
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
