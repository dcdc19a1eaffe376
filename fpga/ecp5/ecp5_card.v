// SPDX-License-Identifier: Apache-2.0
// The card on a board with an ECP5: clocks and resets, the RGMII port's pins, and the core with its serial bridge. Only wires.
`default_nettype none

module ecp5_card #(
    // board
    parameter PLL_INPUT_DIV  = 1,               // as in ecp5_pll
    parameter PLL_CORE_DIV   = 10,
    parameter CORE_HZ        = 625000000 / PLL_CORE_DIV,
    parameter BAUD           = 115200,
    parameter RGMII_TX_TAPS  = 0,               // as in rgmii_ecp5
    parameter RGMII_RX_TAPS  = 80,
    // card, as in board_core
    parameter HOST_RAM       = 32768,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 64,
    parameter MAX_FRAME      = 9216,
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
    // oscillator, and the clocks made of it: a board's top names them for its constraints
    input  wire        clk_in,
    output wire        clk_core,
    output wire        clk_125,
    // board
    input  wire        button_n,
    output wire        led,                     // blinks; long with a link, short without
    // serial line
    input  wire        uart_rx,
    output wire        uart_tx,
    // PHY's management
    output wire        phy_rst_n,
    output wire        mdc,
    output wire        mdio_out,
    output wire        mdio_drive,
    input  wire        mdio_in,
    // another bus master, on clk_core; s_wb_stb 0 where there is none
    output wire        rst,
    output wire        ready,                   // for the resets of its other clocks
    input  wire        s_wb_stb,
    input  wire        s_wb_we,
    input  wire [29:0] s_wb_adr,
    input  wire [31:0] s_wb_dat_w,
    output wire        s_wb_ack,
    output wire [31:0] s_wb_dat_r,
    // RGMII
    output wire        txc,
    output wire [3:0]  txd,
    output wire        tx_ctl,
    input  wire        rxc,
    input  wire [3:0]  rxd,
    input  wire        rx_ctl
);
    // ---- clocks and resets
    wire locked, tx_rst, rx_rst;
    assign ready = locked && button_n;

    ecp5_pll #(.INPUT_DIV(PLL_INPUT_DIV), .CORE_DIV(PLL_CORE_DIV)) i_pll (
        .clk_in(clk_in), .clk_core(clk_core), .clk_125(clk_125), .locked(locked)
    );
    reset_sync i_rst (.clk(clk_core), .ready(ready), .rst(rst));
    reset_sync i_tx_rst (.clk(clk_125), .ready(ready), .rst(tx_rst));
    reset_sync i_rx_rst (.clk(rxc), .ready(ready), .rst(rx_rst));

    // ---- port
    wire [7:0] gmii_txd, gmii_rxd;
    wire       gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er, usable;

    rgmii_ecp5_port #(.TX_CLK_TAPS(RGMII_TX_TAPS), .RX_TAPS(RGMII_RX_TAPS)) i_port (
        .tx_clk(clk_125), .rx_rst(rx_rst),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er), .usable(usable),
        .txc(txc), .txd(txd), .tx_ctl(tx_ctl), .rxc(rxc), .rxd(rxd), .rx_ctl(rx_ctl)
    );

    // ---- core
    wire phy_reset;
    assign phy_rst_n = !phy_reset && !rst;

    board_core #(
        .BAUD_DIV(CORE_HZ / BAUD), .HOST_RAM(HOST_RAM), .QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX),
        .MAX_FRAME(MAX_FRAME), .MAC_KIND(2), .CORE_HZ(CORE_HZ),
        .PACKED_RINGS(PACKED_RINGS), .STEERING(STEERING), .VLAN_FILTER(VLAN_FILTER), .RX_CHECKSUM(RX_CHECKSUM),
        .MAC_TABLE(MAC_TABLE), .RX_STORE(RX_STORE), .PREFETCH(PREFETCH), .SHARED_RINGS(SHARED_RINGS), .COMMAND_RAM(COMMAND_RAM), .TX_STORE(TX_STORE)
    ) i_core (
        .clk(clk_core), .rst(rst), .mac_tx_clk(clk_125), .mac_tx_rst(tx_rst), .mac_rx_clk(rxc), .mac_rx_rst(rx_rst),
        .uart_rxd(uart_rx), .uart_txd(uart_tx),
        .s_wb_stb(s_wb_stb), .s_wb_we(s_wb_we), .s_wb_adr(s_wb_adr), .s_wb_dat_w(s_wb_dat_w), .s_wb_ack(s_wb_ack),
        .s_wb_dat_r(s_wb_dat_r),
        .phy_mdc(mdc), .phy_mdio_out(mdio_out), .phy_mdio_drive(mdio_drive), .phy_mdio_in(mdio_in), .phy_reset(phy_reset),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er), .wire_link_up(usable),
        .busy(), .timers_armed()
    );

    // ---- light
    reg  [25:0] beat;
    wire        linked;
    sync_bit i_linked (.clk(clk_core), .rst(rst), .d(usable), .q(linked));
    assign led = linked ? beat[25] : (beat[25:23] == 3'd7);
    always @(posedge clk_core) beat <= rst ? 26'd0 : beat + 1'b1;
endmodule

`default_nettype wire
