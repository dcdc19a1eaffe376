// SPDX-License-Identifier: Apache-2.0
// Passes received frames through unchanged, a fixed time later, and says on the last beat which queue they are for, their hash, whether their checksum is right, and whether to drop them.
//
//   beats -+-> rx_parse -+-> rx_walk -+-> rx_verify ---> [verdicts] -----------+
//          |             |            +-> rss_hash -+                          |
//          |             +-> flow_key --------------+-> rx_steer -> [queues] --+-> m_meta, events
//          +-> mac_filter ---------------- queue ---+                          |
//          |       +------ vlan_filter, length, MTU ---> [reasons] ------------+
//          +-> beat_delay -----------------------------------------------------+-> m_axis
//
// Every judge says its word once a frame and a fixed time after it has seen what it needs; the last beat collects them.
// At 64 bits a beat rx_verify_words, which walks for itself, takes the place of rx_verify. What a parameter leaves out is not
// there: without steering MAC table and cfg_steer alone choose the queue, without a checksum there is no verdict, without
// both no walk, and the fixed time is shorter.
// Longer than most files for its ports and wires.
`default_nettype none
`include "meta.vh"

module rx_classify #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter QUEUE_PAIRS = 1,
    parameter MAC_TABLE = 32,                   // entries
    parameter STEERING = 1,                     // 0: no hash, no RSS, no automatic steering
    parameter VLAN_FILTER = 1,                  // 0: all VLANs are wanted
    parameter RX_CHECKSUM = 1,                  // 0: no verdict
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
    input  wire               cfg_vlan,         // drop frames of VLANs that are not in the table
    input  wire [1:0]         cfg_steering,     // 0 cfg_steer, 1 automatic, 2 RSS
    input  wire [7:0]         cfg_steer,
    input  wire [7:0]         cfg_pairs,        // in use: no queue from this one on is given
    input  wire [8:0]         cfg_hash_types,
    input  wire [319:0]       cfg_hash_key,     // the first bit highest
    input  wire [7:0]         cfg_unclassified,
    input  wire [6:0]         cfg_table_mask,
    // MAC table; clear empties it, the VLAN filter and the flows
    input  wire               tab_we,
    input  wire [INDEX_W-1:0] tab_index,
    input  wire [47:0]        tab_mac,
    input  wire               tab_valid,
    input  wire               tab_steer,
    input  wire [7:0]         tab_queue,
    input  wire               tab_clear,
    // VLAN filter and indirection table: write, and what stands at the index
    input  wire               vlan_we,
    input  wire [6:0]         vlan_index,
    input  wire [31:0]        vlan_bits,
    output wire [31:0]        vlan_word,
    input  wire               rss_we,
    input  wire [6:0]         rss_index,
    input  wire [7:0]         rss_queue,
    output wire [7:0]         rss_word,
    // flows as they are sent
    input  wire               learn_valid,
    input  wire [7:0]         learn_index,
    input  wire [3:0]         learn_pair,
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
    output wire               m_axis_tvalid,
    output wire [`RXM_W-1:0]  m_meta,
    // status
    output wire               idle,             // no beat is inside
    // events: of frames the MAC gave as good; one drop reason a frame, the first that applies in this order
    output wire               evt_drop_disabled,
    output wire               evt_drop_length,
    output wire               evt_drop_filter,
    output wire               evt_drop_vlan,
    output wire               evt_drop_mtu,
    output wire               evt_multicast,
    output wire               evt_broadcast,
    output wire               evt_csum_good,
    output wire               evt_csum_bad,
    output wire               evt_frame,
    output wire [15:0]        evt_bytes
);
    localparam STEPS  = 512 / DATA_W;           // beats of a 60-byte frame
    localparam WORDS  = (DATA_W == 64);         // the checksum is judged word by word
    localparam WALK   = STEERING || (RX_CHECKSUM && !WORDS);
    // until the slowest judge has spoken: rx_steer; rx_verify_words or rx_verify; else those of the last beat
    localparam DELAY  = STEERING ? 14 + STEPS : !RX_CHECKSUM ? 3 : WORDS ? 9 : 13;
    localparam FRAMES = (DELAY > 16) ? 32 : 16; // more than there are beats inside
    localparam WINDOW = WALK ? 128 : (KEEP_W > 32) ? KEEP_W : 32;
    localparam INFO_W = 16 + 8;

    initial begin
        if (DATA_W != 64 && DATA_W != 128 && DATA_W != 256 && DATA_W != 512) begin
            $display("rx_classify: DATA_W %0d is not 64, 128, 256 or 512", DATA_W);
            $finish;
        end
    end

    // ---- the frame as its beats come in
    reg  first;
    reg  user;
    wire          p_valid, p_last;
    wire [15:0]   p_len, p_type;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [WINDOW*8-1:0] p_window;               // who is here looks at parts of it
    wire          p_parsed;
    wire          p_first;
    wire [DATA_W-1:0] p_data;
    wire [15:0]   p_base;
    wire [1:0]    p_tags;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [4:0]    p_l3;

    always @(posedge clk) begin
        if (rst) first <= 1'b1;
        else if (s_axis_tvalid) first <= s_axis_tlast;
        if (s_axis_tvalid) user <= s_axis_tuser;
    end

    rx_parse #(.DATA_W(DATA_W), .WINDOW(WINDOW)) u_parse (
        .clk(clk), .rst(rst),
        .s_valid(s_axis_tvalid), .s_data(s_axis_tdata), .s_keep(s_axis_tkeep), .s_last(s_axis_tlast),
        .m_valid(p_valid), .m_data(p_data), .m_first(p_first), .m_last(p_last), .m_base(p_base), .m_len(p_len),
        .m_window(p_window), .m_parsed(p_parsed), .m_tags(p_tags), .m_l3(p_l3), .m_type(p_type)
    );

    // ---- is it wanted: judged on the last beat
    wire       f_accept, f_broadcast, f_multicast, v_accept;
    /* verilator lint_off UNUSEDSIGNAL */
    wire       f_steers;                        // with one queue alone there is nothing to choose
    wire [7:0] f_queue;
    /* verilator lint_on UNUSEDSIGNAL */

    mac_filter #(.MAC_TABLE(MAC_TABLE)) u_filter (
        .clk(clk), .rst(rst),
        .cfg_mode(cfg_mode), .cfg_mac(cfg_mac),
        .tab_we(tab_we), .tab_index(tab_index), .tab_mac(tab_mac), .tab_valid(tab_valid), .tab_steer(tab_steer),
        .tab_queue(tab_queue), .tab_clear(tab_clear),
        .s_valid(s_axis_tvalid && first), .s_mac(s_axis_tdata[47:0]),
        .m_accept(f_accept), .m_broadcast(f_broadcast), .m_multicast(f_multicast), .m_steers(f_steers), .m_queue(f_queue)
    );

    generate
        if (VLAN_FILTER) begin : g_vlan
            vlan_filter u_vlan (
                .clk(clk), .rst(rst), .cfg_enable(cfg_vlan), .cfg_promisc(cfg_mode[0]), .clear(tab_clear),
                .table_we(vlan_we), .table_index(vlan_index), .table_bits(vlan_bits), .table_word(vlan_word),
                .s_valid(p_valid && p_last), .s_tag(p_window[12*8 +: 32]), .m_accept(v_accept)
            );
        end else begin : g_no_vlan
            assign v_accept  = 1'b1;
            assign vlan_word = 32'd0;
            wire   unused    = &{1'b0, cfg_vlan, vlan_we, vlan_index, vlan_bits};
        end
    endgenerate

    reg                judged;
    reg  [4:0]         seen;                    // enabled, the filter's answer, bad
    reg  [15:0]        len16;
    reg  [15:0]        kind_of;
    reg  [16:0]        rest;                    // bytes from layer 3 on, negative if it was not reached
    wire        short    = rest[16] || (kind_of <= 16'd1500 && kind_of > rest[15:0]);
    wire        over_mtu = cfg_mtu != 16'd0 && !rest[16] && rest[15:0] > cfg_mtu;

    always @(posedge clk) begin
        if (rst) judged <= 1'b0;
        else judged <= p_valid && p_last;
        seen    <= {cfg_enable, f_accept, f_broadcast, f_multicast, user};
        len16   <= p_len;
        kind_of <= p_type;
        rest    <= {1'b0, p_len} - {12'd0, p_l3};
    end

    // ---- what the judges have said, until the frame's last beat leaves
    wire ends = m_axis_tvalid && m_axis_tlast;
    wire i_enabled, i_over_mtu, i_short, i_accept, i_broadcast, i_multicast, i_user, i_vlan, good_sum, bad_sum;
    wire [15:0] i_len;
    wire [7:0]  queue;
    wire [31:0] hash;
    wire [3:0]  kind;

    /* verilator lint_off PINCONNECTEMPTY */     // each has a frame's word in time, and room for all frames of DELAY beats
    fifo_sync #(.WIDTH(INFO_W), .DEPTH(FRAMES)) u_reasons (
        .clk(clk), .rst(rst), .s_data({v_accept, over_mtu, short, seen, len16}), .s_valid(judged), .s_ready(),
        .m_data({i_vlan, i_over_mtu, i_short, i_enabled, i_accept, i_broadcast, i_multicast, i_user, i_len}), .m_valid(),
        .m_ready(ends), .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    // ---- layer 4
    /* verilator lint_off UNUSEDSIGNAL */
    /* verilator lint_off UNDRIVEN */
    wire         e_valid, w_valid, w_bad, w_v6, w_ip, w_ext, w_tcp, w_udp;      // each used by those who are here
    wire [255:0] e_addresses;
    wire [511:0] e_region;
    wire [7:0]   w_proto;
    wire [9:0]   w_l4;
    wire [36:0]  w_sum;
    wire [31:0]  w_second, w_ports;
    wire [15:0]  w_len;
    wire [32:0]  w_pseudo;
    wire [3:0]   w_home, w_route;
    /* verilator lint_on UNUSEDSIGNAL */
    /* verilator lint_on UNDRIVEN */

    generate
        if (WALK) begin : g_walk
            rx_walk u_walk (
                .clk(clk), .rst(rst),
                .s_valid(p_parsed), .s_window(p_window[126*8-1:14*8]), .s_len(p_len), .s_tags(p_tags), .s_l3(p_l3),
                .s_v4(p_type == 16'h0800), .s_v6(p_type == 16'h86dd),
                .e_valid(e_valid), .e_addresses(e_addresses), .e_region(e_region),
                .m_valid(w_valid), .m_bad(w_bad), .m_v6(w_v6), .m_proto(w_proto), .m_l4(w_l4), .m_sum(w_sum),
                .m_second(w_second), .m_len(w_len), .m_pseudo(w_pseudo),
                .m_ip(w_ip), .m_ext(w_ext), .m_tcp(w_tcp), .m_udp(w_udp), .m_ports(w_ports), .m_home(w_home), .m_route(w_route)
            );
        end
    endgenerate

    // ---- checksum
    generate
        if (RX_CHECKSUM) begin : g_checksum
            wire c_valid, c_good, c_bad;

            if (WORDS) begin : g_words
                rx_verify_words u_verify (
                    .clk(clk), .rst(rst),
                    .s_valid(p_valid), .s_data(p_data), .s_last(p_last), .s_base(p_base), .s_len(p_len[2:0]), .s_tags(p_tags),
                    .s_type(p_type),
                    .m_valid(c_valid), .m_good(c_good), .m_bad(c_bad)
                );
            end else begin : g_beats
                rx_verify #(.DATA_W(DATA_W)) u_verify (
                    .clk(clk), .rst(rst),
                    .s_valid(p_valid), .s_data(p_data), .s_first(p_first), .s_last(p_last), .s_base(p_base), .s_len(p_len),
                    .s_window(p_window[255:0]), .s_tags(p_tags), .s_l3(p_l3), .s_type(p_type),
                    .w_bad(w_bad), .w_v6(w_v6), .w_proto(w_proto), .w_l4(w_l4), .w_sum(w_sum), .w_second(w_second), .w_len(w_len),
                    .w_pseudo(w_pseudo),
                    .m_valid(c_valid), .m_good(c_good), .m_bad(c_bad)
                );
            end

            /* verilator lint_off PINCONNECTEMPTY */
            fifo_sync #(.WIDTH(2), .DEPTH(FRAMES)) u_verdicts (
                .clk(clk), .rst(rst), .s_data({c_good, c_bad}), .s_valid(c_valid), .s_ready(),
                .m_data({good_sum, bad_sum}), .m_valid(), .m_ready(ends), .count()
            );
            /* verilator lint_on PINCONNECTEMPTY */
        end else begin : g_no_checksum
            assign good_sum = 1'b0;
            assign bad_sum  = 1'b0;
        end
    endgenerate

    // ---- hash and queue
    generate
        if (STEERING) begin : g_steering
            wire         k_valid, k_known, h_valid, q_valid;
            wire [7:0]   k_index, q_queue;
            wire [31:0]  h_hash, q_hash;
            wire [3:0]   h_type, q_type;

            rss_hash #(.STEPS(STEPS)) u_hash (
                .clk(clk), .rst(rst), .cfg_types(cfg_hash_types), .cfg_key(cfg_hash_key),
                .e_valid(e_valid), .e_addresses(e_addresses), .e_region(e_region),
                .w_valid(w_valid), .w_ip(w_ip), .w_v6(w_v6), .w_ext(w_ext), .w_tcp(w_tcp), .w_udp(w_udp), .w_ports(w_ports),
                .w_home(w_home), .w_route(w_route),
                .m_valid(h_valid), .m_hash(h_hash), .m_type(h_type)
            );

            flow_key u_flow (
                .clk(clk), .rst(rst),
                .s_valid(p_parsed), .s_window(p_window[511:0]), .s_len(p_len), .s_tags(p_tags), .s_l3(p_l3), .s_type(p_type),
                .m_valid(k_valid), .m_known(k_known), .m_index(k_index)
            );

            rx_steer #(.QUEUE_PAIRS(QUEUE_PAIRS)) u_steer (
                .clk(clk), .rst(rst),
                .cfg_mode(cfg_steering), .cfg_queue(cfg_steer), .cfg_pairs(cfg_pairs), .cfg_unclassified(cfg_unclassified),
                .cfg_mask(cfg_table_mask), .clear(tab_clear),
                .table_we(rss_we), .table_index(rss_index), .table_queue(rss_queue), .table_word(rss_word),
                .learn_valid(learn_valid), .learn_index(learn_index), .learn_pair(learn_pair),
                .s_valid(p_parsed), .s_steers(f_steers), .s_queue(f_queue),
                .key_valid(k_valid), .key_known(k_known), .key_index(k_index),
                .h_valid(h_valid), .h_hash(h_hash), .h_type(h_type),
                .m_valid(q_valid), .m_queue(q_queue), .m_hash(q_hash), .m_type(q_type)
            );

            /* verilator lint_off PINCONNECTEMPTY */
            fifo_sync #(.WIDTH(8 + 32 + 4), .DEPTH(FRAMES)) u_queues (
                .clk(clk), .rst(rst), .s_data({q_queue, q_hash, q_type}), .s_valid(q_valid), .s_ready(),
                .m_data({queue, hash, kind}), .m_valid(), .m_ready(ends), .count()
            );
            /* verilator lint_on PINCONNECTEMPTY */
        end else begin : g_no_steering
            assign rss_word = 8'd0;
            assign hash     = 32'd0;
            assign kind     = 4'd0;
            wire   unused   = &{1'b0, cfg_steering, cfg_hash_types, cfg_hash_key, cfg_unclassified, cfg_table_mask,
                                rss_we, rss_index, rss_queue, learn_valid, learn_index, learn_pair};

            if (QUEUE_PAIRS > 1) begin : g_queues
                wire [7:0] wanted = f_steers ? f_queue : cfg_steer;
                reg  [7:0] chosen;

                always @(posedge clk) chosen <= (wanted < cfg_pairs && {24'd0, wanted} < QUEUE_PAIRS) ? wanted : 8'd0;

                /* verilator lint_off PINCONNECTEMPTY */
                fifo_sync #(.WIDTH(8), .DEPTH(FRAMES)) u_queues (
                    .clk(clk), .rst(rst), .s_data(chosen), .s_valid(judged), .s_ready(),
                    .m_data(queue), .m_valid(), .m_ready(ends), .count()
                );
                /* verilator lint_on PINCONNECTEMPTY */
            end else begin : g_queue
                assign queue      = 8'd0;
                wire   unused_one = &{1'b0, cfg_steer, cfg_pairs};
            end
        end
    endgenerate

    // ---- the beats, and the word on the last of them
    beat_delay #(.WIDTH(1 + KEEP_W + DATA_W), .DELAY(DELAY)) u_delay (
        .clk(clk), .rst(rst),
        .s_valid(s_axis_tvalid), .s_data({s_axis_tlast, s_axis_tkeep, s_axis_tdata}),
        .m_valid(m_axis_tvalid), .m_data({m_axis_tlast, m_axis_tkeep, m_axis_tdata}), .idle(idle)
    );

    wire frame = ends && !i_user;
    wire taken = i_enabled && !i_short && i_accept && i_vlan && !i_over_mtu;

    assign m_meta = {64'd0, {4'd0, kind}, hash, i_user || !taken, good_sum && !i_user, queue, i_len};

    assign evt_drop_disabled = frame && !i_enabled;
    assign evt_drop_length   = frame && i_enabled && i_short;
    assign evt_drop_filter   = frame && i_enabled && !i_short && !i_accept;
    assign evt_drop_vlan     = frame && i_enabled && !i_short && i_accept && !i_vlan;
    assign evt_drop_mtu      = frame && i_enabled && !i_short && i_accept && i_vlan && i_over_mtu;
    assign evt_multicast     = frame && i_multicast;
    assign evt_broadcast     = frame && i_broadcast;
    assign evt_csum_good     = frame && good_sum;
    assign evt_csum_bad      = frame && bad_sum;
    assign evt_frame         = frame;
    assign evt_bytes         = i_len;
endmodule

`default_nettype wire
