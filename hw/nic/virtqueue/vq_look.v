// SPDX-License-Identifier: Apache-2.0
// Looks at the flags of packed rings ahead of what is known to be available, up to WINDOW descriptors, several looks in
// flight where the last ones found all they could.
//
// A look yields nothing but a new "seen" index, as the read of a split ring's avail index does: descriptors are read after
// it has come back, never taken from it. Drivers mark a chain's first descriptor last and every descriptor of a chain, so
// what an unbroken run of available flags covers belongs to chains that are wholly there, but for the rest of the last one,
// which is there too. A slot that is not rewritten keeps flags of an earlier round, which never look available in this one.
`default_nettype none

module vq_look #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,                       // descriptors of a look
    parameter WINDOW = 64
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // a queue starts afresh
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    input  wire [15:0]        start_index,
    // the queue looked at
    input  wire [QW-1:0]      queue,
    input  wire [15:0]        size,
    input  wire [15:0]        next,             // first ring index not asked for
    output wire [15:0]        at,               // where the next look starts
    output wire [2:0]         count,            // descriptors of the next look
    output wire               room,             // the next look is inside the window
    output wire               more,             // one more may go out though others are on their way
    output wire               quiet,            // no look is on its way
    input  wire               sent,             // the look is let out
    input  wire               skip,             // a descriptor was asked for without a look
    // answers: bits AVAIL and USED of each descriptor's flags
    input  wire               a_valid,
    input  wire [QW-1:0]      a_queue,
    input  wire [15:0]        a_size,
    input  wire [15:0]        a_at,
    input  wire [2:0]         a_count,
    input  wire [BLK-1:0]     a_avail,
    input  wire [BLK-1:0]     a_used,
    input  wire [15:0]        a_seen,           // of a_queue
    output wire               seen_valid,       // the answer counts: it continues what is known
    output wire               seen_new,
    output wire [15:0]        seen
);
    localparam DEPTH   = 1 << QW;
    localparam LOOKS_W = $clog2(WINDOW / BLK) + 1;
    /* verilator lint_off WIDTHTRUNC */         // a quotient is 32 bits
    localparam [LOOKS_W-1:0] LOOKS = WINDOW / BLK;
    localparam [15:0] EDGE = WINDOW - BLK;
    /* verilator lint_on WIDTHTRUNC */

    reg [15:0]        ask   [0:DEPTH-1];        // ring index of the next look
    reg [LOOKS_W-1:0] out   [0:DEPTH-1];        // looks on their way
    reg [LOOKS_W-1:0] allow [0:DEPTH-1];        // as many may be: one more for every one that found all it could

    // ---- the queue looked at -------------------------------------------------------------------------------------
    wire [15:0] ahead;
    wire [15:0] moved;
    wire [15:0] to_end = size - {1'b0, at[14:0]};
    wire [15:0] unseen = size - ahead;          // more would be descriptors asked for a round ago
    wire [15:0] rest   = (to_end < unseen) ? to_end : unseen;

    vq_span u_ahead (.cfg_packed(1'b1), .size(size), .from(next), .to(at), .count(ahead));
    vq_step u_moved (.cfg_packed(1'b1), .size(size), .index(at), .count(skip ? 16'd1 : {13'd0, count}), .moved(moved));

    assign at    = ask[queue];
    assign count = (rest < BLK) ? rest[2:0] : BLK;
    assign room  = ahead <= EDGE && count != 3'd0;
    assign quiet = out[queue] == {LOOKS_W{1'b0}};
    assign more  = !quiet && out[queue] < allow[queue] && room;

    // ---- an answer: how many descriptors are available, from its first on ----------------------------------------
    wire           wrap = !a_at[15];
    wire [BLK-1:0] avail = (wrap ? a_avail : ~a_avail) & (wrap ? ~a_used : a_used);
    wire [2:0]     found;
    wire [15:0]    behind;
    wire           all  = found == a_count;

    generate
        genvar g;
        for (g = 0; g < BLK; g = g + 1) begin : g_run
            localparam [2:0] PLACE = g;
            wire       here = avail[g] && PLACE < a_count;
            wire       unbroken;                // the run comes up to here and takes this one in
            wire [2:0] run;                     // its length so far
            if (g == 0) begin : g_first
                assign unbroken = here;
                assign run      = {2'd0, here};
            end else begin : g_other
                assign unbroken = here && g_run[g-1].unbroken;
                assign run      = g_run[g-1].run + {2'd0, unbroken};
            end
        end
    endgenerate
    assign found = g_run[BLK-1].run;

    vq_step u_behind (.cfg_packed(1'b1), .size(a_size), .index(a_at), .count({13'd0, found}), .moved(behind));

    assign seen_valid = a_valid && a_at == a_seen;
    assign seen_new   = found != 3'd0;
    assign seen       = behind;

    // ---- state ---------------------------------------------------------------------------------------------------
    wire twice = sent && a_valid && queue == a_queue;
    // When the last look is back, those that did not count are forgotten with where they had come to.
    wire done  = a_valid && !twice && out[a_queue] == 1;

    integer i;
    always @(posedge clk) begin
        if (sent || skip) ask[queue] <= moved;
        if (done) ask[a_queue] <= seen_valid ? behind : a_seen;
        if (sent && !twice) out[queue] <= out[queue] + 1'b1;
        if (a_valid && !twice) out[a_queue] <= out[a_queue] - 1'b1;
        if (seen_valid) allow[a_queue] <= !all ? 1 : (allow[a_queue] == LOOKS) ? LOOKS : allow[a_queue] + 1'b1;
        if (start_valid) begin
            ask[start_queue]   <= start_index;
            out[start_queue]   <= {LOOKS_W{1'b0}};
            allow[start_queue] <= 1;
        end
        if (rst)
            for (i = 0; i < DEPTH; i = i + 1) out[i] <= {LOOKS_W{1'b0}};
    end
endmodule

`default_nettype wire
