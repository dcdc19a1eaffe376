// SPDX-License-Identifier: Apache-2.0
// Management registers of the card itself: identity, events, features, switches, link and the control queue's handshake.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module mgmt_core #(
    parameter DATA_W = 128,
    parameter QUEUE_PAIRS = 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter MAX_FRAME = 9216,
    parameter MAC_TABLE = 32,
    parameter MAC_KIND = 1,
    parameter ADDR_W = 64,
    parameter PACKED_RINGS = 1,
    parameter STEERING = 1,
    parameter VLAN_FILTER = 1,
    parameter RX_CHECKSUM = 1,
    parameter CORE_HZ = 250000000
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    output reg         tick_us,
    // register bus
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire        bus_re,
    output wire [31:0] bus_rdata,
    output wire        mgmt_irq,
    // events, one bit each in the order of EVENT_STATUS
    input  wire [7:0]  events,
    // device_status
    input  wire [7:0]  host_status,
    input  wire [15:0] host_count,
    input  wire [7:0]  device_status,
    output wire        fw_status_we,
    output wire        fw_heartbeat,
    output reg  [31:0] hold_limit_us,
    output reg  [31:0] watchdog_us,
    // features
    input  wire [63:0] driver_features,
    output reg  [63:0] device_features,
    output reg  [63:0] active_features,
    // data path
    output reg         tx_enable,
    output reg         rx_enable,
    output reg         quiesce,
    input  wire        host_reset,
    output reg         multi_pair,
    output wire        fw_quiesce,              // pulse: firmware sets QUIESCE
    output reg         clear,
    input  wire        clearing,
    input  wire        quiet,
    input  wire        tx_idle,
    input  wire        rx_idle,
    // link
    input  wire        link_up,
    input  wire [1:0]  fault,
    output reg         pause_rx,
    output reg         pause_tx,
    // control queue
    input  wire        ctl_pending,
    input  wire        ctl_too_long,
    input  wire [15:0] ctl_length,
    input  wire [31:0] ctl_capacity,
    output wire        ctl_done,
    // counters
    output wire        snapshot,
    input  wire        copying
);
    localparam [31:0] CYCLES_US = CORE_HZ / 1000000;
    localparam TICK_W = (CYCLES_US > 1) ? $clog2(CYCLES_US) : 1;
    localparam [31:0] LAST_CYCLE = CYCLES_US - 32'd1;
    localparam [31:0] QUEUES_WORD = (QUEUE_SIZE_MAX << `MGMT_PARAM_QUEUES_SIZE_MAX_LSB) | QUEUE_PAIRS;
    localparam [31:0] WIDTH_WORD  = (MAC_KIND << `MGMT_PARAM_WIDTH_MAC_KIND_LSB) | DATA_W;
    localparam [31:0] FRAME_WORD  = (MAC_TABLE << `MGMT_PARAM_FRAME_MAC_TABLE_LSB) | MAX_FRAME;
    localparam [31:0] CAPABILITIES_WORD = (ADDR_W << `MGMT_CAPABILITIES_ADDR_W_LSB)
                                          | (PACKED_RINGS != 0 ? `MGMT_CAPABILITIES_PACKED_RINGS : 32'd0)
                                          | (STEERING != 0     ? `MGMT_CAPABILITIES_STEERING     : 32'd0)
                                          | (VLAN_FILTER != 0  ? `MGMT_CAPABILITIES_VLAN_FILTER  : 32'd0)
                                          | (RX_CHECKSUM != 0  ? `MGMT_CAPABILITIES_RX_CHECKSUM  : 32'd0);
    localparam [31:0] HZ_WORD     = CORE_HZ;

    localparam LO_ENTRY = 21;                 // CYCLES_LO among the entries read, from the last

    wire [16:0] off = {bus_addr[16:2], 2'b00};

    reg [31:0] scratch;
    reg [63:0] cycles;
    reg [31:0] cycles_hi;
    reg [TICK_W-1:0] prescale;
    reg [7:0]  status;
    reg [7:0]  enable;

    assign mgmt_irq     = |(status & enable);
    assign fw_status_we = bus_we && off == `MGMT_DEVICE_STATUS;
    assign fw_heartbeat = bus_we && (off == `MGMT_HEARTBEAT || off == `MGMT_WATCHDOG_US);
    assign fw_quiesce   = bus_we && off == `MGMT_DATAPATH && (bus_wdata & `MGMT_DATAPATH_QUIESCE) != 0 && !quiesce;
    assign ctl_done     = bus_we && off == `MGMT_CTRL_DONE;
    assign snapshot     = bus_we && off == `MGMT_STATS_SNAPSHOT && bus_wdata[0];

    wire [28:0] chosen;

    reg_read #(.ENTRIES(29)) read_i (
        .clk(clk), .re(bus_re), .rdata(bus_rdata), .chosen(chosen),
        .entries({
            off == `MGMT_ID,                 `MGMT_ID_RESET,
            off == `MGMT_VERSION,            `MGMT_VERSION_RESET,
            off == `MGMT_PARAM_QUEUES,       QUEUES_WORD,
            off == `MGMT_PARAM_WIDTH,        WIDTH_WORD,
            off == `MGMT_PARAM_FRAME,        FRAME_WORD,
            off == `MGMT_CORE_HZ,            HZ_WORD,
            off == `MGMT_SCRATCH,            scratch,
            off == `MGMT_CYCLES_LO,          cycles[31:0],
            off == `MGMT_CYCLES_HI,          cycles_hi,
            off == `MGMT_CAPABILITIES,       CAPABILITIES_WORD,
            off == `MGMT_EVENT_STATUS,       {24'd0, status},
            off == `MGMT_EVENT_ENABLE,       {24'd0, enable},
            off == `MGMT_HOST_STATUS,        {host_count, 8'd0, host_status},
            off == `MGMT_DEVICE_STATUS,      {24'd0, device_status},
            off == `MGMT_DRIVER_FEATURES_LO, driver_features[31:0],
            off == `MGMT_DRIVER_FEATURES_HI, driver_features[63:32],
            off == `MGMT_DEVICE_FEATURES_LO, device_features[31:0],
            off == `MGMT_DEVICE_FEATURES_HI, device_features[63:32],
            off == `MGMT_ACTIVE_FEATURES_LO, active_features[31:0],
            off == `MGMT_ACTIVE_FEATURES_HI, active_features[63:32],
            off == `MGMT_HOLD_LIMIT_US,      hold_limit_us,
            off == `MGMT_DATAPATH,           {27'd0, multi_pair, clear || clearing, quiesce, rx_enable, tx_enable},
            off == `MGMT_DATAPATH_STATUS,    {29'd0, rx_idle, tx_idle, quiet},
            off == `MGMT_LINK,               {29'd0, fault, link_up},
            off == `MGMT_MAC_CONTROL,        {30'd0, pause_tx, pause_rx},
            off == `MGMT_CTRL_STATE,         {ctl_length, 14'd0, ctl_too_long, ctl_pending},
            off == `MGMT_CTRL_CAPACITY,      ctl_capacity,
            off == `MGMT_WATCHDOG_US,        watchdog_us,
            off == `MGMT_STATS_SNAPSHOT,     {31'd0, copying}
        })
    );

    // Time
    always @(posedge clk)
        if (rst) begin
            cycles    <= 64'd0;
            cycles_hi <= 32'd0;
            prescale  <= {TICK_W{1'b0}};
            tick_us   <= 1'b0;
        end else begin
            cycles <= cycles + 1'b1;
            if (chosen[LO_ENTRY]) cycles_hi <= cycles[63:32];
            tick_us  <= prescale == LAST_CYCLE[TICK_W-1:0];
            prescale <= (prescale == LAST_CYCLE[TICK_W-1:0]) ? {TICK_W{1'b0}} : prescale + 1'b1;
        end

    // Registers
    always @(posedge clk)
        if (rst) begin
            scratch         <= 32'd0;
            status          <= 8'd0;
            enable          <= 8'd0;
            hold_limit_us   <= `MGMT_HOLD_LIMIT_US_RESET;
            watchdog_us     <= 32'd0;
            device_features <= 64'd0;
            active_features <= 64'd0;
            {multi_pair, clear, quiesce, rx_enable, tx_enable} <= 5'd0;
            {pause_tx, pause_rx} <= 2'd0;
        end else begin
            clear  <= 1'b0;
            // an event in the cycle of its clearing stays
            status <= ((bus_we && off == `MGMT_EVENT_STATUS) ? status & ~bus_wdata[7:0] : status) | events;
            if (bus_we)
                case (off)
                    `MGMT_SCRATCH:            scratch                <= bus_wdata;
                    `MGMT_EVENT_ENABLE:       enable                 <= bus_wdata[7:0];
                    `MGMT_DEVICE_FEATURES_LO: device_features[31:0]  <= bus_wdata;
                    `MGMT_DEVICE_FEATURES_HI: device_features[63:32] <= bus_wdata;
                    `MGMT_ACTIVE_FEATURES_LO: active_features[31:0]  <= bus_wdata;
                    `MGMT_ACTIVE_FEATURES_HI: active_features[63:32] <= bus_wdata;
                    `MGMT_HOLD_LIMIT_US:      hold_limit_us          <= bus_wdata;
                    `MGMT_WATCHDOG_US:        watchdog_us            <= bus_wdata;
                    `MGMT_DATAPATH:           {multi_pair, clear, quiesce, rx_enable, tx_enable} <= bus_wdata[4:0];
                    `MGMT_MAC_CONTROL:        {pause_tx, pause_rx}   <= bus_wdata[1:0];
                    default: ;
                endcase
            if (host_reset) quiesce <= 1'b1;
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
