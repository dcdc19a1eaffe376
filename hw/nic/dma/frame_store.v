// SPDX-License-Identifier: Apache-2.0
// Takes received frames without ever stalling them, keeps the whole and good ones, and hands them out in order or drops them from the head.
`default_nettype none
`include "meta.vh"

module frame_store #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8,
    parameter STORE_BYTES = 32768,              // a power of two
    parameter FRAMES = STORE_BYTES / 64         // most frames at a time, a power of two
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // input: the length of a frame is in s_meta, which comes with its last beat
    input  wire [DATA_W-1:0] s_axis_tdata,
    input  wire              s_axis_tlast,
    input  wire              s_axis_tvalid,
    input  wire [`RXM_W-1:0] s_meta,
    // frame at the head; with m_meta_drop it is thrown away instead of coming out
    output wire              m_meta_valid,
    input  wire              m_meta_ready,
    input  wire              m_meta_drop,
    output wire [`RXM_W-1:0] m_meta,
    // output: the frames taken from the head, in order
    output wire [DATA_W-1:0] m_axis_tdata,
    output reg  [KEEP_W-1:0] m_axis_tkeep,
    output reg               m_axis_tlast,
    output reg               m_axis_tvalid,
    input  wire              m_axis_tready,
    // fill
    output wire [15:0]       level,             // bytes in use
    // events
    output reg               evt_store_full     // a good frame found no room
);
    localparam DEPTH  = STORE_BYTES / KEEP_W;
    localparam ADDR_W = $clog2(DEPTH);
    localparam LANE_W = $clog2(KEEP_W);

    initial begin
        if (STORE_BYTES < 2048 || STORE_BYTES > 32768 || (STORE_BYTES & (STORE_BYTES - 1)) != 0) begin
            $display("frame_store: STORE_BYTES %0d is not a power of two from 2048 to 32768", STORE_BYTES);
            $finish;
        end
    end

    // ---- writing: beats go in at once, the frame counts only when its last beat is in
    reg  [ADDR_W:0]   wr_ptr;
    reg  [ADDR_W:0]   kept_ptr;                 // behind the last frame kept
    reg  [ADDR_W:0]   rd_ptr;
    reg               torn;                     // the frame coming in has lost a beat
    wire [ADDR_W:0]   used  = wr_ptr - rd_ptr;
    wire              store = s_axis_tvalid && !torn && !used[ADDR_W];
    wire              ends  = s_axis_tvalid && s_axis_tlast;
    wire              wanted = ends && !s_meta[`RXM_DROP];
    wire              list_ready;
    wire              keep  = wanted && store && list_ready;

    assign level = {{(15 - ADDR_W){1'b0}}, used} << LANE_W;

    always @(posedge clk) begin
        if (rst) begin
            wr_ptr         <= {(ADDR_W+1){1'b0}};
            kept_ptr       <= {(ADDR_W+1){1'b0}};
            torn           <= 1'b0;
            evt_store_full <= 1'b0;
        end else begin
            if (ends && !keep) wr_ptr <= kept_ptr;
            else if (store) wr_ptr <= wr_ptr + 1'b1;
            if (keep) kept_ptr <= wr_ptr + 1'b1;
            if (s_axis_tvalid) torn <= !s_axis_tlast && !store;
            evt_store_full <= wanted && !keep;
        end
    end

    // ---- frames kept, and those the consumer has taken or dropped but that are still in the RAM
    wire              head_valid;
    wire              todo_ready;
    wire              todo_valid;
    wire              todo_drop;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [15:0]       last_byte;                // below STORE_BYTES
    /* verilator lint_on UNUSEDSIGNAL */
    wire              todo_done;

    fifo_ram #(.WIDTH(`RXM_W), .DEPTH(FRAMES)) u_list (
        .clk(clk), .rst(rst),
        .s_data(s_meta), .s_valid(keep), .s_ready(list_ready),
        .m_data(m_meta), .m_valid(head_valid), .m_ready(m_meta_ready && todo_ready)
    );

    assign m_meta_valid = head_valid && todo_ready;

    fifo_sync #(.WIDTH(17), .DEPTH(4)) u_todo (
        .clk(clk), .rst(rst),
        .s_data({m_meta_drop, m_meta[`RXM_LEN] - 16'd1}), .s_valid(head_valid && m_meta_ready), .s_ready(todo_ready),
        .m_data({todo_drop, last_byte}), .m_valid(todo_valid), .m_ready(todo_done),
        /* verilator lint_off PINCONNECTEMPTY */
        .count()                                // valid and ready say enough
        /* verilator lint_on PINCONNECTEMPTY */
    );

    // ---- reading: a beat a cycle, the next frame right behind the last
    reg  [ADDR_W:0]   done_beats;               // of the frame at the head of `todo`
    reg               begun;                    // some of them
    reg               next_last;                // ... and all but one
    wire [ADDR_W:0]   last_beat = {1'b0, last_byte[LANE_W +: ADDR_W]};
    wire              fetch     = todo_valid && !todo_drop && (!m_axis_tvalid || m_axis_tready);
    // for a beat behind another one known from the cycle of that one: the reader's ready comes late
    wire              at_last   = begun ? next_last : (last_beat == {(ADDR_W+1){1'b0}});

    assign todo_done = todo_valid && (todo_drop || (fetch && at_last));

    always @(posedge clk) begin
        if (rst) begin
            rd_ptr        <= {(ADDR_W+1){1'b0}};
            done_beats    <= {(ADDR_W+1){1'b0}};
            begun         <= 1'b0;
            m_axis_tvalid <= 1'b0;
        end else begin
            if (todo_valid && todo_drop) rd_ptr <= rd_ptr + last_beat + 1'b1;
            else if (fetch) rd_ptr <= rd_ptr + 1'b1;
            if (todo_done) done_beats <= {(ADDR_W+1){1'b0}};
            else if (fetch) done_beats <= done_beats + 1'b1;
            if (todo_done) begun <= 1'b0;
            else if (fetch) begun <= 1'b1;
            m_axis_tvalid <= fetch || (m_axis_tvalid && !m_axis_tready);
        end
        if (fetch) begin
            next_last    <= (done_beats + 1'b1 == last_beat);
            m_axis_tlast <= at_last;
            m_axis_tkeep <= at_last ? {KEEP_W{1'b1}} >> ~last_byte[LANE_W-1:0] : {KEEP_W{1'b1}};
        end
    end

    frame_ram #(.WIDTH(DATA_W), .DEPTH(DEPTH)) u_ram (
        .clk(clk),
        .wr_en(store), .wr_addr(wr_ptr[ADDR_W-1:0]), .wr_data(s_axis_tdata),
        .rd_en(fetch), .rd_addr(rd_ptr[ADDR_W-1:0]), .rd_data(m_axis_tdata)
    );
endmodule

`default_nettype wire
