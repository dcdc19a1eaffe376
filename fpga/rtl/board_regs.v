// SPDX-License-Identifier: Apache-2.0
// Registers of the board itself: identity, where memory is, what waits, interrupt messages, the held read, the PHY.
`default_nettype none
`include "board_regs.vh"

module board_regs #(
    parameter RAM_BASE = 64'h10000000,
    parameter RAM_SIZE = 32768,
    parameter VECTORS  = 4                      // at most 32
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // Wishbone, of the words below 0x80
    input  wire        wb_stb,
    input  wire        wb_we,
    input  wire [4:0]  wb_adr,
    input  wire [2:0]  wb_dat_w,
    output wire        wb_ack,
    output reg  [31:0] wb_dat_r,
    // card
    input  wire        mgmt_irq,
    input  wire        msg_valid,
    input  wire [10:0] msg_vector,
    // held read
    input  wire        held_pending,
    input  wire        held_done,
    input  wire [16:0] held_address,
    input  wire [31:0] held_data,
    // PHY
    output reg         mdc,
    output reg         mdio_out,
    output reg         mdio_drive,
    input  wire        mdio_in,
    output reg         phy_reset
);
    localparam [31:0] BASE = RAM_BASE[31:0];
    localparam [31:0] SIZE = RAM_SIZE;

    reg  [VECTORS-1:0] vectors;                 // pending
    wire [6:0]         offset = {wb_adr, 2'b00};
    wire               mdio;
    wire               take   = wb_stb && !wb_we && offset == `BOARD_MSIX_PENDING;
    wire [VECTORS-1:0] vector = msg_valid ? {{VECTORS-1{1'b0}}, 1'b1} << msg_vector : {VECTORS{1'b0}};

    assign wb_ack = wb_stb;

    sync_bit i_mdio (.clk(clk), .rst(rst), .d(mdio_in), .q(mdio));

    always @* begin
        wb_dat_r = 32'd0;
        case (offset)
            `BOARD_ID:           wb_dat_r = `BOARD_ID_RESET;
            `BOARD_VERSION:      wb_dat_r = `BOARD_VERSION_RESET;
            `BOARD_RAM_BASE:     wb_dat_r = BASE;
            `BOARD_RAM_SIZE:     wb_dat_r = SIZE;
            `BOARD_IRQ:          wb_dat_r[1:0] = {|vectors, mgmt_irq};
            `BOARD_MSIX_PENDING: wb_dat_r[VECTORS-1:0] = vectors;
            `BOARD_HELD:         wb_dat_r = {held_pending, held_done, 13'd0, held_address};
            `BOARD_HELD_DATA:    wb_dat_r = held_data;
            `BOARD_MDIO:         wb_dat_r[3:0] = {mdio, mdio_drive, mdio_out, mdc};
            `BOARD_PHY:          wb_dat_r[0] = phy_reset;
            default:             wb_dat_r = 32'd0;
        endcase
    end

    always @(posedge clk)
        if (rst) begin
            vectors    <= {VECTORS{1'b0}};
            mdc        <= 1'b0;
            mdio_out   <= 1'b0;
            mdio_drive <= 1'b0;
            phy_reset  <= 1'b0;
        end else begin
            vectors <= (take ? {VECTORS{1'b0}} : vectors) | vector;
            if (wb_stb && wb_we && offset == `BOARD_MDIO) {mdio_drive, mdio_out, mdc} <= wb_dat_w[2:0];
            if (wb_stb && wb_we && offset == `BOARD_PHY) phy_reset <= wb_dat_w[0];
        end
endmodule

`default_nettype wire
