// SPDX-License-Identifier: Apache-2.0
// Management registers of the VLAN filter: its switch and 32 VLAN ids a word.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module mgmt_vlan (
    // clock
    input  wire        clk,
    input  wire        rst,
    input  wire        clear,
    // register bus
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire        bus_re,
    output reg  [31:0] bus_rdata,
    // filter; the word is what stands at the index
    output reg         filter,
    output reg         we,
    output reg  [6:0]  index,
    output reg  [31:0] bits,
    input  wire [31:0] word
);
    wire [16:0] off = {bus_addr[16:2], 2'b00};

    always @(posedge clk)
        if (bus_re)
            case (off)
                `MGMT_VLAN_CONTROL: bus_rdata <= {31'd0, filter};
                `MGMT_VLAN_INDEX:   bus_rdata <= {25'd0, index};
                `MGMT_VLAN_WORD:    bus_rdata <= word;
                default:            bus_rdata <= 32'd0;
            endcase

    // What a driver has set up goes with CLEAR; the selection does not
    always @(posedge clk)
        if (rst || clear) filter <= 1'b0;
        else if (bus_we && off == `MGMT_VLAN_CONTROL) filter <= bus_wdata[0];

    always @(posedge clk)
        if (rst) begin
            we    <= 1'b0;
            index <= 7'd0;
            bits  <= 32'd0;
        end else begin
            we <= bus_we && off == `MGMT_VLAN_WORD;
            if (bus_we && off == `MGMT_VLAN_INDEX) index <= bus_wdata[6:0];
            if (bus_we && off == `MGMT_VLAN_WORD) bits <= bus_wdata;
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
