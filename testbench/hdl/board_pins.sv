// SPDX-License-Identifier: Apache-2.0
// Top of the simulations of a whole board, pins and all: its top as it is built, with models of PLL and DDR cells
// (ecp5_cells.v), a PHY at each port, and servants for its serial line, its Etherbone port and its wire.
//
// FERRULE_BOARD is the board's module and FERRULE_PARAMETERS what its board.toml sets; ports are joined by their names, which
// are the same on every board.
`timescale 1ns/1ps

module sim_top #(
    parameter BAUD_DIV     = 4,
    parameter CLOCK_TAPS   = 80    // of 25 ps: what a clock takes from its pin to the registers, modelled at the PHY
);
    import "DPI-C" function int fr_tick(input int busy, input int timers, input int irq);
    import "DPI-C" function void fr_start(input int data_w, input int period_ps);
    import "DPI-C" function void fr_etherbone_at(input longint mac, input int ip, input int port);

    localparam CORE_HZ = 62500000, DATA_W = 64, RX_DELAY_PS = 2000 + 25 * CLOCK_TAPS;
    localparam MAC = 48'h020000000032, IP = 32'hc0a80132, PORT = 1234;

    initial begin
        fr_start(DATA_W, 1000000000 / (CORE_HZ / 1000));
        fr_etherbone_at({16'd0, MAC}, IP, PORT);
    end

    // oscillators: the board's, and the PHYs', in no relation to it
    logic clk25 = 0, clk100 = 0, phy_clk = 0;
    always #20 clk25 = ~clk25;
    always #5 clk100 = ~clk100;
    initial begin
        #1.3;
        forever #4 phy_clk = ~phy_clk;
    end

    // pins
    logic       button_n = 1, led_n, uart_tx, uart_rx, phy_rst_n, phy_mdc;
    wire        phy_mdio;
    logic       eth0_txc, eth0_tx_ctl, eth0_rxc, eth0_rx_ctl, eth1_txc, eth1_tx_ctl, eth1_rxc, eth1_rx_ctl;
    logic [3:0] eth0_txd, eth0_rxd, eth1_txd, eth1_rxd;
    assign (weak1, weak0) phy_mdio = 1'b1;

    `FERRULE_BOARD #(`FERRULE_PARAMETERS .BAUD(CORE_HZ / BAUD_DIV)) board (.*);

    wire clk = board.clk_core;
    wire rst = board.i_card.rst;

    // what Python waits on: the only signal it sees
    logic       wake /* verilator public_flat_rd */ = 0;
    logic [6:0] work = 0;
    always @(posedge clk) begin
        work <= 7'(fr_tick({31'd0, board.i_card.i_core.busy & ~rst}, {31'd0, board.i_card.i_core.timers_armed & ~rst}, 0));
        wake <= work[0];
    end

    // serial line
    servant_uart #(.BAUD_DIV(BAUD_DIV)) i_uart (.clk(clk), .rst(rst), .waiting(work[5]), .txd(uart_rx), .rxd(uart_tx));

    // wire
    logic       tx_clk, tx_en, tx_er, rx_dv, rx_er;
    logic [7:0] txd, rxd;
    rgmii_phy #(.RX_DELAY_PS(RX_DELAY_PS)) i_phy0 (
        .clk(phy_clk), .link(work[4]),
        .txc(eth0_txc), .txd(eth0_txd), .tx_ctl(eth0_tx_ctl), .rxc(eth0_rxc), .rxd(eth0_rxd), .rx_ctl(eth0_rx_ctl),
        .gmii_tx_clk(tx_clk), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er),
        .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er)
    );
    servant_wire_gmii i_wire (
        .tx_clk(tx_clk), .rx_clk(phy_clk), .rst(rst), .txd(txd), .tx_en(tx_en), .tx_er(tx_er),
        .rxd(rxd), .rx_dv(rx_dv), .rx_er(rx_er)
    );

    // second port: a PC's network card, in whose place stands our own MAC
`ifdef FERRULE_ETHERBONE
    logic        net_clk, net_en, net_er, out_en, out_er;
    logic [7:0]  net_d, out_d;
    logic [63:0] ask_tdata, answer_tdata;
    logic [7:0]  ask_tkeep, answer_tkeep;
    logic        ask_tlast, ask_tvalid, ask_tready, answer_tlast, answer_tvalid;
    rgmii_phy #(.RX_DELAY_PS(RX_DELAY_PS)) i_phy1 (
        .clk(phy_clk), .link(1'b1),
        .txc(eth1_txc), .txd(eth1_txd), .tx_ctl(eth1_tx_ctl), .rxc(eth1_rxc), .rxd(eth1_rxd), .rx_ctl(eth1_rx_ctl),
        .gmii_tx_clk(net_clk), .gmii_txd(net_d), .gmii_tx_en(net_en), .gmii_tx_er(net_er),
        .gmii_rxd(out_d), .gmii_rx_dv(out_en), .gmii_rx_er(out_er)
    );
    mac_gmii #(.DATA_W(64)) i_pc (
        .clk(clk), .rst(rst), .tx_clk(phy_clk), .tx_rst(rst), .rx_clk(net_clk), .rx_rst(rst),
        .cfg_max_frame(16'd1522), .cfg_pause_rx(1'b0), .cfg_pause_tx(1'b0), .cfg_mac(48'd0), .pause_request(1'b0),
        .link_up(), .fault(),
        .s_axis_tdata(ask_tdata), .s_axis_tkeep(ask_tkeep), .s_axis_tlast(ask_tlast), .s_axis_tvalid(ask_tvalid),
        .s_axis_tready(ask_tready), .tx_busy(),
        .m_axis_tdata(answer_tdata), .m_axis_tkeep(answer_tkeep), .m_axis_tlast(answer_tlast), .m_axis_tvalid(answer_tvalid),
        .m_axis_tuser(),
        .gmii_txd(out_d), .gmii_tx_en(out_en), .gmii_tx_er(out_er), .gmii_rxd(net_d), .gmii_rx_dv(net_en), .gmii_rx_er(net_er),
        .wire_link_up(1'b1),
        .evt_tx_frame(), .evt_tx_bytes(), .evt_rx_frame(), .evt_rx_bytes(), .evt_rx_fcs(), .evt_rx_runt(), .evt_rx_giant(),
        .evt_rx_error(), .evt_rx_overflow(), .evt_rx_pause(), .evt_tx_pause(), .evt_tx_underrun()
    );
    servant_etherbone i_network (
        .clk(clk), .rst(rst), .waiting(work[6]),
        .m_tdata(ask_tdata), .m_tkeep(ask_tkeep), .m_tlast(ask_tlast), .m_tvalid(ask_tvalid), .m_tready(ask_tready),
        .s_tdata(answer_tdata), .s_tkeep(answer_tkeep), .s_tlast(answer_tlast), .s_tvalid(answer_tvalid)
    );
`endif
endmodule
