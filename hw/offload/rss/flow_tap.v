// SPDX-License-Identifier: Apache-2.0
// Looks at the frames that leave for the MAC, without a say in their pace, and tells which flow was sent from which queue pair.
`default_nettype none

module flow_tap #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_enable,
    // beats as they are taken
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    input  wire [KEEP_W-1:0] s_keep,
    input  wire              s_last,
    input  wire [3:0]        s_pair,            // with every beat of a frame
    // a flow, once a frame
    output wire              learn_valid,
    output wire [7:0]        learn_index,
    output reg  [3:0]        learn_pair
);
    reg         first;
    reg         watching;                       // begun with this frame's first beat, so that no frame is seen in part
    reg  [3:0]  pair;
    reg  [3:0]  pair_key;
    wire        watched = first ? cfg_enable : watching;
    wire        parsed, valid, known;
    wire [15:0] len;
    wire [1:0]  tags;
    wire [4:0]  l3;
    wire [15:0] kind;
    wire [511:0] window;

    always @(posedge clk) begin
        if (rst) begin
            first    <= 1'b1;
            watching <= 1'b0;
        end else if (s_valid) begin
            first    <= s_last;
            watching <= watched;
        end
        if (s_valid) pair <= s_pair;
        pair_key   <= pair;
        learn_pair <= pair_key;
    end

    rx_parse #(.DATA_W(DATA_W), .WINDOW(64)) u_parse (
        .clk(clk), .rst(rst),
        .s_valid(s_valid && watched), .s_data(s_data), .s_keep(s_keep), .s_last(s_last),
        .m_window(window), .m_parsed(parsed), .m_len(len), .m_tags(tags), .m_l3(l3), .m_type(kind),
        /* verilator lint_off PINCONNECTEMPTY */
        .m_valid(), .m_data(), .m_first(), .m_last(), .m_base()  // the beginning of a frame is enough
        /* verilator lint_on PINCONNECTEMPTY */
    );

    flow_key u_key (
        .clk(clk), .rst(rst),
        .s_valid(parsed), .s_window(window), .s_len(len), .s_tags(tags), .s_l3(l3), .s_type(kind),
        .m_valid(valid), .m_known(known), .m_index(learn_index)
    );

    assign learn_valid = valid && known;
endmodule

`default_nettype wire
