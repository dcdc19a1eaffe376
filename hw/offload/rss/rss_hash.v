// SPDX-License-Identifier: Apache-2.0
// Chooses what of a received frame is hashed, as "Hash calculation for incoming packets" of the virtio standard says, and hashes it.
//
//   e_* -> [addresses, extension headers] -+-> fields, report type -+-> toeplitz --> m_hash
//   w_* (eight cycles later) --------------+                        +-> [delay] ---> m_valid, m_type
//
// Frames of at least 60 bytes are STEPS beats and as many cycles apart, shorter ones are given no hash (rx_walk): the
// hash is done before the next is due, whatever the wire brings.
`default_nettype none

module rss_hash #(
    parameter STEPS = 4                         // beats of a 60-byte frame
) (
    // clock
    input  wire         clk,
    input  wire         rst,
    // configuration: VIRTIO_NET_HASH_TYPE_* enabled, and the key, whose first bit is bit 319
    input  wire [8:0]   cfg_types,
    input  wire [319:0] cfg_key,
    // from rx_walk at its beginning
    input  wire         e_valid,
    input  wire [255:0] e_addresses,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [511:0] e_region,               // no address lies in its first eight bytes or behind byte 56
    /* verilator lint_on UNUSEDSIGNAL */
    // from rx_walk at its end, once a frame
    input  wire         w_valid,
    input  wire         w_ip,
    input  wire         w_v6,
    input  wire         w_ext,
    input  wire         w_tcp,
    input  wire         w_udp,
    input  wire [31:0]  w_ports,
    input  wire [3:0]   w_home,
    input  wire [3:0]   w_route,
    // hash and VIRTIO_NET_HASH_REPORT_*, once a frame, STEPS + 1 cycles later
    output wire         m_valid,
    output wire [31:0]  m_hash,                 // 0 without a type
    output wire [3:0]   m_type
);
    localparam NONE = 4'd0, IPV4 = 4'd1, TCPV4 = 4'd2, UDPV4 = 4'd3, IPV6 = 4'd4, TCPV6 = 4'd5, UDPV6 = 4'd6;
    localparam IPV6_EX = 4'd7, TCPV6_EX = 4'd8, UDPV6_EX = 4'd9;
    localparam LATENCY = STEPS + 1;

    // ---- what the walk has left behind
    wire [255:0] addresses;
    wire [447:64] region;

    fifo_sync #(.WIDTH(256 + 384), .DEPTH(16)) u_heads (
        .clk(clk), .rst(rst),
        .s_data({e_addresses, e_region[447:64]}), .s_valid(e_valid),
        .m_data({addresses, region}), .m_ready(w_valid),
        /* verilator lint_off PINCONNECTEMPTY */
        .s_ready(), .m_valid(), .count()        // what goes in comes out eight cycles later
        /* verilator lint_on PINCONNECTEMPTY */
    );

    // ---- the first type that is enabled and applies
    wire v4  = w_ip && !w_v6;
    wire v6  = w_ip && w_v6;
    wire ex  = v6 && w_ext;
    wire [3:0] kind = (v4 && w_tcp && cfg_types[1]) ? TCPV4 : (v4 && w_udp && cfg_types[2]) ? UDPV4 : (v4 && cfg_types[0]) ? IPV4
                      : (ex && w_tcp && cfg_types[7]) ? TCPV6_EX : (ex && w_udp && cfg_types[8]) ? UDPV6_EX
                      : (ex && cfg_types[6]) ? IPV6_EX
                      : (v6 && w_tcp && cfg_types[4]) ? TCPV6 : (v6 && w_udp && cfg_types[5]) ? UDPV6
                      : (v6 && cfg_types[3]) ? IPV6 : NONE;
    wire with_ports = (kind != IPV4) && (kind != IPV6) && (kind != IPV6_EX);
    wire mobile     = (kind == TCPV6_EX) || (kind == UDPV6_EX) || (kind == IPV6_EX);

    // ---- its fields, byte 0 lowest
    wire [127:0] source      = (mobile && w_home[3])  ? region[{w_home[2:0], 6'd0} +: 128]  : addresses[127:0];
    wire [127:0] destination = (mobile && w_route[3]) ? region[{w_route[2:0], 6'd0} +: 128] : addresses[255:128];
    wire [31:0]  ports       = with_ports ? w_ports : 32'd0;
    wire [287:0] fields      = w_v6 ? {ports, destination, source} : {192'd0, ports, addresses[63:0]};
    wire [287:0] in_order;                      // the first byte highest
    wire [31:0]  hash;

    generate
        genvar g;
        for (g = 0; g < 36; g = g + 1) begin : g_byte
            assign in_order[(35 - g)*8 +: 8] = fields[g*8 +: 8];
        end
    endgenerate

    toeplitz #(.STEPS(STEPS)) u_toeplitz (
        .clk(clk), .rst(rst), .cfg_key(cfg_key),
        .s_valid(w_valid && kind != NONE), .s_data(in_order), .m_hash(hash)
    );

    reg [LATENCY-1:0]   valid;
    reg [4*LATENCY-1:0] types;

    always @(posedge clk) begin
        if (rst) valid <= {LATENCY{1'b0}};
        else valid <= {valid[LATENCY-2:0], w_valid};
        types <= {types[4*LATENCY-5:0], kind};
    end

    assign m_valid = valid[LATENCY-1];
    assign m_type  = types[4*LATENCY-1 -: 4];
    assign m_hash  = (m_type == NONE) ? 32'd0 : hash;
endmodule

`default_nettype wire
