// SPDX-License-Identifier: Apache-2.0
// One of the pipeline stages that go through what stands between layer 3 and layer 4, eight bytes each: walks IPv6 extension headers, sums what precedes layer 4, and finds what a hash may want.
`default_nettype none

module rx_walk_step #(
    parameter STEP = 0,                         // looks at words 2*STEP and 2*STEP+1 of the region
    parameter CARRY_W = 8
) (
    // clock
    input  wire                clk,
    input  wire                rst,
    // state before these words
    input  wire                s_valid,
    input  wire                s_v6,
    input  wire [511:0]        s_region,        // words still to come, the next one lowest
    input  wire [6:0]          s_there,         // bytes of the region that the frame and its datagram have, at most 60
    input  wire [7:0]          s_proto,         // what follows at word s_l4
    input  wire [9:0]          s_l4,            // where layer 4, or the next extension header, begins
    input  wire                s_bad,           // layer 4 gets no checksum verdict
    input  wire [36:0]         s_sum,           // of the words before s_l4
    input  wire [31:0]         s_ports,         // first word of layer 4
    input  wire [31:0]         s_second,        // second word of layer 4: length and checksum of UDP
    input  wire                s_options,       // inside destination options
    input  wire [8:0]          s_option,        // bytes to the next of these options
    input  wire [3:0]          s_home,          // found, and in which eight bytes: address of the home address option
    input  wire [3:0]          s_route,         // the same of a type 2 routing header
    input  wire [CARRY_W-1:0]  s_carry,
    // state behind them
    output reg                 m_valid,
    output reg                 m_v6,
    output wire [511:0]        m_region,
    output reg  [6:0]          m_there,
    output reg  [7:0]          m_proto,
    output reg  [9:0]          m_l4,
    output reg                 m_bad,
    output reg  [36:0]         m_sum,
    output reg  [31:0]         m_ports,
    output reg  [31:0]         m_second,
    output reg                 m_options,
    output reg  [8:0]          m_option,
    output reg  [3:0]          m_home,
    output reg  [3:0]          m_route,
    output reg  [CARRY_W-1:0]  m_carry
);
    localparam HOP_BY_HOP = 8'd0;
    localparam ROUTING = 8'd43;
    localparam FRAGMENT = 8'd44;
    localparam AUTHENTICATION = 8'd51;
    localparam NO_NEXT = 8'd59;
    localparam DESTINATION = 8'd60;
    localparam MOBILITY = 8'd135;
    localparam HOME_ADDRESS = 8'd201;
    localparam [9:0] HERE = 2 * STEP;
    localparam LEFT = (STEP < 7) ? 448 - 64 * STEP : 32;    // bits of the region that somebody still looks at
    localparam [6:0] BYTES = 8 * STEP;
    localparam [2:0] NEXT_UNIT = STEP + 1;

    reg [LEFT-1:0] region;

    assign m_region = {{(512 - LEFT){1'b0}}, region};

    // Blocking temporaries inside the clocked block: the walk is then evaluated once a frame, not once a cycle.
    /* verilator lint_off BLKSEQ */
    reg [7:0]  proto;
    reg [9:0]  l4;
    reg        bad;
    reg [36:0] sum;
    reg        options;
    reg [8:0]  option;
    reg [3:0]  home;
    reg [3:0]  route;
    reg        plain;                           // a header that the checksum of layer 4 does not mind
    reg [9:0]  behind;                          // where the header ends
    reg [7:0]  kind;
    reg [7:0]  size;
    integer    i;

    always @(posedge clk) begin
        if (rst) m_valid <= 1'b0;
        else m_valid <= s_valid;
        if (s_valid) begin
            proto   = s_proto;
            l4      = s_l4;
            bad     = s_bad;
            sum     = s_sum;
            options = s_options;
            option  = s_option;
            home    = s_home;
            route   = s_route;
            size    = s_region[15:8];
            // hop-by-hop options may only come first; anything not known here ends the walk
            plain   = (proto == ROUTING) || (proto == DESTINATION) || (proto == HOP_BY_HOP && STEP == 0);
            if (s_v6 && l4 == HERE) begin
                options = 1'b0;
                if (plain || proto == FRAGMENT || proto == AUTHENTICATION || proto == MOBILITY) begin
                    behind = HERE + 10'd2 + ((proto == FRAGMENT) ? 10'd0 : (proto == AUTHENTICATION) ? {2'd0, size} : {1'b0, size, 1'b0});
                    if (s_there < BYTES + 7'd8 || {behind, 2'b00} > {5'd0, s_there}) proto = NO_NEXT;
                    else begin
                        bad     = bad || !plain || (proto == ROUTING && s_region[31:24] != 8'd0);
                        options = (proto == DESTINATION);
                        option  = 9'd2;
                        if (proto == ROUTING && s_region[23:8] == {8'd2, 8'd2}) route = {1'b1, NEXT_UNIT};
                        l4 = behind;
                        // of fragments only the first has what follows; and a header of IPv6 is a multiple of eight bytes
                        if ((proto == FRAGMENT && {s_region[23:16], s_region[31:27], s_region[24]} != 14'd0) || l4[0])
                            proto = NO_NEXT;
                        else proto = s_region[7:0];
                    end
                end
            end
            if (options && l4 > HERE) begin
                for (i = 0; i < 8; i = i + 1)
                    if (option == i[8:0]) begin
                        kind = s_region[i*8 +: 8];
                        size = s_region[i*8+8 +: 8];
                        // RFC 6275, section 6.3: its address is aligned to eight bytes
                        if (i == 6 && kind == HOME_ADDRESS && size == 8'd16 && l4 >= HERE + 10'd6)
                            home = {1'b1, NEXT_UNIT};
                        option = (kind == 8'd0) ? i[8:0] + 9'd1 : i[8:0] + 9'd2 + {1'b0, size};
                    end
                option = option - 9'd8;
            end
            m_ports  <= s_ports;
            m_second <= s_second;
            for (i = 0; i < 2; i = i + 1) begin
                if (HERE + i[9:0] < l4) sum = sum + {5'd0, s_region[i*32 +: 32]};
                if (HERE + i[9:0] == l4) m_ports <= s_region[i*32 +: 32];
                if (HERE + i[9:0] == l4 + 10'd1) m_second <= s_region[i*32 +: 32];
            end
            m_v6      <= s_v6;
            region    <= s_region[64 +: LEFT];
            m_there   <= s_there;
            m_proto   <= proto;
            m_l4      <= l4;
            m_bad     <= bad;
            m_sum     <= sum;
            m_options <= options;
            m_option  <= option;
            m_home    <= home;
            m_route   <= route;
            m_carry   <= s_carry;
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
