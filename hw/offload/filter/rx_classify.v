// SPDX-License-Identifier: Apache-2.0
// Passes received frames through unchanged, eight cycles later, and says on the last beat which queue they are for, whether their checksum is right, and whether to drop them.
//
//   beats -+-> rx_parse -+-> rx_verify ----------------> verdict --+
//          |             +-> length, MTU -+-> delay -> drop reason +-> m_meta, events
//          +-> mac_filter ----------------+                        |
//          +-> delay RAM --------------------------------> m_axis -+
`default_nettype none
`include "meta.vh"

module rx_classify #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter MAC_TABLE = 32,
    parameter INDEX_W = $clog2(MAC_TABLE)
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_enable,
    input  wire [5:0]         cfg_mode,
    input  wire [47:0]        cfg_mac,
    input  wire [15:0]        cfg_mtu,          // longest layer-3 packet, 0: any
    input  wire [7:0]         cfg_steer,
    // MAC table
    input  wire               tab_we,
    input  wire [INDEX_W-1:0] tab_index,
    input  wire [47:0]        tab_mac,
    input  wire               tab_valid,
    input  wire               tab_steer,
    input  wire [7:0]         tab_queue,
    input  wire               tab_clear,
    // input: a beat in any cycle, never stalled
    input  wire [DATA_W-1:0]  s_axis_tdata,
    input  wire [KEEP_W-1:0]  s_axis_tkeep,
    input  wire               s_axis_tlast,
    input  wire               s_axis_tvalid,
    input  wire               s_axis_tuser,
    // output; m_meta is valid with the last beat
    output wire [DATA_W-1:0]  m_axis_tdata,
    output wire [KEEP_W-1:0]  m_axis_tkeep,
    output wire               m_axis_tlast,
    output reg                m_axis_tvalid,
    output wire [`RXM_W-1:0]  m_meta,
    // events: of frames the MAC gave as good; one drop reason a frame, the first that applies in this order
    output wire               evt_drop_disabled,
    output wire               evt_drop_length,
    output wire               evt_drop_filter,
    output wire               evt_drop_mtu,
    output wire               evt_multicast,
    output wire               evt_broadcast,
    output wire               evt_csum_good,
    output wire               evt_csum_bad,
    output wire               evt_frame,
    output wire [15:0]        evt_bytes
);
    localparam DELAY = 8;
    localparam BEAT_W = DATA_W + KEEP_W + 1;
    localparam INFO_W = 16 + 8 + 7;

    initial begin
        if (DATA_W != 64 && DATA_W != 128 && DATA_W != 256 && DATA_W != 512) begin
            $display("rx_classify: DATA_W %0d is not 64, 128, 256 or 512", DATA_W);
            $finish;
        end
    end

    // the frame as its beats come in
    reg  first;
    reg  user;
    wire p_valid, p_first, p_last, p_parsed;
    wire [DATA_W-1:0] p_data;
    wire [15:0]   p_base, p_len, p_type;
    wire [1023:0] p_window;
    wire [1:0]    p_tags;
    wire [4:0]    p_l3;
    wire          f_accept, f_broadcast, f_multicast;
    wire [7:0]    f_queue;
    wire          good_sum, bad_sum;

    always @(posedge clk) begin
        if (rst) first <= 1'b1;
        else if (s_axis_tvalid) first <= s_axis_tlast;
        if (s_axis_tvalid) user <= s_axis_tuser;
    end

    rx_parse #(.DATA_W(DATA_W)) u_parse (
        .clk(clk), .rst(rst),
        .s_valid(s_axis_tvalid), .s_data(s_axis_tdata), .s_keep(s_axis_tkeep), .s_last(s_axis_tlast),
        .m_valid(p_valid), .m_data(p_data), .m_first(p_first), .m_last(p_last), .m_base(p_base), .m_len(p_len),
        .m_window(p_window), .m_parsed(p_parsed), .m_tags(p_tags), .m_l3(p_l3), .m_type(p_type)
    );

    mac_filter #(.MAC_TABLE(MAC_TABLE)) u_filter (
        .clk(clk), .rst(rst),
        .cfg_mode(cfg_mode), .cfg_mac(cfg_mac), .cfg_steer(cfg_steer),
        .tab_we(tab_we), .tab_index(tab_index), .tab_mac(tab_mac), .tab_valid(tab_valid), .tab_steer(tab_steer),
        .tab_queue(tab_queue), .tab_clear(tab_clear),
        .s_valid(s_axis_tvalid && first), .s_mac(s_axis_tdata[47:0]),
        .m_accept(f_accept), .m_broadcast(f_broadcast), .m_multicast(f_multicast), .m_queue(f_queue)
    );

    rx_verify #(.DATA_W(DATA_W)) u_verify (
        .clk(clk), .rst(rst),
        .s_valid(p_valid), .s_data(p_data), .s_first(p_first), .s_last(p_last), .s_base(p_base), .s_len(p_len),
        .s_window(p_window), .s_parsed(p_parsed), .s_tags(p_tags), .s_l3(p_l3), .s_type(p_type),
        .m_good(good_sum), .m_bad(bad_sum)
    );

    // judged on the last beat, a cycle after it came in
    wire [16:0] l3       = {12'd0, p_l3};
    wire [16:0] len      = {1'b0, p_len};
    wire        short    = (len < l3) || (p_type <= 16'd1500 && {1'b0, p_type} > len - l3);
    wire        over_mtu = (cfg_mtu != 16'd0) && (len > {1'b0, cfg_mtu} + l3);

    reg  [DELAY-2:0]            valid;
    reg  [(DELAY-1)*INFO_W-1:0] info;
    wire i_over_mtu, i_accept, i_broadcast, i_multicast, i_short, i_user, i_enabled;
    wire [7:0]  i_queue;
    wire [15:0] i_len;

    always @(posedge clk) begin
        if (rst) begin
            valid         <= {(DELAY-1){1'b0}};
            m_axis_tvalid <= 1'b0;
        end else begin
            valid         <= {valid[DELAY-3:0], s_axis_tvalid};
            m_axis_tvalid <= valid[DELAY-2];
        end
        info <= {info[(DELAY-2)*INFO_W-1:0],
                 cfg_enable, over_mtu, short, f_accept, f_broadcast, f_multicast, user, f_queue, p_len};
    end

    assign {i_enabled, i_over_mtu, i_short, i_accept, i_broadcast, i_multicast, i_user, i_queue, i_len}
        = info[(DELAY-2)*INFO_W +: INFO_W];

    // the beats meanwhile wait in a ring that turns every cycle
    reg [2:0]        turn;
    reg [BEAT_W-1:0] ring [0:DELAY-1];
    reg [BEAT_W-1:0] beat;
    wire [2:0]       turn_next = turn + 3'd1;

    always @(posedge clk) begin
        if (rst) turn <= 3'd0;
        else turn <= turn_next;
        if (s_axis_tvalid) ring[turn] <= {s_axis_tlast, s_axis_tkeep, s_axis_tdata};
        if (valid[DELAY-2]) beat <= ring[turn_next];
    end

    assign {m_axis_tlast, m_axis_tkeep, m_axis_tdata} = beat;

    wire frame = m_axis_tvalid && m_axis_tlast && !i_user;
    wire taken = i_enabled && !i_short && i_accept && !i_over_mtu;

    assign m_meta = {{(`RXM_W - 26){1'b0}}, i_user || !taken, good_sum && !i_user, i_queue, i_len};

    assign evt_drop_disabled = frame && !i_enabled;
    assign evt_drop_length   = frame && i_enabled && i_short;
    assign evt_drop_filter   = frame && i_enabled && !i_short && !i_accept;
    assign evt_drop_mtu      = frame && i_enabled && !i_short && i_accept && i_over_mtu;
    assign evt_multicast     = frame && i_multicast;
    assign evt_broadcast     = frame && i_broadcast;
    assign evt_csum_good     = frame && good_sum;
    assign evt_csum_bad      = frame && bad_sum;
    assign evt_frame         = frame;
    assign evt_bytes         = i_len;
endmodule

`default_nettype wire
