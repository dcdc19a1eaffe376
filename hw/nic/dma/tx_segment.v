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
    parameter SERIAL_W     = 24
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
    output reg  [63:0]         rd_req_addr,
    output reg  [15:0]         rd_req_len,
    output reg  [7:0]          rd_req_tag,      // bytes - 1 of the answer's last word
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
    localparam [16:0] CHUNK    = MAX_READ;
    localparam [1:0] GOOD = 2'd0, CHAIN = 2'd1, TOO_SHORT = 2'd2, TOO_LONG = 2'd3;

    // ---- judgement, as a descriptor is taken
    reg         begun;                         // a chain has begun and its last descriptor is not here yet
    reg  [1:0]  verdict;                        // on what of the chain has been seen
    reg  [31:0] total;                          // bytes of the chain so far
    wire [31:0] header   = cfg_hash_report ? 32'd20 : 32'd12;
    wire [31:0] limit    = header + 32'd65567;
    wire [31:0] shortest = header + 32'd14;
    wire [31:0] sum     = total + seg_len;
    wire [1:0]  now     = (verdict != GOOD)                              ? verdict
                        : (seg_error || seg_write || seg_len == 32'd0)   ? CHAIN
                        : (seg_len > limit - total)                      ? TOO_LONG : GOOD;
    wire        take    = seg_valid && seg_ready;

    // ---- the descriptor being read
    reg                 cur_valid;
    reg                 cur_last;
    reg                 cur_read;
    reg  [1:0]          cur_verdict;
    reg  [QW-1:0]       cur_queue;
    reg  [15:0]         cur_id;
    reg  [15:0]         cur_ndesc;
    reg  [63:0]         cur_addr;
    reg  [16:0]         cur_left;               // bytes
    reg  [COUNT_W-1:0]  reserved;               // words of the data FIFO filled or asked for
    reg  [SERIAL_W-1:0] asked;                  // reads

    wire [16:0] room      = CHUNK - (cur_addr[16:0] & (CHUNK - 17'd1));
    wire        fits      = (cur_left <= room);
    wire [16:0] bytes     = fits ? cur_left : room;
    wire [16:0] top_byte  = bytes - 17'd1;
    wire [16:0] words     = (top_byte >> LANE_W) + 17'd1;
    wire        has_room  = {{(17-COUNT_W){1'b0}}, reserved} + words <= FIFO_DEPTH[16:0];
    wire        can_ask   = (!rd_req_valid || rd_req_ready) && has_room;
    wire        ending    = cur_last && (fits || !cur_read);
    wire        step      = cur_valid && (can_ask || !cur_read) && (end_ready || !ending);
    wire        ask       = step && cur_read;
    wire        finish    = step && (fits || !cur_read);

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
        if (take) begin
            cur_last    <= seg_last;
            cur_read    <= (now == GOOD);
            cur_verdict <= (now == GOOD && sum < shortest) ? TOO_SHORT : now;
            cur_queue   <= seg_queue;
            cur_id      <= seg_id;
            cur_ndesc   <= seg_ndesc;
            cur_addr    <= seg_addr;
            cur_left    <= seg_len[16:0];
        end else if (ask) begin
            cur_addr    <= {cur_addr[63:12], 12'd0} + {51'd0, cur_addr[11:0] + bytes[12:0]};
            cur_left    <= cur_left - bytes;
        end
        if (ask) begin
            rd_req_addr <= cur_addr;
            rd_req_len  <= bytes[15:0];
            rd_req_tag  <= {{(8-LANE_W){1'b0}}, top_byte[LANE_W-1:0]};
        end
        if (rst) begin
            begun       <= 1'b0;
            verdict      <= GOOD;
            total        <= 32'd0;
            cur_valid    <= 1'b0;
            reserved     <= {COUNT_W{1'b0}};
            asked        <= {SERIAL_W{1'b0}};
            rd_req_valid <= 1'b0;
        end else begin
            if (take) begin
                begun  <= !seg_last;
                verdict <= seg_last ? GOOD : now;
                total   <= seg_last ? 32'd0 : (now == GOOD) ? sum : total;
            end
            if (take) cur_valid <= 1'b1;
            else if (finish) cur_valid <= 1'b0;
            if (ask) rd_req_valid <= 1'b1;
            else if (rd_req_ready) rd_req_valid <= 1'b0;
            if (ask) asked <= asked + 1'b1;
            reserved <= reserved + (ask ? words[COUNT_W-1:0] : {COUNT_W{1'b0}}) - {{(COUNT_W-1){1'b0}}, freed};
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
