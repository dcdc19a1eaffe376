// SPDX-License-Identifier: Apache-2.0
// The header of one super-frame: 256 bytes of RAM, read once by the parser, rewritten for each segment by the patcher.
`default_nettype none

module tso_header #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter LINE_W = 8 - $clog2(KEEP_W)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // filling, beat by beat
    input  wire              wr_en,
    input  wire [LINE_W-1:0] wr_line,
    input  wire [DATA_W-1:0] wr_data,
    // commands
    input  wire              parse,             // the header is in: check it, then make the first segment's
    input  wire              next,              // make the next segment's
    input  wire              forget,            // an abandoned super-frame's next header is not made
    input  wire              v6,
    input  wire [8:0]        csum_start,
    input  wire [8:0]        hdr_len,
    input  wire [15:0]       gso_size,
    // answers
    output wire              parse_bad,         // pulse
    output wire              ready,             // the header of the segment below is made
    output wire [16:0]       total,             // length of the super-frame as its IP header tells it
    output wire [15:0]       seg_len,
    output wire              seg_last,
    // reading, only while ready or at lines the patcher is done with
    input  wire [LINE_W-1:0] rd_line,
    output wire [DATA_W-1:0] rd_data
);
    wire              parse_done;
    wire              bad;
    wire              patch_busy;
    wire [LINE_W-1:0] parse_line;
    wire [KEEP_W-1:0] patch_strb;
    wire [LINE_W-1:0] patch_line;
    wire [DATA_W-1:0] patch_data;
    wire [7:0]        l3;
    wire [15:0]       ip_id;
    wire [15:0]       ip_base;
    wire [31:0]       seq;
    wire [15:0]       flags;
    wire [15:0]       csum_base;
    wire [16:0]       payload;
    reg               parsing;

    assign parse_bad = parse_done && bad;
    assign ready     = !parsing && !patch_busy;

    always @(posedge clk)
        if (rst) parsing <= 1'b0;
        else if (parse) parsing <= 1'b1;
        else if (parse_done) parsing <= 1'b0;

    tso_parse #(.DATA_W(DATA_W)) parse_i (
        .clk(clk), .rst(rst), .start(parse), .v6(v6), .csum_start(csum_start), .hdr_len(hdr_len),
        .done(parse_done), .bad(bad), .rd_line(parse_line), .rd_data(rd_data),
        .l3(l3), .ip_id(ip_id), .ip_base(ip_base), .seq(seq), .flags(flags), .csum_base(csum_base),
        .total(total), .payload(payload)
    );

    tso_patch #(.DATA_W(DATA_W)) patch_i (
        .clk(clk), .rst(rst || forget), .first(parse_done && !bad), .next(next), .busy(patch_busy),
        .v6(v6), .csum_start(csum_start), .hdr_len(hdr_len), .gso_size(gso_size),
        .l3(l3), .ip_id(ip_id), .ip_base(ip_base), .seq(seq), .flags(flags), .csum_base(csum_base), .payload(payload),
        .wr_strb(patch_strb), .wr_line(patch_line), .wr_data(patch_data), .seg_len(seg_len), .seg_last(seg_last)
    );

    // A line that is read while it is written is read again before it is used.
    ram_sdp #(.WIDTH(DATA_W), .DEPTH(256 / KEEP_W), .APART(1)) header (
        .clk(clk),
        .wr_strb(wr_en ? {KEEP_W{1'b1}} : patch_strb), .wr_addr(wr_en ? wr_line : patch_line),
        .wr_data(wr_en ? wr_data : patch_data),
        .rd_en(1'b1), .rd_addr(parsing ? parse_line : rd_line), .rd_data(rd_data)
    );
endmodule

`default_nettype wire
