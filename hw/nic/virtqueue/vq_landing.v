// SPDX-License-Identifier: Apache-2.0
// Brings first descriptors to the block store where rings may be packed. A split ring's answer is one chain's block and passes
// as it comes; a packed ring's holds descriptors of any number of chains, so it waits in a FIFO and is dealt out, one a cycle.
`default_nettype none

module vq_landing #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4,
    parameter A_W    = 64,
    parameter LINK_W = 16,
    parameter D_W    = A_W + 35 + LINK_W,
    parameter SLOT_W = 6,
    parameter INFO_W = SLOT_W + 21,
    parameter DEPTH  = 16                       // answers that may come before they are dealt out: the asker's limit
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    input  wire               start_valid,
    input  wire [QW-1:0]      start_queue,
    input  wire [15:0]        start_index,
    // answers of reads of first descriptors; info is {slot, head or ring index, descriptors}
    input  wire               a_valid,
    input  wire               a_error,
    input  wire [QW-1:0]      a_queue,
    input  wire [INFO_W-1:0]  a_info,
    input  wire [BLK*D_W-1:0] a_desc,
    // one chain's first descriptor (split), or one descriptor
    output wire               l_valid,
    output wire               l_error,
    output wire [QW-1:0]      l_queue,
    output wire [SLOT_W-1:0]  l_slot,
    output wire [15:0]        l_head,           // its place in the table, or its ring index
    output wire [2:0]         l_count,          // descriptors of the read
    output wire               l_last,           // no other descriptor of that read follows
    output wire               l_tail,           // a chain goes on with it
    output wire [D_W-1:0]     l_desc,
    input  wire [15:0]        l_size,           // of l_queue
    // the queue looked at: all that was asked for has landed, and the last chain is not at its end
    input  wire [QW-1:0]      queue,
    input  wire [15:0]        next,             // first ring index not asked for
    output wire               landed,
    output wire               goes_on,
    // level: answers of that queue wait
    output wire [QUEUES-1:0]  pending
);
    `include "vq_desc.vh"
    localparam QDEPTH = 1 << QW;
    localparam AT_W   = (BLK > 2) ? 2 : 1;
    localparam WORD_W = 1 + QW + INFO_W + BLK * D_W;

    wire               f_valid;
    wire               f_error;
    wire [QW-1:0]      f_queue;
    /* verilator lint_off UNUSEDSIGNAL */       // two bits mean nothing in a first read
    wire [INFO_W-1:0]  info;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [INFO_W-1:0]  f_info;
    wire [BLK*D_W-1:0] f_data;
    reg  [AT_W-1:0]    at;                      // descriptor of the answer at the FIFO's head

    wire push = cfg_packed && a_valid;
    wire pop  = f_valid && l_last;

    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(WORD_W), .DEPTH(DEPTH)) u_answers (
        .clk(clk), .rst(rst),
        .s_data({a_error, a_queue, a_info, a_desc}), .s_valid(push), .s_ready(),    // room is reserved
        .m_data({f_error, f_queue, f_info, f_data}), .m_valid(f_valid), .m_ready(pop), .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    vq_count #(.QUEUES(QUEUES), .QW(QW), .WIDTH(6)) u_pending (
        .clk(clk), .rst(rst), .inc_valid(push), .inc_queue(a_queue), .dec_valid(pop), .dec_queue(f_queue), .nonzero(pending)
    );

    assign info    = cfg_packed ? f_info : a_info;
    assign l_valid = cfg_packed ? f_valid : a_valid;
    assign l_error = cfg_packed ? f_error : a_error;
    assign l_queue = cfg_packed ? f_queue : a_queue;
    assign l_slot  = info[INFO_W-1 -: SLOT_W] + {{(SLOT_W-AT_W){1'b0}}, at};
    assign l_head  = info[INFO_W-SLOT_W-1 -: 16] + {{(16-AT_W){1'b0}}, at};   // a read ends where the ring does
    assign l_count = info[2:0];
    assign l_last  = !cfg_packed || {{(3-AT_W){1'b0}}, at} + 3'd1 == info[2:0];
    assign l_desc  = cfg_packed ? f_data[at*D_W +: D_W] : a_desc[D_W-1:0];

    // ---- how far each packed ring has come -----------------------------------------------------------------------
    reg [15:0]       behind [0:QDEPTH-1];       // ring index behind the last descriptor that landed
    reg [15:0]       places [0:QDEPTH-1];       // descriptors of a chain that is not at its end
    reg [QUEUES-1:0] open;                      // there is one: it has NEXT, and no chain is longer than the ring
    wire [15:0]      moved;
    wire [15:0]      length = (open[l_queue] ? places[l_queue] : 16'd0) + 16'd1;

    vq_step u_step (.cfg_packed(1'b1), .size(l_size), .index(l_head), .count(16'd1), .moved(moved));

    assign l_tail  = cfg_packed && open[l_queue];
    assign landed  = behind[queue] == next;
    assign goes_on = open[queue];

    always @(posedge clk) begin
        if (l_valid) begin
            behind[l_queue] <= moved;
            places[l_queue] <= length;
            open[l_queue]   <= l_desc[D_NEXT] && length != l_size;
        end
        if (start_valid) begin
            behind[start_queue] <= start_index;
            open[start_queue]   <= 1'b0;
        end
        if (rst) at <= {AT_W{1'b0}};
        else if (cfg_packed && f_valid) at <= l_last ? {AT_W{1'b0}} : at + 1'b1;
    end
endmodule

`default_nettype wire
