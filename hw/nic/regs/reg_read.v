// SPDX-License-Identifier: Apache-2.0
// Read side of a block of registers: an entry is {it is the one addressed, its word}. The choice is taken with `re`, the word a
// cycle later, and the data are there for the one cycle after that, in which axil_slave takes them; else they are 0, so that
// the blocks of a port are simply joined. Two short steps instead of one wide multiplexer behind an address decoder.
`default_nettype none

module reg_read #(
    parameter ENTRIES = 2
) (
    // clock
    input  wire                  clk,
    // choice and words
    input  wire                  re,
    input  wire [33*ENTRIES-1:0] entries,
    output reg  [ENTRIES-1:0]    chosen,        // in the cycle in which the words are taken
    // data
    output reg  [31:0]           rdata
);
    always @(posedge clk) begin : read
        integer i;
        reg [31:0] word;
        word = 32'd0;
        for (i = 0; i < ENTRIES; i = i + 1) begin
            chosen[i] <= re && entries[33*i+32];
            word = word | ({32{chosen[i]}} & entries[33*i +: 32]);
        end
        rdata <= word;
    end
endmodule

`default_nettype wire
