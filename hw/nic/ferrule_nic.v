// SPDX-License-Identifier: Apache-2.0
// The card. Read it as a map: registers | rings | transmit path | receive path | DMA | notification | MAC.
// Only wires; every block is explained in its own file. Longer than most files for its port list and its counters.
`default_nettype none
`include "ferrule_regs.vh"

module ferrule_nic #(
    parameter DATA_W         = 128,             // 64, 128, 256 or 512
    parameter QUEUE_PAIRS    = 1,               // 1 to 16
    parameter QUEUE_SIZE_MAX = 1024,            // descriptors, a power of two up to 32768
    parameter MAX_FRAME      = 9216,            // bytes on the wire with FCS
    parameter MAC_KIND       = 1,               // 0 XGMII (10G), 1 STREAM, 2 GMII (1G)
    parameter CORE_HZ        = 250000000,
    // what a small card does without
    parameter ADDR_W         = 64,              // bits of host addresses, 32 to 64
    parameter PACKED_RINGS   = 1,
    parameter STEERING       = 1,               // RSS, hash reports, automatic steering; more than one queue pair needs it
    parameter VLAN_FILTER    = 1,
    parameter RX_CHECKSUM    = 1,               // verdicts on received checksums
    parameter MAC_TABLE      = 32,              // addresses, a power of two from 2 to 128
    parameter RX_STORE       = 32768,           // bytes of received frames, 16384 or 32768
    parameter PREFETCH       = 64,              // chains or descriptors fetched ahead a queue, a power of two from 4 to 64
    parameter SHARED_RINGS   = 0,               // 1: one ring engine for all queues, for a gigabit
    parameter COMMAND_RAM    = 4096,            // bytes of a control command, a power of two from 512 to 4096
    parameter TX_STORE       = 2 * MAX_FRAME    // bytes of wire frames that wait for the MAC, up to 32768; below two frames there are gaps
) (
    // clocks
    input  wire                clk,
    input  wire                rst,
    input  wire                mac_tx_clk,
    input  wire                mac_tx_rst,
    input  wire                mac_rx_clk,
    input  wire                mac_rx_rst,
    // registers of the host: BAR at 0, PCI configuration space at 0x10000
    input  wire [16:0]         s_axil_host_awaddr,
    input  wire                s_axil_host_awvalid,
    output wire                s_axil_host_awready,
    input  wire [31:0]         s_axil_host_wdata,
    input  wire [3:0]          s_axil_host_wstrb,
    input  wire                s_axil_host_wvalid,
    output wire                s_axil_host_wready,
    output wire [1:0]          s_axil_host_bresp,
    output wire                s_axil_host_bvalid,
    input  wire                s_axil_host_bready,
    input  wire [16:0]         s_axil_host_araddr,
    input  wire                s_axil_host_arvalid,
    output wire                s_axil_host_arready,
    output wire [31:0]         s_axil_host_rdata,
    output wire [1:0]          s_axil_host_rresp,
    output wire                s_axil_host_rvalid,
    input  wire                s_axil_host_rready,
    // registers of the firmware
    input  wire [15:0]         s_axil_mgmt_awaddr,
    input  wire                s_axil_mgmt_awvalid,
    output wire                s_axil_mgmt_awready,
    input  wire [31:0]         s_axil_mgmt_wdata,
    input  wire [3:0]          s_axil_mgmt_wstrb,
    input  wire                s_axil_mgmt_wvalid,
    output wire                s_axil_mgmt_wready,
    output wire [1:0]          s_axil_mgmt_bresp,
    output wire                s_axil_mgmt_bvalid,
    input  wire                s_axil_mgmt_bready,
    input  wire [15:0]         s_axil_mgmt_araddr,
    input  wire                s_axil_mgmt_arvalid,
    output wire                s_axil_mgmt_arready,
    output wire [31:0]         s_axil_mgmt_rdata,
    output wire [1:0]          s_axil_mgmt_rresp,
    output wire                s_axil_mgmt_rvalid,
    input  wire                s_axil_mgmt_rready,
    output wire                mgmt_irq,
    // host memory
    output wire                m_axi_arid,
    output wire [63:0]         m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    input  wire                m_axi_rid,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    output wire                m_axi_awid,
    output wire [63:0]         m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire                m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    // MSI-X messages
    output wire                msg_valid,
    input  wire                msg_ready,
    output wire [10:0]         msg_vector,
    output wire [63:0]         msg_addr,
    output wire [31:0]         msg_data,
    // wire, MAC_KIND 0
    output wire [63:0]         xgmii_txd,
    output wire [7:0]          xgmii_txc,
    input  wire [63:0]         xgmii_rxd,
    input  wire [7:0]          xgmii_rxc,
    // wire, MAC_KIND 2
    output wire [7:0]          gmii_txd,
    output wire                gmii_tx_en,
    output wire                gmii_tx_er,
    input  wire [7:0]          gmii_rxd,
    input  wire                gmii_rx_dv,
    input  wire                gmii_rx_er,
    // wire, MAC_KIND 1
    output wire [DATA_W-1:0]   m_wire_axis_tdata,
    output wire [DATA_W/8-1:0] m_wire_axis_tkeep,
    output wire                m_wire_axis_tlast,
    output wire                m_wire_axis_tvalid,
    input  wire                m_wire_axis_tready,
    input  wire [DATA_W-1:0]   s_wire_axis_tdata,
    input  wire [DATA_W/8-1:0] s_wire_axis_tkeep,
    input  wire                s_wire_axis_tlast,
    input  wire                s_wire_axis_tuser,
    input  wire                s_wire_axis_tvalid,
    input  wire                wire_link_up,    // MAC_KIND 2 too
    // status
    output wire                busy,            // a frame, a transfer, a command or an interrupt is under way
    output wire                timers_armed     // coalescing holds a notification back
);
    localparam P   = QUEUE_PAIRS;
    localparam TQW = $clog2(P + 1);
    localparam RQW = (P > 1) ? $clog2(P) : 1;
    localparam [1:0] AUTOMATIC = 2'd1;          // STEERING.mode

    initial begin
        if (DATA_W != 64 && DATA_W != 128 && DATA_W != 256 && DATA_W != 512) begin
            $display("ferrule_nic: DATA_W %0d is not 64, 128, 256 or 512", DATA_W);
            $finish;
        end
        if (QUEUE_PAIRS < 1 || QUEUE_PAIRS > 16) begin
            $display("ferrule_nic: QUEUE_PAIRS %0d is not between 1 and 16", QUEUE_PAIRS);
            $finish;
        end
        if (QUEUE_SIZE_MAX < 2 || QUEUE_SIZE_MAX > 32768 || (QUEUE_SIZE_MAX & (QUEUE_SIZE_MAX - 1)) != 0) begin
            $display("ferrule_nic: QUEUE_SIZE_MAX %0d is not a power of two between 2 and 32768", QUEUE_SIZE_MAX);
            $finish;
        end
        if (MAX_FRAME < 9216 || MAX_FRAME > 16384) begin
            $display("ferrule_nic: MAX_FRAME %0d is not between 9216 and 16384", MAX_FRAME);
            $finish;
        end
        if (MAC_KIND != 0 && MAC_KIND != 1 && MAC_KIND != 2) begin
            $display("ferrule_nic: MAC_KIND %0d is not 0 (XGMII), 1 (STREAM) or 2 (GMII)", MAC_KIND);
            $finish;
        end
        if (ADDR_W < 32 || ADDR_W > 64) begin
            $display("ferrule_nic: ADDR_W %0d is not between 32 and 64", ADDR_W);
            $finish;
        end
        if (PACKED_RINGS != 0 && PACKED_RINGS != 1) begin
            $display("ferrule_nic: PACKED_RINGS %0d is not 0 or 1", PACKED_RINGS);
            $finish;
        end
        if (STEERING != 0 && STEERING != 1) begin
            $display("ferrule_nic: STEERING %0d is not 0 or 1", STEERING);
            $finish;
        end
        if (STEERING == 0 && QUEUE_PAIRS > 1) begin
            $display("ferrule_nic: QUEUE_PAIRS %0d needs STEERING 1", QUEUE_PAIRS);
            $finish;
        end
        if (VLAN_FILTER != 0 && VLAN_FILTER != 1) begin
            $display("ferrule_nic: VLAN_FILTER %0d is not 0 or 1", VLAN_FILTER);
            $finish;
        end
        if (RX_CHECKSUM != 0 && RX_CHECKSUM != 1) begin
            $display("ferrule_nic: RX_CHECKSUM %0d is not 0 or 1", RX_CHECKSUM);
            $finish;
        end
        if (MAC_TABLE < 2 || MAC_TABLE > 128 || (MAC_TABLE & (MAC_TABLE - 1)) != 0) begin
            $display("ferrule_nic: MAC_TABLE %0d is not a power of two between 2 and 128", MAC_TABLE);
            $finish;
        end
        if (RX_STORE != 16384 && RX_STORE != 32768) begin
            $display("ferrule_nic: RX_STORE %0d is not 16384 or 32768", RX_STORE);
            $finish;
        end
        if (PREFETCH < 4 || PREFETCH > 64 || (PREFETCH & (PREFETCH - 1)) != 0) begin
            $display("ferrule_nic: PREFETCH %0d is not a power of two between 4 and 64", PREFETCH);
            $finish;
        end
        if (TX_STORE < MAX_FRAME || TX_STORE > 32768 || (TX_STORE % 64 != 0 && TX_STORE != 2 * MAX_FRAME)) begin
            $display("ferrule_nic: TX_STORE %0d is not a multiple of 64 between MAX_FRAME %0d and 32768", TX_STORE, MAX_FRAME);
            $finish;
        end
        if (COMMAND_RAM < 512 || COMMAND_RAM > 4096 || (COMMAND_RAM & (COMMAND_RAM - 1)) != 0) begin
            $display("ferrule_nic: COMMAND_RAM %0d is not a power of two between 512 and 4096", COMMAND_RAM);
            $finish;
        end
    end

    // ---- registers
    wire        clear;                          // firmware's CLEAR: everything a driver had set up is forgotten
    wire        qcfg_tx_valid, qcfg_rx_valid;
    wire [7:0]  qcfg_queue;
    wire [2:0]  qcfg_field;
    wire [63:0] qcfg_data;
    wire        kick_tx_valid, kick_rx_valid;
    wire [7:0]  kick_queue;
    wire [P:0]  q_busy_tx, q_broken_tx;
    wire [P-1:0] q_busy_rx, q_broken_rx;
    wire        err_tx_valid, err_rx_valid;
    wire [TQW-1:0] err_tx_queue;
    wire [RQW-1:0] err_rx_queue;
    wire [3:0]  err_tx_code, err_rx_code;
    wire        cfg_packed, cfg_event_idx, cfg_indirect, cfg_mrg_rxbuf, cfg_guest_csum, cfg_hash_report, tx_enable, rx_enable;
    wire [5:0]  cfg_mode;
    wire [47:0] cfg_mac;
    wire [15:0] cfg_mtu, rx_wait_cycles;
    wire [7:0]  cfg_steer;
    wire        tab_we, tab_valid, tab_steer, tab_clear;
    wire [7:0]  tab_index, tab_queue;
    wire [47:0] tab_mac;
    wire [1:0]  cfg_steering;
    wire [7:0]  cfg_pairs, cfg_unclassified;
    wire [8:0]  cfg_hash_types;
    wire [319:0] cfg_hash_key;
    wire [6:0]  cfg_table_mask, rss_index, vlan_index;
    wire        rss_we, vlan_we, cfg_vlan, learn_valid;
    wire [7:0]  rss_queue, rss_word, learn_index;
    wire [3:0]  learn_pair;
    wire [31:0] vlan_bits, vlan_word;
    wire        coal_we, coal_start_valid, tick_us;
    wire [7:0]  coal_gq, coal_sel, coal_start_gq;
    wire [15:0] coal_max_packets, coal_max_usecs, coal_rd_packets, coal_rd_usecs;
    wire [15:0] def_rx_packets, def_rx_usecs, def_tx_packets, def_tx_usecs;
    wire        reg_we, reg_sel_pba, vec_we, cfgvec_we, config_irq, msix_enable, msix_fmask, isr_queue, isr_config;
    wire [11:0] reg_addr;
    wire [31:0] reg_wdata, reg_rdata;
    wire [3:0]  reg_wstrb;
    wire [7:0]  vec_gq;
    wire [15:0] vec_value, cfgvec_value;
    wire        ctl_stop, ctl_pending, ctl_too_long, ctl_done_valid, regs_busy;
    wire [3:0]  ctl_ram_we;
    wire [15:0] ctl_length, ctl_done_length;
    wire [31:0] ctl_capacity, ctl_ram_wdata, ctl_ram_rdata;
    wire [9:0]  ctl_ram_addr;
    wire        link_up, cfg_pause_rx, cfg_pause_tx;
    wire [1:0]  fault;
    wire        dma_idle, tx_idle, rx_idle;
    wire [7:0]  dbg_queue;
    wire        dbg_rx;
    wire [15:0] dbg_seen, dbg_used;
    wire [`STAT_COUNT-1:0] stat_inc;

    // ---- DMA clients: reads 0 transmit ring, 1 frames, 2 commands, 3 receive ring; writes 0 transmit ring, 1 answers,
    // 2 receive ring, 3 frames
    wire [3:0]          rd_req_valid, rd_req_ready, rd_rsp_valid;
    wire [4*64-1:0]     rd_req_addr;
    wire [4*16-1:0]     rd_req_len;
    wire [4*8-1:0]      rd_req_tag;
    wire [DATA_W-1:0]   rd_rsp_data;
    wire                rd_rsp_last, rd_rsp_error;
    wire [7:0]          rd_rsp_tag;
    wire [3:0]          wr_req_valid, wr_req_ready, wr_dat_valid, wr_dat_ready, wr_rsp_valid;
    wire [4*64-1:0]     wr_req_addr;
    wire [4*16-1:0]     wr_req_len;
    wire [4*8-1:0]      wr_req_tag;
    wire [4*DATA_W-1:0] wr_dat_data;
    wire [7:0]          wr_rsp_tag;
    wire                wr_rsp_error;
    wire                rd_idle, wr_idle;

    // ---- chains of the rings
    wire [P:0]     tx_chain_ready;
    wire [P-1:0]   rx_chain_ready, rx_chain_none;
    wire           tx_pop_valid, tx_pop_ready, tx_seg_valid, tx_seg_ready, tx_seg_write, tx_seg_last, tx_seg_error;
    wire           rx_pop_valid, rx_pop_ready, rx_seg_valid, rx_seg_ready, rx_seg_write, rx_seg_last, rx_seg_error;
    wire           tx_cpl_valid, tx_cpl_ready, tx_cpl_more, rx_cpl_valid, rx_cpl_ready, rx_cpl_more;
    wire [TQW-1:0] tx_pop_queue, tx_seg_queue, tx_cpl_queue;
    wire [RQW-1:0] rx_pop_queue, rx_cpl_queue;
    wire [63:0]    tx_seg_addr, rx_seg_addr;
    wire [31:0]    tx_seg_len, rx_seg_len, tx_cpl_len, rx_cpl_len;
    wire [15:0]    tx_seg_id, tx_seg_ndesc, rx_seg_id, rx_seg_ndesc, tx_cpl_id, tx_cpl_ndesc, rx_cpl_id, rx_cpl_ndesc;

    // ---- notification, by direction and joined
    wire           tx_pub_valid, tx_fire_valid, tx_fire_ready, tx_irq_valid, tx_irq_ready;
    wire           rx_pub_valid, rx_fire_valid, rx_fire_ready, rx_irq_valid, rx_irq_ready;
    wire [TQW-1:0] tx_pub_queue, tx_fire_queue, tx_irq_queue;
    wire [RQW-1:0] rx_pub_queue, rx_fire_queue, rx_irq_queue;
    wire [15:0]    tx_pub_count, rx_pub_count, pub_count;
    wire           pub_valid, fire_valid, fire_ready, irq_valid, irq_ready, irq_pending;
    wire [7:0]     pub_gq, fire_gq, irq_gq;

    // ---- frames between the paths and the MAC
    wire [DATA_W-1:0]   tx_tdata, rx_tdata;
    wire [DATA_W/8-1:0] tx_tkeep, rx_tkeep;
    wire                tx_tlast, tx_tvalid, tx_tready, rx_tlast, rx_tvalid, rx_tuser;
    wire [15:0]         store_level;
    wire [15:0]         tx_bytes, rx_bytes, rx_wire_bytes, read_bytes, write_bytes;

    wire soft_rst = rst || clear;               // what a driver reset puts back to the start
    wire pause_request;
    wire mac_busy;

    assign dma_idle = rd_idle && wr_idle;
    assign busy = !tx_idle || mac_busy || !rx_idle || !dma_idle || (|q_busy_tx) || (|q_busy_rx) || fire_valid || irq_pending || regs_busy;

    regs_top #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(P), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME), .MAC_KIND(MAC_KIND),
        .MAC_TABLE(MAC_TABLE), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER),
        .RX_CHECKSUM(RX_CHECKSUM), .CORE_HZ(CORE_HZ)
    ) u_regs (
        .clk(clk), .rst(rst),
        .s_axil_host_awaddr(s_axil_host_awaddr), .s_axil_host_awvalid(s_axil_host_awvalid), .s_axil_host_awready(s_axil_host_awready),
        .s_axil_host_wdata(s_axil_host_wdata), .s_axil_host_wstrb(s_axil_host_wstrb), .s_axil_host_wvalid(s_axil_host_wvalid),
        .s_axil_host_wready(s_axil_host_wready), .s_axil_host_bresp(s_axil_host_bresp), .s_axil_host_bvalid(s_axil_host_bvalid),
        .s_axil_host_bready(s_axil_host_bready), .s_axil_host_araddr(s_axil_host_araddr), .s_axil_host_arvalid(s_axil_host_arvalid),
        .s_axil_host_arready(s_axil_host_arready), .s_axil_host_rdata(s_axil_host_rdata), .s_axil_host_rresp(s_axil_host_rresp),
        .s_axil_host_rvalid(s_axil_host_rvalid), .s_axil_host_rready(s_axil_host_rready),
        .s_axil_mgmt_awaddr(s_axil_mgmt_awaddr), .s_axil_mgmt_awvalid(s_axil_mgmt_awvalid), .s_axil_mgmt_awready(s_axil_mgmt_awready),
        .s_axil_mgmt_wdata(s_axil_mgmt_wdata), .s_axil_mgmt_wstrb(s_axil_mgmt_wstrb), .s_axil_mgmt_wvalid(s_axil_mgmt_wvalid),
        .s_axil_mgmt_wready(s_axil_mgmt_wready), .s_axil_mgmt_bresp(s_axil_mgmt_bresp), .s_axil_mgmt_bvalid(s_axil_mgmt_bvalid),
        .s_axil_mgmt_bready(s_axil_mgmt_bready), .s_axil_mgmt_araddr(s_axil_mgmt_araddr), .s_axil_mgmt_arvalid(s_axil_mgmt_arvalid),
        .s_axil_mgmt_arready(s_axil_mgmt_arready), .s_axil_mgmt_rdata(s_axil_mgmt_rdata), .s_axil_mgmt_rresp(s_axil_mgmt_rresp),
        .s_axil_mgmt_rvalid(s_axil_mgmt_rvalid), .s_axil_mgmt_rready(s_axil_mgmt_rready), .mgmt_irq(mgmt_irq),
        .clear(clear), .qcfg_tx_valid(qcfg_tx_valid), .qcfg_rx_valid(qcfg_rx_valid), .qcfg_queue(qcfg_queue), .qcfg_field(qcfg_field),
        .qcfg_data(qcfg_data), .kick_tx_valid(kick_tx_valid), .kick_rx_valid(kick_rx_valid), .kick_queue(kick_queue),
        .q_busy_tx(q_busy_tx), .q_broken_tx(q_broken_tx), .q_busy_rx(q_busy_rx), .q_broken_rx(q_broken_rx),
        .err_tx_valid(err_tx_valid), .err_tx_queue({{(8-TQW){1'b0}}, err_tx_queue}), .err_tx_code(err_tx_code),
        .err_rx_valid(err_rx_valid), .err_rx_queue({{(8-RQW){1'b0}}, err_rx_queue}), .err_rx_code(err_rx_code),
        .cfg_packed(cfg_packed), .cfg_event_idx(cfg_event_idx), .cfg_indirect(cfg_indirect), .cfg_mrg_rxbuf(cfg_mrg_rxbuf), .cfg_guest_csum(cfg_guest_csum),
        .cfg_hash_report(cfg_hash_report), .tx_enable(tx_enable), .rx_enable(rx_enable),
        .cfg_mode(cfg_mode), .cfg_mac(cfg_mac), .cfg_mtu(cfg_mtu), .cfg_steer(cfg_steer), .rx_wait_cycles(rx_wait_cycles),
        .tab_we(tab_we), .tab_index(tab_index), .tab_mac(tab_mac), .tab_valid(tab_valid), .tab_steer(tab_steer),
        .tab_queue(tab_queue), .tab_clear(tab_clear),
        .cfg_steering(cfg_steering), .cfg_pairs(cfg_pairs), .cfg_hash_types(cfg_hash_types), .cfg_hash_key(cfg_hash_key),
        .cfg_unclassified(cfg_unclassified), .cfg_table_mask(cfg_table_mask), .rss_we(rss_we), .rss_index(rss_index),
        .rss_queue(rss_queue), .rss_word(rss_word), .cfg_vlan(cfg_vlan), .vlan_we(vlan_we), .vlan_index(vlan_index),
        .vlan_bits(vlan_bits), .vlan_word(vlan_word),
        .coal_we(coal_we), .coal_gq(coal_gq), .coal_max_packets(coal_max_packets), .coal_max_usecs(coal_max_usecs),
        .coal_sel(coal_sel), .coal_rd_packets(coal_rd_packets), .coal_rd_usecs(coal_rd_usecs),
        .coal_start_valid(coal_start_valid), .coal_start_gq(coal_start_gq), .def_rx_packets(def_rx_packets),
        .def_rx_usecs(def_rx_usecs), .def_tx_packets(def_tx_packets), .def_tx_usecs(def_tx_usecs), .tick_us(tick_us),
        .reg_we(reg_we), .reg_sel_pba(reg_sel_pba), .reg_addr(reg_addr), .reg_wdata(reg_wdata), .reg_wstrb(reg_wstrb),
        .reg_rdata(reg_rdata), .vec_we(vec_we), .vec_gq(vec_gq), .vec_value(vec_value), .cfgvec_we(cfgvec_we),
        .cfgvec_value(cfgvec_value), .config_irq(config_irq), .msix_enable(msix_enable), .msix_fmask(msix_fmask),
        .isr_queue(isr_queue), .isr_config(isr_config),
        .ctl_stop(ctl_stop), .ctl_pending(ctl_pending), .ctl_too_long(ctl_too_long), .ctl_length(ctl_length),
        .ctl_capacity(ctl_capacity), .ctl_done_valid(ctl_done_valid), .ctl_done_length(ctl_done_length), .ctl_ram_we(ctl_ram_we),
        .ctl_ram_addr(ctl_ram_addr), .ctl_ram_wdata(ctl_ram_wdata), .ctl_ram_rdata(ctl_ram_rdata),
        .link_up(link_up), .fault(fault), .cfg_pause_rx(cfg_pause_rx), .cfg_pause_tx(cfg_pause_tx),
        .dma_idle(dma_idle), .tx_idle(tx_idle), .rx_idle(rx_idle), .busy(busy), .regs_busy(regs_busy),
        .dbg_rx(dbg_rx), .dbg_queue(dbg_queue), .dbg_avail_seen(dbg_seen), .dbg_used(dbg_used),
        .stat_inc(stat_inc), .stat_amount({write_bytes, read_bytes, rx_wire_bytes, rx_bytes, tx_bytes})
    );

    // ---- rings
    rings #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(P), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS),
        .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS)
    ) u_rings (
        .clk(clk), .rst(rst), .cfg_packed(cfg_packed), .cfg_event_idx(cfg_event_idx), .cfg_indirect(cfg_indirect),
        .qcfg_tx_valid(qcfg_tx_valid), .qcfg_rx_valid(qcfg_rx_valid), .qcfg_queue(qcfg_queue), .qcfg_field(qcfg_field),
        .qcfg_data(qcfg_data), .kick_tx_valid(kick_tx_valid), .kick_rx_valid(kick_rx_valid), .kick_queue(kick_queue),
        .q_busy_tx(q_busy_tx), .q_broken_tx(q_broken_tx), .q_busy_rx(q_busy_rx), .q_broken_rx(q_broken_rx),
        .err_tx_valid(err_tx_valid), .err_tx_queue(err_tx_queue), .err_tx_code(err_tx_code),
        .err_rx_valid(err_rx_valid), .err_rx_queue(err_rx_queue), .err_rx_code(err_rx_code),
        .dbg_rx(dbg_rx), .dbg_queue(dbg_queue), .dbg_avail_seen(dbg_seen), .dbg_used(dbg_used),
        .tx_chain_ready(tx_chain_ready), .tx_pop_valid(tx_pop_valid), .tx_pop_ready(tx_pop_ready), .tx_pop_queue(tx_pop_queue), .tx_seg_valid(tx_seg_valid), .tx_seg_ready(tx_seg_ready),
        .tx_seg_queue(tx_seg_queue), .tx_seg_addr(tx_seg_addr), .tx_seg_len(tx_seg_len), .tx_seg_write(tx_seg_write), .tx_seg_last(tx_seg_last),
        .tx_seg_error(tx_seg_error), .tx_seg_id(tx_seg_id), .tx_seg_ndesc(tx_seg_ndesc),
        .tx_cpl_valid(tx_cpl_valid), .tx_cpl_ready(tx_cpl_ready), .tx_cpl_queue(tx_cpl_queue), .tx_cpl_id(tx_cpl_id),
        .tx_cpl_ndesc(tx_cpl_ndesc), .tx_cpl_len(tx_cpl_len), .tx_cpl_more(tx_cpl_more),
        .rx_chain_ready(rx_chain_ready), .rx_chain_none(rx_chain_none), .rx_pop_valid(rx_pop_valid), .rx_pop_ready(rx_pop_ready), .rx_pop_queue(rx_pop_queue),
        .rx_seg_valid(rx_seg_valid), .rx_seg_ready(rx_seg_ready), .rx_seg_addr(rx_seg_addr), .rx_seg_len(rx_seg_len), .rx_seg_write(rx_seg_write), .rx_seg_last(rx_seg_last),
        .rx_seg_error(rx_seg_error), .rx_seg_id(rx_seg_id), .rx_seg_ndesc(rx_seg_ndesc),
        .rx_cpl_valid(rx_cpl_valid), .rx_cpl_ready(rx_cpl_ready), .rx_cpl_queue(rx_cpl_queue), .rx_cpl_id(rx_cpl_id),
        .rx_cpl_ndesc(rx_cpl_ndesc), .rx_cpl_len(rx_cpl_len), .rx_cpl_more(rx_cpl_more),
        .tx_pub_valid(tx_pub_valid), .tx_pub_queue(tx_pub_queue), .tx_pub_count(tx_pub_count), .tx_fire_valid(tx_fire_valid),
        .tx_fire_ready(tx_fire_ready), .tx_fire_queue(tx_fire_queue), .tx_irq_valid(tx_irq_valid), .tx_irq_ready(tx_irq_ready), .tx_irq_queue(tx_irq_queue),
        .rx_pub_valid(rx_pub_valid), .rx_pub_queue(rx_pub_queue), .rx_pub_count(rx_pub_count), .rx_fire_valid(rx_fire_valid),
        .rx_fire_ready(rx_fire_ready), .rx_fire_queue(rx_fire_queue), .rx_irq_valid(rx_irq_valid), .rx_irq_ready(rx_irq_ready), .rx_irq_queue(rx_irq_queue),
        .evt_suppressed(stat_inc[`STAT_IRQ_SUPPRESSED]),
        .rd_req_valid({rd_req_valid[3], rd_req_valid[0]}), .rd_req_ready({rd_req_ready[3], rd_req_ready[0]}),
        .rd_req_addr({rd_req_addr[3*64 +: 64], rd_req_addr[0 +: 64]}), .rd_req_len({rd_req_len[3*16 +: 16], rd_req_len[0 +: 16]}),
        .rd_req_tag({rd_req_tag[3*8 +: 8], rd_req_tag[0 +: 8]}), .rd_rsp_valid({rd_rsp_valid[3], rd_rsp_valid[0]}),
        .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
        .wr_req_valid({wr_req_valid[2], wr_req_valid[0]}), .wr_req_ready({wr_req_ready[2], wr_req_ready[0]}),
        .wr_req_addr({wr_req_addr[2*64 +: 64], wr_req_addr[0 +: 64]}), .wr_req_len({wr_req_len[2*16 +: 16], wr_req_len[0 +: 16]}),
        .wr_req_tag({wr_req_tag[2*8 +: 8], wr_req_tag[0 +: 8]}), .wr_dat_valid({wr_dat_valid[2], wr_dat_valid[0]}),
        .wr_dat_ready({wr_dat_ready[2], wr_dat_ready[0]}), .wr_dat_data({wr_dat_data[2*DATA_W +: DATA_W], wr_dat_data[0 +: DATA_W]}),
        .wr_rsp_valid({wr_rsp_valid[2], wr_rsp_valid[0]}), .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error)
    );

    // ---- transmit
    tx_path #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(P), .MAX_FRAME(MAX_FRAME), .ADDR_W(ADDR_W), .STEERING(STEERING), .PREFETCH(PREFETCH),
        .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) u_tx (
        .clk(clk), .rst(rst), .cfg_enable(tx_enable), .cfg_hash_report(cfg_hash_report), .cfg_learn(cfg_steering == AUTOMATIC),
        .learn_valid(learn_valid), .learn_index(learn_index), .learn_pair(learn_pair), .idle(tx_idle),
        .chain_ready(tx_chain_ready), .pop_valid(tx_pop_valid), .pop_ready(tx_pop_ready), .pop_queue(tx_pop_queue), .seg_valid(tx_seg_valid), .seg_ready(tx_seg_ready),
        .seg_queue(tx_seg_queue), .seg_addr(tx_seg_addr), .seg_len(tx_seg_len), .seg_write(tx_seg_write), .seg_last(tx_seg_last),
        .seg_error(tx_seg_error), .seg_id(tx_seg_id), .seg_ndesc(tx_seg_ndesc),
        .cpl_valid(tx_cpl_valid), .cpl_ready(tx_cpl_ready), .cpl_queue(tx_cpl_queue), .cpl_id(tx_cpl_id),
        .cpl_ndesc(tx_cpl_ndesc), .cpl_len(tx_cpl_len), .cpl_more(tx_cpl_more),
        .rd_req_valid(rd_req_valid[2:1]), .rd_req_ready(rd_req_ready[2:1]), .rd_req_addr(rd_req_addr[64 +: 2*64]),
        .rd_req_len(rd_req_len[16 +: 2*16]), .rd_req_tag(rd_req_tag[8 +: 2*8]), .rd_rsp_valid(rd_rsp_valid[2:1]),
        .rd_rsp_data(rd_rsp_data), .rd_rsp_last(rd_rsp_last), .rd_rsp_tag(rd_rsp_tag), .rd_rsp_error(rd_rsp_error),
        .wr_req_valid(wr_req_valid[1]), .wr_req_ready(wr_req_ready[1]), .wr_req_addr(wr_req_addr[64 +: 64]),
        .wr_req_len(wr_req_len[16 +: 16]), .wr_req_tag(wr_req_tag[8 +: 8]), .wr_dat_valid(wr_dat_valid[1]),
        .wr_dat_ready(wr_dat_ready[1]), .wr_dat_data(wr_dat_data[DATA_W +: DATA_W]), .wr_rsp_valid(wr_rsp_valid[1]),
        .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error),
        .ctl_stop(ctl_stop), .ctl_pending(ctl_pending), .ctl_too_long(ctl_too_long), .ctl_length(ctl_length),
        .ctl_capacity(ctl_capacity), .ctl_done_valid(ctl_done_valid), .ctl_done_length(ctl_done_length), .ctl_ram_we(ctl_ram_we),
        .ctl_ram_addr(ctl_ram_addr), .ctl_ram_wdata(ctl_ram_wdata), .ctl_ram_rdata(ctl_ram_rdata),
        .m_axis_tdata(tx_tdata), .m_axis_tkeep(tx_tkeep), .m_axis_tlast(tx_tlast), .m_axis_tvalid(tx_tvalid),
        .m_axis_tready(tx_tready),
        .evt_descriptor(stat_inc[`STAT_TX_DESCRIPTORS]),
        .evt_drop_chain(stat_inc[`STAT_TX_DROP_CHAIN]), .evt_drop_dma(stat_inc[`STAT_TX_DROP_DMA]),
        .evt_drop_too_short(stat_inc[`STAT_TX_DROP_TOO_SHORT]), .evt_drop_too_long(stat_inc[`STAT_TX_DROP_TOO_LONG]),
        .evt_super_frame(stat_inc[`STAT_TX_SUPER_FRAMES]), .evt_segment(stat_inc[`STAT_TX_SEGMENTS]),
        .evt_csum_inserted(stat_inc[`STAT_TX_CSUM_INSERTED]), .evt_err_gso_no_csum(stat_inc[`STAT_TX_ERR_GSO_NO_CSUM]),
        .evt_err_gso_type(stat_inc[`STAT_TX_ERR_GSO_TYPE]), .evt_err_gso_size(stat_inc[`STAT_TX_ERR_GSO_SIZE]),
        .evt_err_header(stat_inc[`STAT_TX_ERR_HEADER]), .evt_err_csum_range(stat_inc[`STAT_TX_ERR_CSUM_RANGE]),
        .evt_err_ip(stat_inc[`STAT_TX_ERR_IP])
    );

    // ---- receive
    rx_path #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(P), .ADDR_W(ADDR_W), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM),
        .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH)
    ) u_rx (
        .clk(clk), .rst(rst), .cfg_enable(rx_enable), .cfg_mrg_rxbuf(cfg_mrg_rxbuf), .cfg_guest_csum(cfg_guest_csum),
        .cfg_hash_report(cfg_hash_report), .cfg_mode(cfg_mode), .cfg_mac(cfg_mac), .cfg_mtu(cfg_mtu), .cfg_vlan(cfg_vlan),
        .cfg_steering(cfg_steering), .cfg_steer(cfg_steer), .cfg_pairs(cfg_pairs), .cfg_hash_types(cfg_hash_types),
        .cfg_hash_key(cfg_hash_key), .cfg_unclassified(cfg_unclassified), .cfg_table_mask(cfg_table_mask),
        .vlan_we(vlan_we), .vlan_index(vlan_index), .vlan_bits(vlan_bits), .vlan_word(vlan_word),
        .rss_we(rss_we), .rss_index(rss_index), .rss_queue(rss_queue), .rss_word(rss_word),
        .learn_valid(learn_valid), .learn_index(learn_index), .learn_pair(learn_pair),
        .cfg_wait_cycles(rx_wait_cycles), .tab_we(tab_we), .tab_index(tab_index), .tab_mac(tab_mac),
        .tab_valid(tab_valid), .tab_steer(tab_steer), .tab_queue(tab_queue), .tab_clear(tab_clear),
        .idle(rx_idle), .level(store_level),
        .chain_ready(rx_chain_ready), .chain_none(rx_chain_none), .pop_valid(rx_pop_valid), .pop_ready(rx_pop_ready), .pop_queue(rx_pop_queue),
        .seg_valid(rx_seg_valid), .seg_ready(rx_seg_ready), .seg_addr(rx_seg_addr), .seg_len(rx_seg_len), .seg_write(rx_seg_write), .seg_last(rx_seg_last),
        .seg_error(rx_seg_error), .seg_id(rx_seg_id), .seg_ndesc(rx_seg_ndesc),
        .cpl_valid(rx_cpl_valid), .cpl_ready(rx_cpl_ready), .cpl_queue(rx_cpl_queue), .cpl_id(rx_cpl_id),
        .cpl_ndesc(rx_cpl_ndesc), .cpl_len(rx_cpl_len), .cpl_more(rx_cpl_more),
        .wr_req_valid(wr_req_valid[3]), .wr_req_ready(wr_req_ready[3]), .wr_req_addr(wr_req_addr[3*64 +: 64]),
        .wr_req_len(wr_req_len[3*16 +: 16]), .wr_req_tag(wr_req_tag[3*8 +: 8]), .wr_dat_valid(wr_dat_valid[3]),
        .wr_dat_ready(wr_dat_ready[3]), .wr_dat_data(wr_dat_data[3*DATA_W +: DATA_W]), .wr_rsp_valid(wr_rsp_valid[3]),
        .wr_rsp_tag(wr_rsp_tag), .wr_rsp_error(wr_rsp_error),
        .s_axis_tdata(rx_tdata), .s_axis_tkeep(rx_tkeep), .s_axis_tlast(rx_tlast), .s_axis_tvalid(rx_tvalid), .s_axis_tuser(rx_tuser),
        .evt_wire_frame(stat_inc[`STAT_RX_WIRE_FRAMES]), .evt_wire_bytes(rx_wire_bytes),
        .evt_drop_filter(stat_inc[`STAT_RX_DROP_FILTER]), .evt_drop_vlan(stat_inc[`STAT_RX_DROP_VLAN]),
        .evt_drop_mtu(stat_inc[`STAT_RX_DROP_MTU]),
        .evt_drop_disabled(stat_inc[`STAT_RX_DROP_DISABLED]), .evt_drop_length(stat_inc[`STAT_RX_DROP_LENGTH]),
        .evt_multicast(stat_inc[`STAT_RX_MULTICAST]), .evt_broadcast(stat_inc[`STAT_RX_BROADCAST]),
        .evt_csum_good(stat_inc[`STAT_RX_CSUM_GOOD]), .evt_csum_bad(stat_inc[`STAT_RX_CSUM_BAD]),
        .evt_store_full(stat_inc[`STAT_RX_DROP_STORE_FULL]), .evt_frame(stat_inc[`STAT_RX_FRAMES]), .evt_bytes(rx_bytes),
        .evt_descriptor(stat_inc[`STAT_RX_DESCRIPTORS]), .evt_drop_no_buffer(stat_inc[`STAT_RX_DROP_NO_BUFFER]),
        .evt_drop_chain(stat_inc[`STAT_RX_DROP_CHAIN]), .evt_drop_buffer_small(stat_inc[`STAT_RX_DROP_BUFFER_SMALL]),
        .evt_drop_dma(stat_inc[`STAT_RX_DROP_DMA])
    );

    // ---- host memory
    dma_read #(.DATA_W(DATA_W), .CLIENTS(4), .ADDR_W(ADDR_W)) u_read (
        .clk(clk), .rst(rst),
        .c_req_valid(rd_req_valid), .c_req_ready(rd_req_ready), .c_req_addr(rd_req_addr), .c_req_len(rd_req_len), .c_req_tag(rd_req_tag),
        .c_rsp_valid(rd_rsp_valid), .c_rsp_data(rd_rsp_data), .c_rsp_last(rd_rsp_last), .c_rsp_tag(rd_rsp_tag), .c_rsp_error(rd_rsp_error),
        .m_axi_arid(m_axi_arid), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen), .m_axi_arsize(m_axi_arsize),
        .m_axi_arburst(m_axi_arburst), .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_rid(m_axi_rid),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast), .m_axi_rvalid(m_axi_rvalid),
        .m_axi_rready(m_axi_rready), .idle(rd_idle),
        .evt_burst(stat_inc[`STAT_DMA_READ_BURSTS]), .evt_bytes(read_bytes), .evt_error(stat_inc[`STAT_DMA_READ_ERRORS])
    );
    dma_write #(.DATA_W(DATA_W), .CLIENTS(4), .ADDR_W(ADDR_W)) u_write (
        .clk(clk), .rst(rst),
        .c_req_valid(wr_req_valid), .c_req_ready(wr_req_ready), .c_req_addr(wr_req_addr), .c_req_len(wr_req_len), .c_req_tag(wr_req_tag),
        .c_dat_valid(wr_dat_valid), .c_dat_ready(wr_dat_ready), .c_dat_data(wr_dat_data),
        .c_rsp_valid(wr_rsp_valid), .c_rsp_tag(wr_rsp_tag), .c_rsp_error(wr_rsp_error),
        .m_axi_awid(m_axi_awid), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen), .m_axi_awsize(m_axi_awsize),
        .m_axi_awburst(m_axi_awburst), .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_wdata(m_axi_wdata),
        .m_axi_wstrb(m_axi_wstrb), .m_axi_wlast(m_axi_wlast), .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready),
        .m_axi_bid(m_axi_bid), .m_axi_bresp(m_axi_bresp), .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .idle(wr_idle),
        .evt_burst(stat_inc[`STAT_DMA_WRITE_BURSTS]), .evt_bytes(write_bytes), .evt_error(stat_inc[`STAT_DMA_WRITE_ERRORS])
    );

    // ---- notification: published frames -> coalescer -> event index -> MSI-X
    notify_share #(.QUEUE_PAIRS(P)) u_notify (
        .clk(clk), .rst(soft_rst),
        .tx_pub_valid(tx_pub_valid), .tx_pub_queue(tx_pub_queue), .tx_pub_count(tx_pub_count), .tx_fire_valid(tx_fire_valid),
        .tx_fire_ready(tx_fire_ready), .tx_fire_queue(tx_fire_queue), .tx_irq_valid(tx_irq_valid), .tx_irq_ready(tx_irq_ready),
        .tx_irq_queue(tx_irq_queue),
        .rx_pub_valid(rx_pub_valid), .rx_pub_queue(rx_pub_queue), .rx_pub_count(rx_pub_count), .rx_fire_valid(rx_fire_valid),
        .rx_fire_ready(rx_fire_ready), .rx_fire_queue(rx_fire_queue), .rx_irq_valid(rx_irq_valid), .rx_irq_ready(rx_irq_ready),
        .rx_irq_queue(rx_irq_queue),
        .pub_valid(pub_valid), .pub_gq(pub_gq), .pub_count(pub_count), .fire_valid(fire_valid), .fire_ready(fire_ready),
        .fire_gq(fire_gq), .irq_valid(irq_valid), .irq_ready(irq_ready), .irq_gq(irq_gq)
    );
    coalesce #(.QUEUE_PAIRS(P)) u_coalesce (
        .clk(clk), .rst(soft_rst), .tick_us(tick_us),
        .coal_we(coal_we), .coal_gq(coal_gq), .coal_max_packets(coal_max_packets), .coal_max_usecs(coal_max_usecs),
        .coal_start_valid(coal_start_valid), .coal_start_gq(coal_start_gq), .def_rx_packets(def_rx_packets),
        .def_rx_usecs(def_rx_usecs), .def_tx_packets(def_tx_packets), .def_tx_usecs(def_tx_usecs),
        .coal_sel(coal_sel), .coal_rd_packets(coal_rd_packets), .coal_rd_usecs(coal_rd_usecs),
        .pub_valid(pub_valid), .pub_gq(pub_gq), .pub_count(pub_count), .fire_valid(fire_valid), .fire_ready(fire_ready),
        .fire_gq(fire_gq), .timers_armed(timers_armed),
        .evt_by_packets(stat_inc[`STAT_IRQ_BY_PACKETS]), .evt_by_time(stat_inc[`STAT_IRQ_BY_TIME])
    );
    msix #(.QUEUE_PAIRS(P)) u_msix (
        .clk(clk), .rst(rst), .clear(clear), .msix_enable(msix_enable), .msix_fmask(msix_fmask),
        .vec_we(vec_we), .vec_gq(vec_gq), .vec_value(vec_value), .cfgvec_we(cfgvec_we), .cfgvec_value(cfgvec_value),
        .reg_we(reg_we), .reg_sel_pba(reg_sel_pba), .reg_addr(reg_addr), .reg_wdata(reg_wdata), .reg_wstrb(reg_wstrb),
        .reg_rdata(reg_rdata), .irq_valid(irq_valid), .irq_ready(irq_ready), .irq_gq(irq_gq), .config_irq(config_irq),
        .msg_valid(msg_valid), .msg_ready(msg_ready), .msg_vector(msg_vector), .msg_addr(msg_addr), .msg_data(msg_data),
        .isr_queue(isr_queue), .isr_config(isr_config), .pending(irq_pending),
        .evt_message(stat_inc[`STAT_IRQ_MESSAGES]), .evt_masked(stat_inc[`STAT_IRQ_MASKED])
    );

    // ---- wire
    localparam [15:0] MAC_MAX_FRAME = MAX_FRAME;
    mac_pressure #(.STORE_BYTES(RX_STORE), .MAX_FRAME(MAX_FRAME)) u_pressure (.clk(clk), .rst(rst), .level(store_level), .request(pause_request));
    wire        mac_frame;                      // received frames are counted by rx_classify
    wire [15:0] mac_bytes;

    generate
        if (MAC_KIND == 0) begin : g_mac
            mac_xgmii #(.DATA_W(DATA_W)) u_mac (
                .clk(clk), .rst(rst), .tx_clk(mac_tx_clk), .tx_rst(mac_tx_rst), .rx_clk(mac_rx_clk), .rx_rst(mac_rx_rst),
                .cfg_max_frame(MAC_MAX_FRAME), .cfg_pause_rx(cfg_pause_rx), .cfg_pause_tx(cfg_pause_tx), .cfg_mac(cfg_mac),
                .pause_request(pause_request), .link_up(link_up), .fault(fault),
                .s_axis_tdata(tx_tdata), .s_axis_tkeep(tx_tkeep), .s_axis_tlast(tx_tlast), .s_axis_tvalid(tx_tvalid),
                .s_axis_tready(tx_tready), .tx_busy(mac_busy),
                .m_axis_tdata(rx_tdata), .m_axis_tkeep(rx_tkeep), .m_axis_tlast(rx_tlast), .m_axis_tvalid(rx_tvalid),
                .m_axis_tuser(rx_tuser),
                .xgmii_txd(xgmii_txd), .xgmii_txc(xgmii_txc), .xgmii_rxd(xgmii_rxd), .xgmii_rxc(xgmii_rxc),
                .evt_tx_frame(stat_inc[`STAT_TX_FRAMES]), .evt_tx_bytes(tx_bytes), .evt_rx_frame(mac_frame), .evt_rx_bytes(mac_bytes),
                .evt_rx_fcs(stat_inc[`STAT_RX_DROP_FCS]), .evt_rx_runt(stat_inc[`STAT_RX_DROP_RUNT]),
                .evt_rx_giant(stat_inc[`STAT_RX_DROP_GIANT]), .evt_rx_error(stat_inc[`STAT_RX_DROP_WIRE_ERROR]),
                .evt_rx_overflow(stat_inc[`STAT_RX_DROP_MAC_OVERFLOW]), .evt_rx_pause(stat_inc[`STAT_RX_PAUSE_FRAMES]),
                .evt_tx_pause(stat_inc[`STAT_TX_PAUSE_FRAMES]), .evt_tx_underrun(stat_inc[`STAT_TX_UNDERRUNS])
            );
            assign m_wire_axis_tdata  = {DATA_W{1'b0}};
            assign m_wire_axis_tkeep  = {DATA_W/8{1'b0}};
            assign m_wire_axis_tlast  = 1'b0;
            assign m_wire_axis_tvalid = 1'b0;
            assign gmii_txd   = 8'd0;
            assign gmii_tx_en = 1'b0;
            assign gmii_tx_er = 1'b0;
            wire unused_wire = &{1'b0, mac_frame, mac_bytes, m_wire_axis_tready, s_wire_axis_tdata, s_wire_axis_tkeep, s_wire_axis_tlast,
                                 s_wire_axis_tuser, s_wire_axis_tvalid, wire_link_up, gmii_rxd, gmii_rx_dv, gmii_rx_er};
        end else if (MAC_KIND == 2) begin : g_mac
            mac_gmii #(.DATA_W(DATA_W)) u_mac (
                .clk(clk), .rst(rst), .tx_clk(mac_tx_clk), .tx_rst(mac_tx_rst), .rx_clk(mac_rx_clk), .rx_rst(mac_rx_rst),
                .cfg_max_frame(MAC_MAX_FRAME), .cfg_pause_rx(cfg_pause_rx), .cfg_pause_tx(cfg_pause_tx), .cfg_mac(cfg_mac),
                .pause_request(pause_request), .link_up(link_up), .fault(fault),
                .s_axis_tdata(tx_tdata), .s_axis_tkeep(tx_tkeep), .s_axis_tlast(tx_tlast), .s_axis_tvalid(tx_tvalid),
                .s_axis_tready(tx_tready), .tx_busy(mac_busy),
                .m_axis_tdata(rx_tdata), .m_axis_tkeep(rx_tkeep), .m_axis_tlast(rx_tlast), .m_axis_tvalid(rx_tvalid),
                .m_axis_tuser(rx_tuser),
                .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
                .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er), .wire_link_up(wire_link_up),
                .evt_tx_frame(stat_inc[`STAT_TX_FRAMES]), .evt_tx_bytes(tx_bytes), .evt_rx_frame(mac_frame), .evt_rx_bytes(mac_bytes),
                .evt_rx_fcs(stat_inc[`STAT_RX_DROP_FCS]), .evt_rx_runt(stat_inc[`STAT_RX_DROP_RUNT]),
                .evt_rx_giant(stat_inc[`STAT_RX_DROP_GIANT]), .evt_rx_error(stat_inc[`STAT_RX_DROP_WIRE_ERROR]),
                .evt_rx_overflow(stat_inc[`STAT_RX_DROP_MAC_OVERFLOW]), .evt_rx_pause(stat_inc[`STAT_RX_PAUSE_FRAMES]),
                .evt_tx_pause(stat_inc[`STAT_TX_PAUSE_FRAMES]), .evt_tx_underrun(stat_inc[`STAT_TX_UNDERRUNS])
            );
            assign m_wire_axis_tdata  = {DATA_W{1'b0}};
            assign m_wire_axis_tkeep  = {DATA_W/8{1'b0}};
            assign m_wire_axis_tlast  = 1'b0;
            assign m_wire_axis_tvalid = 1'b0;
            assign xgmii_txd = 64'h0707070707070707;
            assign xgmii_txc = 8'hff;
            wire unused_wire = &{1'b0, mac_frame, mac_bytes, m_wire_axis_tready, s_wire_axis_tdata, s_wire_axis_tkeep, s_wire_axis_tlast,
                                 s_wire_axis_tuser, s_wire_axis_tvalid, xgmii_rxd, xgmii_rxc};
        end else begin : g_mac
            mac_stream #(.DATA_W(DATA_W)) u_mac (
                .clk(clk), .rst(rst),
                .cfg_max_frame(MAC_MAX_FRAME), .cfg_pause_rx(cfg_pause_rx), .cfg_pause_tx(cfg_pause_tx), .cfg_mac(cfg_mac),
                .pause_request(pause_request), .link_up(link_up), .fault(fault),
                .s_axis_tdata(tx_tdata), .s_axis_tkeep(tx_tkeep), .s_axis_tlast(tx_tlast), .s_axis_tvalid(tx_tvalid),
                .s_axis_tready(tx_tready), .tx_busy(mac_busy),
                .m_axis_tdata(rx_tdata), .m_axis_tkeep(rx_tkeep), .m_axis_tlast(rx_tlast), .m_axis_tvalid(rx_tvalid),
                .m_axis_tuser(rx_tuser),
                .m_wire_axis_tdata(m_wire_axis_tdata), .m_wire_axis_tkeep(m_wire_axis_tkeep), .m_wire_axis_tlast(m_wire_axis_tlast),
                .m_wire_axis_tvalid(m_wire_axis_tvalid), .m_wire_axis_tready(m_wire_axis_tready),
                .s_wire_axis_tdata(s_wire_axis_tdata), .s_wire_axis_tkeep(s_wire_axis_tkeep), .s_wire_axis_tlast(s_wire_axis_tlast),
                .s_wire_axis_tvalid(s_wire_axis_tvalid), .s_wire_axis_tuser(s_wire_axis_tuser), .wire_link_up(wire_link_up),
                .evt_tx_frame(stat_inc[`STAT_TX_FRAMES]), .evt_tx_bytes(tx_bytes), .evt_rx_frame(mac_frame), .evt_rx_bytes(mac_bytes),
                .evt_rx_fcs(stat_inc[`STAT_RX_DROP_FCS]), .evt_rx_runt(stat_inc[`STAT_RX_DROP_RUNT]),
                .evt_rx_giant(stat_inc[`STAT_RX_DROP_GIANT]), .evt_rx_error(stat_inc[`STAT_RX_DROP_WIRE_ERROR]),
                .evt_rx_overflow(stat_inc[`STAT_RX_DROP_MAC_OVERFLOW]), .evt_rx_pause(stat_inc[`STAT_RX_PAUSE_FRAMES]),
                .evt_tx_pause(stat_inc[`STAT_TX_PAUSE_FRAMES])
            );
            assign stat_inc[`STAT_TX_UNDERRUNS] = 1'b0;
            assign xgmii_txd = 64'h0707070707070707;
            assign xgmii_txc = 8'hff;
            assign gmii_txd   = 8'd0;
            assign gmii_tx_en = 1'b0;
            assign gmii_tx_er = 1'b0;
            wire unused_wire = &{1'b0, mac_frame, mac_bytes, mac_tx_clk, mac_tx_rst, mac_rx_clk, mac_rx_rst, xgmii_rxd, xgmii_rxc,
                                 gmii_rxd, gmii_rx_dv, gmii_rx_er};
        end
    endgenerate

    // ---- counters: what the blocks above do not drive, and 0 for what the registers count themselves
    assign stat_inc[`STAT_TX_BYTES]          = stat_inc[`STAT_TX_FRAMES];
    assign stat_inc[`STAT_RX_BYTES]          = stat_inc[`STAT_RX_FRAMES];
    assign stat_inc[`STAT_RX_WIRE_BYTES]     = stat_inc[`STAT_RX_WIRE_FRAMES];
    assign stat_inc[`STAT_DMA_READ_BYTES]    = stat_inc[`STAT_DMA_READ_BURSTS];
    assign stat_inc[`STAT_DMA_WRITE_BYTES]   = stat_inc[`STAT_DMA_WRITE_BURSTS];
    assign stat_inc[`STAT_CTRL_COMMANDS]     = ctl_done_valid;
    assign stat_inc[`STAT_CTRL_TOO_LONG]     = ctl_done_valid && ctl_too_long;
    assign stat_inc[`STAT_VQ_ERR_HEAD +: 9]  = 9'd0;
    assign stat_inc[`STAT_VQ_KICKS]          = 1'b0;
    assign stat_inc[`STAT_IRQ_CONFIG]        = 1'b0;
    assign stat_inc[`STAT_BUSY_CYCLES]       = 1'b0;
    assign stat_inc[`STAT_HOLD_TIMEOUTS]     = 1'b0;
    assign stat_inc[`STAT_WATCHDOG_BITES]    = 1'b0;
    assign stat_inc[`STAT_LINK_CHANGES]      = 1'b0;
endmodule

`default_nettype wire
