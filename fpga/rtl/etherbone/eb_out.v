// SPDX-License-Identifier: Apache-2.0
// Holds the answer as it is written, word by word in any order, and sends it as a frame; it can be sent again.
`default_nettype none

module eb_out #(
    parameter WORDS = 512                       // of 32 bits, a power of two
) (
    // clock
    input  wire                     clk,
    input  wire                     rst,
    // words in network order; the frame begins with the third byte of word 0
    input  wire                     we,
    input  wire [$clog2(WORDS)-1:0] index,
    input  wire [31:0]              word,
    // send so many bytes; busy until the last beat is taken
    input  wire                     start,
    input  wire [15:0]              bytes,
    output reg                      busy,
    // frame to the MAC: without pause once it has begun, because the next beat is ready before this one is taken
    output reg  [63:0]              m_axis_tdata,
    output reg  [7:0]               m_axis_tkeep,
    output reg                      m_axis_tlast,
    output reg                      m_axis_tvalid,
    input  wire                     m_axis_tready
);
    localparam A = $clog2(WORDS);

    // Two RAMs, so that a beat's words are read at once: even words hold a beat's last two bytes and the next one's first two.
    wire         odd = index[0];
    wire [31:0]  even_q;
    wire [31:0]  odd_q;
    reg  [A-2:0] at;                            // pair that is read next
    reg  [15:0]  kept;                          // first two bytes of the beat, from the pair before
    reg  [15:0]  left;                          // bytes of the frame from that beat on
    reg          primed;                        // even_q is the first pair's, of which only two bytes count
    reg          loaded;                        // the RAMs' outputs are the pair at - 1
    wire         move = busy && (!m_axis_tvalid || m_axis_tready);
    wire         step = (start && !busy) || (loaded && move && left != 16'd0);

    ram_sdp #(.WIDTH(32), .DEPTH(WORDS/2)) u_even (
        .clk(clk), .wr_strb({4{we && !odd}}), .wr_addr(index[A-1:1]), .wr_data(word),
        .rd_en(step), .rd_addr(start && !busy ? {(A-1){1'b0}} : at), .rd_data(even_q)
    );
    ram_sdp #(.WIDTH(32), .DEPTH(WORDS/2)) u_odd (
        .clk(clk), .wr_strb({4{we && odd}}), .wr_addr(index[A-1:1]), .wr_data(word),
        .rd_en(step), .rd_addr(start && !busy ? {(A-1){1'b0}} : at), .rd_data(odd_q)
    );

    // first pair: two bytes of its even word and all of its odd one; each further pair gives two bytes that end a beat
    reg  [31:0]  body;                          // of the beat, from the odd word before
    wire [7:0]   keep = (left >= 16'd8) ? 8'hff : 8'hff >> (4'd8 - left[3:0]);
    wire [63:0]  mask = {{8{keep[7]}}, {8{keep[6]}}, {8{keep[5]}}, {8{keep[4]}}, {8{keep[3]}}, {8{keep[2]}}, {8{keep[1]}}, {8{keep[0]}}};

    always @(posedge clk) begin
        if (start && !busy) begin
            at   <= {{(A-2){1'b0}}, 1'b1};
            left <= bytes;
        end
        if (step && busy) at <= at + 1'b1;
        if (loaded && move && left != 16'd0) begin
            kept <= {even_q[7:0], even_q[15:8]};
            body <= {odd_q[7:0], odd_q[15:8], odd_q[23:16], odd_q[31:24]};
            if (!primed) begin
                m_axis_tdata <= {even_q[23:16], even_q[31:24], body, kept} & mask;
                m_axis_tkeep <= keep;
                m_axis_tlast <= (left <= 16'd8);
                left         <= (left <= 16'd8) ? 16'd0 : left - 16'd8;
            end
        end
        if (rst) begin
            busy          <= 1'b0;
            primed        <= 1'b0;
            loaded        <= 1'b0;
            m_axis_tvalid <= 1'b0;
        end else begin
            if (start && !busy) begin
                busy   <= 1'b1;
                primed <= 1'b1;
                loaded <= 1'b1;
            end else if (busy && move) begin
                primed        <= 1'b0;
                m_axis_tvalid <= loaded && !primed && left != 16'd0;
                if (m_axis_tvalid && m_axis_tlast) begin
                    busy   <= 1'b0;
                    loaded <= 1'b0;
                end
            end
        end
    end
endmodule

`default_nettype wire
