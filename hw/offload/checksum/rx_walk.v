// SPDX-License-Identifier: Apache-2.0
// Finds layer 4 of an IPv4 or IPv6 datagram in the frame's first 128 bytes: five cycles, one frame a cycle.
`default_nettype none

module rx_walk (
    // clock
    input  wire          clk,
    input  wire          rst,
    // window of rx_parse from byte 14 on
    input  wire          s_valid,
    input  wire [895:0]  s_window,
    input  wire [1:0]    s_tags,
    input  wire          s_v4,
    input  wire          s_v6,
    // layer 4; held until the next frame's takes its place
    output wire          m_bad,                 // not a whole, walkable datagram
    output wire          m_v6,
    output wire [7:0]    m_proto,
    output wire [9:0]    m_l4,                  // first word of layer 4 in the region below, over 14: not found
    output wire [36:0]   m_sum,                 // IPv4: of the whole header; IPv6: of the extension headers
    output wire [31:0]   m_second,              // second word of layer 4: length and checksum of UDP
    output wire [15:0]   m_len,                 // IPv4 total length, IPv6 payload length
    output wire [32:0]   m_pseudo               // sum of the IPv4 addresses, 0 for IPv6
);
    localparam STEPS = 4;
    localparam CARRY_W = 16 + 33;

    reg                 valid;
    reg                 v6;
    reg [511:0]         region;                 // IPv4: from the second word on; IPv6: from the first extension header on
    reg [7:0]           proto;
    reg [9:0]           l4;
    reg                 bad;
    reg [31:0]          sum;
    reg [CARRY_W-1:0]   carry;

    /* verilator lint_off BLKSEQ */
    // blocking temporary: the window is shifted once a frame, not once a cycle
    reg [831:0] head;

    always @(posedge clk) begin
        if (rst) valid <= 1'b0;
        else valid <= s_valid;
        if (s_valid) begin
            case (s_tags)
                2'd0:    head = s_window[831:0];
                2'd1:    head = s_window[4*8 +: 832];
                default: head = s_window[8*8 +: 832];
            endcase
            v6 <= s_v6;
            if (s_v6) begin
                region <= head[40*8 +: 512];
                proto  <= head[6*8 +: 8];
                l4     <= 10'd0;
                sum    <= 32'd0;
                carry  <= {head[4*8 +: 8], head[5*8 +: 8], 33'd0};
                bad    <= (head[7:4] != 4'd6);
            end else begin
                region <= head[4*8 +: 512];
                proto  <= head[9*8 +: 8];
                l4     <= {6'd0, head[3:0]} - 10'd1;
                sum    <= head[31:0];
                carry  <= {head[2*8 +: 8], head[3*8 +: 8], {1'b0, head[12*8 +: 32]} + {1'b0, head[16*8 +: 32]}};
                // the fragment offset and the more-fragments flag must be 0
                bad    <= !s_v4 || head[7:4] != 4'd4 || head[3:0] < 4'd5 || head[6*8 +: 6] != 6'd0 || head[7*8 +: 8] != 8'd0;
            end
        end
    end
    /* verilator lint_on BLKSEQ */

    // state before step i at index i; nobody needs to know how many words the last one left
    /* verilator lint_off UNUSEDSIGNAL */
    wire [STEPS:0]                w_valid;
    wire [(STEPS+1)*512-1:0]      w_region;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [STEPS:0]                w_v6;
    wire [(STEPS+1)*8-1:0]        w_proto;
    wire [(STEPS+1)*10-1:0]       w_l4;
    wire [STEPS:0]                w_bad;
    wire [(STEPS+1)*37-1:0]       w_sum;
    wire [(STEPS+1)*32-1:0]       w_second;
    wire [(STEPS+1)*CARRY_W-1:0]  w_carry;

    assign w_valid[0]           = valid;
    assign w_v6[0]              = v6;
    assign w_region[511:0]      = region;
    assign w_proto[7:0]         = proto;
    assign w_l4[9:0]            = l4;
    assign w_bad[0]             = bad;
    assign w_sum[36:0]          = {5'd0, sum};
    assign w_second[31:0]       = 32'd0;
    assign w_carry[CARRY_W-1:0] = carry;

    generate
        genvar g;
        for (g = 0; g < STEPS; g = g + 1) begin : g_step
            rx_walk_step #(.STEP(g), .CARRY_W(CARRY_W)) u_step (
                .clk(clk), .rst(rst),
                .s_valid(w_valid[g]), .s_v6(w_v6[g]), .s_region(w_region[g*512 +: 512]),
                .s_proto(w_proto[g*8 +: 8]), .s_l4(w_l4[g*10 +: 10]), .s_bad(w_bad[g]),
                .s_sum(w_sum[g*37 +: 37]), .s_second(w_second[g*32 +: 32]), .s_carry(w_carry[g*CARRY_W +: CARRY_W]),
                .m_valid(w_valid[g+1]), .m_v6(w_v6[g+1]), .m_region(w_region[(g+1)*512 +: 512]),
                .m_proto(w_proto[(g+1)*8 +: 8]), .m_l4(w_l4[(g+1)*10 +: 10]), .m_bad(w_bad[g+1]),
                .m_sum(w_sum[(g+1)*37 +: 37]), .m_second(w_second[(g+1)*32 +: 32]),
                .m_carry(w_carry[(g+1)*CARRY_W +: CARRY_W])
            );
        end
    endgenerate

    assign m_v6               = w_v6[STEPS];
    assign m_bad              = w_bad[STEPS];
    assign m_proto            = w_proto[STEPS*8 +: 8];
    assign m_l4               = w_l4[STEPS*10 +: 10];
    assign m_sum              = w_sum[STEPS*37 +: 37];
    assign m_second           = w_second[STEPS*32 +: 32];
    assign {m_len, m_pseudo}  = w_carry[STEPS*CARRY_W +: CARRY_W];
endmodule

`default_nettype wire
