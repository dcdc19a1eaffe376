// SPDX-License-Identifier: Apache-2.0
// Bit ranges of the side-band words that travel beside a frame, one word a frame.

// TX word: what virtio_net_hdr asked for (names of the standard), the queue, room for a MAC timestamp.
`define TXM_FLAGS        7:0
`define TXM_GSO_TYPE     15:8
`define TXM_HDR_LEN      31:16
`define TXM_GSO_SIZE     47:32
`define TXM_CSUM_START   63:48
`define TXM_CSUM_OFFSET  79:64
`define TXM_QUEUE        87:80
`define TXM_TIMESTAMP    151:88
`define TXM_W            152

// RX word: given with the completed frame.
`define RXM_LEN          15:0
`define RXM_QUEUE        23:16
`define RXM_DATA_VALID   24
`define RXM_DROP         25
`define RXM_HASH         57:26
`define RXM_HASH_TYPE    65:58
`define RXM_TIMESTAMP    129:66
`define RXM_W            130
