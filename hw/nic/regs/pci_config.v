// SPDX-License-Identifier: Apache-2.0
// PCI configuration space: identity, one BAR, and the capability list through which a driver finds every structure.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module pci_config #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // register bus, addresses in configuration space
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire [3:0]  bus_wstrb,
    input  wire        bus_re,
    output reg  [31:0] bus_rdata,
    // MSI-X control
    output reg         msix_enable,
    output reg         msix_fmask
);
    localparam [31:0] COMMAND_WRITABLE = `PCI_COMMAND_MEMORY | `PCI_COMMAND_MASTER | `PCI_COMMAND_INTX_OFF;
    localparam [31:0] TABLE_SIZE = (2 * QUEUE_PAIRS + 1) << `PCI_CAP_MSIX_TABLE_SIZE_LSB;
    // head of a virtio capability: structure type, length, where the next one is, id 9
    localparam [31:0] HEAD_COMMON = {8'd1, 8'd16, 16'h0009} | {15'd0, `PCI_CAP_NOTIFY} << 8;
    localparam [31:0] HEAD_NOTIFY = {8'd2, 8'd20, 16'h0009} | {15'd0, `PCI_CAP_ISR} << 8;
    localparam [31:0] HEAD_ISR    = {8'd3, 8'd16, 16'h0009} | {15'd0, `PCI_CAP_DEVICE} << 8;
    localparam [31:0] HEAD_DEVICE = {8'd4, 8'd16, 16'h0009} | {15'd0, `PCI_CAP_VENDOR} << 8;
    localparam [31:0] HEAD_VENDOR = {8'd9, 8'd16, 16'h0009} | {15'd0, `PCI_CAP_MSIX} << 8;

    wire [16:0] off = {9'd0, bus_addr[7:2], 2'b00};

    reg [31:0] command;
    reg [15:0] bar0;
    reg [7:0]  line;

    always @(posedge clk)
        if (bus_re) begin
            case (off)
                `PCI_ID:             bus_rdata <= `PCI_ID_RESET;
                `PCI_COMMAND:        bus_rdata <= command | `PCI_COMMAND_CAPS;
                `PCI_CLASS:          bus_rdata <= `PCI_CLASS_RESET;
                `PCI_BAR0:           bus_rdata <= {bar0, 16'h0000};
                `PCI_SUBSYSTEM:      bus_rdata <= `PCI_SUBSYSTEM_RESET;
                `PCI_CAP_POINTER:    bus_rdata <= `PCI_CAP_POINTER_RESET;
                `PCI_INTERRUPT_LINE: bus_rdata <= {24'd0, line};
                // a virtio capability: head, BAR 0, offset, length
                `PCI_CAP_COMMON:          bus_rdata <= HEAD_COMMON;
                `PCI_CAP_COMMON + 17'd8:  bus_rdata <= {15'd0, `BAR_COMMON};
                `PCI_CAP_COMMON + 17'd12: bus_rdata <= `BAR_COMMON_SIZE;
                `PCI_CAP_NOTIFY:          bus_rdata <= HEAD_NOTIFY;
                `PCI_CAP_NOTIFY + 17'd8:  bus_rdata <= {15'd0, `BAR_NOTIFY};
                `PCI_CAP_NOTIFY + 17'd12: bus_rdata <= `BAR_NOTIFY_SIZE;
                `PCI_CAP_NOTIFY + 17'd16: bus_rdata <= 32'd4;
                `PCI_CAP_ISR:             bus_rdata <= HEAD_ISR;
                `PCI_CAP_ISR + 17'd8:     bus_rdata <= {15'd0, `BAR_ISR};
                `PCI_CAP_ISR + 17'd12:    bus_rdata <= `BAR_ISR_SIZE;
                `PCI_CAP_DEVICE:          bus_rdata <= HEAD_DEVICE;
                `PCI_CAP_DEVICE + 17'd8:  bus_rdata <= {15'd0, `BAR_DEVICE};
                `PCI_CAP_DEVICE + 17'd12: bus_rdata <= `BAR_DEVICE_SIZE;
                `PCI_CAP_VENDOR:          bus_rdata <= HEAD_VENDOR;
                `PCI_CAP_VENDOR_ID:       bus_rdata <= `PCI_CAP_VENDOR_ID_RESET;
                `PCI_CAP_VENDOR_OFFSET:   bus_rdata <= {15'd0, `BAR_VENDOR};
                `PCI_CAP_VENDOR_LENGTH:   bus_rdata <= `PCI_CAP_VENDOR_LENGTH_RESET;
                `PCI_CAP_MSIX:            bus_rdata <= `PCI_CAP_MSIX_RESET | TABLE_SIZE | {msix_enable, msix_fmask, 30'd0};
                `PCI_CAP_MSIX_TABLE:      bus_rdata <= {15'd0, `BAR_MSIX_TABLE};
                `PCI_CAP_MSIX_PBA:        bus_rdata <= {15'd0, `BAR_MSIX_PBA};
                default:                  bus_rdata <= 32'd0;
            endcase
        end

    always @(posedge clk)
        if (rst) begin
            command     <= 32'd0;
            bar0        <= 16'd0;
            line        <= 8'd0;
            msix_enable <= 1'b0;
            msix_fmask  <= 1'b0;
        end else if (bus_we) begin
            if (off == `PCI_COMMAND) begin
                if (bus_wstrb[0]) command[7:0]  <= bus_wdata[7:0] & COMMAND_WRITABLE[7:0];
                if (bus_wstrb[1]) command[15:8] <= bus_wdata[15:8] & COMMAND_WRITABLE[15:8];
            end
            if (off == `PCI_BAR0) begin
                if (bus_wstrb[2]) bar0[7:0]  <= bus_wdata[23:16];
                if (bus_wstrb[3]) bar0[15:8] <= bus_wdata[31:24];
            end
            if (off == `PCI_INTERRUPT_LINE && bus_wstrb[0]) line <= bus_wdata[7:0];
            if (off == `PCI_CAP_MSIX && bus_wstrb[3]) {msix_enable, msix_fmask} <= bus_wdata[31:30];
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
