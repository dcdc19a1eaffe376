// SPDX-License-Identifier: Apache-2.0
// RGMII as two nibbles and two control bits a cycle to and from GMII, with the PHY's in-band status; 1000 Mb/s only.
//
// The board adds nothing but DDR cells and delays: *_rise is what the pin has at the clock's rising edge, *_fall what
// it has at the falling one that follows. Control is enable (or valid) at the rising edge, that xor error at the falling.
`default_nettype none

module rgmii_codec (
    // clock of the receive side
    input  wire       rx_clk,
    input  wire       rx_rst,
    // GMII of the MAC
    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire [7:0] gmii_rxd,
    output wire       gmii_rx_dv,
    output wire       gmii_rx_er,
    // to and from the DDR cells
    output wire [3:0] rgmii_txd_rise,
    output wire [3:0] rgmii_txd_fall,
    output wire       rgmii_tx_ctl_rise,
    output wire       rgmii_tx_ctl_fall,
    input  wire [3:0] rgmii_rxd_rise,
    input  wire [3:0] rgmii_rxd_fall,
    input  wire       rgmii_rx_ctl_rise,
    input  wire       rgmii_rx_ctl_fall,
    // status: what the PHY says between frames
    output wire       link,
    output wire [1:0] speed,                    // 0 10 Mb/s, 1 100 Mb/s, 2 1000 Mb/s
    output wire       full_duplex,
    output reg        usable                    // a link that the MAC can use; may go to another clock
);
    localparam [1:0] SPEED_1000 = 2'd2;

    reg [3:0] seen;                             // what was last offered as status
    reg [3:0] status;                           // what was offered twice running

    wire between = !gmii_rx_dv && !gmii_rx_er;  // neither a frame nor a carrier event

    assign rgmii_txd_rise    = gmii_txd[3:0];
    assign rgmii_txd_fall    = gmii_txd[7:4];
    assign rgmii_tx_ctl_rise = gmii_tx_en;
    assign rgmii_tx_ctl_fall = gmii_tx_en ^ gmii_tx_er;
    assign gmii_rxd          = {rgmii_rxd_fall, rgmii_rxd_rise};
    assign gmii_rx_dv        = rgmii_rx_ctl_rise;
    assign gmii_rx_er        = rgmii_rx_ctl_rise ^ rgmii_rx_ctl_fall;
    assign link              = status[0];
    assign speed             = status[2:1];
    assign full_duplex       = status[3];

    always @(posedge rx_clk)
        if (rx_rst) begin
            seen   <= 4'd0;
            status <= 4'd0;
            usable <= 1'b0;
        end else begin
            usable <= link && full_duplex && speed == SPEED_1000;
            if (between) begin
                seen <= rgmii_rxd_rise;
                if (seen == rgmii_rxd_rise) status <= seen;
            end
        end
endmodule

`default_nettype wire
