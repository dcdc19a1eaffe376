// SPDX-License-Identifier: Apache-2.0
// Gives the buffers of a frame back once every write of that frame has been answered, all with length 0 if the frame was lost.
`default_nettype none

module rx_complete #(
    parameter QW = 1,
    parameter BUFFERS = 256,                    // buffers in flight, a power of two
    parameter COUNT_W = $clog2(BUFFERS) + 1,
    parameter SLOT_W = 5                        // 2**SLOT_W frames in flight
) (
    // clock
    input  wire          clk,
    input  wire          rst,
    // buffers, in the order popped
    input  wire          buf_valid,
    output wire          buf_ready,
    input  wire [QW-1:0] buf_queue,
    input  wire [15:0]   buf_id,
    input  wire [15:0]   buf_ndesc,
    input  wire [16:0]   buf_len,
    // frames, each no earlier than its last buffer; the n-th one has slot n
    input  wire          frame_valid,
    output wire          frame_ready,
    input  wire          frame_ok,
    input  wire          frame_lost,            // though ok, as by a write that failed
    input  wire [COUNT_W-1:0] frame_buffers,
    input  wire [15:0]   frame_bytes,
    input  wire [23:0]   frame_requests,
    // answers of the writes, in order
    input  wire              rsp_valid,
    input  wire [SLOT_W-1:0] rsp_slot,
    input  wire              rsp_error,
    // completions
    output reg           cpl_valid,
    input  wire          cpl_ready,
    output reg  [QW-1:0] cpl_queue,
    output reg  [15:0]   cpl_id,
    output reg  [15:0]   cpl_ndesc,
    output reg  [31:0]   cpl_len,
    output reg           cpl_more,
    // status
    output wire          idle,
    // events
    output reg           evt_frame,
    output reg  [15:0]   evt_bytes,
    output reg           evt_drop_dma
);
    localparam SLOTS = 1 << SLOT_W;
    localparam BUF_W = QW + 16 + 16 + 17;
    localparam FRAME_W = 2 + COUNT_W + 16 + 24;

    reg  [SLOTS-1:0]  failed;                   // a write of the frame in this slot has failed
    reg  [SLOT_W-1:0] slot;                     // of the oldest frame
    reg  [23:0]       answered;
    reg  [COUNT_W-1:0] given;                   // buffers of the oldest frame already given back

    wire              head_valid;
    wire              head_ok;
    wire              head_lost;
    wire [COUNT_W-1:0] head_buffers;
    wire [15:0]       head_bytes;
    wire [23:0]       head_requests;
    wire [SLOT_W:0]   frames;
    wire              buf_head_valid;
    wire [QW-1:0]     buf_head_queue;
    wire [15:0]       buf_head_id;
    wire [15:0]       buf_head_ndesc;
    wire [16:0]       buf_head_len;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [23:0]       ahead   = answered - head_requests;   // its sign is what counts
    /* verilator lint_on UNUSEDSIGNAL */
    reg               settled;                  // every write of the oldest frame has been answered
    wire              lost    = head_lost || failed[slot];
    wire              good    = head_ok && !lost;
    wire              gave    = settled && buf_head_valid && !cpl_valid;
    wire              ends    = (given + 1'b1 == head_buffers);
    wire              leaves  = gave && ends;

    fifo_ram #(.WIDTH(BUF_W), .DEPTH(BUFFERS)) u_buffers (
        .clk(clk), .rst(rst),
        .s_data({buf_queue, buf_id, buf_ndesc, buf_len}), .s_valid(buf_valid), .s_ready(buf_ready),
        .m_data({buf_head_queue, buf_head_id, buf_head_ndesc, buf_head_len}), .m_valid(buf_head_valid), .m_ready(gave)
    );

    fifo_sync #(.WIDTH(FRAME_W), .DEPTH(SLOTS)) u_frames (
        .clk(clk), .rst(rst),
        .s_data({frame_ok, frame_lost, frame_buffers, frame_bytes, frame_requests}), .s_valid(frame_valid), .s_ready(frame_ready),
        .m_data({head_ok, head_lost, head_buffers, head_bytes, head_requests}), .m_valid(head_valid), .m_ready(leaves),
        .count(frames)
    );

    assign idle = (frames == 0) && !cpl_valid;

    // From registers, since a block RAM answers late in a cycle. Buffers of a lost frame are frames of their own: a driver that
    // reads no header from an empty buffer cannot join them.
    always @(posedge clk) begin
        if (!cpl_valid) begin
            cpl_queue <= buf_head_queue;
            cpl_id    <= buf_head_id;
            cpl_ndesc <= buf_head_ndesc;
            cpl_len   <= good ? {15'd0, buf_head_len} : 32'd0;
            cpl_more  <= good && !ends;
        end
        if (rst) cpl_valid <= 1'b0;
        else cpl_valid <= cpl_valid ? !cpl_ready : gave;
    end

    // a cycle late, as they come at the end of the ring engine's answer
    always @(posedge clk) begin
        evt_frame    <= !rst && leaves && good;
        evt_drop_dma <= !rst && leaves && head_ok && lost;
        evt_bytes    <= head_bytes;
    end

    always @(posedge clk)
        if (rst) begin
            failed   <= {SLOTS{1'b0}};
            slot     <= {SLOT_W{1'b0}};
            answered <= 24'd0;
            given    <= {COUNT_W{1'b0}};
            settled  <= 1'b0;
        end else begin
            if (rsp_valid) answered <= answered + 24'd1;
            if (rsp_valid && rsp_error) failed[rsp_slot] <= 1'b1;
            if (gave) given <= ends ? {COUNT_W{1'b0}} : given + 1'b1;
            settled <= head_valid && !leaves && !ahead[23];
            if (leaves) begin
                failed[slot] <= 1'b0;
                slot         <= slot + 1'b1;
            end
        end
endmodule

`default_nettype wire
