// SPDX-License-Identifier: Apache-2.0
// Sends the reads of four askers to one DMA client, remembers their order, and hands out each answer assembled.
// Priority is fixed: the first three askers are bounded by what the fetcher, which comes last, has let in.
`default_nettype none

module vq_read #(
    parameter DATA_W = 128,
    parameter QW     = 1,
    parameter INFO_W = 27,
    parameter BLK_W  = 512                      // bits of the longest answer, a multiple of DATA_W
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_packed,
    // notification
    input  wire              n_valid,
    output wire              n_ready,
    input  wire [QW-1:0]     n_queue,
    input  wire [63:0]       n_addr,
    // walker
    input  wire              w_valid,
    output wire              w_ready,
    input  wire [QW-1:0]     w_queue,
    input  wire [63:0]       w_addr,
    input  wire [2:0]        w_count,           // descriptors
    // second read of a prefetched chain
    input  wire              i_valid,
    output wire              i_ready,
    input  wire [QW-1:0]     i_queue,
    input  wire [63:0]       i_addr,
    input  wire [INFO_W-1:0] i_info,            // [2:0] descriptors
    // fetcher
    input  wire              f_valid,
    output wire              f_ready,
    input  wire [QW-1:0]     f_queue,
    input  wire [63:0]       f_addr,
    input  wire [7:0]        f_len,
    input  wire [2:0]        f_kind,
    input  wire [INFO_W-1:0] f_info,
    // DMA read client
    output reg               rd_req_valid,
    input  wire              rd_req_ready,
    output reg  [63:0]       rd_req_addr,
    output wire [15:0]       rd_req_len,
    output wire [7:0]        rd_req_tag,
    input  wire              rd_rsp_valid,
    input  wire [DATA_W-1:0] rd_rsp_data,
    input  wire              rd_rsp_last,
    input  wire              rd_rsp_error,
    // a read was let out: for the count of what is outstanding
    output wire              issued,
    output wire [QW-1:0]     issued_queue,
    // answer, one cycle; a packed ring's descriptors as a split ring's, with flags in [111:96] and the buffer id in [127:112]
    output reg               a_valid,
    output reg               a_error,
    output reg  [2:0]        a_kind,
    output reg  [QW-1:0]     a_queue,
    output reg  [INFO_W-1:0] a_info,
    output wire [BLK_W-1:0]  a_data
);
    `include "vq_kinds.vh"
    localparam BEATS  = BLK_W / DATA_W;
    localparam BEAT_W = (BEATS > 1) ? $clog2(BEATS) : 1;
    localparam CTX_W  = 3 + QW + INFO_W;

    wire order_ready;
    wire free = (!rd_req_valid || rd_req_ready) && order_ready;

    assign n_ready = free;
    assign w_ready = free && !n_valid;
    assign i_ready = free && !n_valid && !w_valid;
    assign f_ready = free && !n_valid && !w_valid && !i_valid;

    wire [2:0]        kind  = n_valid ? K_EVENT : w_valid ? K_CONT : i_valid ? K_TABLE : f_kind;
    wire [QW-1:0]     queue = n_valid ? n_queue : w_valid ? w_queue : i_valid ? i_queue : f_queue;
    wire [63:0]       addr  = n_valid ? n_addr  : w_valid ? w_addr  : i_valid ? i_addr  : f_addr;
    wire [7:0]        len   = n_valid ? (cfg_packed ? 8'd4 : 8'd2) : w_valid ? {1'b0, w_count, 4'd0} : i_valid ? {1'b0, i_info[2:0], 4'd0} : f_len;
    wire [INFO_W-1:0] info  = i_valid ? i_info : f_info;

    reg [7:0] len_q;
    reg [2:0] kind_q;

    assign issued       = free && (n_valid || w_valid || i_valid || f_valid);
    assign issued_queue = queue;
    assign rd_req_len   = {8'd0, len_q};
    assign rd_req_tag   = {5'd0, kind_q};

    always @(posedge clk) begin
        if (issued) begin
            rd_req_addr <= addr;
            len_q       <= len;
            kind_q      <= kind;
        end
        if (rst) rd_req_valid <= 1'b0;
        else if (issued) rd_req_valid <= 1'b1;
        else if (rd_req_ready) rd_req_valid <= 1'b0;
    end

    wire [CTX_W-1:0] ctx;
    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(CTX_W), .DEPTH(64)) u_order (
        .clk(clk), .rst(rst),
        .s_data({kind, queue, info}), .s_valid(issued), .s_ready(order_ready),
        .m_data(ctx), .m_valid(), .m_ready(rd_rsp_valid && rd_rsp_last),   // an answer always has its entry
        .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    reg [BLK_W-1:0] land;

    generate
        genvar d;
        for (d = 0; d < BLK_W / 128; d = d + 1) begin : g_descriptor
            assign a_data[d*128 +: 96]    = land[d*128 +: 96];
            assign a_data[d*128+96 +: 32] = cfg_packed ? {land[d*128+96 +: 16], land[d*128+112 +: 16]} : land[d*128+96 +: 32];
        end
        if (BEATS == 1) begin : g_single
            always @(posedge clk)
                if (rd_rsp_valid) land <= rd_rsp_data;
        end else begin : g_many
            reg [BEAT_W-1:0] beat;
            always @(posedge clk) begin
                if (rd_rsp_valid) land[beat*DATA_W +: DATA_W] <= rd_rsp_data;
                if (rst) beat <= {BEAT_W{1'b0}};
                else if (rd_rsp_valid) beat <= rd_rsp_last ? {BEAT_W{1'b0}} : beat + 1'b1;
            end
        end
    endgenerate

    always @(posedge clk) begin
        {a_kind, a_queue, a_info} <= ctx;
        a_error <= rd_rsp_error;
        a_valid <= !rst && rd_rsp_valid && rd_rsp_last;
    end
endmodule

`default_nettype wire
