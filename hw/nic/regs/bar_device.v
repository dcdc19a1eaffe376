// SPDX-License-Identifier: Apache-2.0
// The BAR's device configuration (struct virtio_net_config) with its generation, and the ISR status that a read clears.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module bar_device #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // register bus, BAR addresses
    input  wire [16:0] bus_addr,
    input  wire        bus_re,
    output wire [31:0] bus_rdata,
    // configuration
    input  wire [47:0] cfg_mac,
    input  wire [15:0] cfg_status,
    input  wire [15:0] cfg_mtu,
    input  wire [31:0] cfg_speed,
    input  wire [7:0]  cfg_duplex,
    input  wire        changed,                 // pulse: firmware wrote one of these
    input  wire        notify,                  // pulse: firmware announces the change
    output reg  [7:0]  config_generation,
    // interrupts
    input  wire        clear,
    input  wire        isr_queue,
    input  wire        isr_config
);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [15:0] PAIRS = QUEUE_PAIRS;
    /* verilator lint_on WIDTHTRUNC */
    localparam [16:0] A_MAC  = `BAR_DEVICE + `DEVCFG_MAC_STATUS;
    localparam [16:0] A_MAC2 = A_MAC + 17'd4;
    localparam [16:0] A_MTU  = `BAR_DEVICE + (`DEVCFG_MTU & 17'h1fffc);
    localparam [16:0] A_SPEED  = `BAR_DEVICE + `DEVCFG_SPEED;
    localparam [16:0] A_DUPLEX = `BAR_DEVICE + `DEVCFG_DUPLEX;
    localparam [16:0] A_HASH   = `BAR_DEVICE + `DEVCFG_SUPPORTED_HASH_TYPES;
    // the word of duplex holds two fields more
    localparam [31:0] RSS_LIMITS = {`DEVCFG_RSS_MAX_INDIRECTION_TABLE_LENGTH_RESET, `DEVCFG_RSS_MAX_KEY_SIZE_RESET, 8'd0};

    wire [16:0] off = {bus_addr[16:2], 2'b00};
    wire        read_config = bus_re && {bus_addr[16:12], 12'd0} == `BAR_DEVICE;

    reg [1:0] isr;
    reg       unseen;                           // changed, and neither read nor announced since

    wire [6:0] chosen;
    wire       read_isr = chosen[0];            // the last entry below

    reg_read #(.ENTRIES(7)) read_i (
        .clk(clk), .re(bus_re), .rdata(bus_rdata), .chosen(chosen),
        .entries({
            off == A_MAC,    cfg_mac[31:0],
            off == A_MAC2,   {cfg_status, cfg_mac[47:32]},
            off == A_MTU,    {cfg_mtu, PAIRS},
            off == A_SPEED,  cfg_speed,
            off == A_DUPLEX, RSS_LIMITS | {24'd0, cfg_duplex},
            off == A_HASH,   `DEVCFG_SUPPORTED_HASH_TYPES_RESET,
            off == `BAR_ISR, {30'd0, isr}
        })
    );

    // The generation moves when a change is announced, and else when the driver could see a new value, as the standard wants.
    always @(posedge clk)
        if (rst) begin
            config_generation <= 8'd0;
            unseen            <= 1'b0;
            isr               <= 2'b00;
        end else begin
            if (notify || (read_config && unseen)) begin
                config_generation <= config_generation + 1'b1;
                unseen            <= 1'b0;
            end
            if (changed) unseen <= 1'b1;
            isr <= (read_isr || clear) ? {isr_config, isr_queue} : isr | {isr_config, isr_queue};
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
