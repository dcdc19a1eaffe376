// SPDX-License-Identifier: Apache-2.0
// Reads a frame word by word and does what it asks for: answers ARP and ICMP echo, and carries out Etherbone records on the
// bus (CERN OHWR Etherbone 1.0 with 32-bit addresses and data, one UDP port). The answer is written while the frame is read.
//
// What the frame says of lengths is held against the frame's own before anything is done. The four bytes behind the packet
// header are a tag: a request with the tag of the one before, other than 0, is not carried out again but answered again, so
// that a client may repeat it when an answer was lost. With a tag every request is answered; without one, only reads and probes.
// Longer than most files because it is one state machine over one frame.
`default_nettype none

module eb_engine #(
    parameter [15:0] PORT = 16'd1234
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration
    input  wire [47:0] cfg_mac,
    input  wire [31:0] cfg_ip,
    // the frame, with two bytes before its first
    input  wire [31:0] s_word,
    input  wire        s_last,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [15:0] s_len,
    // the answer
    output reg         m_we,
    output reg  [8:0]  m_index,
    output reg  [31:0] m_word,
    output reg         m_start,
    output reg  [15:0] m_bytes,
    input  wire        m_busy,
    // bus master: held until ack, which comes with the read word
    output reg         wb_stb,
    output reg         wb_we,
    output reg  [29:0] wb_adr,
    output reg  [31:0] wb_dat_w,
    input  wire        wb_ack,
    input  wire [31:0] wb_dat_r
);
    localparam [15:0] IPV4 = 16'h0800, ARP = 16'h0806, MAGIC = 16'h4e6f;
    localparam [7:0]  ICMP = 8'd1, UDP = 8'd17;
    localparam [15:0] MOST = 16'd1500;          // bytes of an IP packet
    localparam [8:0]  BODY = 9'd13;             // word behind the packet header and its tag

    localparam S_HEAD  = 4'd0, S_ARP = 4'd1, S_ICMP = 4'd2, S_RECORD = 4'd3, S_BASE = 4'd4, S_WRITE = 4'd5, S_RETURN = 4'd6,
               S_READ = 4'd7, S_DRAIN = 4'd8, S_HEADER = 4'd9, S_SEND = 4'd10, S_SENT = 4'd11;

    reg [3:0]  state_q;
    reg [8:0]  n;                               // word of the frame; while the header is written, step of it
    reg [8:0]  o;                               // word of the answer that is written next
    reg        good;                            // nothing was wrong so far
    reg        answer;                          // there will be one
    reg        again;                           // the answer that stands in the RAM
    reg        ended;                           // the frame's last word has been taken
    reg        kept;                            // an answer with last_tag stands in the RAM
    reg [8:0]  left;                            // words of the packet still to come
    reg [7:0]  writes, reads;                   // of this record, still to be done
    reg [15:0] kind;                            // EtherType
    reg [15:0] total;                           // of the IP packet: the request's, then the answer's
    reg [7:0]  proto;
    reg        probe;
    reg [47:0] to_mac;
    reg [31:0] to_ip;
    reg [15:0] to_port;
    reg [31:0] tag, last_tag;
    reg [31:0] last_ip;
    reg [15:0] last_port;
    reg [19:0] sum;                             // of the IP header's halves

    wire take = s_valid && s_ready;
    wire bus_step = (state_q == S_WRITE) || (state_q == S_READ);
    // a word is taken when the bus has done what it asks for
    assign s_ready = (state_q == S_HEAD) || (state_q == S_ICMP) || (state_q == S_RECORD) || (state_q == S_BASE) || (state_q == S_RETURN)
                     || (bus_step && wb_stb && wb_ack) || (state_q == S_DRAIN && !ended);

    wire [15:0] hi = s_word[31:16];
    wire [15:0] lo = s_word[15:0];
    wire        fits = (lo >= 16'd28) && (lo <= MOST) && (lo + 16'd14 <= s_len);
    wire [9:0]  wanted = {2'd0, s_word[15:8]} + {9'd0, s_word[15:8] != 8'd0} + {2'd0, s_word[7:0]} + {9'd0, s_word[7:0] != 8'd0};
    wire        parts = (s_word[15:8] != 8'd0) && (s_word[19:16] != 4'hf);  // the bus writes words only
    wire        refused = (wanted >= {1'b0, left}) || parts;
    wire [16:0] icmp_sum = {1'b0, lo} + 17'h00800;          // type 8 becomes type 0
    wire        finished = (left == 9'd1);                  // with this word
    wire        repeated = kept && (s_word != 32'd0) && (s_word == last_tag) && (to_ip == last_ip) && (to_port == last_port);

    // ---- the header's words, in an order in which the IP header's sum is complete when its word is written
    reg [8:0]  h_index;
    reg [31:0] h_word;
    wire       is_udp = (proto == UDP);
    wire [16:0] folded = {1'b0, sum[15:0]} + {13'd0, sum[19:16]};
    wire [15:0] check  = ~(folded[15:0] + {15'd0, folded[16]});

    always @* begin
        h_index = n;
        case (n)
            9'd0:    h_word = {16'd0, to_mac[47:32]};
            9'd1:    h_word = to_mac[31:0];
            9'd2:    h_word = cfg_mac[47:16];
            9'd3:    h_word = {cfg_mac[15:0], kind};
            9'd4:    h_word = {16'h4500, total};
            9'd5:    h_word = {16'd0, 16'h4000};
            9'd6:    begin h_index = 9'd7; h_word = cfg_ip; end
            9'd7:    begin h_index = 9'd8; h_word = to_ip; end
            9'd8:    begin h_index = 9'd6; h_word = {8'd64, proto, check}; end
            9'd9:    h_word = {PORT, to_port};
            9'd10:   h_word = {total - 16'd20, 16'd0};
            9'd11:   h_word = {MAGIC, 4'd1, 2'b00, probe, 1'b0, 8'h44};
            default: h_word = tag;
        endcase
    end
    wire [8:0] h_last = (kind == ARP) ? 9'd3 : is_udp ? 9'd12 : 9'd8;

    always @(posedge clk) begin
        m_we    <= 1'b0;
        m_start <= 1'b0;
        if (take) begin
            n     <= n + 9'd1;
            ended <= s_last;
        end
        case (state_q)
            S_HEAD: if (take) begin
                case (n)
                    9'd0: begin
                        good   <= 1'b1;
                        answer <= 1'b0;
                        again  <= 1'b0;
                        probe  <= 1'b0;
                        o      <= BODY;
                        if (lo != cfg_mac[47:32] && lo != 16'hffff) good <= 1'b0;
                    end
                    9'd1: if (s_word != cfg_mac[31:0] && s_word != 32'hffffffff) good <= 1'b0;
                    9'd2: to_mac[47:16] <= s_word;
                    9'd3: begin
                        to_mac[15:0] <= hi;
                        kind         <= lo;
                        if (lo != IPV4 && lo != ARP) good <= 1'b0;
                    end
                    9'd4: begin
                        total <= lo;
                        left  <= lo[10:2] + {8'd0, lo[1:0] != 2'd0} - 9'd5;
                        if (s_word != {16'd1, IPV4} && kind == ARP) good <= 1'b0;
                        if ((hi[15:8] != 8'h45 || !fits) && kind == IPV4) good <= 1'b0;
                    end
                    9'd5: begin
                        if (s_word != {8'd6, 8'd4, 16'd1} && kind == ARP) good <= 1'b0;
                        if (lo[13:0] != 14'd0 && kind == IPV4) good <= 1'b0;
                    end
                    9'd6: proto <= (kind == ARP) ? 8'd0 : s_word[23:16];
                    9'd7: to_ip <= (kind == ARP) ? {lo, 16'd0} : s_word;
                    9'd8: begin
                        if (kind == ARP) to_ip[15:0] <= hi;
                        else if (s_word != cfg_ip || (proto != UDP && proto != ICMP)) good <= 1'b0;
                        else if (proto == ICMP && good) state_q <= S_ICMP;
                    end
                    9'd9: begin
                        to_port <= hi;
                        if (kind == IPV4 && lo != PORT) good <= 1'b0;
                    end
                    9'd10: begin
                        if (kind == ARP) begin
                            if (s_word == cfg_ip && good) begin
                                answer  <= 1'b1;
                                total   <= 16'd28;
                            end
                        end else if (hi != total - 16'd20 || total < 16'd36 || total[1:0] != 2'd0) good <= 1'b0;
                        if (kind == ARP) state_q <= S_DRAIN;
                        left <= left - 9'd2;
                    end
                    9'd11: begin
                        // what it is, version 1, 32-bit addresses and data among those it can do
                        if (hi != MAGIC || s_word[15:12] != 4'd1 || !s_word[6] || !s_word[2]) good <= 1'b0;
                        probe <= s_word[8];
                        left  <= left - 9'd1;
                    end
                    default: begin
                        tag     <= s_word;
                        answer  <= probe || s_word != 32'd0;
                        again   <= repeated;
                        left    <= left - 9'd1;
                        state_q <= (repeated || probe || finished) ? S_DRAIN : S_RECORD;
                        if (!repeated && good) kept <= 1'b0;
                    end
                endcase
                // what is wrong shows a word later, except at the words that decide
                if (s_last) begin
                    ended   <= 1'b0;
                    n       <= 9'd0;
                    answer  <= 1'b0;
                    state_q <= S_HEAD;
                end else if (!good && n != 9'd0) begin
                    answer  <= 1'b0;
                    state_q <= S_DRAIN;
                end
            end
            S_ICMP: begin
                if (take) begin
                    // words that are not the packet's any more are written too, and not sent
                    m_we    <= 1'b1;
                    m_index <= n;
                    m_word  <= s_word;
                    if (n == 9'd9) begin
                        m_word <= {16'd0, icmp_sum[15:0] + {15'd0, icmp_sum[16]}};
                        answer <= (hi == {8'd8, 8'd0});
                        kept   <= 1'b0;
                    end
                    left <= left - 9'd1;
                    if (finished) state_q <= S_DRAIN;
                end
            end
            S_RECORD: if (take) begin
                // {flags, byte enables, writes, reads}
                left      <= left - 9'd1;
                writes    <= s_word[15:8];
                reads     <= s_word[7:0];
                if (refused) state_q <= S_DRAIN;
                else if (s_word[15:8] != 8'd0) state_q <= S_BASE;
                else if (s_word[7:0] != 8'd0) state_q <= S_RETURN;
                else if (finished) state_q <= S_DRAIN;
                if (!refused && s_word[7:0] != 8'd0) begin
                    m_we    <= 1'b1;
                    m_index <= o;
                    m_word  <= {8'd0, s_word[23:16], s_word[7:0], 8'd0};
                    o       <= o + 9'd1;
                    answer  <= 1'b1;
                end
            end
            S_BASE: if (take) begin
                left    <= left - 9'd1;
                wb_adr  <= s_word[31:2] - 30'd1;
                state_q <= S_WRITE;
            end
            S_WRITE: begin
                if (s_valid && !wb_stb) begin
                    wb_stb   <= 1'b1;
                    wb_we    <= 1'b1;
                    wb_adr   <= wb_adr + 30'd1;
                    wb_dat_w <= s_word;
                end
                if (take) begin
                    wb_stb <= 1'b0;
                    left   <= left - 9'd1;
                    writes <= writes - 8'd1;
                    if (writes == 8'd1) state_q <= (reads != 8'd0) ? S_RETURN : finished ? S_DRAIN : S_RECORD;
                end
            end
            S_RETURN: if (take) begin
                m_we    <= 1'b1;
                m_index <= o;
                m_word  <= s_word;
                o       <= o + 9'd1;
                left    <= left - 9'd1;
                state_q <= S_READ;
            end
            S_READ: begin
                if (s_valid && !wb_stb) begin
                    wb_stb <= 1'b1;
                    wb_we  <= 1'b0;
                    wb_adr <= s_word[31:2];
                end
                if (take) begin
                    wb_stb  <= 1'b0;
                    m_we    <= 1'b1;
                    m_index <= o;
                    m_word  <= wb_dat_r;
                    o       <= o + 9'd1;
                    left    <= left - 9'd1;
                    reads   <= reads - 8'd1;
                    if (reads == 8'd1) state_q <= finished ? S_DRAIN : S_RECORD;
                end
            end
            S_DRAIN: if (ended || (take && s_last)) begin
                ended <= 1'b0;
                n   <= 9'd0;
                sum <= 20'd0;
                if (kind == IPV4 && proto == UDP) total <= {5'd0, o, 2'b00} - 16'd16;
                state_q <= !answer ? S_HEAD : again ? S_SEND : S_HEADER;
            end
            S_HEADER: begin
                m_we    <= 1'b1;
                m_index <= h_index;
                m_word  <= h_word;
                n       <= n + 9'd1;
                if (n >= 9'd4 && n <= 9'd7) sum <= sum + {4'd0, h_word[31:16]} + {4'd0, h_word[15:0]};
                if (n == 9'd7) sum <= sum + {4'd0, h_word[31:16]} + {4'd0, h_word[15:0]} + {4'd0, 8'd64, proto};
                if (n == h_last) state_q <= (kind == ARP) ? S_ARP : S_SEND;
                if (n == 9'd0) m_bytes <= total + 16'd14;
                if (n == h_last && is_udp && kind == IPV4) begin
                    kept      <= (tag != 32'd0);
                    last_tag  <= tag;
                    last_ip   <= to_ip;
                    last_port <= to_port;
                end
                if (n == h_last) n <= 9'd4;
            end
            S_ARP: begin
                m_we    <= 1'b1;
                m_index <= n;
                n       <= n + 9'd1;
                kept    <= 1'b0;
                case (n)
                    9'd4:    m_word <= {16'd1, IPV4};
                    9'd5:    m_word <= {8'd6, 8'd4, 16'd2};
                    9'd6:    m_word <= cfg_mac[47:16];
                    9'd7:    m_word <= {cfg_mac[15:0], cfg_ip[31:16]};
                    9'd8:    m_word <= {cfg_ip[15:0], to_mac[47:32]};
                    9'd9:    m_word <= to_mac[31:0];
                    default: m_word <= to_ip;
                endcase
                if (n == 9'd10) state_q <= S_SEND;
            end
            S_SEND: begin
                m_start <= 1'b1;
                state_q <= S_SENT;
            end
            S_SENT: if (!m_start && !m_busy) begin
                n       <= 9'd0;
                state_q <= S_HEAD;
            end
            default: state_q <= S_HEAD;
        endcase
        if (rst) begin
            state_q   <= S_HEAD;
            ended     <= 1'b0;
            n         <= 9'd0;
            m_we      <= 1'b0;
            m_start   <= 1'b0;
            wb_stb    <= 1'b0;
            kept      <= 1'b0;
        end
    end
endmodule

`default_nettype wire
