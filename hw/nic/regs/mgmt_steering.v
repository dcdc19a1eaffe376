// SPDX-License-Identifier: Apache-2.0
// Management registers of multi-queue operation: steering, RSS with its key and indirection table.
`default_nettype none
`include "ferrule_regs.vh"

/* verilator lint_off UNUSEDSIGNAL */ // the register bus is the same for every block, each uses its part of it
module mgmt_steering (
    // clock
    input  wire         clk,
    input  wire         rst,
    input  wire         clear,
    // register bus
    input  wire [16:0]  bus_addr,
    input  wire         bus_we,
    input  wire [31:0]  bus_wdata,
    input  wire         bus_re,
    output reg  [31:0]  bus_rdata,
    // steering
    output reg  [1:0]   mode,
    output reg  [7:0]   pairs,
    output reg  [8:0]   hash_types,
    output reg  [7:0]   unclassified,
    output reg  [6:0]   table_mask,
    output wire [319:0] hash_key,               // byte 0 highest
    // indirection table; the word is what stands at the index
    output reg          rss_we,
    output reg  [6:0]   rss_index,
    output reg  [7:0]   rss_queue,
    input  wire [7:0]   rss_word
);
    localparam KEY_WORDS = 10;
    localparam [31:0] PAIRS_RESET = `MGMT_ACTIVE_PAIRS_RESET;

    wire [16:0] off     = {bus_addr[16:2], 2'b00};
    wire [16:0] key_off = off - `MGMT_RSS_KEY;
    wire        in_key  = off >= `MGMT_RSS_KEY && off < `MGMT_RSS_KEY + 4 * KEY_WORDS;

    reg [319:0] key;                            // byte 0 lowest

    generate
        genvar g;
        for (g = 0; g < 40; g = g + 1) begin : g_byte
            assign hash_key[(39 - g)*8 +: 8] = key[g*8 +: 8];
        end
    endgenerate

    always @(posedge clk)
        if (bus_re)
            case (off)
                `MGMT_STEERING:         bus_rdata <= {30'd0, mode};
                `MGMT_ACTIVE_PAIRS:     bus_rdata <= {24'd0, pairs};
                `MGMT_RSS_HASH_TYPES:   bus_rdata <= {23'd0, hash_types};
                `MGMT_RSS_UNCLASSIFIED: bus_rdata <= {24'd0, unclassified};
                `MGMT_RSS_TABLE_MASK:   bus_rdata <= {25'd0, table_mask};
                `MGMT_RSS_TABLE_INDEX:  bus_rdata <= {25'd0, rss_index};
                `MGMT_RSS_TABLE_ENTRY:  bus_rdata <= {24'd0, rss_word};
                default:                bus_rdata <= in_key ? key[{key_off[5:2], 5'd0} +: 32] : 32'd0;
            endcase

    // What a driver has set up goes with CLEAR
    always @(posedge clk)
        if (rst || clear) begin
            mode         <= 2'd0;
            pairs        <= PAIRS_RESET[7:0];
            hash_types   <= 9'd0;
            unclassified <= 8'd0;
            table_mask   <= 7'd0;
        end else if (bus_we)
            case (off)
                `MGMT_STEERING:         mode         <= bus_wdata[1:0];
                `MGMT_ACTIVE_PAIRS:     pairs        <= bus_wdata[7:0];
                `MGMT_RSS_HASH_TYPES:   hash_types   <= bus_wdata[8:0];
                `MGMT_RSS_UNCLASSIFIED: unclassified <= bus_wdata[7:0];
                `MGMT_RSS_TABLE_MASK:   table_mask   <= bus_wdata[6:0];
                default: ;
            endcase

    // The key and the selections do not
    always @(posedge clk)
        if (rst) begin
            key       <= 320'd0;
            rss_we    <= 1'b0;
            rss_index <= 7'd0;
            rss_queue <= 8'd0;
        end else begin
            rss_we <= bus_we && off == `MGMT_RSS_TABLE_ENTRY;
            if (bus_we) begin
                case (off)
                    `MGMT_RSS_TABLE_INDEX: rss_index <= bus_wdata[6:0];
                    `MGMT_RSS_TABLE_ENTRY: rss_queue <= bus_wdata[7:0];
                    default: ;
                endcase
                if (in_key) key[{key_off[5:2], 5'd0} +: 32] <= bus_wdata;
            end
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
