// SPDX-License-Identifier: Apache-2.0
// Ethernet's CRC-32 over the first 0 to 8 bytes of a word, byte 0 first; the FCS is the complement of the state.
//
// One linear function serves whole and partial words: a word shifted up so that its last byte is in lane 7 has zeros
// before it, and zeros leave a zero state alone. The state is added to the word's first bytes, as a serial CRC would
// do; what of it lies beyond a word of fewer than four bytes is added to the result.
`default_nettype none

module mac_crc32 (
    // input
    input  wire [31:0] state,
    input  wire [63:0] data,
    input  wire [3:0]  bytes,                   // 0 to 8; lanes from there on do not matter
    // output
    output wire [31:0] next
);
    localparam [31:0] POLY = 32'hEDB88320;      // IEEE 802.3, bit reflected

    wire [6:0]  skip = {4'd8 - bytes, 3'b000};
    wire [63:0] word = (data ^ {32'd0, state}) << skip;
    wire [31:0] rest = state >> {bytes, 3'b000};

    // Which bits of a word reach bit `index` of the state: bit j passes 63-j steps after its own.
    function [63:0] mask_of;
        input [4:0] index;
        reg [31:0] seed;
        integer j;
        begin
            seed = POLY;
            for (j = 63; j >= 0; j = j - 1) begin
                mask_of[j] = seed[index];
                seed = (seed >> 1) ^ (seed[0] ? POLY : 32'd0);
            end
        end
    endfunction

    generate
        genvar g;
        for (g = 0; g < 32; g = g + 1) begin : g_bit
            localparam [63:0] MASK = mask_of(g[4:0]);
            assign next[g] = ^(word & MASK) ^ rest[g];
        end
    endgenerate
endmodule

`default_nettype wire
