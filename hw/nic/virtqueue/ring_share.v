// SPDX-License-Identifier: Apache-2.0
// Lets the transmit and the receive side use one ring engine: what a small card saves a second engine by. The engine's queues are
// the transmit queues, the control queue, then the receive queues.
//
// A frame that is received must never wait for one that is sent: the MAC may be told to pause. So words of transmit chains wait in
// a FIFO here, and such a chain is popped only when the longest chain there can be still has room in it. The FIFO's head is the
// room for a verdict, since the engine pops a chain when it has given all of the one before.
`default_nettype none

module ring_share #(
    parameter PAIRS          = 1,
    parameter QUEUE_SIZE_MAX = 64,              // no chain has more words, but a bad one has a verdict behind them
    parameter ADDR_W         = 32,
    parameter QW  = $clog2(2 * PAIRS + 1),      // of the engine's queues
    parameter TQW = $clog2(PAIRS + 1),
    parameter RQW = (PAIRS > 1) ? $clog2(PAIRS) : 1
) (
    // clock
    input  wire           clk,
    input  wire           rst,
    // chains, transmit and control
    input  wire           tx_pop_valid,
    output wire           tx_pop_ready,
    input  wire [TQW-1:0] tx_pop_queue,
    output wire           tx_seg_valid,
    input  wire           tx_seg_ready,
    output wire [TQW-1:0] tx_seg_queue,
    output wire [63:0]    tx_seg_addr,
    output wire [31:0]    tx_seg_len,
    output wire           tx_seg_write,
    output wire           tx_seg_last,
    output wire           tx_seg_error,
    output wire [15:0]    tx_seg_id,
    output wire [15:0]    tx_seg_ndesc,
    input  wire           tx_cpl_valid,
    output wire           tx_cpl_ready,
    input  wire [TQW-1:0] tx_cpl_queue,
    input  wire [15:0]    tx_cpl_id,
    input  wire [15:0]    tx_cpl_ndesc,
    input  wire [31:0]    tx_cpl_len,
    input  wire           tx_cpl_more,
    // chains, receive: words go there as the engine gives them
    input  wire           rx_pop_valid,
    output wire           rx_pop_ready,
    input  wire [RQW-1:0] rx_pop_queue,
    output wire           rx_seg_valid,
    input  wire           rx_seg_ready,
    input  wire           rx_cpl_valid,
    output wire           rx_cpl_ready,
    input  wire [RQW-1:0] rx_cpl_queue,
    input  wire [15:0]    rx_cpl_id,
    input  wire [15:0]    rx_cpl_ndesc,
    input  wire [31:0]    rx_cpl_len,
    input  wire           rx_cpl_more,
    // chains of the engine
    output wire           pop_valid,
    input  wire           pop_ready,
    output wire [QW-1:0]  pop_queue,
    input  wire           seg_valid,
    output wire           seg_ready,
    input  wire [QW-1:0]  seg_queue,
    input  wire [63:0]    seg_addr,
    input  wire [31:0]    seg_len,
    input  wire           seg_write,
    input  wire           seg_last,
    input  wire           seg_error,
    input  wire [15:0]    seg_id,
    input  wire [15:0]    seg_ndesc,
    output wire           cpl_valid,
    input  wire           cpl_ready,
    output wire [QW-1:0]  cpl_queue,
    output wire [15:0]    cpl_id,
    output wire [15:0]    cpl_ndesc,
    output wire [31:0]    cpl_len,
    output wire           cpl_more
);
    localparam [3:0] CHAINS = 4'd4;             // of the longest, that fit the FIFO
    localparam DEPTH   = 4 * QUEUE_SIZE_MAX;
    localparam COUNT_W = $clog2(DEPTH + 1);
    localparam WORD_W  = TQW + ADDR_W + 32 + 3 + 16 + 16;
    localparam [31:0]   LONGEST_WIDE = QUEUE_SIZE_MAX;
    localparam [COUNT_W-1:0] LONGEST = LONGEST_WIDE[COUNT_W-1:0];
    localparam [31:0]   FIRST_WIDE = PAIRS + 1;
    localparam [QW-1:0] FIRST = FIRST_WIDE[QW-1:0];     // receive queue

    // ---- pops: received frames first, they cannot wait
    wire          room;
    wire [QW-1:0] rx_pop_wide = {{(QW-RQW){1'b0}}, rx_pop_queue};
    wire [QW-1:0] tx_pop_wide = {{(QW-TQW){1'b0}}, tx_pop_queue};

    assign pop_valid    = rx_pop_valid || (tx_pop_valid && room);
    assign pop_queue    = rx_pop_valid ? rx_pop_wide + FIRST : tx_pop_wide;
    assign rx_pop_ready = pop_ready;
    assign tx_pop_ready = pop_ready && room && !rx_pop_valid;

    // ---- words: a block RAM answers late in a cycle, so what it gives is taken into a register first
    wire seg_rx = seg_queue >= FIRST;
    wire push   = seg_valid && !seg_rx;
    wire fifo_ready, fifo_valid;
    wire [WORD_W-1:0] fifo_word;
    reg               valid;
    reg  [WORD_W-1:0] word;
    wire              take = !valid;             // a word every other cycle is more than a wire takes

    assign rx_seg_valid = seg_valid && seg_rx;
    assign seg_ready    = seg_rx ? rx_seg_ready : fifo_ready;
    assign tx_seg_valid = valid;

    fifo_ram #(.WIDTH(WORD_W), .DEPTH(DEPTH)) u_words (
        .clk(clk), .rst(rst),
        .s_data({seg_queue[TQW-1:0], seg_addr[ADDR_W-1:0], seg_len, seg_write, seg_last, seg_error, seg_id, seg_ndesc}),
        .s_valid(push), .s_ready(fifo_ready), .m_data(fifo_word), .m_valid(fifo_valid), .m_ready(take)
    );
    always @(posedge clk) begin
        if (take) word <= fifo_word;
        if (rst) valid <= 1'b0;
        else valid <= take ? fifo_valid : !tx_seg_ready;
    end

    wire [ADDR_W-1:0] addr;
    assign {tx_seg_queue, addr, tx_seg_len, tx_seg_write, tx_seg_last, tx_seg_error, tx_seg_id, tx_seg_ndesc} = word;
    generate
        if (ADDR_W < 64) begin : g_narrow
            assign tx_seg_addr = {{(64-ADDR_W){1'b0}}, addr};
            wire unused_addr = &{1'b0, seg_addr[63:ADDR_W]};
        end else begin : g_wide
            assign tx_seg_addr = addr;
        end
    endgenerate

    // ---- completions
    wire [QW-1:0] rx_cpl_wide = {{(QW-RQW){1'b0}}, rx_cpl_queue};
    wire [QW-1:0] tx_cpl_wide = {{(QW-TQW){1'b0}}, tx_cpl_queue};

    assign cpl_valid    = rx_cpl_valid || tx_cpl_valid;
    assign cpl_queue    = rx_cpl_valid ? rx_cpl_wide + FIRST : tx_cpl_wide;
    assign cpl_id       = rx_cpl_valid ? rx_cpl_id    : tx_cpl_id;
    assign cpl_ndesc    = rx_cpl_valid ? rx_cpl_ndesc : tx_cpl_ndesc;
    assign cpl_len      = rx_cpl_valid ? rx_cpl_len   : tx_cpl_len;
    assign cpl_more     = rx_cpl_valid ? rx_cpl_more  : tx_cpl_more;
    assign rx_cpl_ready = cpl_ready;
    assign tx_cpl_ready = cpl_ready && !rx_cpl_valid;

    // ---- room: for what is inside, and for all that popped chains may still bring
    reg  [COUNT_W-1:0] held;
    reg  [2:0]         owed;                    // chains popped whose last word is not in the FIFO yet
    reg                enough, popped;          // decided a cycle ago, so not in the cycle after a pop
    wire               tx_pop = tx_pop_valid && tx_pop_ready;
    wire               put    = push && fifo_ready;
    wire               got    = fifo_valid && take;
    /* verilator lint_off UNUSEDSIGNAL */       // what is less than a longest chain has been rounded up
    wire [COUNT_W-1:0] used   = held + LONGEST - 1'b1;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [2:0]         taken  = used[COUNT_W-1 -: 3];   // room in use, in longest chains, one that is begun counted whole

    assign room = enough && !popped;

    always @(posedge clk) begin
        popped <= tx_pop;
        enough <= {1'b0, taken} + {1'b0, owed} < CHAINS;
        if (rst) begin
            held   <= {COUNT_W{1'b0}};
            owed   <= 3'd0;
            popped <= 1'b1;
        end else begin
            held   <= held + {{(COUNT_W-1){1'b0}}, put} - {{(COUNT_W-1){1'b0}}, got};
            owed   <= owed + {2'b00, tx_pop} - {2'b00, put && seg_last};
        end
    end
endmodule

`default_nettype wire
