// SPDX-License-Identifier: Apache-2.0
// Reads a super-frame's header once: finds the IP header behind VLAN tags, checks it, and keeps what segments need.
`default_nettype none

module tso_parse #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter LINE_W = 8 - $clog2(KEEP_W)       // address of a beat in the header RAM
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // command: the header lies in the RAM
    input  wire              start,
    input  wire              v6,                // by gso_type
    input  wire [8:0]        csum_start,        // even or refused here; with 20 bytes behind it inside the header
    input  wire [8:0]        hdr_len,
    output reg               done,              // pulse
    output reg               bad,               // with done: the IP header is not what gso_type says, or lies
    // header RAM
    output wire [LINE_W-1:0] rd_line,
    input  wire [DATA_W-1:0] rd_data,
    // result
    output reg  [7:0]        l3,                // offset of the IP header
    output reg  [15:0]       ip_id,
    output reg  [15:0]       ip_base,           // sum of the IPv4 header without length, ID and checksum
    output reg  [31:0]       seq,
    output reg  [15:0]       flags,             // data offset and flags of TCP
    output reg  [15:0]       csum_base,         // pseudo-header sum without the super-frame's length
    output reg  [16:0]       total,             // length of the super-frame as its IP header tells it
    output reg  [16:0]       payload
);
    localparam LANE_W = $clog2(KEEP_W);
    localparam P_IDLE = 3'd0, P_TYPE = 3'd1, P_IP = 3'd2, P_TCP = 3'd3, P_END = 3'd4, P_LEN = 3'd5;

    reg [2:0]        state_q;
    reg [8:0]        at;                        // offset being read
    reg              past;                      // behind a type at `at` there is no room for an IP header; from its second cycle on
    reg [4:0]        ask;                       // number of the word being read
    reg [LANE_W-2:0] lane;                      // half of that of the word that comes out of the RAM now: it is even
    reg              read;                      // such a word comes out now
    reg [4:0]        read_index;                // its number
    reg [15:0]       raw;                       // the word before it: a block RAM's data come too late to decide on
    reg              got;                       // there is one
    reg [4:0]        index;
    reg [4:0]        ip_words;
    reg [15:0]       ip_len;
    reg [15:0]       pseudo;

    // word in network order
    wire [15:0] word = {raw[7:0], raw[15:8]};

    // ones-complement additions
    wire [16:0] base_sum   = {1'b0, ip_base} + {1'b0, word};
    /* verilator lint_off UNUSEDSIGNAL */       // below 65,536 since the IP header before it is longer than what IPv6 adds
    wire [16:0] l4_len     = total - {8'd0, csum_start};
    /* verilator lint_on UNUSEDSIGNAL */
    wire [16:0] pseudo_sum = {1'b0, pseudo} + {1'b0, ~l4_len[15:0]};

    wire [8:0]  ip_bytes  = csum_start - {1'b0, l3};
    wire        vlan      = (word == 16'h8100) || (word == 16'h88A8);
    wire        type_bad  = word != (v6 ? 16'h86DD : 16'h0800);
    wire        first_bad = v6 ? (word[15:12] != 4'd6 || ip_bytes < 9'd40 || ip_bytes[2:0] != 3'd0)
                               : (word[15:12] != 4'd4 || word[11:8] < 4'd5 || ip_bytes != {3'd0, word[11:8], 2'b00});
    wire [8:0]  tcp_at    = csum_start + ((ask == 5'd0) ? 9'd4 : (ask == 5'd1) ? 9'd6 : (ask == 5'd2) ? 9'd12 : 9'd16);
    /* verilator lint_off UNUSEDSIGNAL */       // a header ends at 256
    wire [8:0]  rd_at     = (state_q == P_TCP) ? tcp_at : at;
    /* verilator lint_on UNUSEDSIGNAL */

    assign rd_line = rd_at[7:LANE_W];

    always @(posedge clk) begin
        past       <= (at + 9'd22 > csum_start);
        lane       <= rd_at[LANE_W-1:1];
        read_index <= ask;
        raw        <= rd_data[{lane, 4'b0000} +: 16];
        index      <= read_index;
        if (state_q == P_IP && got) begin
            case (index)
                5'd0: ip_words <= v6 ? 5'd2 : {word[11:8], 1'b0} - 5'd1;
                5'd1: if (!v6) ip_len <= word;
                5'd2: if (v6) ip_len <= word; else ip_id <= word;
                default: ;
            endcase
            if (index != 5'd1 && index != 5'd2 && index != 5'd5) ip_base <= base_sum[15:0] + {15'd0, base_sum[16]};
        end
        if (state_q == P_TYPE) ip_base <= 16'd0;
        if (state_q == P_TCP && got)
            case (index)
                5'd0:    seq[31:16] <= word;
                5'd1:    seq[15:0]  <= word;
                5'd2:    flags      <= word;
                default: pseudo     <= word;
            endcase
        if (state_q == P_END) total <= {9'd0, l3} + {1'b0, ip_len} + (v6 ? 17'd40 : 17'd0);
        if (state_q == P_LEN) begin
            csum_base <= pseudo_sum[15:0] + {15'd0, pseudo_sum[16]};
            payload   <= total - {8'd0, hdr_len};
        end
        if (rst) begin
            state_q <= P_IDLE;
            done    <= 1'b0;
        end else begin
            done <= 1'b0;
            read <= 1'b0;
            got  <= 1'b0;
            bad  <= 1'b0;
            case (state_q)
                P_IDLE: begin
                    at  <= 9'd12;
                    ask <= 5'd0;
                    if (start) state_q <= P_TYPE;
                end
                P_TYPE: begin                   // one word in three cycles: the next address depends on it
                    read <= !read && !got;
                    got  <= read;
                    if (got) begin
                        at <= at + (vlan ? 9'd4 : 9'd2);
                        l3 <= at[7:0] + 8'd2;
                        if (past || (!vlan && type_bad)) begin
                            state_q <= P_IDLE;
                            done    <= 1'b1;
                            bad     <= 1'b1;
                        end else if (!vlan) state_q <= P_IP;
                    end
                end
                P_IP: begin
                    read <= 1'b1;
                    got  <= read;
                    at   <= at + 9'd2;
                    ask  <= ask + 5'd1;
                    if (got && index == 5'd0 && first_bad) begin
                        state_q <= P_IDLE;
                        done    <= 1'b1;
                        bad     <= 1'b1;
                    end else if (got && index != 5'd0 && index == ip_words) begin
                        state_q <= P_TCP;
                        read    <= 1'b0;
                        got     <= 1'b0;
                        ask     <= 5'd0;
                    end
                end
                P_TCP: begin
                    read <= 1'b1;
                    got  <= read;
                    ask  <= ask + 5'd1;
                    if (got && index == 5'd3) state_q <= P_END;
                end
                P_END: state_q <= P_LEN;
                default: begin
                    state_q <= P_IDLE;
                    done    <= 1'b1;
                    bad     <= total < {8'd0, hdr_len};
                end
            endcase
        end
    end
endmodule

`default_nettype wire
