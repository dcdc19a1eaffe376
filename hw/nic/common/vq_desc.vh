// SPDX-License-Identifier: Apache-2.0
// Bits of a descriptor inside the ring engine, above its address of A_W bits; included inside modules with that parameter.
// A packed descriptor stands in it as a split one: NEXT, WRITE and INDIRECT of its flags, its buffer id as the link.
/* verilator lint_off UNUSEDPARAM */
localparam D_LEN = A_W, D_NEXT = A_W + 32, D_WRITE = A_W + 33, D_REF = A_W + 34, D_LINK = A_W + 35;
/* verilator lint_on UNUSEDPARAM */
