// SPDX-License-Identifier: Apache-2.0
// Circular store, of two frames by default, that releases a frame once it is committed, then without a gap.
`default_nettype none

module frame_gate #(
    parameter DATA_W = 128,
    parameter MAX_FRAME = 9216,
    parameter STORE_BYTES = 2 * MAX_FRAME,      // at least one frame; two leave no gap between them
    parameter KEEP_W = DATA_W / 8,
    parameter COUNT_W = $clog2(KEEP_W) + 1,
    parameter BEAT_W = 16 - $clog2(KEEP_W)
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // writer: beats by their number within the frame; a frame not committed is overwritten by the next
    output wire               gate_ready,       // in the next cycle too
    output reg  [BEAT_W-1:0]  gate_room,        // never less in the next cycle, but for what is committed
    input  wire [KEEP_W-1:0]  wr_strb,
    input  wire [BEAT_W-1:0]  wr_beat,
    input  wire [DATA_W-1:0]  wr_data,
    input  wire               commit,
    input  wire [BEAT_W-1:0]  commit_last,
    input  wire [COUNT_W-1:0] commit_count,
    input  wire [3:0]         commit_queue,
    // frames out
    output wire [DATA_W-1:0]  m_axis_tdata,
    output reg  [KEEP_W-1:0]  m_axis_tkeep,
    output reg                m_axis_tlast,
    output reg  [3:0]         m_queue,          // transmit queue of the frame, with every beat
    output reg                m_axis_tvalid,
    input  wire               m_axis_tready,
    // status
    output wire               empty
);
    // Not a power of two: two frames of 9,216 bytes are 18 KiB, the next power is 32.
    localparam [31:0]       BEATS = (STORE_BYTES == 2 * MAX_FRAME) ? 2 * ((MAX_FRAME + KEEP_W - 1) / KEEP_W) : STORE_BYTES / KEEP_W;
    localparam [BEAT_W-1:0] DEPTH = BEATS[BEAT_W-1:0];
    localparam [BEAT_W-1:0] ONE   = 1;
    localparam ADDR_W = $clog2(BEATS);

    reg [BEAT_W-1:0] base;                      // where the frame being written starts
    reg              released;                  // a beat was read: seen a cycle late, since the wire decides on it late
    reg [BEAT_W-1:0] rd_ptr;
    reg [BEAT_W-1:0] rd_beat;                   // number of the next beat within its frame

    // records of committed frames
    wire               rec_valid;
    wire [BEAT_W-1:0]  rec_last;
    wire [COUNT_W-1:0] rec_count;
    wire [3:0]         rec_queue;
    wire [5:0]         rec_fill;
    wire               rd_en   = rec_valid && (!m_axis_tvalid || m_axis_tready);
    wire               rd_last = (rd_beat == rec_last);

    fifo_sync #(.WIDTH(BEAT_W + COUNT_W + 4), .DEPTH(32)) records (
        .clk(clk), .rst(rst),
        .s_data({commit_last, commit_count, commit_queue}), .s_valid(commit),
        /* verilator lint_off PINCONNECTEMPTY */ .s_ready(), /* verilator lint_on PINCONNECTEMPTY */    // gate_ready looks ahead
        .m_data({rec_last, rec_count, rec_queue}), .m_valid(rec_valid), .m_ready(rd_en && rd_last),
        .count(rec_fill)
    );

    // addresses wrap by compare
    /* verilator lint_off UNUSEDSIGNAL */       // the carry is spent once compared
    wire [BEAT_W:0]   wr_sum   = {1'b0, base} + {1'b0, wr_beat};
    wire [BEAT_W:0]   wr_wrap  = (wr_sum >= {1'b0, DEPTH}) ? wr_sum - {1'b0, DEPTH} : wr_sum;
    wire [BEAT_W:0]   end_sum  = {1'b0, base} + {1'b0, commit_last} + {1'b0, ONE};
    wire [BEAT_W:0]   end_wrap = (end_sum >= {1'b0, DEPTH}) ? end_sum - {1'b0, DEPTH} : end_sum;
    /* verilator lint_on UNUSEDSIGNAL */

    ram_sdp #(.WIDTH(DATA_W), .DEPTH(BEATS), .APART(1)) store (
        .clk(clk), .wr_strb(wr_strb), .wr_addr(wr_wrap[ADDR_W-1:0]), .wr_data(wr_data),
        .rd_en(rd_en), .rd_addr(rd_ptr[ADDR_W-1:0]), .rd_data(m_axis_tdata)
    );

    assign gate_ready = !rec_fill[5] && !(commit && rec_fill[4:0] == 5'd31);
    assign empty      = !rec_valid && !m_axis_tvalid;

    always @(posedge clk) begin
        if (rd_en) begin
            m_axis_tlast <= rd_last;
            m_queue      <= rec_queue;
            m_axis_tkeep <= rd_last ? ({KEEP_W{1'b1}} >> (KEEP_W[COUNT_W-1:0] - rec_count)) : {KEEP_W{1'b1}};
        end
        if (rst) begin
            base          <= {BEAT_W{1'b0}};
            gate_room     <= DEPTH;
            released      <= 1'b0;
            rd_ptr        <= {BEAT_W{1'b0}};
            rd_beat       <= {BEAT_W{1'b0}};
            m_axis_tvalid <= 1'b0;
        end else begin
            released  <= rd_en;
            gate_room <= gate_room - (commit ? commit_last + ONE : {BEAT_W{1'b0}}) + (released ? ONE : {BEAT_W{1'b0}});
            if (commit) base <= end_wrap[BEAT_W-1:0];
            if (rd_en) begin
                rd_ptr  <= (rd_ptr == DEPTH - ONE) ? {BEAT_W{1'b0}} : rd_ptr + ONE;
                rd_beat <= rd_last ? {BEAT_W{1'b0}} : rd_beat + ONE;
            end
            if (rd_en) m_axis_tvalid <= 1'b1;
            else if (m_axis_tready) m_axis_tvalid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
