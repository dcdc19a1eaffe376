// SPDX-License-Identifier: Apache-2.0
// The card as a vendor's tools want to see it: AXI towards their PCIe bridge, AXI-Stream towards their Ethernet MAC, one clock.
//
//   PCIe bridge --- s_axil_host (BAR), m_axi (host memory), m_axil_msix (interrupts)
//   control CPU --- s_axil_mgmt, mgmt_irq
//   MAC -------- m_wire_axis, s_wire_axis, wire_link_up
//
// Long for its port list. Bus names are such that tools find the interfaces by themselves; attributes say the rest.
`default_nettype none

module ferrule_vendor #(
    parameter DATA_W         = 512,             // 64, 128, 256 or 512
    parameter QUEUE_PAIRS    = 4,               // 1 to 16
    parameter QUEUE_SIZE_MAX = 1024,            // descriptors, a power of two up to 32768
    parameter MAX_FRAME      = 9216,            // bytes on the wire with FCS
    parameter CORE_HZ        = 250000000,       // of clk
    // what a small card does without
    parameter ADDR_W         = 64,              // bits of host addresses, 32 to 64
    parameter PACKED_RINGS   = 1,
    parameter STEERING       = 1,               // RSS, hash reports, automatic steering; more than one queue pair needs it
    parameter VLAN_FILTER    = 1,
    parameter RX_CHECKSUM    = 1,               // verdicts on received checksums
    parameter MAC_TABLE      = 32,              // addresses, a power of two from 2 to 128
    parameter RX_STORE       = 32768,           // bytes of received frames, 16384 or 32768
    parameter PREFETCH       = 64,              // chains or descriptors fetched ahead a queue, a power of two from 4 to 64
    parameter SHARED_RINGS   = 0,
    parameter COMMAND_RAM    = 4096,            // bytes of a control command, a power of two from 512 to 4096
    parameter TX_STORE       = 2 * MAX_FRAME    // bytes of wire frames that wait for the MAC, up to 32768; below two frames there are gaps
) (
    // clock of all ports; its reset, low active and synchronous
    (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axil_host:s_axil_mgmt:m_axi:m_axil_msix:m_wire_axis:s_wire_axis, ASSOCIATED_RESET aresetn" *)
    input  wire                      clk,
    (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
    input  wire                      aresetn,
    // registers of the host: BAR at 0, PCI configuration space at 0x10000
    input  wire [16:0]               s_axil_host_awaddr,
    input  wire                      s_axil_host_awvalid,
    output wire                      s_axil_host_awready,
    input  wire [31:0]               s_axil_host_wdata,
    input  wire [3:0]                s_axil_host_wstrb,
    input  wire                      s_axil_host_wvalid,
    output wire                      s_axil_host_wready,
    output wire [1:0]                s_axil_host_bresp,
    output wire                      s_axil_host_bvalid,
    input  wire                      s_axil_host_bready,
    input  wire [16:0]               s_axil_host_araddr,
    input  wire                      s_axil_host_arvalid,
    output wire                      s_axil_host_arready,
    output wire [31:0]               s_axil_host_rdata,
    output wire [1:0]                s_axil_host_rresp,
    output wire                      s_axil_host_rvalid,
    input  wire                      s_axil_host_rready,
    // registers of the firmware, and its interrupt (a level)
    input  wire [15:0]               s_axil_mgmt_awaddr,
    input  wire                      s_axil_mgmt_awvalid,
    output wire                      s_axil_mgmt_awready,
    input  wire [31:0]               s_axil_mgmt_wdata,
    input  wire [3:0]                s_axil_mgmt_wstrb,
    input  wire                      s_axil_mgmt_wvalid,
    output wire                      s_axil_mgmt_wready,
    output wire [1:0]                s_axil_mgmt_bresp,
    output wire                      s_axil_mgmt_bvalid,
    input  wire                      s_axil_mgmt_bready,
    input  wire [15:0]               s_axil_mgmt_araddr,
    input  wire                      s_axil_mgmt_arvalid,
    output wire                      s_axil_mgmt_arready,
    output wire [31:0]               s_axil_mgmt_rdata,
    output wire [1:0]                s_axil_mgmt_rresp,
    output wire                      s_axil_mgmt_rvalid,
    input  wire                      s_axil_mgmt_rready,
    (* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 mgmt_irq INTERRUPT" *)
    (* X_INTERFACE_PARAMETER = "SENSITIVITY LEVEL_HIGH" *)
    output wire                      mgmt_irq,
    // host memory: rings and frames
    output wire                      m_axi_arid,
    output wire [63:0]               m_axi_araddr,
    output wire [7:0]                m_axi_arlen,
    output wire [2:0]                m_axi_arsize,
    output wire [1:0]                m_axi_arburst,
    output wire                      m_axi_arvalid,
    input  wire                      m_axi_arready,
    input  wire                      m_axi_rid,
    input  wire [DATA_W-1:0]         m_axi_rdata,
    input  wire [1:0]                m_axi_rresp,
    input  wire                      m_axi_rlast,
    input  wire                      m_axi_rvalid,
    output wire                      m_axi_rready,
    output wire                      m_axi_awid,
    output wire [63:0]               m_axi_awaddr,
    output wire [7:0]                m_axi_awlen,
    output wire [2:0]                m_axi_awsize,
    output wire [1:0]                m_axi_awburst,
    output wire                      m_axi_awvalid,
    input  wire                      m_axi_awready,
    output wire [DATA_W-1:0]         m_axi_wdata,
    output wire [DATA_W/8-1:0]       m_axi_wstrb,
    output wire                      m_axi_wlast,
    output wire                      m_axi_wvalid,
    input  wire                      m_axi_wready,
    input  wire                      m_axi_bid,
    input  wire [1:0]                m_axi_bresp,
    input  wire                      m_axi_bvalid,
    output wire                      m_axi_bready,
    // MSI-X messages as writes to host memory
    output wire [63:0]               m_axil_msix_awaddr,
    output wire [2:0]                m_axil_msix_awprot,
    output wire                      m_axil_msix_awvalid,
    input  wire                      m_axil_msix_awready,
    output wire [31:0]               m_axil_msix_wdata,
    output wire [3:0]                m_axil_msix_wstrb,
    output wire                      m_axil_msix_wvalid,
    input  wire                      m_axil_msix_wready,
    input  wire [1:0]                m_axil_msix_bresp,
    input  wire                      m_axil_msix_bvalid,
    output wire                      m_axil_msix_bready,
    // MAC: whole frames without FCS; what is received cannot be stalled; tuser on the last beat: received with an error
    output wire [DATA_W-1:0]         m_wire_axis_tdata,
    output wire [DATA_W/8-1:0]       m_wire_axis_tkeep,
    output wire                      m_wire_axis_tlast,
    output wire                      m_wire_axis_tvalid,
    input  wire                      m_wire_axis_tready,
    input  wire [DATA_W-1:0]         s_wire_axis_tdata,
    input  wire [DATA_W/8-1:0]       s_wire_axis_tkeep,
    input  wire                      s_wire_axis_tlast,
    input  wire                      s_wire_axis_tuser,
    input  wire                      s_wire_axis_tvalid,
    input  wire                      wire_link_up,
    // status
    output wire                      busy,
    output wire                      timers_armed
);
    reg         rst;
    wire        msg_valid, msg_ready;
    wire [63:0] msg_addr;
    wire [31:0] msg_data;
    /* verilator lint_off UNUSEDSIGNAL */       // what is not there with MAC_KIND 1, and what a written message does not need
    wire [10:0] msg_vector;
    wire [63:0] xgmii_txd;
    wire [7:0]  xgmii_txc;
    wire [7:0]  gmii_txd;
    wire        gmii_tx_en, gmii_tx_er;
    wire        unused = &{1'b0, m_axil_msix_bresp};
    /* verilator lint_on UNUSEDSIGNAL */

    always @(posedge clk) rst <= !aresetn;

    ferrule_nic #(
        .DATA_W(DATA_W), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME), .MAC_KIND(1),
        .CORE_HZ(CORE_HZ), .ADDR_W(ADDR_W), .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER),
        .RX_CHECKSUM(RX_CHECKSUM), .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM),
        .TX_STORE(TX_STORE)
    ) nic_i (
        .clk(clk), .rst(rst), .mac_tx_clk(1'b0), .mac_tx_rst(1'b1), .mac_rx_clk(1'b0), .mac_rx_rst(1'b1),
        .s_axil_host_awaddr(s_axil_host_awaddr), .s_axil_host_awvalid(s_axil_host_awvalid),
        .s_axil_host_awready(s_axil_host_awready), .s_axil_host_wdata(s_axil_host_wdata),
        .s_axil_host_wstrb(s_axil_host_wstrb), .s_axil_host_wvalid(s_axil_host_wvalid),
        .s_axil_host_wready(s_axil_host_wready), .s_axil_host_bresp(s_axil_host_bresp),
        .s_axil_host_bvalid(s_axil_host_bvalid), .s_axil_host_bready(s_axil_host_bready),
        .s_axil_host_araddr(s_axil_host_araddr), .s_axil_host_arvalid(s_axil_host_arvalid),
        .s_axil_host_arready(s_axil_host_arready), .s_axil_host_rdata(s_axil_host_rdata),
        .s_axil_host_rresp(s_axil_host_rresp), .s_axil_host_rvalid(s_axil_host_rvalid),
        .s_axil_host_rready(s_axil_host_rready), .s_axil_mgmt_awaddr(s_axil_mgmt_awaddr),
        .s_axil_mgmt_awvalid(s_axil_mgmt_awvalid), .s_axil_mgmt_awready(s_axil_mgmt_awready),
        .s_axil_mgmt_wdata(s_axil_mgmt_wdata), .s_axil_mgmt_wstrb(s_axil_mgmt_wstrb),
        .s_axil_mgmt_wvalid(s_axil_mgmt_wvalid), .s_axil_mgmt_wready(s_axil_mgmt_wready),
        .s_axil_mgmt_bresp(s_axil_mgmt_bresp), .s_axil_mgmt_bvalid(s_axil_mgmt_bvalid),
        .s_axil_mgmt_bready(s_axil_mgmt_bready), .s_axil_mgmt_araddr(s_axil_mgmt_araddr),
        .s_axil_mgmt_arvalid(s_axil_mgmt_arvalid), .s_axil_mgmt_arready(s_axil_mgmt_arready),
        .s_axil_mgmt_rdata(s_axil_mgmt_rdata), .s_axil_mgmt_rresp(s_axil_mgmt_rresp),
        .s_axil_mgmt_rvalid(s_axil_mgmt_rvalid), .s_axil_mgmt_rready(s_axil_mgmt_rready), .mgmt_irq(mgmt_irq),
        .m_axi_arid(m_axi_arid), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen), .m_axi_arsize(m_axi_arsize),
        .m_axi_arburst(m_axi_arburst), .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_rid(m_axi_rid),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast), .m_axi_rvalid(m_axi_rvalid),
        .m_axi_rready(m_axi_rready), .m_axi_awid(m_axi_awid), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen),
        .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst), .m_axi_awvalid(m_axi_awvalid),
        .m_axi_awready(m_axi_awready), .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb), .m_axi_wlast(m_axi_wlast),
        .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_bid(m_axi_bid), .m_axi_bresp(m_axi_bresp),
        .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_wire_axis_tdata(m_wire_axis_tdata),
        .m_wire_axis_tkeep(m_wire_axis_tkeep), .m_wire_axis_tlast(m_wire_axis_tlast),
        .m_wire_axis_tvalid(m_wire_axis_tvalid), .m_wire_axis_tready(m_wire_axis_tready),
        .s_wire_axis_tdata(s_wire_axis_tdata), .s_wire_axis_tkeep(s_wire_axis_tkeep),
        .s_wire_axis_tlast(s_wire_axis_tlast), .s_wire_axis_tuser(s_wire_axis_tuser),
        .s_wire_axis_tvalid(s_wire_axis_tvalid), .wire_link_up(wire_link_up), .busy(busy), .timers_armed(timers_armed),
        .msg_valid(msg_valid), .msg_ready(msg_ready), .msg_vector(msg_vector), .msg_addr(msg_addr), .msg_data(msg_data),
        .xgmii_txd(xgmii_txd), .xgmii_txc(xgmii_txc), .xgmii_rxd(64'h0707070707070707), .xgmii_rxc(8'hff),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er), .gmii_rxd(8'd0), .gmii_rx_dv(1'b0), .gmii_rx_er(1'b0)
    );

    msix_axil msix_i (
        .clk(clk), .rst(rst), .msg_valid(msg_valid), .msg_ready(msg_ready), .msg_addr(msg_addr), .msg_data(msg_data),
        .m_axil_awaddr(m_axil_msix_awaddr), .m_axil_awprot(m_axil_msix_awprot), .m_axil_awvalid(m_axil_msix_awvalid),
        .m_axil_awready(m_axil_msix_awready), .m_axil_wdata(m_axil_msix_wdata), .m_axil_wstrb(m_axil_msix_wstrb),
        .m_axil_wvalid(m_axil_msix_wvalid), .m_axil_wready(m_axil_msix_wready), .m_axil_bvalid(m_axil_msix_bvalid),
        .m_axil_bready(m_axil_msix_bready)
    );
endmodule

`default_nettype wire
