// SPDX-License-Identifier: Apache-2.0
// One bit a line of memory: set by a write to the line, read and cleared 32 at a time.
//
// A bit is set a clock after its data can be read, and no word is taken in between: so a host that takes a word before it
// reads the lines misses nothing, and at worst reads one twice.
`default_nettype none

module dirty_map #(
    parameter LINES  = 128,                     // a multiple of 32, at least 64
    parameter LINE_W = $clog2(LINES)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    output reg               ready,             // low for a few clocks after reset: nothing may be marked
    // writes
    input  wire              mark,
    input  wire [LINE_W-1:0] mark_line,
    // host
    input  wire              take,
    input  wire [LINE_W-6:0] take_word,
    output wire              take_ack,
    output wire [31:0]       take_bits
);
    localparam WORDS  = LINES / 32;
    localparam WORD_W = LINE_W - 5;

    reg  [31:0]       mem [0:WORDS-1];
    reg  [WORD_W-1:0] sweep;
    reg               marked;
    reg  [WORD_W-1:0] marked_word;
    reg  [7:0]        low;                      // the bit of the word, as one of 8 ...
    reg  [3:0]        high;                     // ... in one of 4: decoded here, where it is cheap

    wire [WORD_W-1:0] word = !ready ? sweep : marked ? marked_word : take_word;
    wire [31:0]       line = {{8{high[3]}}, {8{high[2]}}, {8{high[1]}}, {8{high[0]}}} & {4{low}};

    assign take_ack  = take && ready && !marked;
    assign take_bits = mem[word];

    always @(posedge clk) begin
        low         <= 8'd1 << mark_line[2:0];
        high        <= 4'd1 << mark_line[4:3];
        marked_word <= mark_line[LINE_W-1:5];
        if (!ready || marked || take) mem[word] <= (take_bits | line) & {32{ready && marked}};
        if (rst) begin
            marked <= 1'b0;
            ready  <= 1'b0;
            sweep  <= {WORD_W{1'b0}};
        end else begin
            marked <= mark;
            sweep  <= sweep + 1'b1;
            if (sweep == {WORD_W{1'b1}}) ready <= 1'b1;
        end
    end

    initial begin
        if (LINES < 64 || (LINES & (LINES - 1)) != 0) begin
            $display("dirty_map: LINES %0d is not a power of two of at least 64", LINES);
            $finish;
        end
    end
endmodule

`default_nettype wire
