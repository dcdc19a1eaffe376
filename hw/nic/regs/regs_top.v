// SPDX-License-Identifier: Apache-2.0
// All registers of the card. It only wires; long because every setting and state of the card passes through it:
//   host port -> axil_slave -> pci_config | bar_common (+ status_hold, queue_ctl) | bar_device | bar_vendor | MSI-X port
//   management port -> axil_slave -> mgmt_core | mgmt_config | mgmt_steering | mgmt_vlan | control queue's RAM | stats
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // most features are kept for firmware only
module regs_top #(
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
    input  wire                   clk,
    input  wire                   rst,
    output wire                   tick_us,
    // host port: BAR at 0, PCI configuration space at 0x10000
    input  wire [16:0]            s_axil_host_awaddr,
    input  wire                   s_axil_host_awvalid,
    output wire                   s_axil_host_awready,
    input  wire [31:0]            s_axil_host_wdata,
    input  wire [3:0]             s_axil_host_wstrb,
    input  wire                   s_axil_host_wvalid,
    output wire                   s_axil_host_wready,
    output wire [1:0]             s_axil_host_bresp,
    output wire                   s_axil_host_bvalid,
    input  wire                   s_axil_host_bready,
    input  wire [16:0]            s_axil_host_araddr,
    input  wire                   s_axil_host_arvalid,
    output wire                   s_axil_host_arready,
    output wire [31:0]            s_axil_host_rdata,
    output wire [1:0]             s_axil_host_rresp,
    output wire                   s_axil_host_rvalid,
    input  wire                   s_axil_host_rready,
    // management port
    input  wire [15:0]            s_axil_mgmt_awaddr,
    input  wire                   s_axil_mgmt_awvalid,
    output wire                   s_axil_mgmt_awready,
    input  wire [31:0]            s_axil_mgmt_wdata,
    input  wire [3:0]             s_axil_mgmt_wstrb,
    input  wire                   s_axil_mgmt_wvalid,
    output wire                   s_axil_mgmt_wready,
    output wire [1:0]             s_axil_mgmt_bresp,
    output wire                   s_axil_mgmt_bvalid,
    input  wire                   s_axil_mgmt_bready,
    input  wire [15:0]            s_axil_mgmt_araddr,
    input  wire                   s_axil_mgmt_arvalid,
    output wire                   s_axil_mgmt_arready,
    output wire [31:0]            s_axil_mgmt_rdata,
    output wire [1:0]             s_axil_mgmt_rresp,
    output wire                   s_axil_mgmt_rvalid,
    input  wire                   s_axil_mgmt_rready,
    output wire                   mgmt_irq,
    // ring engines
    output wire                   qcfg_tx_valid,
    output wire                   qcfg_rx_valid,
    output wire [7:0]             qcfg_queue,
    output wire [2:0]             qcfg_field,
    output wire [63:0]            qcfg_data,
    output wire                   kick_tx_valid,
    output wire                   kick_rx_valid,
    output wire [7:0]             kick_queue,
    input  wire [QUEUE_PAIRS:0]   q_busy_tx,
    input  wire [QUEUE_PAIRS:0]   q_broken_tx,
    input  wire [QUEUE_PAIRS-1:0] q_busy_rx,
    input  wire [QUEUE_PAIRS-1:0] q_broken_rx,
    input  wire                   err_tx_valid,
    input  wire [7:0]             err_tx_queue,
    input  wire [3:0]             err_tx_code,
    input  wire                   err_rx_valid,
    input  wire [7:0]             err_rx_queue,
    input  wire [3:0]             err_rx_code,
    output wire                   dbg_rx,       // the queue whose indices are wanted: a receive queue
    output wire [7:0]             dbg_queue,
    input  wire [15:0]            dbg_avail_seen,
    input  wire [15:0]            dbg_used,
    output wire                   cfg_packed,
    output wire                   cfg_event_idx,
    output wire                   cfg_indirect,
    output wire                   cfg_mrg_rxbuf,
    output wire                   cfg_guest_csum,
    output wire                   cfg_hash_report,
    output wire                   tx_enable,
    output wire                   rx_enable,
    // receive filter and writer
    output wire [5:0]             cfg_mode,
    output wire [47:0]            cfg_mac,
    output wire [15:0]            cfg_mtu,
    output wire [7:0]             cfg_steer,
    output wire [15:0]            rx_wait_cycles,
    output wire                   tab_we,
    output wire [7:0]             tab_index,
    output wire [47:0]            tab_mac,
    output wire                   tab_valid,
    output wire                   tab_steer,
    output wire [7:0]             tab_queue,
    output wire                   tab_clear,
    output wire [1:0]             cfg_steering,
    output wire [7:0]             cfg_pairs,
    output wire [8:0]             cfg_hash_types,
    output wire [319:0]           cfg_hash_key,
    output wire [7:0]             cfg_unclassified,
    output wire [6:0]             cfg_table_mask,
    output wire                   rss_we,
    output wire [6:0]             rss_index,
    output wire [7:0]             rss_queue,
    input  wire [7:0]             rss_word,
    output wire                   cfg_vlan,
    output wire                   vlan_we,
    output wire [6:0]             vlan_index,
    output wire [31:0]            vlan_bits,
    input  wire [31:0]            vlan_word,
    // coalescing
    output wire                   coal_we,
    output wire [7:0]             coal_gq,
    output wire [15:0]            coal_max_packets,
    output wire [15:0]            coal_max_usecs,
    output wire [7:0]             coal_sel,
    input  wire [15:0]            coal_rd_packets,
    input  wire [15:0]            coal_rd_usecs,
    output wire                   coal_start_valid,
    output wire [7:0]             coal_start_gq,
    output wire [15:0]            def_rx_packets,
    output wire [15:0]            def_rx_usecs,
    output wire [15:0]            def_tx_packets,
    output wire [15:0]            def_tx_usecs,
    // MSI-X: read data of reg_addr at most two cycles later
    output wire                   reg_we,
    output wire                   reg_sel_pba,
    output wire [11:0]            reg_addr,
    output wire [31:0]            reg_wdata,
    output wire [3:0]             reg_wstrb,
    input  wire [31:0]            reg_rdata,
    output wire                   vec_we,
    output wire [7:0]             vec_gq,
    output wire [15:0]            vec_value,
    output wire                   cfgvec_we,
    output wire [15:0]            cfgvec_value,
    output reg                    config_irq,
    output wire                   msix_enable,
    output wire                   msix_fmask,
    input  wire                   isr_queue,
    input  wire                   isr_config,
    // control queue
    input  wire                   ctl_pending,
    input  wire                   ctl_too_long,
    input  wire [15:0]            ctl_length,
    input  wire [31:0]            ctl_capacity,
    output wire                   ctl_done_valid,
    output wire [15:0]            ctl_done_length,
    output wire                   ctl_stop,     // give up the command: its queue is being stopped
    output wire [3:0]             ctl_ram_we,
    output wire [9:0]             ctl_ram_addr,
    output wire [31:0]            ctl_ram_wdata,
    input  wire [31:0]            ctl_ram_rdata,
    // MAC
    input  wire                   link_up,
    input  wire [1:0]             fault,
    output wire                   cfg_pause_rx,
    output wire                   cfg_pause_tx,
    // data path
    input  wire                   dma_idle,
    input  wire                   tx_idle,
    input  wire                   rx_idle,
    output wire                   clear,
    // counters: bit i counts counter i of ferrule.rdl; the bits that this block counts itself (see `own`) are 0 outside
    input  wire [`STAT_COUNT-1:0]      stat_inc,
    input  wire [`AMOUNT_COUNT*16-1:0] stat_amount,  // in the order of AMOUNT_*
    input  wire                   busy,
    output wire                   regs_busy
);
    localparam QUEUES = 2 * QUEUE_PAIRS + 1;
    localparam GQ_W = $clog2(QUEUES);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [7:0] GQ_CTRL = 2 * QUEUE_PAIRS;
    /* verilator lint_on WIDTHTRUNC */

    // ---- ports to register buses
    wire [16:0] h_addr;
    wire [16:0] h_next;
    wire        h_we;
    wire [31:0] h_wdata;
    wire [3:0]  h_wstrb;
    wire        h_re;
    wire        h_hold;
    wire        h_busy;
    wire [15:0] m_addr;
    wire [15:0] m_next;
    wire        m_we;
    wire [31:0] m_wdata;
    wire [3:0]  m_wstrb;
    wire        m_re;
    wire        m_busy;

    wire [31:0] h_rdata;
    wire [31:0] m_rdata;

    axil_slave #(.ADDR_W(17)) host_port (
        .clk(clk), .rst(rst),
        .s_axil_awaddr(s_axil_host_awaddr), .s_axil_awvalid(s_axil_host_awvalid), .s_axil_awready(s_axil_host_awready),
        .s_axil_wdata(s_axil_host_wdata), .s_axil_wstrb(s_axil_host_wstrb), .s_axil_wvalid(s_axil_host_wvalid),
        .s_axil_wready(s_axil_host_wready), .s_axil_bresp(s_axil_host_bresp), .s_axil_bvalid(s_axil_host_bvalid),
        .s_axil_bready(s_axil_host_bready), .s_axil_araddr(s_axil_host_araddr), .s_axil_arvalid(s_axil_host_arvalid),
        .s_axil_arready(s_axil_host_arready), .s_axil_rdata(s_axil_host_rdata), .s_axil_rresp(s_axil_host_rresp),
        .s_axil_rvalid(s_axil_host_rvalid), .s_axil_rready(s_axil_host_rready),
        .next_addr(h_next), .bus_addr(h_addr), .bus_we(h_we), .bus_wdata(h_wdata), .bus_wstrb(h_wstrb), .bus_re(h_re),
        .bus_rdata(h_rdata), .bus_hold(h_hold), .busy(h_busy)
    );
    axil_slave #(.ADDR_W(16)) mgmt_port (
        .clk(clk), .rst(rst),
        .s_axil_awaddr(s_axil_mgmt_awaddr), .s_axil_awvalid(s_axil_mgmt_awvalid), .s_axil_awready(s_axil_mgmt_awready),
        .s_axil_wdata(s_axil_mgmt_wdata), .s_axil_wstrb(s_axil_mgmt_wstrb), .s_axil_wvalid(s_axil_mgmt_wvalid),
        .s_axil_wready(s_axil_mgmt_wready), .s_axil_bresp(s_axil_mgmt_bresp), .s_axil_bvalid(s_axil_mgmt_bvalid),
        .s_axil_bready(s_axil_mgmt_bready), .s_axil_araddr(s_axil_mgmt_araddr), .s_axil_arvalid(s_axil_mgmt_arvalid),
        .s_axil_arready(s_axil_mgmt_arready), .s_axil_rdata(s_axil_mgmt_rdata), .s_axil_rresp(s_axil_mgmt_rresp),
        .s_axil_rvalid(s_axil_mgmt_rvalid), .s_axil_rready(s_axil_mgmt_rready),
        .next_addr(m_next), .bus_addr(m_addr), .bus_we(m_we), .bus_wdata(m_wdata), .bus_wstrb(m_wstrb), .bus_re(m_re),
        .bus_rdata(m_rdata), .bus_hold(1'b0), .busy(m_busy)
    );

    // ---- address decode: a structure is a 4 KiB page; decoded with the address on its way, out of the blocks' way
    wire [16:0] h_page = {h_next[16:12], 12'd0};
    wire [16:0] h_off  = {5'd0, h_addr[11:0]};
    wire        in_pci = h_addr[16];
    reg         in_common;
    reg         in_notify;
    reg         in_table;
    reg         in_pba;
    reg         in_vendor;

    wire [16:0] m_page = {1'b0, m_next[15:12], 12'd0};
    wire [16:0] m_off  = {8'd0, m_addr[8:0]};       // of what is in_regs
    reg         in_ram;
    reg         in_stats;
    reg         in_regs;

    always @(posedge clk) begin
        in_common <= {h_next[16:6], 6'd0} == `BAR_COMMON;           // the structure has 64 bytes
        in_notify <= h_page == `BAR_NOTIFY;
        in_table  <= h_page == `BAR_MSIX_TABLE;
        in_pba    <= h_page == `BAR_MSIX_PBA;
        in_vendor <= h_page == `BAR_VENDOR;
        in_ram    <= m_page == `MGMT_CTRL_RAM;
        in_stats  <= m_page == `MGMT_STATS_WINDOW;
        in_regs   <= {1'b0, m_next[15:9], 9'd0} == `MGMT_ID;        // 512 bytes from the first register on
    end

    wire        m_we_reg = m_we && in_regs && m_wstrb == 4'hf;
    wire        m_re_reg = m_re && in_regs;

    wire [31:0] rd_pci;
    wire [31:0] rd_common;
    wire [31:0] rd_device;
    wire [31:0] rd_vendor;
    wire [31:0] rd_core;
    wire [31:0] rd_config;
    wire [31:0] rd_steering;
    wire [31:0] rd_vlan;
    wire [31:0] rd_stats;
    wire [31:0] rd_windows;
    wire [1:0]  windows;
    wire        common_hold;

    assign h_hold = in_common && common_hold;

    // blocks that are not addressed give 0
    reg_read #(.ENTRIES(2)) windows_i (
        .clk(clk), .re(m_re), .rdata(rd_windows), .chosen(windows),
        .entries({in_ram, ctl_ram_rdata, in_stats, rd_stats})
    );

    assign h_rdata = (in_pci ? rd_pci : 32'd0) | rd_common | rd_device | rd_vendor | ((in_table || in_pba) ? reg_rdata : 32'd0);
    assign m_rdata = rd_core | rd_config | rd_windows | (in_regs ? rd_steering | rd_vlan : 32'd0);

    // ---- host side
    wire [63:0] device_features;
    wire [63:0] driver_features;
    wire [63:0] active_features;
    wire        multi_pair;
    wire        quiesce;
    wire        clearing;
    wire        status_we;
    wire        status_re;
    wire        status_hold;
    wire [7:0]  device_status;
    wire [7:0]  config_generation;
    wire [7:0]  sel_gq;
    wire        word_we;
    wire        word_re;
    wire [2:0]  word;
    wire        enable_we;
    wire        reset_we;
    wire [31:0] word_rdata;
    wire        word_busy;
    wire [QUEUES-1:0] enabled;
    wire [QUEUES-1:0] resetting;
    wire [QUEUES-1:0] gq_busy;
    wire [QUEUES-1:0] gq_broken;

    pci_config #(.QUEUE_PAIRS(QUEUE_PAIRS)) pci_i (
        .clk(clk), .rst(rst), .bus_addr(h_addr), .bus_we(h_we && in_pci), .bus_wdata(h_wdata), .bus_wstrb(h_wstrb),
        .bus_re(h_re && in_pci), .bus_rdata(rd_pci), .msix_enable(msix_enable), .msix_fmask(msix_fmask)
    );

    bar_common #(.QUEUE_PAIRS(QUEUE_PAIRS)) common_i (
        .clk(clk), .rst(rst), .bus_addr({11'd0, h_addr[5:0]}), .bus_we(h_we && in_common), .bus_wdata(h_wdata), .bus_wstrb(h_wstrb),
        .bus_re(h_re && in_common), .bus_rdata(rd_common), .bus_hold(common_hold),
        .cfg_device_features(device_features), .cfg_multi_pair(multi_pair), .clear(clear),
        .driver_features(driver_features), .status_we(status_we), .status_re(status_re), .status_value(device_status),
        .status_hold(status_hold), .config_generation(config_generation), .cfgvec_we(cfgvec_we), .cfgvec_value(cfgvec_value),
        .sel_gq(sel_gq), .queue_word_we(word_we), .queue_word_re(word_re), .queue_word(word),
        .queue_enable_we(enable_we), .queue_reset_we(reset_we), .queue_rdata(word_rdata), .queue_rd_busy(word_busy),
        .queue_enabled(enabled[sel_gq[GQ_W-1:0]]), .queue_resetting(resetting[sel_gq[GQ_W-1:0]])
    );

    wire [47:0] config_mac;
    wire [1:0]  config_status;
    wire [15:0] config_mtu;
    wire [31:0] config_speed;
    wire [7:0]  config_duplex;
    wire        config_changed;
    wire        config_notify;

    assign cfg_mac = config_mac;

    bar_device #(.QUEUE_PAIRS(QUEUE_PAIRS)) device_i (
        .clk(clk), .rst(rst), .bus_addr(h_addr), .bus_re(h_re), .bus_rdata(rd_device),
        .cfg_mac(config_mac), .cfg_status({14'd0, config_status}), .cfg_mtu(config_mtu), .cfg_speed(config_speed),
        .cfg_duplex(config_duplex), .changed(config_changed), .notify(config_notify),
        .config_generation(config_generation), .clear(clear), .isr_queue(isr_queue), .isr_config(isr_config || config_irq)
    );

    assign reg_we      = h_we && (in_table || in_pba);
    assign reg_sel_pba = in_pba;
    assign reg_addr    = h_addr[11:0];
    assign reg_wdata   = h_wdata;
    assign reg_wstrb   = h_wstrb;

    // ---- device_status
    wire        fw_status_we;
    wire        fw_heartbeat;
    wire [31:0] hold_limit_us;
    wire [31:0] watchdog_us;
    wire [7:0]  host_status;
    wire [15:0] host_count;
    wire        evt_status_write;
    wire        evt_host_reset;
    wire        evt_timeout;
    wire        evt_watchdog;

    status_hold hold_i (
        .clk(clk), .rst(rst), .tick_us(tick_us), .cfg_hold_limit_us(hold_limit_us), .cfg_watchdog_us(watchdog_us),
        .host_we(status_we), .host_data(h_wdata[7:0]), .host_re(status_re), .host_hold(status_hold),
        .fw_we(fw_status_we), .fw_data(m_wdata[7:0]), .fw_count(m_wdata[31:16]), .fw_heartbeat(fw_heartbeat),
        .host_status(host_status), .host_count(host_count), .device_status(device_status),
        .evt_write(evt_status_write), .evt_reset(evt_host_reset), .evt_timeout(evt_timeout), .evt_watchdog(evt_watchdog)
    );


    // ---- queues
    wire        settled;
    wire        fw_quiesce;
    reg         stop_all;
    wire [7:0]  queue_sel;
    wire        index_we;
    wire [15:0] index_value;
    wire        evt_enable;
    wire        evt_reset;
    wire        evt_kick;
    wire        kick_valid;
    wire [7:0]  kick_gq;
    wire [16:0] notify_index = {7'd0, h_addr[11:2]};
    wire        notify_valid = notify_index < (multi_pair ? {9'd0, GQ_CTRL} + 17'd1 : 17'd3);
    wire [7:0]  notify_gq    = (!multi_pair && notify_index == 17'd2) ? GQ_CTRL : notify_index[7:0];

    queue_ctl #(.QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX)) queues_i (
        .clk(clk), .rst(rst), .cfg_packed(cfg_packed), .sel_gq(sel_gq), .word_we(word_we), .word_re(word_re), .word(word), .word_strb(h_wstrb),
        .word_data(h_wdata), .word_rdata(word_rdata), .word_busy(word_busy), .enable_we(enable_we), .reset_we(reset_we),
        .kick_we(h_we && in_notify && notify_valid), .kick_gq(notify_gq),
        .quiesce(quiesce), .stop_all(stop_all), .clear(clear), .clearing(clearing), .settled(settled),
        .fw_gq(queue_sel), .index_we(index_we), .index_data(m_wdata[15:0]), .index_value(index_value),
        .queue_busy(gq_busy), .enabled(enabled), .resetting(resetting), .ctl_stop(ctl_stop),
        .qcfg_tx_valid(qcfg_tx_valid), .qcfg_rx_valid(qcfg_rx_valid), .qcfg_queue(qcfg_queue), .qcfg_field(qcfg_field),
        .qcfg_data(qcfg_data), .kick_valid(kick_valid), .kick_out_gq(kick_gq),
        .coal_start_valid(coal_start_valid), .coal_start_gq(coal_start_gq), .vec_we(vec_we), .vec_gq(vec_gq),
        .vec_value(vec_value), .evt_enable(evt_enable), .evt_reset(evt_reset), .evt_kick(evt_kick)
    );

    // out of registers, as much hangs on either; needing a reset is announced like a change of configuration
    always @(posedge clk)
        if (rst) begin
            stop_all   <= 1'b0;
            config_irq <= 1'b0;
        end else begin
            stop_all   <= evt_host_reset || fw_quiesce;
            config_irq <= config_notify || evt_watchdog || evt_timeout;
        end

    assign kick_tx_valid = kick_valid && (kick_gq[0] || kick_gq == GQ_CTRL);
    assign kick_rx_valid = kick_valid && !kick_gq[0] && kick_gq != GQ_CTRL;
    assign kick_queue    = {1'b0, kick_gq[7:1]};

    generate
        genvar q;
        for (q = 0; q < QUEUE_PAIRS; q = q + 1) begin : g_pair
            assign gq_busy[2*q]     = q_busy_rx[q];
            assign gq_busy[2*q+1]   = q_busy_tx[q];
            assign gq_broken[2*q]   = q_broken_rx[q];
            assign gq_broken[2*q+1] = q_broken_tx[q];
        end
    endgenerate
    assign gq_busy[QUEUES-1]   = q_busy_tx[QUEUE_PAIRS];
    assign gq_broken[QUEUES-1] = q_broken_tx[QUEUE_PAIRS];

    wire       log_valid;
    wire [7:0] log_gq;
    wire [3:0] log_code;
    wire       log_pop;
    wire [3:0] last_code;
    wire       evt_error;
    wire [9:1] evt_code;
    wire       sel_rx = !queue_sel[0] && queue_sel != GQ_CTRL;
    wire [GQ_W-1:0] qs = queue_sel[GQ_W-1:0];
    wire       qs_there = queue_sel <= GQ_CTRL;

    error_log #(.QUEUE_PAIRS(QUEUE_PAIRS)) errors_i (
        .clk(clk), .rst(rst), .err_tx_valid(err_tx_valid), .err_tx_queue(err_tx_queue), .err_tx_code(err_tx_code),
        .err_rx_valid(err_rx_valid), .err_rx_queue(err_rx_queue), .err_rx_code(err_rx_code),
        .log_valid(log_valid), .log_gq(log_gq), .log_code(log_code), .log_pop(log_pop), .code_gq(queue_sel), .code(last_code),
        .forget_valid(coal_start_valid), .forget_gq(coal_start_gq), .evt_error(evt_error), .evt_code(evt_code)
    );

    assign dbg_queue = {1'b0, queue_sel[7:1]};
    assign dbg_rx    = sel_rx;

    // ---- management side
    wire snapshot_mgmt;
    wire copying_mgmt;
    reg  link_was;
    reg  ctl_was;
    wire ctl_begins = ctl_pending && !ctl_was;

    mgmt_core #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME),
        .MAC_TABLE(MAC_TABLE), .MAC_KIND(MAC_KIND), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING),
        .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM), .CORE_HZ(CORE_HZ)
    ) core_i (
        .clk(clk), .rst(rst), .tick_us(tick_us), .bus_addr(m_off), .bus_we(m_we_reg), .bus_wdata(m_wdata), .bus_re(m_re_reg),
        .bus_rdata(rd_core), .mgmt_irq(mgmt_irq),
        .events({evt_timeout, evt_watchdog, evt_error, link_was != link_up, ctl_begins, evt_reset, evt_enable, evt_status_write}),
        .host_status(host_status), .host_count(host_count), .device_status(device_status), .fw_status_we(fw_status_we),
        .fw_heartbeat(fw_heartbeat), .hold_limit_us(hold_limit_us), .watchdog_us(watchdog_us),
        .driver_features(driver_features), .device_features(device_features), .active_features(active_features),
        .tx_enable(tx_enable), .rx_enable(rx_enable), .quiesce(quiesce), .host_reset(evt_host_reset), .multi_pair(multi_pair),
        .fw_quiesce(fw_quiesce), .clear(clear), .clearing(clearing), .quiet(settled && dma_idle && gq_busy == 0),
        .tx_idle(tx_idle), .rx_idle(rx_idle), .link_up(link_up), .fault(fault), .pause_rx(cfg_pause_rx), .pause_tx(cfg_pause_tx),
        .ctl_pending(ctl_pending), .ctl_too_long(ctl_too_long), .ctl_length(ctl_length), .ctl_capacity(ctl_capacity),
        .ctl_done(ctl_done_valid), .snapshot(snapshot_mgmt), .copying(copying_mgmt)
    );

    mgmt_config config_i (
        .clk(clk), .rst(rst), .clear(clear), .bus_addr(m_off), .bus_we(m_we_reg), .bus_wdata(m_wdata), .bus_re(m_re_reg),
        .bus_rdata(rd_config), .cfg_mac(config_mac), .cfg_status(config_status), .cfg_mtu(config_mtu), .cfg_speed(config_speed),
        .cfg_duplex(config_duplex), .cfg_changed(config_changed), .cfg_notify(config_notify),
        .rx_mode(cfg_mode), .rx_mtu(cfg_mtu), .rx_steer(cfg_steer), .rx_wait_cycles(rx_wait_cycles),
        .tab_we(tab_we), .tab_index(tab_index), .tab_mac(tab_mac), .tab_valid(tab_valid), .tab_steer(tab_steer),
        .tab_queue(tab_queue), .coal_sel(coal_sel), .coal_we(coal_we), .coal_max_packets(coal_max_packets),
        .coal_max_usecs(coal_max_usecs), .coal_rd_packets(coal_rd_packets), .coal_rd_usecs(coal_rd_usecs),
        .def_rx_packets(def_rx_packets), .def_rx_usecs(def_rx_usecs), .def_tx_packets(def_tx_packets),
        .def_tx_usecs(def_tx_usecs), .queue_sel(queue_sel), .queue_index_we(index_we),
        .queue_state(qs_there ? {20'd0, last_code, 5'd0, gq_broken[qs], gq_busy[qs], enabled[qs]} : 32'd0),
        .queue_index(index_value),
        .queue_indices({dbg_used, dbg_avail_seen}),
        .log_entry(log_valid ? {20'h80000, log_code, log_gq} : 32'd0), .log_pop(log_pop)
    );

    // what the card has not is 0 to everybody
    generate
        if (STEERING != 0) begin : g_steering
            mgmt_steering steering_i (
                .clk(clk), .rst(rst), .clear(clear), .bus_addr(m_off), .bus_we(m_we_reg), .bus_wdata(m_wdata), .bus_re(m_re_reg),
                .bus_rdata(rd_steering), .mode(cfg_steering), .pairs(cfg_pairs), .hash_types(cfg_hash_types),
                .unclassified(cfg_unclassified), .table_mask(cfg_table_mask), .hash_key(cfg_hash_key),
                .rss_we(rss_we), .rss_index(rss_index), .rss_queue(rss_queue), .rss_word(rss_word)
            );
        end else begin : g_steering
            assign rd_steering      = 32'd0;
            assign cfg_steering     = 2'd0;
            assign cfg_pairs        = 8'd1;
            assign cfg_hash_types   = 9'd0;
            assign cfg_unclassified = 8'd0;
            assign cfg_table_mask   = 7'd0;
            assign cfg_hash_key     = 320'd0;
            assign rss_we           = 1'b0;
            assign rss_index        = 7'd0;
            assign rss_queue        = 8'd0;
        end
        if (VLAN_FILTER != 0) begin : g_vlan
            mgmt_vlan vlan_i (
                .clk(clk), .rst(rst), .clear(clear), .bus_addr(m_off), .bus_we(m_we_reg), .bus_wdata(m_wdata), .bus_re(m_re_reg),
                .bus_rdata(rd_vlan), .filter(cfg_vlan), .we(vlan_we), .index(vlan_index), .bits(vlan_bits), .word(vlan_word)
            );
        end else begin : g_vlan
            assign rd_vlan    = 32'd0;
            assign cfg_vlan   = 1'b0;
            assign vlan_we    = 1'b0;
            assign vlan_index = 7'd0;
            assign vlan_bits  = 32'd0;
        end
    endgenerate

    assign coal_gq   = coal_sel;
    assign tab_clear = clear;
    assign ctl_done_length = m_wdata[15:0];
    assign ctl_ram_we    = {4{m_we && in_ram}} & m_wstrb;
    assign ctl_ram_addr  = m_addr[11:2];
    assign ctl_ram_wdata = m_wdata;
    assign cfg_packed     = PACKED_RINGS != 0 && (active_features[63:32] & `MGMT_ACTIVE_FEATURES_HI_RING_PACKED) != 0;
    assign cfg_event_idx  = (active_features[31:0] & `MGMT_ACTIVE_FEATURES_LO_EVENT_IDX) != 0;
    assign cfg_indirect   = (active_features[31:0] & `MGMT_ACTIVE_FEATURES_LO_INDIRECT) != 0;
    assign cfg_mrg_rxbuf  = (active_features[31:0] & `MGMT_ACTIVE_FEATURES_LO_MRG_RXBUF) != 0;
    assign cfg_guest_csum = RX_CHECKSUM != 0 && (active_features[31:0] & `MGMT_ACTIVE_FEATURES_LO_GUEST_CSUM) != 0;
    assign cfg_hash_report = STEERING != 0 && (active_features[63:32] & `MGMT_ACTIVE_FEATURES_HI_HASH_REPORT) != 0;
    assign regs_busy      = h_busy || m_busy || mgmt_irq || !settled || clearing || status_hold;

    // ---- counters
    reg  [`STAT_COUNT-1:0] own;
    reg  [`STAT_COUNT-1:0] inc;                 // all a cycle late: many an event is the end of a long decision
    reg  [`AMOUNT_COUNT*16-1:0] amount;
    wire                   snapshot_host;
    wire                   copying_host;
    wire                   host_stats_re;
    wire [7:0]             host_stats_word;
    wire [31:0]            host_stats;

    always @* begin
        own = {`STAT_COUNT{1'b0}};
        own[`STAT_VQ_ERR_HEAD +: 9] = evt_code;
        own[`STAT_VQ_KICKS]       = evt_kick;
        own[`STAT_IRQ_CONFIG]     = config_irq;
        own[`STAT_BUSY_CYCLES]    = busy;
        own[`STAT_HOLD_TIMEOUTS]  = evt_timeout;
        own[`STAT_WATCHDOG_BITES] = evt_watchdog;
        own[`STAT_LINK_CHANGES]   = link_was != link_up;
    end

    always @(posedge clk)
        if (rst) begin
            link_was <= 1'b0;
            ctl_was  <= 1'b0;
            inc      <= {`STAT_COUNT{1'b0}};
        end else begin
            link_was <= link_up;
            ctl_was  <= ctl_pending;
            inc      <= stat_inc | own;
        end

    always @(posedge clk) amount <= stat_amount;

    stats stats_i (
        .clk(clk), .rst(rst), .inc(inc), .amount(amount),
        .mgmt_snapshot(snapshot_mgmt), .mgmt_copying(copying_mgmt), .mgmt_rd_en(m_re && in_stats),
        .mgmt_rd_word(m_addr[9:2]), .mgmt_rd_data(rd_stats),
        .host_snapshot(snapshot_host), .host_copying(copying_host), .host_rd_en(host_stats_re),
        .host_rd_word(host_stats_word), .host_rd_data(host_stats)
    );

    bar_vendor vendor_i (
        .clk(clk), .bus_addr(h_off), .bus_we(h_we && in_vendor), .bus_wdata(h_wdata), .bus_wstrb(h_wstrb),
        .bus_re(h_re && in_vendor), .bus_rdata(rd_vendor), .snapshot(snapshot_host), .copying(copying_host),
        .stats_re(host_stats_re), .stats_word(host_stats_word), .stats_data(host_stats)
    );
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
