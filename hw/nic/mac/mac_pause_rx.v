// SPDX-License-Identifier: Apache-2.0
// Finds 802.3x pause frames among the received words and gives their time once the FCS has proved good.
`default_nettype none

module mac_pause_rx #(
    parameter WORD_W = 64                       // 64, or 8
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration
    input  wire        enable,
    // input: the words received
    input  wire [WORD_W-1:0] s_data,
    input  wire        s_last,
    input  wire        s_valid,
    input  wire        s_bad,                   // with last: the frame failed a check
    // output: with the last word of a good pause frame
    output wire        pause,
    output wire [15:0] quanta                   // of 512 bit times
);
    localparam [47:0] ADDRESS = 48'h010000C28001;           // 01-80-C2-00-00-01, byte 0 lowest
    localparam [31:0] OPCODE  = 32'h01000888;               // type 0x8808, opcode 0x0001, byte 0 lowest

    localparam INDEX_W = $clog2(512 / WORD_W);
    localparam LAST_WORD = 59 * 8 / WORD_W;                 // ends the shortest frame: what is shorter pauses nothing
    localparam TIME_WORD = 16 * 8 / WORD_W;
    localparam [INDEX_W-1:0] LAST = LAST_WORD[INDEX_W-1:0];
    localparam [INDEX_W-1:0] TIME = TIME_WORD[INDEX_W-1:0];
    localparam [511:0] EXPECTED = {384'd0, OPCODE, 48'd0, ADDRESS};
    localparam [511:0] CARE     = {384'd0, {32{1'b1}}, 48'd0, {48{1'b1}}};

    reg [INDEX_W-1:0] index;                    // word of the frame, stays at the last
    reg               at_last;
    reg               match;
    reg [15:0]        quanta_q;

    wire same;

    assign pause  = enable && s_valid && s_last && !s_bad && match && at_last;
    assign quanta = quanta_q;

    generate
        if (WORD_W == 8) begin : g_bytes
            // what the next byte is to be is looked up with the one before it
            localparam [511:0] AHEAD = EXPECTED >> 8;
            localparam [511:0] HEED  = CARE >> 8;
            reg [7:0] expected;
            reg       heed;
            assign same = !heed || s_data == expected;
            always @(posedge clk)
                if (rst || (s_valid && s_last)) begin
                    expected <= EXPECTED[7:0];
                    heed     <= 1'b1;
                end else if (s_valid) begin
                    expected <= AHEAD[index*8 +: 8];
                    heed     <= HEED[index*8];
                end
            always @(posedge clk)
                if (s_valid && index[INDEX_W-1:1] == TIME[INDEX_W-1:1]) quanta_q <= {quanta_q[7:0], s_data};
        end else begin : g_words
            assign same = ((s_data ^ EXPECTED[index*WORD_W +: WORD_W]) & CARE[index*WORD_W +: WORD_W]) == {WORD_W{1'b0}};
            always @(posedge clk)
                if (s_valid && index == TIME) quanta_q <= {s_data[7:0], s_data[15:8]};
        end
    endgenerate

    always @(posedge clk) begin
        if (s_valid) match <= same && (match || index == {INDEX_W{1'b0}});
        if (rst) begin
            index   <= {INDEX_W{1'b0}};
            at_last <= 1'b0;
        end else if (s_valid) begin
            index   <= s_last ? {INDEX_W{1'b0}} : at_last ? index : index + 1'b1;
            at_last <= !s_last && (at_last || index == LAST - 1'b1);
        end
    end
endmodule

`default_nettype wire
