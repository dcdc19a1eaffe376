// SPDX-License-Identifier: Apache-2.0
// Management registers that hold configuration for others: device configuration, receive filter, coalescing, queue selection.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module mgmt_config (
    // clock
    input  wire        clk,
    input  wire        rst,
    input  wire        clear,
    // register bus
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire        bus_re,
    output wire [31:0] bus_rdata,
    // device configuration
    output reg  [47:0] cfg_mac,
    output reg  [1:0]  cfg_status,
    output reg  [15:0] cfg_mtu,
    output reg  [31:0] cfg_speed,
    output reg  [7:0]  cfg_duplex,
    output wire        cfg_changed,
    output wire        cfg_notify,
    // receive filter
    output reg  [5:0]  rx_mode,
    output reg  [15:0] rx_mtu,
    output reg  [7:0]  rx_steer,
    output reg  [15:0] rx_wait_cycles,
    output reg         tab_we,
    output reg  [7:0]  tab_index,
    output reg  [47:0] tab_mac,
    output reg         tab_valid,
    output reg         tab_steer,
    output reg  [7:0]  tab_queue,
    // coalescing
    output reg  [7:0]  coal_sel,
    output reg         coal_we,
    output reg  [15:0] coal_max_packets,
    output reg  [15:0] coal_max_usecs,
    input  wire [15:0] coal_rd_packets,
    input  wire [15:0] coal_rd_usecs,
    output reg  [15:0] def_rx_packets,
    output reg  [15:0] def_rx_usecs,
    output reg  [15:0] def_tx_packets,
    output reg  [15:0] def_tx_usecs,
    // queue selected by firmware
    output reg  [7:0]  queue_sel,
    output wire        queue_index_we,
    input  wire [31:0] queue_state,
    input  wire [15:0] queue_index,
    input  wire [31:0] queue_indices,
    // error log
    input  wire [31:0] log_entry,
    output wire        log_pop
);
    localparam [31:0] RX_WAIT_RESET = `MGMT_RX_WAIT_CYCLES_RESET;

    wire [16:0] off = {bus_addr[16:2], 2'b00};
    wire [24:0] chosen;

    assign cfg_changed = bus_we && off >= `MGMT_CONFIG_MAC_LO && off <= `MGMT_CONFIG_DUPLEX;
    assign cfg_notify  = bus_we && off == `MGMT_CONFIG_NOTIFY && bus_wdata[0];
    assign queue_index_we = bus_we && off == `MGMT_QUEUE_START_INDEX;
    assign log_pop     = chosen[0];             // the last entry below

    reg_read #(.ENTRIES(25)) read_i (
        .clk(clk), .re(bus_re), .rdata(bus_rdata), .chosen(chosen),
        .entries({
            off == `MGMT_CONFIG_MAC_LO,     cfg_mac[31:0],
            off == `MGMT_CONFIG_MAC_HI,     {16'd0, cfg_mac[47:32]},
            off == `MGMT_CONFIG_STATUS,     {30'd0, cfg_status},
            off == `MGMT_CONFIG_MTU,        {16'd0, cfg_mtu},
            off == `MGMT_CONFIG_SPEED,      cfg_speed,
            off == `MGMT_CONFIG_DUPLEX,     {24'd0, cfg_duplex},
            off == `MGMT_RX_MODE,           {26'd0, rx_mode},
            off == `MGMT_RX_MTU,            {16'd0, rx_mtu},
            off == `MGMT_RX_STEER,          {24'd0, rx_steer},
            off == `MGMT_RX_WAIT_CYCLES,    {16'd0, rx_wait_cycles},
            off == `MGMT_MAC_TABLE_INDEX,   {24'd0, tab_index},
            off == `MGMT_MAC_TABLE_LO,      tab_mac[31:0],
            off == `MGMT_MAC_TABLE_HI,      {tab_queue, 6'd0, tab_steer, tab_valid, tab_mac[47:32]},
            off == `MGMT_COAL_QUEUE,        {24'd0, coal_sel},
            off == `MGMT_COAL_PACKETS,      {16'd0, coal_rd_packets},
            off == `MGMT_COAL_USECS,        {16'd0, coal_rd_usecs},
            off == `MGMT_COAL_RX_PACKETS,   {16'd0, def_rx_packets},
            off == `MGMT_COAL_RX_USECS,     {16'd0, def_rx_usecs},
            off == `MGMT_COAL_TX_PACKETS,   {16'd0, def_tx_packets},
            off == `MGMT_COAL_TX_USECS,     {16'd0, def_tx_usecs},
            off == `MGMT_QUEUE_SELECT,      {24'd0, queue_sel},
            off == `MGMT_QUEUE_STATE,       queue_state,
            off == `MGMT_QUEUE_START_INDEX, {16'd0, queue_index},
            off == `MGMT_QUEUE_INDICES,     queue_indices,
            off == `MGMT_ERROR_LOG,         log_entry
        })
    );

    always @(posedge clk)
        if (rst) begin
            cfg_mac        <= 48'd0;
            cfg_status     <= 2'd0;
            cfg_mtu        <= 16'd0;
            cfg_speed      <= `MGMT_CONFIG_SPEED_RESET;
            cfg_duplex     <= 8'hff;
            rx_mode        <= 6'd0;
            rx_mtu         <= 16'd0;
            rx_steer       <= 8'd0;
            rx_wait_cycles <= RX_WAIT_RESET[15:0];
            tab_we         <= 1'b0;
            tab_index      <= 8'd0;
            tab_mac        <= 48'd0;
            tab_valid      <= 1'b0;
            tab_steer      <= 1'b0;
            tab_queue      <= 8'd0;
            coal_sel       <= 8'd0;
            coal_we        <= 1'b0;
            coal_max_packets <= 16'd0;
            coal_max_usecs <= 16'd0;
            queue_sel      <= 8'd0;
        end else begin
            tab_we  <= bus_we && off == `MGMT_MAC_TABLE_HI;
            coal_we <= bus_we && off == `MGMT_COAL_USECS;
            if (bus_we)
                case (off)
                    `MGMT_CONFIG_MAC_LO:   cfg_mac[31:0]  <= bus_wdata;
                    `MGMT_CONFIG_MAC_HI:   cfg_mac[47:32] <= bus_wdata[15:0];
                    `MGMT_CONFIG_STATUS:   cfg_status     <= bus_wdata[1:0];
                    `MGMT_CONFIG_MTU:      cfg_mtu        <= bus_wdata[15:0];
                    `MGMT_CONFIG_SPEED:    cfg_speed      <= bus_wdata;
                    `MGMT_CONFIG_DUPLEX:   cfg_duplex     <= bus_wdata[7:0];
                    `MGMT_RX_MODE:         rx_mode        <= bus_wdata[5:0];
                    `MGMT_RX_MTU:          rx_mtu         <= bus_wdata[15:0];
                    `MGMT_RX_STEER:        rx_steer       <= bus_wdata[7:0];
                    `MGMT_RX_WAIT_CYCLES:  rx_wait_cycles <= bus_wdata[15:0];
                    `MGMT_MAC_TABLE_INDEX: tab_index      <= bus_wdata[7:0];
                    `MGMT_MAC_TABLE_LO:    tab_mac[31:0]  <= bus_wdata;
                    `MGMT_MAC_TABLE_HI: begin
                        tab_mac[47:32] <= bus_wdata[15:0];
                        tab_valid      <= (bus_wdata & `MGMT_MAC_TABLE_HI_VALID) != 0;
                        tab_steer      <= (bus_wdata & `MGMT_MAC_TABLE_HI_STEER) != 0;
                        tab_queue      <= {4'd0, bus_wdata[`MGMT_MAC_TABLE_HI_QUEUE_LSB +: 4]};
                    end
                    `MGMT_COAL_QUEUE:      coal_sel         <= bus_wdata[7:0];
                    `MGMT_COAL_PACKETS:    coal_max_packets <= bus_wdata[15:0];
                    `MGMT_COAL_USECS:      coal_max_usecs   <= bus_wdata[15:0];
                    `MGMT_QUEUE_SELECT:    queue_sel        <= bus_wdata[7:0];
                    default: ;
                endcase
        end

    // Coalescing defaults go back with CLEAR, like the table they feed
    always @(posedge clk)
        if (rst || clear) begin
            def_rx_packets <= 16'd0;
            def_rx_usecs   <= 16'd0;
            def_tx_packets <= 16'd0;
            def_tx_usecs   <= 16'd0;
        end else if (bus_we)
            case (off)
                `MGMT_COAL_RX_PACKETS: def_rx_packets <= bus_wdata[15:0];
                `MGMT_COAL_RX_USECS:   def_rx_usecs   <= bus_wdata[15:0];
                `MGMT_COAL_TX_PACKETS: def_tx_packets <= bus_wdata[15:0];
                `MGMT_COAL_TX_USECS:   def_tx_usecs   <= bus_wdata[15:0];
                default: ;
            endcase
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
