// SPDX-License-Identifier: Apache-2.0
// Generated from fpga/rtl/board.rdl; change that file and run: python -m testbench.lib.export_board_regs
`ifndef BOARD_REGS_VH
`define BOARD_REGS_VH
`define BOARD_ID                 7'h00
`define BOARD_ID_RESET           32'h44524246
`define BOARD_VERSION            7'h04
`define BOARD_VERSION_RESET      32'h00010000
`define BOARD_RAM_BASE           7'h08
`define BOARD_RAM_SIZE           7'h0c
`define BOARD_IRQ                7'h10
`define BOARD_MSIX_PENDING       7'h14
`define BOARD_HELD               7'h18
`define BOARD_HELD_DATA          7'h1c
`define BOARD_MDIO               7'h20
`define BOARD_PHY                7'h24
`endif
