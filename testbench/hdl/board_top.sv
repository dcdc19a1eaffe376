// SPDX-License-Identifier: Apache-2.0
// Top of the simulations of a board: owns clocks and reset, holds board_core with Etherbone beside it, and servants
// for its serial line, its Etherbone port and its wire.
`timescale 1ns/1ps

module sim_top #(
    parameter DATA_W         = 64,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 64,
    parameter MAX_FRAME      = 9216,
    parameter MAC_KIND       = 1,
    parameter CORE_HZ        = 62500000,
    parameter BAUD_DIV       = 4,
    parameter TIMEOUT_LOG2   = 20,
    parameter HOST_RAM       = 32768,
    parameter ADDR_W         = 32,              // as board_core has it
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
);
    import "DPI-C" function int fr_tick(input int busy, input int timers, input int irq);
    import "DPI-C" function void fr_start(input int data_w, input int period_ps);

    localparam KEEP_W    = DATA_W / 8;
    localparam PERIOD_PS = 64'd1000000000000 / CORE_HZ;

    // clocks and reset
    logic clk = 0;
    logic rst = 1;
    initial begin
        fr_start(DATA_W, int'(PERIOD_PS));
        if (DATA_W != 64 || MAC_KIND != 1) $fatal(1, "board_top: DATA_W must be 64 and MAC_KIND 1 (STREAM)");
    end
    always #(PERIOD_PS / 2000.0) clk = ~clk;
    initial begin
        repeat (16) @(posedge clk);
        rst <= 0;
    end

    // what Python waits on: the only signal it sees
    logic       wake /* verilator public_flat_rd */ = 0;
    logic [6:0] work = 0;
    logic       busy, timers_armed;
    always @(posedge clk) begin
        work <= 7'(fr_tick({31'd0, busy & ~rst}, {31'd0, timers_armed & ~rst}, 0));
        wake <= work[0];
    end

    // serial line
    logic to_board, from_board;
    servant_uart #(.BAUD_DIV(BAUD_DIV)) i_uart (.clk(clk), .rst(rst), .waiting(work[5]), .txd(to_board), .rxd(from_board));

    // second port: Etherbone, from behind its MAC on
    localparam MAC = 48'h020000000032, IP = 32'hc0a80132, PORT = 1234;
    import "DPI-C" function void fr_etherbone_at(input longint mac, input int ip, input int port);
    initial fr_etherbone_at({16'd0, MAC}, IP, PORT);

    logic [63:0] ask_tdata, answer_tdata;
    logic [7:0]  ask_tkeep, answer_tkeep;
    logic        ask_tlast, ask_tvalid, answer_tlast, answer_tvalid;
    logic        wb_stb, wb_we, wb_ack;
    logic [29:0] wb_adr;
    logic [31:0] wb_dat_w, wb_dat_r;
    servant_etherbone i_network (
        .clk(clk), .rst(rst), .waiting(work[6]),
        .m_tdata(ask_tdata), .m_tkeep(ask_tkeep), .m_tlast(ask_tlast), .m_tvalid(ask_tvalid), .m_tready(1'b1),
        .s_tdata(answer_tdata), .s_tkeep(answer_tkeep), .s_tlast(answer_tlast), .s_tvalid(answer_tvalid)
    );
    etherbone #(.PORT(PORT)) i_etherbone (
        .clk(clk), .rst(rst), .cfg_mac(MAC), .cfg_ip(IP),
        .s_axis_tdata(ask_tdata), .s_axis_tkeep(ask_tkeep), .s_axis_tlast(ask_tlast), .s_axis_tvalid(ask_tvalid), .s_axis_tuser(1'b0),
        .m_axis_tdata(answer_tdata), .m_axis_tkeep(answer_tkeep), .m_axis_tlast(answer_tlast), .m_axis_tvalid(answer_tvalid),
        .m_axis_tready(1'b1),
        .wb_stb(wb_stb), .wb_we(wb_we), .wb_adr(wb_adr), .wb_dat_w(wb_dat_w), .wb_ack(wb_ack), .wb_dat_r(wb_dat_r)
    );

    // wire
    logic [DATA_W-1:0] tx_tdata, rx_tdata;
    logic [KEEP_W-1:0] tx_tkeep, rx_tkeep;
    logic              tx_tlast, tx_tvalid, tx_tready, rx_tlast, rx_tuser, rx_tvalid;
    servant_wire_stream #(.DATA_W(DATA_W)) i_wire (
        .clk(clk), .rst(rst), .due(work[3]),
        .s_tdata(tx_tdata), .s_tkeep(tx_tkeep), .s_tlast(tx_tlast), .s_tvalid(tx_tvalid), .s_tready(tx_tready),
        .m_tdata(rx_tdata), .m_tkeep(rx_tkeep), .m_tlast(rx_tlast), .m_tuser(rx_tuser), .m_tvalid(rx_tvalid)
    );

    logic mdio, drive;
    board_core #(
        .BAUD_DIV(BAUD_DIV), .TIMEOUT_LOG2(TIMEOUT_LOG2), .HOST_RAM(HOST_RAM),
        .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX), .MAX_FRAME(MAX_FRAME), .MAC_KIND(MAC_KIND), .CORE_HZ(CORE_HZ),
        .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM),
        .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) board (
        .clk(clk), .rst(rst), .mac_tx_clk(clk), .mac_tx_rst(rst), .mac_rx_clk(clk), .mac_rx_rst(rst),
        .uart_rxd(to_board), .uart_txd(from_board),
        .s_wb_stb(wb_stb), .s_wb_we(wb_we), .s_wb_adr(wb_adr), .s_wb_dat_w(wb_dat_w), .s_wb_ack(wb_ack), .s_wb_dat_r(wb_dat_r),
        .phy_mdc(), .phy_mdio_out(mdio), .phy_mdio_drive(drive), .phy_mdio_in(mdio | ~drive), .phy_reset(),
        .gmii_txd(), .gmii_tx_en(), .gmii_tx_er(), .gmii_rxd(8'd0), .gmii_rx_dv(1'b0), .gmii_rx_er(1'b0),
        .m_wire_axis_tdata(tx_tdata), .m_wire_axis_tkeep(tx_tkeep), .m_wire_axis_tlast(tx_tlast),
        .m_wire_axis_tvalid(tx_tvalid), .m_wire_axis_tready(tx_tready),
        .s_wire_axis_tdata(rx_tdata), .s_wire_axis_tkeep(rx_tkeep), .s_wire_axis_tlast(rx_tlast),
        .s_wire_axis_tuser(rx_tuser), .s_wire_axis_tvalid(rx_tvalid),
        .wire_link_up(work[4]), .busy(busy), .timers_armed(timers_armed)
    );
endmodule
