// SPDX-License-Identifier: Apache-2.0
// Turns the descriptors of transmit chains into reads, each only when the data FIFO has room for its answer.
// A descriptor is cut at multiples of MAX_READ in memory, so that every read is one AXI burst. A chain that turns out
// bad is asked for no further, its other descriptors are only walked.
`default_nettype none

module tx_segment #(
    parameter DATA_W       = 128,
    parameter QW           = 1,
    parameter MAX_READ     = 512,               // bytes; divides 4096
    parameter FIFO_DEPTH   = 256,               // words of the data FIFO
    parameter SERIAL_W     = 24,
    parameter ADDR_W       = 64                 // bits of addresses the card reaches; one more is kept, set beyond that
) (
    // clock
    input  wire                clk,
    input  wire                rst,
    // configuration
    input  wire                cfg_hash_report, // the header has 20 bytes, else 12
    // descriptors
    input  wire                seg_valid,
    output wire                seg_ready,
    input  wire [QW-1:0]       seg_queue,
    input  wire [63:0]         seg_addr,
    input  wire [31:0]         seg_len,
    input  wire                seg_write,
    input  wire                seg_last,
    input  wire                seg_error,
    input  wire [15:0]         seg_id,
    input  wire [15:0]         seg_ndesc,
    // reads
    output reg                 rd_req_valid,
    input  wire                rd_req_ready,
    output wire [63:0]         rd_req_addr,
    output reg  [15:0]         rd_req_len,
    output reg  [7:0]          rd_req_tag,      // bit 7: the chain's last read; below: bytes - 1 of the answer's last word
    input  wire                freed,           // a word has left the data FIFO
    // a chain begins
    output wire                begin_valid,
    input  wire                begin_ready,
    output wire [QW-1:0]       begin_queue,
    // a chain ends: everything of it has been asked for
    output wire                end_valid,       // only with end_ready
    input  wire                end_ready,
    output wire [QW-1:0]       end_queue,
    output wire [15:0]         end_id,
    output wire [15:0]         end_ndesc,
    output wire [SERIAL_W-1:0] end_serial,      // reads asked for so far, those of this chain included
    output wire [1:0]          end_verdict,
    // events
    output wire                evt_descriptor
);
    localparam LANE_W  = $clog2(DATA_W / 8);
    localparam COUNT_W = $clog2(FIFO_DEPTH) + 1;
    localparam CHUNK_W = $clog2(MAX_READ);
    localparam TOP     = (ADDR_W < 64) ? ADDR_W : 63;
    localparam [16:0] LIMIT = 17'd65567;        // bytes of a frame
    localparam [16:0] SHORT = 17'd65553;        // so many left to come: it has fewer than 14
    localparam [1:0] GOOD = 2'd0, CHAIN = 2'd1, TOO_SHORT = 2'd2, TOO_LONG = 2'd3;

    // ---- judgement, as a descriptor is taken
    reg         begun;                         // a chain has begun and its last descriptor is not here yet
    reg  [1:0]  verdict;                        // on what of the chain has been seen
    reg  [16:0] allowed;                        // bytes that may still come, once begun
    wire [16:0] most    = cfg_hash_report ? LIMIT + 17'd20 : LIMIT + 17'd12;
    wire [17:0] left    = {1'b0, begun ? allowed : most} - {1'b0, seg_len[16:0]};
    wire        too_long = left[17] || seg_len[31:17] != 15'd0;
    wire [1:0]  now     = (verdict != GOOD)                            ? verdict
                        : (seg_error || seg_write || seg_len == 32'd0) ? CHAIN
                        : too_long                                     ? TOO_LONG : GOOD;
    wire        take    = seg_valid && seg_ready;

    // ---- the descriptor being read
    reg                 cur_valid;
    reg                 cur_last;
    reg                 cur_read;
    reg  [1:0]          cur_verdict;
    reg  [QW-1:0]       cur_queue;
    reg  [15:0]         cur_id;
    reg  [15:0]         cur_ndesc;
    reg  [TOP:0]        cur_addr;
    reg  [16:0]         cur_top;                // bytes left, less one
    reg  [COUNT_W-1:0]  reserved;               // words of the data FIFO filled or asked for
    reg  [SERIAL_W-1:0] asked;                  // reads

    reg  [TOP:0]        req_addr;
    // a read that is not a descriptor's last ends at a multiple of MAX_READ
    wire [TOP:CHUNK_W]  next_chunk = cur_addr[TOP:CHUNK_W] + 1'b1;
    wire [17:0]         last_byte  = {1'b0, cur_top} + {{(18-CHUNK_W){1'b0}}, cur_addr[CHUNK_W-1:0]};   // from that multiple on
    // ... and whether it is the last is known from the cycle on in which what is left became known
    reg                 fits;
    wire [17:0]         first_byte = {1'b0, seg_len[16:0]} + {{(18-CHUNK_W){1'b0}}, seg_addr[CHUNK_W-1:0]};     // one more
    wire [CHUNK_W-1:0]  top_byte   = fits ? cur_top[CHUNK_W-1:0] : ~cur_addr[CHUNK_W-1:0];
    wire [COUNT_W-1:0]  top_word   = {{(COUNT_W+LANE_W-CHUNK_W){1'b0}}, top_byte[CHUNK_W-1:LANE_W]};
    wire [COUNT_W:0]    filled     = {1'b0, reserved} + {1'b0, top_word};
    wire                has_room   = filled < FIFO_DEPTH[COUNT_W:0];
    wire                can_ask    = (!rd_req_valid || rd_req_ready) && has_room;
    wire                ending     = cur_last && (fits || !cur_read);
    wire                step       = cur_valid && (can_ask || !cur_read) && (end_ready || !ending);
    wire                ask        = step && cur_read;
    wire                finish     = step && (fits || !cur_read);
    reg                 freeing;                // that a word is freed is known late in a cycle
    // the words of a read, less one that is freed
    wire [COUNT_W:0]    change     = ask ? {top_word, !freeing} : {{COUNT_W{freeing}}, 1'b0};
    /* verilator lint_off UNUSEDSIGNAL */       // the lowest bit only makes the carry
    wire [COUNT_W:0]    reserving  = {reserved, 1'b1} + change;
    /* verilator lint_on UNUSEDSIGNAL */

    assign rd_req_addr    = {{(64-TOP){req_addr[TOP]}}, req_addr[TOP-1:0]};
    assign seg_ready      = (!cur_valid || finish) && begin_ready;
    assign begin_valid    = take && !begun;
    assign begin_queue    = seg_queue;
    assign end_valid      = step && ending;
    assign end_queue      = cur_queue;
    assign end_id         = cur_id;
    assign end_ndesc      = cur_ndesc;
    assign end_serial     = asked + {{(SERIAL_W-1){1'b0}}, cur_read};
    assign end_verdict    = cur_verdict;
    assign evt_descriptor = take && !seg_error;

    always @(posedge clk) begin
        if (take) allowed <= left[16:0];        // of no use once the chain is bad
        if (take) begin
            cur_last    <= seg_last;
            cur_read    <= (now == GOOD);
            cur_verdict <= (now == GOOD && left[16:0] > SHORT) ? TOO_SHORT : now;
            cur_queue   <= seg_queue;
            cur_id      <= seg_id;
            cur_ndesc   <= seg_ndesc;
            cur_addr    <= {|seg_addr[63:TOP], seg_addr[TOP-1:0]};
            cur_top     <= seg_len[16:0] - 17'd1;
            fits        <= (first_byte <= MAX_READ[17:0]);
        end else if (ask) begin
            fits        <= (last_byte[17:CHUNK_W] == {{(17-CHUNK_W){1'b0}}, 1'b1});
            cur_addr    <= {next_chunk[TOP] || (ADDR_W < 64 && cur_addr[TOP]), next_chunk[TOP-1:CHUNK_W], {CHUNK_W{1'b0}}};
            cur_top     <= {last_byte[16:CHUNK_W] - 1'b1, last_byte[CHUNK_W-1:0]};
        end
        if (ask) begin
            req_addr    <= cur_addr;
            rd_req_len  <= {{(16-CHUNK_W){1'b0}}, top_byte} + 16'd1;
            rd_req_tag  <= {ending, {(7-LANE_W){1'b0}}, top_byte[LANE_W-1:0]};
        end
        if (rst) begin
            begun       <= 1'b0;
            verdict      <= GOOD;
            cur_valid    <= 1'b0;
            reserved     <= {COUNT_W{1'b0}};
            freeing      <= 1'b0;
            asked        <= {SERIAL_W{1'b0}};
            rd_req_valid <= 1'b0;
        end else begin
            if (take) begin
                begun  <= !seg_last;
                verdict <= seg_last ? GOOD : now;
            end
            if (take) cur_valid <= 1'b1;
            else if (finish) cur_valid <= 1'b0;
            if (ask) rd_req_valid <= 1'b1;
            else if (rd_req_ready) rd_req_valid <= 1'b0;
            if (ask) asked <= asked + 1'b1;
            freeing  <= freed;
            reserved <= reserving[COUNT_W:1];
        end
    end

    initial begin
        if (4096 % MAX_READ != 0 || MAX_READ < DATA_W / 8 || MAX_READ > FIFO_DEPTH * (DATA_W / 8)) begin
            $display("tx_segment: MAX_READ %0d must divide 4096, hold a word and fit into the data FIFO", MAX_READ);
            $finish;
        end
    end
endmodule

`default_nettype wire
