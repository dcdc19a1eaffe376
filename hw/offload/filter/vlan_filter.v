// SPDX-License-Identifier: Apache-2.0
// Says whether a frame's VLAN is one the host wants, a cycle after its tag was seen: one bit for each of the 4,096 VLAN ids.
`default_nettype none

module vlan_filter (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration
    input  wire        cfg_enable,
    input  wire        cfg_promisc,             // everything is wanted
    input  wire        clear,                   // no VLAN is wanted
    // table: 32 VLAN ids a word, and what stands at the index
    input  wire        table_we,
    input  wire [6:0]  table_index,
    input  wire [31:0] table_bits,
    output wire [31:0] table_word,
    // bytes 12 to 15 of a frame, byte 12 lowest
    input  wire        s_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [31:0] s_tag,                   // the priority does not matter
    /* verilator lint_on UNUSEDSIGNAL */
    // answer
    output wire        m_accept
);
    // a frame with VLAN id 0 is of no VLAN: it has a priority only (IEEE 802.1Q)
    wire        has_tag = (s_tag[15:0] == 16'h0081);
    wire [11:0] id     = {s_tag[19:16], s_tag[31:24]};
    reg         always_wanted;
    reg  [4:0]  bit_of;
    wire [31:0] word;

    assign m_accept = always_wanted || word[bit_of];

    ram_clear #(.WIDTH(32), .DEPTH(128)) u_table (
        .clk(clk), .clear(rst || clear),
        .wr_en(table_we), .wr_addr(table_index), .wr_data(table_bits), .wr_word(table_word),
        .rd_en(s_valid), .rd_addr(id[11:5]), .rd_word(word)
    );

    always @(posedge clk)
        if (s_valid) begin
            always_wanted <= !cfg_enable || cfg_promisc || !has_tag || id == 12'd0;
            bit_of        <= id[4:0];
        end
endmodule

`default_nettype wire
