// SPDX-License-Identifier: Apache-2.0
// Kinds of memory access and error codes of the ring engine; included inside modules, each of which uses some of them.
/* verilator lint_off UNUSEDPARAM */
localparam K_IDX = 3'd0, K_RING = 3'd1, K_DESC = 3'd2, K_TABLE = 3'd3, K_CONT = 3'd4, K_EVENT = 3'd5, K_LOOK = 3'd6;
localparam K_LINK = 3'd7;
// Tables of a queue's addresses, as the configuration write port numbers them
localparam T_DESC = 2'd1, T_AVAIL = 2'd2, T_USED = 2'd3;
localparam B_ELEMENT = 2'd0, B_INDEX = 2'd1, B_ARM = 2'd2;
localparam E_HEAD = 4'd1, E_DESC_INDEX = 4'd2, E_LENGTH = 4'd3, E_INDIRECT = 4'd4, E_ZERO = 4'd5;
localparam E_DESC_DMA = 4'd6, E_RING_DMA = 4'd7, E_ORDER = 4'd8, E_AVAIL_INDEX = 4'd9;
/* verilator lint_on UNUSEDPARAM */
