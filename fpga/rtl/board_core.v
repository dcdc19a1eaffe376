// SPDX-License-Identifier: Apache-2.0
// The card that stands alone: ferrule_nic with block RAM as host memory, and a serial bridge through which firmware and driver on a
// PC reach both. Portable: pins, clocks and the MAC's I/O are a board's (fpga/boards). Only wires, and long for its port maps.
`default_nettype none

module board_core #(
    parameter BAUD_DIV       = 543,             // core clocks a bit of the serial line, at least 4
    parameter TIMEOUT_LOG2   = 23,              // a message on it has stopped after 2^this clocks
    parameter HOST_RAM       = 32768,           // bytes of host memory, a power of two from 16384 to 262144
    parameter HOST_BASE      = 64'h10000000,    // where the card and the bridge see it
    // of the card
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 64,
    parameter MAX_FRAME      = 9216,
    parameter MAC_KIND       = 1,
    parameter CORE_HZ        = 62500000,
    parameter PACKED_RINGS   = 0,
    parameter STEERING       = 0,
    parameter VLAN_FILTER    = 0,
    parameter RX_CHECKSUM    = 1,
    parameter MAC_TABLE      = 4,
    parameter RX_STORE       = 16384,
    parameter PREFETCH       = 8,
    parameter SHARED_RINGS   = 1,
    parameter TX_STORE       = 16384,
    parameter COMMAND_RAM    = 512
) (
    // clocks
    input  wire        clk,
    input  wire        rst,
    input  wire        mac_tx_clk,
    input  wire        mac_tx_rst,
    input  wire        mac_rx_clk,
    input  wire        mac_rx_rst,
    // serial line
    input  wire        uart_rxd,
    output wire        uart_txd,
    // another master of the board's bus, as Etherbone; s_wb_stb 0 where there is none
    input  wire        s_wb_stb,
    input  wire        s_wb_we,
    input  wire [29:0] s_wb_adr,
    input  wire [31:0] s_wb_dat_w,
    output wire        s_wb_ack,
    output wire [31:0] s_wb_dat_r,
    // PHY
    output wire        phy_mdc,
    output wire        phy_mdio_out,
    output wire        phy_mdio_drive,
    input  wire        phy_mdio_in,
    output wire        phy_reset,
    // wire, MAC_KIND 2
    output wire [7:0]  gmii_txd,
    output wire        gmii_tx_en,
    output wire        gmii_tx_er,
    input  wire [7:0]  gmii_rxd,
    input  wire        gmii_rx_dv,
    input  wire        gmii_rx_er,
    // wire, MAC_KIND 1
    output wire [63:0] m_wire_axis_tdata,
    output wire [7:0]  m_wire_axis_tkeep,
    output wire        m_wire_axis_tlast,
    output wire        m_wire_axis_tvalid,
    input  wire        m_wire_axis_tready,
    input  wire [63:0] s_wire_axis_tdata,
    input  wire [7:0]  s_wire_axis_tkeep,
    input  wire        s_wire_axis_tlast,
    input  wire        s_wire_axis_tuser,
    input  wire        s_wire_axis_tvalid,
    input  wire        wire_link_up,
    // status
    output wire        busy,                    // the card or the bridge has something under way
    output wire        timers_armed
);
    localparam DATA_W = 64;
    localparam RAM_W  = $clog2(HOST_RAM);
    localparam LINE   = 256;                    // bytes of a bit of the dirty map
    localparam MAP_W  = $clog2(HOST_RAM / LINE / 32);

    // ---- bridge: the serial line or the other master
    wire        uart_stb, uart_we, uart_busy, card_busy;
    wire [29:0] uart_adr;
    wire [31:0] uart_dat_w;
    wire [1:0]  master_ack;
    wire        wb_stb, wb_we, wb_ack;
    wire [29:0] wb_adr;
    wire [31:0] wb_dat_w, wb_dat_r;

    assign s_wb_ack   = master_ack[1];
    assign s_wb_dat_r = wb_dat_r;
    assign busy       = card_busy || uart_busy || wb_stb;

    uartbone #(.BAUD_DIV(BAUD_DIV), .TIMEOUT_LOG2(TIMEOUT_LOG2)) i_uartbone (
        .clk(clk), .rst(rst), .rxd(uart_rxd), .txd(uart_txd), .busy(uart_busy),
        .wb_stb(uart_stb), .wb_we(uart_we), .wb_adr(uart_adr), .wb_dat_w(uart_dat_w), .wb_ack(master_ack[0]), .wb_dat_r(wb_dat_r)
    );

    /* verilator lint_off PINCONNECTEMPTY */
    wb_arbiter #(.MASTERS(2)) i_arbiter (
        .clk(clk), .rst(rst),
        .s_stb({s_wb_stb, uart_stb}), .s_we({s_wb_we, uart_we}), .s_adr({s_wb_adr, uart_adr}),
        .s_dat_w({s_wb_dat_w, uart_dat_w}), .s_ack(master_ack), .s_dat_r(),
        .m_stb(wb_stb), .m_we(wb_we), .m_adr(wb_adr), .m_dat_w(wb_dat_w), .m_ack(wb_ack), .m_dat_r(wb_dat_r)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    // ---- windows
    wire        regs_stb, regs_ack, map_stb, map_ack, mgmt_stb, mgmt_ack, host_stb, host_ack, ram_stb, ram_ack;
    wire [31:0] regs_dat_r, map_dat_r, mgmt_dat_r, host_dat_r;
    wire [63:0] ram_dat_r;
    wire [3:0]  host_sel;

    board_bus #(.RAM_BASE(HOST_BASE), .RAM_SIZE(HOST_RAM), .MAP_W(MAP_W)) i_bus (
        .clk(clk), .rst(rst), .wb_stb(wb_stb), .wb_adr(wb_adr), .wb_ack(wb_ack), .wb_dat_r(wb_dat_r),
        .regs_stb(regs_stb), .regs_ack(regs_ack), .regs_dat_r(regs_dat_r),
        .map_stb(map_stb), .map_ack(map_ack), .map_dat_r(map_dat_r),
        .mgmt_stb(mgmt_stb), .mgmt_ack(mgmt_ack), .mgmt_dat_r(mgmt_dat_r),
        .host_stb(host_stb), .host_sel(host_sel), .host_ack(host_ack), .host_dat_r(host_dat_r),
        .ram_stb(ram_stb), .ram_ack(ram_ack), .ram_dat_r(ram_dat_r)
    );

    wire        mgmt_irq, msg_valid, held_pending, held_done;
    wire [10:0] msg_vector;
    wire [31:0] held_data;
    wire [16:0] h_araddr;

    board_regs #(.RAM_BASE(HOST_BASE), .RAM_SIZE(HOST_RAM), .VECTORS(2 * QUEUE_PAIRS + 2)) i_regs (
        .clk(clk), .rst(rst),
        .wb_stb(regs_stb), .wb_we(wb_we), .wb_adr(wb_adr[4:0]), .wb_dat_w(wb_dat_w[2:0]), .wb_ack(regs_ack), .wb_dat_r(regs_dat_r),
        .mgmt_irq(mgmt_irq), .msg_valid(msg_valid), .msg_vector(msg_vector),
        .held_pending(held_pending), .held_done(held_done), .held_address(h_araddr), .held_data(held_data),
        .mdc(phy_mdc), .mdio_out(phy_mdio_out), .mdio_drive(phy_mdio_drive), .mdio_in(phy_mdio_in), .phy_reset(phy_reset)
    );

    wire [16:0] h_awaddr;
    wire [31:0] h_wdata, h_rdata;
    wire [3:0]  h_wstrb;
    wire        h_awvalid, h_awready, h_wvalid, h_wready, h_bvalid, h_bready, h_arvalid, h_arready, h_rvalid, h_rready;
    wb_axil #(.ADDR_W(17), .HOLD(1)) i_host (
        .clk(clk), .rst(rst),
        .wb_stb(host_stb), .wb_we(wb_we), .wb_adr(wb_adr[14:0]), .wb_sel(host_sel), .wb_dat_w(wb_dat_w),
        .wb_ack(host_ack), .wb_dat_r(host_dat_r),
        .m_axil_awaddr(h_awaddr), .m_axil_awvalid(h_awvalid), .m_axil_awready(h_awready),
        .m_axil_wdata(h_wdata), .m_axil_wstrb(h_wstrb), .m_axil_wvalid(h_wvalid), .m_axil_wready(h_wready),
        .m_axil_bvalid(h_bvalid), .m_axil_bready(h_bready),
        .m_axil_araddr(h_araddr), .m_axil_arvalid(h_arvalid), .m_axil_arready(h_arready),
        .m_axil_rdata(h_rdata), .m_axil_rvalid(h_rvalid), .m_axil_rready(h_rready),
        .late_pending(held_pending), .late_done(held_done), .late_data(held_data)
    );

    /* verilator lint_off PINCONNECTEMPTY */
    wire [15:0] g_awaddr, g_araddr;
    wire [31:0] g_wdata, g_rdata;
    wire [3:0]  g_wstrb;
    wire        g_awvalid, g_awready, g_wvalid, g_wready, g_bvalid, g_bready, g_arvalid, g_arready, g_rvalid, g_rready;
    wb_axil #(.ADDR_W(16), .HOLD(0)) i_mgmt (
        .clk(clk), .rst(rst),
        .wb_stb(mgmt_stb), .wb_we(wb_we), .wb_adr(wb_adr[13:0]), .wb_sel(4'hf), .wb_dat_w(wb_dat_w),
        .wb_ack(mgmt_ack), .wb_dat_r(mgmt_dat_r),
        .m_axil_awaddr(g_awaddr), .m_axil_awvalid(g_awvalid), .m_axil_awready(g_awready),
        .m_axil_wdata(g_wdata), .m_axil_wstrb(g_wstrb), .m_axil_wvalid(g_wvalid), .m_axil_wready(g_wready),
        .m_axil_bvalid(g_bvalid), .m_axil_bready(g_bready),
        .m_axil_araddr(g_araddr), .m_axil_arvalid(g_arvalid), .m_axil_arready(g_arready),
        .m_axil_rdata(g_rdata), .m_axil_rvalid(g_rvalid), .m_axil_rready(g_rready),
        .late_pending(), .late_done(), .late_data()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    // ---- host memory
    wire              arid, arvalid, arready, rid, rlast, rvalid, rready, awid, awvalid, awready, wlast, wvalid, wready, bid, bvalid, bready;
    wire [63:0]       araddr, awaddr;
    wire [7:0]        arlen, wstrb;
    wire [1:0]        rresp, bresp;
    wire [DATA_W-1:0] rdata, wdata;

    axi_ram #(.ADDR_W(64), .BYTES(HOST_RAM), .BASE(HOST_BASE), .LINE(LINE)) i_ram (
        .clk(clk), .rst(rst),
        .s_axi_arid(arid), .s_axi_araddr(araddr), .s_axi_arlen(arlen), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
        .s_axi_rid(rid), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
        .s_axi_awid(awid), .s_axi_awaddr(awaddr), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wlast(wlast), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
        .s_axi_bid(bid), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
        .wb_stb(ram_stb), .wb_we(wb_we), .wb_adr(wb_adr[RAM_W-3:0]), .wb_dat_w(wb_dat_w), .wb_ack(ram_ack), .wb_dat_r(ram_dat_r),
        .map_stb(map_stb), .map_adr(wb_adr[MAP_W-1:0]), .map_ack(map_ack), .map_dat_r(map_dat_r)
    );

    // ---- the card
    /* verilator lint_off PINCONNECTEMPTY */
    ferrule_nic #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME),
        .MAC_KIND(MAC_KIND), .CORE_HZ(CORE_HZ), .ADDR_W(32),
        .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM),
        .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) i_card (
        .clk(clk), .rst(rst),
        .mac_tx_clk(mac_tx_clk), .mac_tx_rst(mac_tx_rst), .mac_rx_clk(mac_rx_clk), .mac_rx_rst(mac_rx_rst),
        .s_axil_host_awaddr(h_awaddr), .s_axil_host_awvalid(h_awvalid), .s_axil_host_awready(h_awready),
        .s_axil_host_wdata(h_wdata), .s_axil_host_wstrb(h_wstrb), .s_axil_host_wvalid(h_wvalid), .s_axil_host_wready(h_wready),
        .s_axil_host_bresp(), .s_axil_host_bvalid(h_bvalid), .s_axil_host_bready(h_bready),
        .s_axil_host_araddr(h_araddr), .s_axil_host_arvalid(h_arvalid), .s_axil_host_arready(h_arready),
        .s_axil_host_rdata(h_rdata), .s_axil_host_rresp(), .s_axil_host_rvalid(h_rvalid), .s_axil_host_rready(h_rready),
        .s_axil_mgmt_awaddr(g_awaddr), .s_axil_mgmt_awvalid(g_awvalid), .s_axil_mgmt_awready(g_awready),
        .s_axil_mgmt_wdata(g_wdata), .s_axil_mgmt_wstrb(g_wstrb), .s_axil_mgmt_wvalid(g_wvalid), .s_axil_mgmt_wready(g_wready),
        .s_axil_mgmt_bresp(), .s_axil_mgmt_bvalid(g_bvalid), .s_axil_mgmt_bready(g_bready),
        .s_axil_mgmt_araddr(g_araddr), .s_axil_mgmt_arvalid(g_arvalid), .s_axil_mgmt_arready(g_arready),
        .s_axil_mgmt_rdata(g_rdata), .s_axil_mgmt_rresp(), .s_axil_mgmt_rvalid(g_rvalid), .s_axil_mgmt_rready(g_rready),
        .mgmt_irq(mgmt_irq),
        .m_axi_arid(arid), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arsize(), .m_axi_arburst(),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready),
        .m_axi_rid(rid), .m_axi_rdata(rdata), .m_axi_rresp(rresp), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid), .m_axi_rready(rready),
        .m_axi_awid(awid), .m_axi_awaddr(awaddr), .m_axi_awlen(), .m_axi_awsize(), .m_axi_awburst(),
        .m_axi_awvalid(awvalid), .m_axi_awready(awready),
        .m_axi_wdata(wdata), .m_axi_wstrb(wstrb), .m_axi_wlast(wlast), .m_axi_wvalid(wvalid), .m_axi_wready(wready),
        .m_axi_bid(bid), .m_axi_bresp(bresp), .m_axi_bvalid(bvalid), .m_axi_bready(bready),
        .msg_valid(msg_valid), .msg_ready(1'b1), .msg_vector(msg_vector), .msg_addr(), .msg_data(),
        .xgmii_txd(), .xgmii_txc(), .xgmii_rxd(64'd0), .xgmii_rxc(8'd0),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .m_wire_axis_tdata(m_wire_axis_tdata), .m_wire_axis_tkeep(m_wire_axis_tkeep), .m_wire_axis_tlast(m_wire_axis_tlast),
        .m_wire_axis_tvalid(m_wire_axis_tvalid), .m_wire_axis_tready(m_wire_axis_tready),
        .s_wire_axis_tdata(s_wire_axis_tdata), .s_wire_axis_tkeep(s_wire_axis_tkeep), .s_wire_axis_tlast(s_wire_axis_tlast),
        .s_wire_axis_tuser(s_wire_axis_tuser), .s_wire_axis_tvalid(s_wire_axis_tvalid),
        .wire_link_up(wire_link_up), .busy(card_busy), .timers_armed(timers_armed)
    );
    /* verilator lint_on PINCONNECTEMPTY */
endmodule

`default_nettype wire
