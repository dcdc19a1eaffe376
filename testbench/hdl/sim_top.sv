// SPDX-License-Identifier: Apache-2.0
// Top of every system simulation: owns clocks and reset, holds the card and its servants (memory, MMIO, wire, messages) written in C++.
`timescale 1ns/1ps
`ifndef FERRULE_CARD
`define FERRULE_CARD ferrule_nic
`endif

module sim_top #(
    parameter DATA_W         = 128,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter MAX_FRAME      = 9216,
    parameter MAC_KIND       = 1,
    parameter CORE_HZ        = 250000000,
    parameter ADDR_W         = 64,
    parameter PACKED_RINGS   = 1,
    parameter STEERING       = 1,
    parameter VLAN_FILTER    = 1,
    parameter RX_CHECKSUM    = 1,
    parameter MAC_TABLE      = 32,
    parameter RX_STORE       = 32768,
    parameter PREFETCH       = 64,
    parameter SHARED_RINGS   = 0,
    parameter COMMAND_RAM    = 4096,
    parameter TX_STORE       = 2 * MAX_FRAME
);
    import "DPI-C" function int fr_tick(input int busy, input int timers, input int irq);
    import "DPI-C" function void fr_start(input int data_w, input int period_ps);

    localparam KEEP_W    = DATA_W / 8;
    localparam PERIOD_PS = 64'd1000000000000 / CORE_HZ;

    // clocks and reset
    logic clk = 0;
    logic rst = 1;
    logic mac_clk = 0;
    initial fr_start(DATA_W, int'(PERIOD_PS));
    always #(PERIOD_PS / 2000.0) clk = ~clk;
    initial begin
        repeat (16) @(posedge clk);
        rst <= 0;
    end
    if (MAC_KIND == 0) begin : g_mac_clock
        always #3.2 mac_clk = ~mac_clk;
    end else if (MAC_KIND == 2) begin : g_mac_clock
        always #4.0 mac_clk = ~mac_clk;
    end
    logic [1:0] mac_rst = 3;
    always @(posedge mac_clk) mac_rst <= {mac_rst[0], rst};

    // what Python waits on: the only signal it sees
    logic       wake /* verilator public_flat_rd */ = 0;
    logic [4:0] work = 0;
    logic       busy, timers_armed;
    logic       mgmt_irq;
    always @(posedge clk) begin
        work <= 5'(fr_tick({31'd0, busy}, {31'd0, timers_armed}, {31'd0, mgmt_irq & ~rst}));
        wake <= work[0];
    end

    // host registers
    logic [16:0] h_awaddr, h_araddr;
    logic [31:0] h_wdata, h_rdata;
    logic [3:0]  h_wstrb;
    logic [1:0]  h_bresp, h_rresp;
    logic        h_awvalid, h_awready, h_wvalid, h_wready, h_bvalid, h_bready, h_arvalid, h_arready, h_rvalid, h_rready;
    servant_mmio #(.BUS(0), .ADDR_W(17)) i_host (
        .clk(clk), .rst(rst), .waiting(work[1]),
        .m_awaddr(h_awaddr), .m_awvalid(h_awvalid), .m_awready(h_awready),
        .m_wdata(h_wdata), .m_wstrb(h_wstrb), .m_wvalid(h_wvalid), .m_wready(h_wready),
        .m_bresp(h_bresp), .m_bvalid(h_bvalid), .m_bready(h_bready),
        .m_araddr(h_araddr), .m_arvalid(h_arvalid), .m_arready(h_arready),
        .m_rdata(h_rdata), .m_rresp(h_rresp), .m_rvalid(h_rvalid), .m_rready(h_rready)
    );

    // management registers
    logic [15:0] g_awaddr, g_araddr;
    logic [31:0] g_wdata, g_rdata;
    logic [3:0]  g_wstrb;
    logic [1:0]  g_bresp, g_rresp;
    logic        g_awvalid, g_awready, g_wvalid, g_wready, g_bvalid, g_bready, g_arvalid, g_arready, g_rvalid, g_rready;
    servant_mmio #(.BUS(1), .ADDR_W(16)) i_mgmt (
        .clk(clk), .rst(rst), .waiting(work[2]),
        .m_awaddr(g_awaddr), .m_awvalid(g_awvalid), .m_awready(g_awready),
        .m_wdata(g_wdata), .m_wstrb(g_wstrb), .m_wvalid(g_wvalid), .m_wready(g_wready),
        .m_bresp(g_bresp), .m_bvalid(g_bvalid), .m_bready(g_bready),
        .m_araddr(g_araddr), .m_arvalid(g_arvalid), .m_arready(g_arready),
        .m_rdata(g_rdata), .m_rresp(g_rresp), .m_rvalid(g_rvalid), .m_rready(g_rready)
    );

    // host memory
    logic [63:0]       araddr, awaddr;
    logic [7:0]        arlen, awlen;
    logic [2:0]        arsize, awsize;
    logic [1:0]        arburst, awburst, rresp, bresp;
    logic              arid, awid, rid, bid;
    logic              arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
    logic [DATA_W-1:0] rdata, wdata;
    logic [KEEP_W-1:0] wstrb;
    servant_memory #(.DATA_W(DATA_W)) i_memory (
        .clk(clk), .rst(rst),
        .s_arid(arid), .s_araddr(araddr), .s_arlen(arlen), .s_arsize(arsize), .s_arburst(arburst), .s_arvalid(arvalid), .s_arready(arready),
        .s_rid(rid), .s_rdata(rdata), .s_rresp(rresp), .s_rlast(rlast), .s_rvalid(rvalid), .s_rready(rready),
        .s_awid(awid), .s_awaddr(awaddr), .s_awlen(awlen), .s_awsize(awsize), .s_awburst(awburst), .s_awvalid(awvalid), .s_awready(awready),
        .s_wdata(wdata), .s_wstrb(wstrb), .s_wlast(wlast), .s_wvalid(wvalid), .s_wready(wready),
        .s_bid(bid), .s_bresp(bresp), .s_bvalid(bvalid), .s_bready(bready)
    );

    // messages (MSI-X)
    logic        msg_valid;
    logic [10:0] msg_vector;
    logic [63:0] msg_addr;
    logic [31:0] msg_data;
    servant_msi i_msi (.clk(clk), .rst(rst), .s_valid(msg_valid), .s_vector(msg_vector), .s_addr(msg_addr), .s_data(msg_data));

    // wire
    logic [DATA_W-1:0] tx_tdata, rx_tdata;
    logic [KEEP_W-1:0] tx_tkeep, rx_tkeep;
    logic              tx_tlast, tx_tvalid, tx_tready, rx_tlast, rx_tuser, rx_tvalid;
    logic [63:0]       xgmii_txd, xgmii_rxd;
    logic [7:0]        xgmii_txc, xgmii_rxc;
    logic [7:0]        gmii_txd, gmii_rxd;
    logic              gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er;
    if (MAC_KIND == 0) begin : g_xgmii
        servant_wire_xgmii i_wire (
            .clk(mac_clk), .rst(mac_rst[1]), .txd(xgmii_txd), .txc(xgmii_txc), .rxd(xgmii_rxd), .rxc(xgmii_rxc)
        );
    end else begin : g_no_xgmii
        assign xgmii_rxd = 64'h0707070707070707;
        assign xgmii_rxc = 8'hff;
    end
    if (MAC_KIND == 1) begin : g_stream
        servant_wire_stream #(.DATA_W(DATA_W)) i_wire (
            .clk(clk), .rst(rst), .due(work[3]),
            .s_tdata(tx_tdata), .s_tkeep(tx_tkeep), .s_tlast(tx_tlast), .s_tvalid(tx_tvalid), .s_tready(tx_tready),
            .m_tdata(rx_tdata), .m_tkeep(rx_tkeep), .m_tlast(rx_tlast), .m_tuser(rx_tuser), .m_tvalid(rx_tvalid)
        );
    end else begin : g_no_stream
        assign tx_tready = 1'b0;
        assign rx_tvalid = 1'b0;
        assign rx_tdata  = '0;
        assign rx_tkeep  = '0;
        assign rx_tlast  = 1'b0;
        assign rx_tuser  = 1'b0;
    end
    if (MAC_KIND == 2) begin : g_gmii
        servant_wire_gmii i_wire (
            .tx_clk(mac_clk), .rx_clk(mac_clk), .rst(mac_rst[1]), .txd(gmii_txd), .tx_en(gmii_tx_en), .tx_er(gmii_tx_er),
            .rxd(gmii_rxd), .rx_dv(gmii_rx_dv), .rx_er(gmii_rx_er)
        );
    end else begin : g_no_gmii
        assign gmii_rxd   = 8'd0;
        assign gmii_rx_dv = 1'b0;
        assign gmii_rx_er = 1'b0;
    end

    `FERRULE_CARD #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME),
        .MAC_KIND(MAC_KIND), .CORE_HZ(CORE_HZ), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING),
        .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM), .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE),
        .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) card (
        .clk(clk), .rst(rst),
        .mac_tx_clk(mac_clk), .mac_tx_rst(mac_rst[1]), .mac_rx_clk(mac_clk), .mac_rx_rst(mac_rst[1]),
        .s_axil_host_awaddr(h_awaddr), .s_axil_host_awvalid(h_awvalid), .s_axil_host_awready(h_awready),
        .s_axil_host_wdata(h_wdata), .s_axil_host_wstrb(h_wstrb), .s_axil_host_wvalid(h_wvalid), .s_axil_host_wready(h_wready),
        .s_axil_host_bresp(h_bresp), .s_axil_host_bvalid(h_bvalid), .s_axil_host_bready(h_bready),
        .s_axil_host_araddr(h_araddr), .s_axil_host_arvalid(h_arvalid), .s_axil_host_arready(h_arready),
        .s_axil_host_rdata(h_rdata), .s_axil_host_rresp(h_rresp), .s_axil_host_rvalid(h_rvalid), .s_axil_host_rready(h_rready),
        .s_axil_mgmt_awaddr(g_awaddr), .s_axil_mgmt_awvalid(g_awvalid), .s_axil_mgmt_awready(g_awready),
        .s_axil_mgmt_wdata(g_wdata), .s_axil_mgmt_wstrb(g_wstrb), .s_axil_mgmt_wvalid(g_wvalid), .s_axil_mgmt_wready(g_wready),
        .s_axil_mgmt_bresp(g_bresp), .s_axil_mgmt_bvalid(g_bvalid), .s_axil_mgmt_bready(g_bready),
        .s_axil_mgmt_araddr(g_araddr), .s_axil_mgmt_arvalid(g_arvalid), .s_axil_mgmt_arready(g_arready),
        .s_axil_mgmt_rdata(g_rdata), .s_axil_mgmt_rresp(g_rresp), .s_axil_mgmt_rvalid(g_rvalid), .s_axil_mgmt_rready(g_rready),
        .mgmt_irq(mgmt_irq),
        .m_axi_arid(arid), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arsize(arsize), .m_axi_arburst(arburst),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready),
        .m_axi_rid(rid), .m_axi_rdata(rdata), .m_axi_rresp(rresp), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid), .m_axi_rready(rready),
        .m_axi_awid(awid), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen), .m_axi_awsize(awsize), .m_axi_awburst(awburst),
        .m_axi_awvalid(awvalid), .m_axi_awready(awready),
        .m_axi_wdata(wdata), .m_axi_wstrb(wstrb), .m_axi_wlast(wlast), .m_axi_wvalid(wvalid), .m_axi_wready(wready),
        .m_axi_bid(bid), .m_axi_bresp(bresp), .m_axi_bvalid(bvalid), .m_axi_bready(bready),
        .msg_valid(msg_valid), .msg_ready(1'b1), .msg_vector(msg_vector), .msg_addr(msg_addr), .msg_data(msg_data),
        .xgmii_txd(xgmii_txd), .xgmii_txc(xgmii_txc), .xgmii_rxd(xgmii_rxd), .xgmii_rxc(xgmii_rxc),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .m_wire_axis_tdata(tx_tdata), .m_wire_axis_tkeep(tx_tkeep), .m_wire_axis_tlast(tx_tlast),
        .m_wire_axis_tvalid(tx_tvalid), .m_wire_axis_tready(tx_tready),
        .s_wire_axis_tdata(rx_tdata), .s_wire_axis_tkeep(rx_tkeep), .s_wire_axis_tlast(rx_tlast),
        .s_wire_axis_tuser(rx_tuser), .s_wire_axis_tvalid(rx_tvalid),
        .wire_link_up(work[4]), .busy(busy), .timers_armed(timers_armed)
    );
endmodule
