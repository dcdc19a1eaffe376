// SPDX-License-Identifier: Apache-2.0
// Finds layer 4 of an IPv4 or IPv6 datagram in the frame's first 128 bytes, and what a hash of the datagram may want: nine cycles, one frame a cycle.
`default_nettype none

module rx_walk (
    // clock
    input  wire          clk,
    input  wire          rst,
    // window of rx_parse from byte 14 on
    input  wire          s_valid,
    input  wire [895:0]  s_window,
    input  wire [15:0]   s_len,                 // bytes of the frame, or 128 when the window holds no more
    input  wire [1:0]    s_tags,
    input  wire [4:0]    s_l3,
    input  wire          s_v4,
    input  wire          s_v6,
    // a cycle later: addresses (IPv4: the lowest 8 bytes) and what follows the addresses or, for IPv4, the first word
    output reg           e_valid,
    output reg  [255:0]  e_addresses,
    output reg  [511:0]  e_region,
    // layer 4; held until the next frame's takes its place
    output wire          m_valid,
    output wire          m_bad,                 // not a whole, walkable datagram: no checksum verdict
    output wire          m_v6,
    output wire [7:0]    m_proto,               // 59 when what follows is not known, not there or a fragment's
    output wire [9:0]    m_l4,                  // first word of layer 4 in the region below, over 14: not found
    output wire [36:0]   m_sum,                 // IPv4: of the whole header; IPv6: of the extension headers
    output wire [31:0]   m_second,              // second word of layer 4: length and checksum of UDP
    output wire [15:0]   m_len,                 // IPv4 total length, IPv6 payload length
    output wire [32:0]   m_pseudo,              // sum of the IPv4 addresses, 0 for IPv6
    // for a hash
    output wire          m_ip,                  // IPv4 or IPv6, in a frame of at least 60 bytes
    output wire          m_ext,                 // IPv6 with extension headers
    output wire          m_tcp,                 // has a TCP header, and its ports are there
    output wire          m_udp,
    output wire [31:0]   m_ports,
    output wire [3:0]    m_home,                // found, and in which eight bytes of e_region: address of the home address option
    output wire [3:0]    m_route                // the same of a type 2 routing header
);
    localparam STEPS = 8;
    localparam CARRY_W = 2 + 7 + 16 + 33;
    localparam [15:0] WINDOW   = 16'd128;
    localparam [15:0] SHORTEST = 16'd60;        // a good frame of a MAC is no shorter
    localparam [7:0] NO_NEXT = 8'd59;
    localparam [7:0] TCP = 8'd6;
    localparam [7:0] UDP = 8'd17;

    reg                 v6;
    reg [7:0]           proto;
    reg [9:0]           l4;
    reg                 bad;
    reg [31:0]          sum;
    reg [6:0]           there;
    reg [CARRY_W-1:0]   carry;

    function [6:0] up_to_127;
        input [17:0] value;                     // two's complement
        up_to_127 = value[17] ? 7'd0 : (value[16:0] > 17'd127) ? 7'd127 : value[6:0];
    endfunction

    /* verilator lint_off BLKSEQ */
    // blocking temporaries: the window is shifted once a frame, not once a cycle
    reg [831:0] head;
    reg [17:0]  told;                           // bytes of the region by the IP length field
    reg [17:0]  seen;                           // ... by the frame's, as far as the window tells
    reg [6:0]   both;
    reg [6:0]   room;
    reg         whole;                          // version and header length are right, and the addresses are there
    reg         fragment;
    reg         ext;

    always @(posedge clk) begin
        if (rst) e_valid <= 1'b0;
        else e_valid <= s_valid;
        if (s_valid) begin
            case (s_tags)
                2'd0:    head = s_window[831:0];
                2'd1:    head = s_window[4*8 +: 832];
                default: head = s_window[8*8 +: 832];
            endcase
            v6 <= s_v6;
            if (s_v6) begin
                told     = {2'b00, head[4*8 +: 8], head[5*8 +: 8]};
                seen     = {2'b00, s_len} - {13'd0, s_l3} - 18'd40;
                whole    = (head[7:4] == 4'd6) && !seen[17];
                fragment = 1'b0;
                ext      = (head[6*8 +: 8] == 8'd0) || (head[6*8 +: 8] == 8'd43) || (head[6*8 +: 8] == 8'd44)
                           || (head[6*8 +: 8] == 8'd50) || (head[6*8 +: 8] == 8'd51) || (head[6*8 +: 8] == 8'd60) || (head[6*8 +: 8] == 8'd135);
                e_addresses <= head[8*8 +: 256];
                e_region    <= head[40*8 +: 512];
                proto       <= head[6*8 +: 8];
                l4          <= 10'd0;
                sum         <= 32'd0;
                bad         <= (head[7:4] != 4'd6);
                carry[48:0] <= {head[4*8 +: 8], head[5*8 +: 8], 33'd0};
            end else begin
                told     = {2'b00, head[2*8 +: 8], head[3*8 +: 8]} - 18'd4;
                seen     = {2'b00, s_len} - {13'd0, s_l3} - 18'd4;
                whole    = s_v4 && head[7:4] == 4'd4 && head[3:0] >= 4'd5;
                // the fragment offset and the more-fragments flag must be 0
                fragment = (head[6*8 +: 6] != 6'd0) || (head[7*8 +: 8] != 8'd0);
                ext      = 1'b0;
                e_addresses <= {192'd0, head[12*8 +: 64]};
                e_region    <= head[4*8 +: 512];
                proto       <= fragment ? NO_NEXT : head[9*8 +: 8];
                l4          <= {6'd0, head[3:0]} - 10'd1;
                sum         <= head[31:0];
                bad         <= !whole || fragment;
                carry[48:0] <= {head[2*8 +: 8], head[3*8 +: 8], {1'b0, head[12*8 +: 32]} + {1'b0, head[16*8 +: 32]}};
            end
            both  = (up_to_127(told) < up_to_127(seen)) ? up_to_127(told) : up_to_127(seen);
            // extension headers of 56 bytes and the ports behind them
            there <= (both > 7'd60) ? 7'd60 : both;
            // of a frame as long as the window nobody knows yet how long it is
            room  = (s_len == WINDOW) ? up_to_127(told) : both;
            carry[CARRY_W-1:49] <= {whole && s_len >= SHORTEST, ext, room};
        end
    end
    /* verilator lint_on BLKSEQ */

    // state before step i at index i; nobody needs to know how many words the last one left
    /* verilator lint_off UNUSEDSIGNAL */
    wire [(STEPS+1)*512-1:0]      w_region;
    wire [STEPS:0]                w_options;
    wire [(STEPS+1)*9-1:0]        w_option;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [STEPS:0]                w_valid;
    wire [STEPS:0]                w_v6;
    wire [(STEPS+1)*7-1:0]        w_there;
    wire [(STEPS+1)*8-1:0]        w_proto;
    wire [(STEPS+1)*10-1:0]       w_l4;
    wire [STEPS:0]                w_bad;
    wire [(STEPS+1)*37-1:0]       w_sum;
    wire [(STEPS+1)*32-1:0]       w_ports;
    wire [(STEPS+1)*32-1:0]       w_second;
    wire [(STEPS+1)*4-1:0]        w_home;
    wire [(STEPS+1)*4-1:0]        w_route;
    wire [(STEPS+1)*CARRY_W-1:0]  w_carry;

    assign w_valid[0]           = e_valid;
    assign w_v6[0]              = v6;
    assign w_region[511:0]      = e_region;
    assign w_there[6:0]         = there;
    assign w_proto[7:0]         = proto;
    assign w_l4[9:0]            = l4;
    assign w_bad[0]             = bad;
    assign w_sum[36:0]          = {5'd0, sum};
    assign w_ports[31:0]        = 32'd0;
    assign w_second[31:0]       = 32'd0;
    assign w_options[0]         = 1'b0;
    assign w_option[8:0]        = 9'd0;
    assign w_home[3:0]          = 4'd0;
    assign w_route[3:0]         = 4'd0;
    assign w_carry[CARRY_W-1:0] = carry;

    generate
        genvar g;
        for (g = 0; g < STEPS; g = g + 1) begin : g_step
            rx_walk_step #(.STEP(g), .CARRY_W(CARRY_W)) u_step (
                .clk(clk), .rst(rst),
                .s_valid(w_valid[g]), .s_v6(w_v6[g]), .s_region(w_region[g*512 +: 512]), .s_there(w_there[g*7 +: 7]),
                .s_proto(w_proto[g*8 +: 8]), .s_l4(w_l4[g*10 +: 10]), .s_bad(w_bad[g]), .s_sum(w_sum[g*37 +: 37]),
                .s_ports(w_ports[g*32 +: 32]), .s_second(w_second[g*32 +: 32]), .s_options(w_options[g]),
                .s_option(w_option[g*9 +: 9]), .s_home(w_home[g*4 +: 4]), .s_route(w_route[g*4 +: 4]),
                .s_carry(w_carry[g*CARRY_W +: CARRY_W]),
                .m_valid(w_valid[g+1]), .m_v6(w_v6[g+1]), .m_region(w_region[(g+1)*512 +: 512]), .m_there(w_there[(g+1)*7 +: 7]),
                .m_proto(w_proto[(g+1)*8 +: 8]), .m_l4(w_l4[(g+1)*10 +: 10]), .m_bad(w_bad[g+1]), .m_sum(w_sum[(g+1)*37 +: 37]),
                .m_ports(w_ports[(g+1)*32 +: 32]), .m_second(w_second[(g+1)*32 +: 32]), .m_options(w_options[g+1]),
                .m_option(w_option[(g+1)*9 +: 9]), .m_home(w_home[(g+1)*4 +: 4]), .m_route(w_route[(g+1)*4 +: 4]),
                .m_carry(w_carry[(g+1)*CARRY_W +: CARRY_W])
            );
        end
    endgenerate

    // where layer 4 begins in the region, in bytes; what it needs there, and what it needs to be told
    wire [6:0]  l4_at  = {m_l4[4:0], 2'b00};
    wire        found  = (m_l4 < 10'd16) && (w_there[STEPS*7 +: 7] >= l4_at + 7'd4);
    wire [6:0]  m_room;

    assign m_valid  = w_valid[STEPS];
    assign m_v6     = w_v6[STEPS];
    assign m_bad    = w_bad[STEPS];
    assign m_proto  = w_proto[STEPS*8 +: 8];
    assign m_l4     = w_l4[STEPS*10 +: 10];
    assign m_sum    = w_sum[STEPS*37 +: 37];
    assign m_ports  = w_ports[STEPS*32 +: 32];
    assign m_second = w_second[STEPS*32 +: 32];
    assign m_home   = w_home[STEPS*4 +: 4];
    assign m_route  = w_route[STEPS*4 +: 4];
    assign m_tcp    = found && m_proto == TCP && m_room >= l4_at + 7'd20;
    assign m_udp    = found && m_proto == UDP && m_room >= l4_at + 7'd8;
    assign {m_ip, m_ext, m_room, m_len, m_pseudo} = w_carry[STEPS*CARRY_W +: CARRY_W];
endmodule

`default_nettype wire
