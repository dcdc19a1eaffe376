// SPDX-License-Identifier: Apache-2.0
// 64-bit counters that lose no event, and for each port its own snapshot of all of them as of one instant.
//
// Events gather in small counters that are never cleared: a pulse in two digits of four bits, each a shift register that passes
// through all 16 states (one LUT, where an adder takes many), an amount in a plain adder. At the start of every round all of
// them are copied to a shadow at once; during the round the totals are brought up to the shadow, a 32-bit word a cycle.
// A total's low bits are those of its small counter, so their difference is what has been counted since. A round takes less
// than 256 cycles, so no small counter passes its total twice. A snapshot is a round that is also written to a second RAM.
`default_nettype none
`include "ferrule_regs.vh"

module stats (
    // clock
    input  wire                        clk,
    input  wire                        rst,
    // events: pulse i counts one, or the amount if the counter has one
    input  wire [`STAT_COUNT-1:0]      inc,
    input  wire [`AMOUNT_COUNT*16-1:0] amount,
    // firmware's snapshot, read data a cycle later: word 2i is the lower half of counter i
    input  wire                        mgmt_snapshot,
    output wire                        mgmt_copying,
    input  wire                        mgmt_rd_en,
    input  wire [7:0]                  mgmt_rd_word,
    output wire [31:0]                 mgmt_rd_data,
    // the host's snapshot
    input  wire                        host_snapshot,
    output wire                        host_copying,
    input  wire                        host_rd_en,
    input  wire [7:0]                  host_rd_word,
    output wire [31:0]                 host_rd_data
);
    localparam N = `STAT_COUNT;
    localparam PAIRS = (N + 1) / 2;
    localparam SUM_W = 24;                      // an amount a cycle for 256 cycles
    localparam [31:0] WORDS_WIDE = 2 * N;
    localparam [7:0] WORDS = WORDS_WIDE[7:0];
    localparam [7:0] LAST  = WORDS_WIDE[7:0] + 8'd1;    // two cycles for the pipeline
    localparam [N-1:0] ONE = {{(N-1){1'b0}}, 1'b1};
    localparam [N-1:0] HAS_AMOUNT = ONE << `STAT_TX_BYTES | ONE << `STAT_RX_BYTES | ONE << `STAT_RX_WIRE_BYTES
                                    | ONE << `STAT_DMA_READ_BYTES | ONE << `STAT_DMA_WRITE_BYTES;
    localparam [3:0] BEFORE_ZERO = 4'b1000;     // the 16th state of a digit

    initial begin
        if (2 * N + 2 > 255) begin
            $display("stats: %0d counters, at most 126 fit a round", N);
            $finish;
        end
    end

    // how often a digit has been shifted since 0
    function [3:0] place;
        input [3:0] digit;
        case (digit)
            4'b0000: place = 4'd0;
            4'b0001: place = 4'd1;
            4'b0010: place = 4'd2;
            4'b0100: place = 4'd3;
            4'b1001: place = 4'd4;
            4'b0011: place = 4'd5;
            4'b0110: place = 4'd6;
            4'b1101: place = 4'd7;
            4'b1010: place = 4'd8;
            4'b0101: place = 4'd9;
            4'b1011: place = 4'd10;
            4'b0111: place = 4'd11;
            4'b1111: place = 4'd12;
            4'b1110: place = 4'd13;
            4'b1100: place = 4'd14;
            default: place = 4'd15;
        endcase
    endfunction

    // ---- small counters and their shadows
    reg [8*PAIRS-1:0] ones, sixteens, shadow_ones, shadow_sixteens;
    reg [SUM_W*`AMOUNT_COUNT-1:0] sum, shadow_sum;
    reg [7:0] word;                             // read in this cycle: {counter, upper half}
    wire round = word == LAST;
    wire [`AMOUNT_COUNT-1:0] amount_inc = {inc[`STAT_DMA_WRITE_BYTES], inc[`STAT_DMA_READ_BYTES], inc[`STAT_RX_WIRE_BYTES],
                                           inc[`STAT_RX_BYTES], inc[`STAT_TX_BYTES]};

    always @(posedge clk) begin : gather
        integer i;
        reg [3:0] d;
        reg [3:0] e;
        for (i = 0; i < 2 * PAIRS; i = i + 1) begin
            d = ones[4*i +: 4];
            e = sixteens[4*i +: 4];
            if (rst || i >= N || HAS_AMOUNT[i % N]) begin
                ones[4*i +: 4]     <= 4'd0;
                sixteens[4*i +: 4] <= 4'd0;
            end else if (inc[i % N]) begin
                ones[4*i +: 4] <= {d[2:0], d[3] ^ d[2] ^ (d[2:0] == 3'd0)};
                if (d == BEFORE_ZERO) sixteens[4*i +: 4] <= {e[2:0], e[3] ^ e[2] ^ (e[2:0] == 3'd0)};
            end
        end
        if (round) begin
            shadow_ones     <= ones;
            shadow_sixteens <= sixteens;
            shadow_sum      <= sum;
        end
    end

    generate
        genvar m;
        for (m = 0; m < `AMOUNT_COUNT; m = m + 1) begin : g_amount
            always @(posedge clk)
                if (rst) sum[m*SUM_W +: SUM_W] <= {SUM_W{1'b0}};
                else if (amount_inc[m])
                    sum[m*SUM_W +: SUM_W] <= sum[m*SUM_W +: SUM_W] + {{(SUM_W-16){1'b0}}, amount[m*16 +: 16]};
        end
    endgenerate

    // ---- round: read a word and choose its counter | difference | add and write
    reg [7:0]       word_1, word_2;
    reg             valid_1, valid_2;
    reg [PAIRS-1:0] at;                         // the pair of counters read from, one bit of all
    reg [3:0]       now_ones, now_sixteens;     // 0 for an amount
    reg [SUM_W-1:0] now_sum;                    // 0 for pulses
    reg             now_amount;
    reg [31:0]      old;
    reg [SUM_W-1:0] add;
    reg             carry;
    reg             first;                      // the RAM holds nothing yet
    reg [1:0]       pending;
    reg [1:0]       copying;
    wire [31:0]     rd_total;
    wire [SUM_W-1:0] now  = now_sum | {{(SUM_W-8){1'b0}}, place(now_sixteens), place(now_ones)};
    wire [SUM_W-1:0] diff = now - rd_total[SUM_W-1:0];
    /* verilator lint_off UNUSEDSIGNAL */       // the lowest bit only makes the carry
    wire [33:0]     total = {1'b0, old, 1'b1} + {{(33-SUM_W){1'b0}}, add, carry};
    /* verilator lint_on UNUSEDSIGNAL */
    wire [`AMOUNT_COUNT-1:0] at_amount = {word[7:1] == `STAT_DMA_WRITE_BYTES, word[7:1] == `STAT_DMA_READ_BYTES,
                                          word[7:1] == `STAT_RX_WIRE_BYTES, word[7:1] == `STAT_RX_BYTES, word[7:1] == `STAT_TX_BYTES};

    assign {host_copying, mgmt_copying} = pending | copying;

    always @(posedge clk) begin : choose
        integer i;
        reg [7:0]       digits;
        reg [SUM_W-1:0] chosen;
        digits = 8'd0;
        for (i = 0; i < PAIRS; i = i + 1)
            digits = digits | ({8{at[i]}} & (word[1] ? {shadow_sixteens[8*i+4 +: 4], shadow_ones[8*i+4 +: 4]}
                                                     : {shadow_sixteens[8*i +: 4], shadow_ones[8*i +: 4]}));
        chosen = {SUM_W{1'b0}};
        for (i = 0; i < `AMOUNT_COUNT; i = i + 1)
            chosen = chosen | ({SUM_W{at_amount[i]}} & shadow_sum[SUM_W*i +: SUM_W]);
        {now_sixteens, now_ones} <= digits;
        now_sum    <= chosen;
        now_amount <= at_amount != 0;
    end

    always @(posedge clk) begin
        word_1 <= word;
        word_2 <= word_1;
        old    <= rd_total;
        // the upper half gets the lower one's carry only, a counter of pulses has eight bits
        add[7:0]       <= word_1[0] ? 8'd0 : diff[7:0];
        add[SUM_W-1:8] <= (word_1[0] || !now_amount) ? {(SUM_W-8){1'b0}} : diff[SUM_W-1:8];
        carry          <= !word_2[0] && total[33];
        if (rst) begin
            word    <= LAST;
            at      <= {PAIRS{1'b0}};
            valid_1 <= 1'b0;
            valid_2 <= 1'b0;
            first   <= 1'b1;
            pending <= 2'b11;                   // so that the snapshots hold zeros from the start
            copying <= 2'b00;
        end else begin
            valid_1 <= word < WORDS;
            valid_2 <= valid_1;
            pending <= pending | {host_snapshot, mgmt_snapshot};
            if (round || word[1:0] == 2'd3) at <= {at[PAIRS-2:0], round};
            if (round) begin
                word    <= 8'd0;
                copying <= pending;
                pending <= {host_snapshot, mgmt_snapshot};
                first   <= first && copying == 2'b00;
            end else word <= word + 1'b1;
        end
    end

    stats_ram totals (
        .clk(clk), .zero(first), .wr_en(valid_2), .wr_addr(word_2), .wr_data(total[32:1]), .rd_en(1'b1), .rd_addr(word), .rd_data(rd_total)
    );
    stats_ram mgmt_copy (
        .clk(clk), .zero(first), .wr_en(valid_2 && copying[0]), .wr_addr(word_2), .wr_data(total[32:1]),
        .rd_en(mgmt_rd_en), .rd_addr(mgmt_rd_word), .rd_data(mgmt_rd_data)
    );
    stats_ram host_copy (
        .clk(clk), .zero(first), .wr_en(valid_2 && copying[1]), .wr_addr(word_2), .wr_data(total[32:1]),
        .rd_en(host_rd_en), .rd_addr(host_rd_word), .rd_data(host_rd_data)
    );
endmodule

`default_nettype wire
