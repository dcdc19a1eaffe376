// SPDX-License-Identifier: Apache-2.0
// Turns the header in the header RAM into the next segment's, two bytes a cycle, while the payload before it streams.
`default_nettype none

module tso_patch #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter LINE_W = 8 - $clog2(KEEP_W)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // command
    input  wire              first,             // take over the super-frame below and make its first header
    input  wire              next,              // make the next header
    output wire              busy,
    // super-frame, held while it lasts
    input  wire              v6,
    input  wire [8:0]        csum_start,
    input  wire [8:0]        hdr_len,
    input  wire [15:0]       gso_size,
    input  wire [7:0]        l3,
    input  wire [15:0]       ip_id,
    input  wire [15:0]       ip_base,
    input  wire [31:0]       seq,
    input  wire [15:0]       flags,
    input  wire [15:0]       csum_base,
    input  wire [16:0]       payload,
    // header RAM
    output wire [KEEP_W-1:0] wr_strb,
    output wire [LINE_W-1:0] wr_line,
    output wire [DATA_W-1:0] wr_data,
    // the segment whose header is made
    output reg  [15:0]       seg_len,           // payload bytes
    output reg               seg_last
);
    localparam LANE_W = $clog2(KEEP_W);
    localparam H_IDLE = 4'd0, H_CUT = 4'd1, H_LEN = 4'd2, H_IP_LEN = 4'd3, H_IP_ID = 4'd4, H_IP_CSUM = 4'd5,
               H_SEQ_HI = 4'd6, H_SEQ_LO = 4'd7, H_FLAGS = 4'd8, H_CSUM = 4'd9;
    localparam [15:0] FIN_PSH = 16'h0009, CWR = 16'h0080;

    reg [3:0]  state_q;
    reg        is_first;
    reg [16:0] left;                            // payload not yet given to a segment
    reg [31:0] seq_now;
    reg [15:0] id_now;
    reg [15:0] ip_len;
    reg [15:0] l4_len;
    reg [15:0] ip_sum;
    reg [3:0]  field_q;                         // the state of the cycle before, whose field is put together
    reg        in_ip;
    reg [4:0]  offset;                          // in the IP or TCP header
    reg [15:0] word;
    reg [15:0] wr_word;
    reg        writing;

    wire        fits    = left <= {1'b0, gso_size};
    wire [16:0] len_sum = {1'b0, ip_base} + {1'b0, ip_len};
    wire [16:0] id_sum  = {1'b0, ip_sum} + {1'b0, id_now};
    wire [16:0] l4_sum  = {1'b0, csum_base} + {1'b0, l4_len};
    /* verilator lint_off UNUSEDSIGNAL */       // a header ends at 256
    wire [8:0]  at      = (in_ip ? {1'b0, l3} : csum_start) + {4'd0, offset};
    reg  [8:0]  wr_at;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [15:0] length  = {7'd0, hdr_len} + seg_len;
    wire [15:0] ip_from = {8'd0, l3} + (v6 ? 16'd40 : 16'd0);

    // in three steps, one a cycle: where a field is, what is in it, and the write
    always @(posedge clk) begin
        in_ip  <= (state_q == H_IP_LEN || state_q == H_IP_ID || state_q == H_IP_CSUM);
        case (state_q)
            H_IP_LEN:          offset <= v6 ? 5'd4 : 5'd2;
            H_IP_ID, H_SEQ_HI: offset <= 5'd4;
            H_IP_CSUM:         offset <= 5'd10;
            H_SEQ_LO:          offset <= 5'd6;
            H_FLAGS:           offset <= 5'd12;
            default:           offset <= 5'd16;
        endcase
    end

    always @*
        case (field_q)
            H_IP_LEN:  word = ip_len;
            H_IP_ID:   word = id_now;
            H_IP_CSUM: word = ~ip_sum;
            H_SEQ_HI:  word = seq_now[31:16];
            H_SEQ_LO:  word = seq_now[15:0];
            H_FLAGS:   word = flags & ~(seg_last ? 16'd0 : FIN_PSH) & ~(is_first ? 16'd0 : CWR);
            default:   word = l4_sum[15:0] + {15'd0, l4_sum[16]};
        endcase

    // fields lie at even offsets, so none crosses a beat
    assign wr_strb = writing ? ({{(KEEP_W-2){1'b0}}, 2'b11} << wr_at[LANE_W-1:0]) : {KEEP_W{1'b0}};
    assign wr_line = wr_at[7:LANE_W];
    assign wr_data = {(KEEP_W/2){wr_word[7:0], wr_word[15:8]}};
    assign busy    = state_q != H_IDLE || field_q != H_IDLE || writing;

    always @(posedge clk) begin
        if (first) begin
            is_first <= 1'b1;
            left     <= payload;
            seq_now  <= seq;
            id_now   <= ip_id;
        end
        case (state_q)
            H_CUT: begin
                seg_len  <= fits ? left[15:0] : gso_size;
                seg_last <= fits;
                left     <= left - {1'b0, gso_size};
            end
            H_LEN: begin
                ip_len <= length - ip_from;
                l4_len <= length - {7'd0, csum_start};
            end
            H_IP_LEN: ip_sum <= len_sum[15:0] + {15'd0, len_sum[16]};
            H_IP_ID:  ip_sum <= id_sum[15:0] + {15'd0, id_sum[16]};
            H_CSUM: begin
                is_first <= 1'b0;
                seq_now  <= seq_now + {16'd0, seg_len};
                id_now   <= id_now + 16'd1;
            end
            default: ;
        endcase
        wr_at   <= at;
        wr_word <= word;
        writing <= (field_q >= H_IP_LEN) && !rst;
        field_q <= rst ? H_IDLE : state_q;
        if (rst) state_q <= H_IDLE;
        else
            case (state_q)
                H_IDLE:   if (first || next) state_q <= H_CUT;
                H_CUT:    state_q <= H_LEN;
                H_LEN:    state_q <= H_IP_LEN;
                H_IP_LEN: state_q <= v6 ? H_SEQ_HI : H_IP_ID;
                H_IP_ID:  state_q <= H_IP_CSUM;
                H_IP_CSUM: state_q <= H_SEQ_HI;
                H_SEQ_HI: state_q <= H_SEQ_LO;
                H_SEQ_LO: state_q <= H_FLAGS;
                H_FLAGS:  state_q <= H_CSUM;
                default:  state_q <= H_IDLE;
            endcase
    end
endmodule

`default_nettype wire
