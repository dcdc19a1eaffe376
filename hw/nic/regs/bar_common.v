// SPDX-License-Identifier: Apache-2.0
// The BAR's common configuration (struct virtio_pci_common_cfg): features and selectors are here, device_status is in
// status_hold, everything of the selected queue in queue_ctl. Accesses of 1, 2 and 4 bytes come as write strobes.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module bar_common #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // register bus, addresses in the structure
    input  wire [16:0] bus_addr,
    input  wire        bus_we,
    input  wire [31:0] bus_wdata,
    input  wire [3:0]  bus_wstrb,
    input  wire        bus_re,
    output wire [31:0] bus_rdata,
    output reg         bus_hold,
    // configuration
    input  wire [63:0] cfg_device_features,
    input  wire        cfg_multi_pair,          // queue index = gq
    input  wire        clear,
    // driver's features
    output reg  [63:0] driver_features,
    // device_status
    output wire        status_we,
    output wire        status_re,
    input  wire [7:0]  status_value,
    input  wire        status_hold,
    input  wire [7:0]  config_generation,
    // configuration vector
    output wire        cfgvec_we,
    output wire [15:0] cfgvec_value,
    // selected queue; its writes come only if there is such a queue
    output wire [7:0]  sel_gq,
    output wire        queue_word_we,           // words of queue_ctl's table; the strobes are those of the bus
    output wire        queue_word_re,
    output wire [2:0]  queue_word,
    output wire        queue_enable_we,
    output wire        queue_reset_we,
    input  wire [31:0] queue_rdata,
    input  wire        queue_rd_busy,
    input  wire        queue_enabled,
    input  wire        queue_resetting
);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [15:0] VECTORS = 2 * QUEUE_PAIRS + 2;
    localparam [15:0] NQ_ALL  = 2 * QUEUE_PAIRS + 1;
    localparam [7:0]  GQ_CTRL = 2 * QUEUE_PAIRS;
    /* verilator lint_on WIDTHTRUNC */
    // words that hold several registers; their lanes are fixed by the standard
    localparam [16:0] W_VECTOR = `COMMON_CONFIG_MSIX_VECTOR & 17'h1fffc;
    localparam [16:0] W_STATUS = `COMMON_DEVICE_STATUS & 17'h1fffc;
    localparam [16:0] W_SIZE   = `COMMON_QUEUE_SIZE & 17'h1fffc;
    localparam [16:0] W_ENABLE = `COMMON_QUEUE_ENABLE & 17'h1fffc;
    localparam [16:0] W_RESET  = `COMMON_QUEUE_RESET & 17'h1fffc;

    wire [16:0] off = {bus_addr[16:2], 2'b00};

    reg [31:0] device_select;
    reg [31:0] driver_select;
    reg [15:0] config_vector;
    reg [15:0] queue_select;
    integer    i;

    wire        is_addr = off >= `COMMON_QUEUE_DESC && off < `COMMON_QUEUE_NOTIF_CONFIG_DATA;
    wire        is_word = is_addr || off == W_SIZE;

    // queue_select -> gq; without MQ the control queue has index 2 however many pairs there are
    wire [15:0] num_queues = cfg_multi_pair ? NQ_ALL : 16'd3;
    wire        sel_valid = queue_select < num_queues;
    assign sel_gq    = (!cfg_multi_pair && queue_select == 16'd2) ? GQ_CTRL : queue_select[7:0];

    assign status_we       = bus_we && off == W_STATUS && bus_wstrb[0];
    assign status_re       = bus_re && bus_addr == `COMMON_DEVICE_STATUS;
    assign cfgvec_we       = clear || (bus_we && off == W_VECTOR && bus_wstrb[1:0] == 2'b11);
    assign cfgvec_value    = (clear || bus_wdata[15:0] >= VECTORS) ? 16'hffff : bus_wdata[15:0];
    assign queue_word      = is_addr ? off[4:2] : 3'd6;
    assign queue_word_we   = bus_we && is_word && sel_valid;
    assign queue_word_re   = bus_re && is_word;
    assign queue_enable_we = bus_we && off == W_ENABLE && bus_wstrb[1:0] == 2'b11 && bus_wdata[15:0] == 16'd1 && sel_valid;
    assign queue_reset_we  = bus_we && off == W_RESET && bus_wstrb[3:2] == 2'b11 && bus_wdata[31:16] == 16'd1 && sel_valid;

    wire device_low  = device_select == 32'd0;
    wire device_high = device_select == 32'd1;
    wire driver_low  = driver_select == 32'd0;
    wire driver_high = driver_select == 32'd1;
    wire [31:0] device_word = (device_low ? cfg_device_features[31:0] : 32'd0) | (device_high ? cfg_device_features[63:32] : 32'd0);
    wire [31:0] driver_word = (driver_low ? driver_features[31:0] : 32'd0) | (driver_high ? driver_features[63:32] : 32'd0);
    wire [8:0]  chosen;
    wire        unused_chosen = &{1'b0, chosen};

    reg_read #(.ENTRIES(9)) read_i (
        .clk(clk), .re(bus_re), .rdata(bus_rdata), .chosen(chosen),
        .entries({
            off == `COMMON_DEVICE_FEATURE_SELECT, device_select,
            off == `COMMON_DEVICE_FEATURE,        device_word,
            off == `COMMON_DRIVER_FEATURE_SELECT, driver_select,
            off == `COMMON_DRIVER_FEATURE,        driver_word,
            off == W_VECTOR,                      {num_queues, config_vector},
            off == W_STATUS,                      {queue_select, config_generation, status_value},
            // queue_notify_off is the index itself
            off == W_ENABLE && sel_valid,         {queue_select, 15'd0, queue_enabled},
            off == W_RESET && sel_valid,          {15'd0, queue_resetting, 16'd0},
            // the table's word is there when it is taken, and only then
            is_word && sel_valid,                 queue_rdata
        })
    );

    always @(posedge clk)
        // decided before the data: an answer that comes later is for the next try
        if (bus_re) bus_hold <= (bus_addr == `COMMON_DEVICE_STATUS && status_hold) || (is_word && queue_rd_busy);

    always @(posedge clk)
        if (rst || clear) begin
            device_select   <= 32'd0;
            driver_select   <= 32'd0;
            driver_features <= 64'd0;
            config_vector   <= 16'hffff;
            queue_select    <= 16'd0;
        end else begin
            if (cfgvec_we) config_vector <= cfgvec_value;
            for (i = 0; i < 4; i = i + 1)
                if (bus_we && bus_wstrb[i]) begin
                    if (off == `COMMON_DEVICE_FEATURE_SELECT) device_select[8*i +: 8] <= bus_wdata[8*i +: 8];
                    if (off == `COMMON_DRIVER_FEATURE_SELECT) driver_select[8*i +: 8] <= bus_wdata[8*i +: 8];
                    if (off == `COMMON_DRIVER_FEATURE && driver_low)  driver_features[8*i +: 8]      <= bus_wdata[8*i +: 8];
                    if (off == `COMMON_DRIVER_FEATURE && driver_high) driver_features[32 + 8*i +: 8] <= bus_wdata[8*i +: 8];
                end
            if (bus_we && off == W_STATUS) begin
                if (bus_wstrb[2]) queue_select[7:0]  <= bus_wdata[23:16];
                if (bus_wstrb[3]) queue_select[15:8] <= bus_wdata[31:24];
            end
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
