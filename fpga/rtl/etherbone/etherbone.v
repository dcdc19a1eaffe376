// SPDX-License-Identifier: Apache-2.0
// A bus master behind an Ethernet port: frames from a MAC to accesses of 32 bits and back (Etherbone over UDP), and what a
// network expects of such a port: ARP and ICMP echo. Only wires: eb_in -> eb_engine -> eb_out.
`default_nettype none

module etherbone #(
    parameter [15:0] PORT = 16'd1234
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration: our addresses
    input  wire [47:0] cfg_mac,
    input  wire [31:0] cfg_ip,
    // frames from the MAC, without FCS; tuser on the last beat: drop it
    input  wire [63:0] s_axis_tdata,
    input  wire [7:0]  s_axis_tkeep,
    input  wire        s_axis_tlast,
    input  wire        s_axis_tvalid,
    input  wire        s_axis_tuser,
    // frames to the MAC, without padding and FCS
    output wire [63:0] m_axis_tdata,
    output wire [7:0]  m_axis_tkeep,
    output wire        m_axis_tlast,
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    // bus master: held until ack, which comes with the read word
    output wire        wb_stb,
    output wire        wb_we,
    output wire [29:0] wb_adr,                  // of words
    output wire [31:0] wb_dat_w,
    input  wire        wb_ack,
    input  wire [31:0] wb_dat_r
);
    wire [31:0] in_word, word;
    wire        in_last, in_valid, in_ready, last, valid, ready;
    wire [15:0] in_len, len;
    wire        we, start, busy;
    wire [8:0]  index;
    wire [31:0] answer;
    wire [15:0] bytes;

    eb_in u_in (
        .clk(clk), .rst(rst),
        .s_axis_tdata(s_axis_tdata), .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast), .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tuser(s_axis_tuser),
        .m_word(in_word), .m_last(in_last), .m_valid(in_valid), .m_ready(in_ready), .m_len(in_len)
    );

    // a block RAM's words come late in a cycle
    skid #(.WIDTH(49)) u_word (
        .clk(clk), .rst(rst), .s_data({in_len, in_last, in_word}), .s_valid(in_valid), .s_ready(in_ready),
        .m_data({len, last, word}), .m_valid(valid), .m_ready(ready)
    );

    eb_engine #(.PORT(PORT)) u_engine (
        .clk(clk), .rst(rst), .cfg_mac(cfg_mac), .cfg_ip(cfg_ip),
        .s_word(word), .s_last(last), .s_valid(valid), .s_ready(ready), .s_len(len),
        .m_we(we), .m_index(index), .m_word(answer), .m_start(start), .m_bytes(bytes), .m_busy(busy),
        .wb_stb(wb_stb), .wb_we(wb_we), .wb_adr(wb_adr), .wb_dat_w(wb_dat_w), .wb_ack(wb_ack), .wb_dat_r(wb_dat_r)
    );

    eb_out u_out (
        .clk(clk), .rst(rst),
        .we(we), .index(index), .word(answer), .start(start), .bytes(bytes), .busy(busy),
        .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready)
    );
endmodule

`default_nettype wire
