// SPDX-License-Identifier: Apache-2.0
// Sends the reads of four askers to one DMA client, remembers their order, and hands out each answer assembled.
// Priority is fixed: the first three askers are bounded by what the fetcher, which comes last, has let in.
`default_nettype none

module vq_read #(
    parameter DATA_W = 128,
    parameter QW     = 1,
    parameter ADDR_W = 64,
    parameter A_W    = (ADDR_W < 64) ? ADDR_W + 1 : 64,
    parameter OFF_W  = 20,
    parameter LINK_W = 16,
    parameter D_W    = A_W + 35 + LINK_W,
    parameter INFO_W = 27,
    parameter BLK    = 4,                       // descriptors of the longest answer
    parameter DEPTH  = 64                       // reads outstanding
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_packed,
    // address of a queue's table
    output wire [QW-1:0]      queue,
    output wire [1:0]         table_of,
    input  wire [A_W-1:0]     table_base,
    // notification
    input  wire               n_valid,
    output wire               n_ready,
    input  wire [QW-1:0]      n_queue,
    input  wire [OFF_W-1:0]   n_offset,
    // walker
    input  wire               w_valid,
    output wire               w_ready,
    input  wire [QW-1:0]      w_queue,
    input  wire               w_indirect,       // in the table at w_base
    input  wire [A_W-1:0]     w_base,
    input  wire [OFF_W-1:0]   w_offset,
    input  wire [2:0]         w_count,          // descriptors
    // second read of a prefetched chain
    input  wire               i_valid,
    output wire               i_ready,
    input  wire [QW-1:0]      i_queue,
    input  wire               i_indirect,       // in the table at i_base
    input  wire [A_W-1:0]     i_base,
    input  wire [OFF_W-1:0]   i_offset,
    input  wire [INFO_W-1:0]  i_info,           // [2:0] descriptors
    // fetcher
    input  wire               f_valid,
    output wire               f_ready,
    input  wire [QW-1:0]      f_queue,
    input  wire               f_avail,          // in the avail ring
    input  wire [OFF_W-1:0]   f_offset,
    input  wire [7:0]         f_len,
    input  wire [2:0]         f_kind,
    input  wire [INFO_W-1:0]  f_info,
    // DMA read client
    output reg                rd_req_valid,
    input  wire               rd_req_ready,
    output reg  [63:0]        rd_req_addr,
    output wire [15:0]        rd_req_len,
    output wire [7:0]         rd_req_tag,
    input  wire               rd_rsp_valid,
    input  wire [DATA_W-1:0]  rd_rsp_data,
    input  wire               rd_rsp_last,
    input  wire               rd_rsp_error,
    // a read was let out: for the count of what is outstanding
    output reg                issued,
    output reg  [QW-1:0]      issued_queue,
    // answer, one cycle: its bytes as they came, and as descriptors (vq_desc.vh)
    output reg                a_valid,
    output reg                a_error,
    output reg  [2:0]         a_kind,
    output reg  [QW-1:0]      a_queue,
    output wire [QW-1:0]      a_ahead,          // of an answer in the next cycle
    output reg  [INFO_W-1:0]  a_info,
    output wire [BLK*128-1:0] a_data,
    output wire [BLK*D_W-1:0] a_desc
);
    `include "vq_kinds.vh"
    localparam BEATS  = BLK * 128 / DATA_W;
    localparam BEAT_W = (BEATS > 1) ? $clog2(BEATS) : 1;
    localparam CTX_W  = 3 + QW + INFO_W;

    wire order_ready;
    reg  place_valid;                           // the place of a read is known, its address is being made
    wire move = !rd_req_valid || rd_req_ready;
    wire free = (!place_valid || !rd_req_valid) && order_ready;   // without a look at who is ready, for much depends on it

    assign n_ready = free;
    assign w_ready = free && !n_valid;
    assign i_ready = free && !n_valid && !w_valid;
    assign f_ready = free && !n_valid && !w_valid && !i_valid;

    wire [2:0]        kind   = n_valid ? K_EVENT  : w_valid ? K_CONT   : !i_valid ? f_kind : i_indirect ? K_TABLE : K_LINK;
    wire [OFF_W-1:0]  offset = n_valid ? n_offset : w_valid ? w_offset : i_valid ? i_offset : f_offset;
    wire [7:0]        len    = n_valid ? (cfg_packed ? 8'd4 : 8'd2) : w_valid ? {1'b0, w_count, 4'd0} : i_valid ? {1'b0, i_info[2:0], 4'd0} : f_len;
    wire [INFO_W-1:0] info   = i_valid ? i_info : f_info;
    wire              in_table = !n_valid && (w_valid ? w_indirect : i_valid && i_indirect);
    wire [63:0]       addr;

    assign queue    = n_valid ? n_queue : w_valid ? w_queue : i_valid ? i_queue : f_queue;
    assign table_of = (n_valid || (!w_valid && !i_valid && f_avail)) ? T_AVAIL : T_DESC;

    // Who asks, and where that queue's table is, takes most of a cycle; the sum gets one of its own.
    reg               indirect_p;
    reg [A_W-1:0]     indirect_base_p;
    reg [A_W-1:0]     table_base_p;
    reg [OFF_W-1:0]   offset_p;
    reg [7:0]         len_p;
    reg [2:0]         kind_p;

    vq_address #(.ADDR_W(ADDR_W), .OFF_W(OFF_W)) u_address (
        .indirect(indirect_p), .indirect_base(indirect_base_p), .table_base(table_base_p), .offset(offset_p), .address(addr)
    );

    reg [7:0] len_q;
    reg [2:0] kind_q;

    wire let_out = free && (n_valid || w_valid || i_valid || f_valid);
    always @(posedge clk) begin
        issued       <= let_out && !rst;
        issued_queue <= queue;
    end
    assign rd_req_len = {8'd0, len_q};
    assign rd_req_tag = {5'd0, kind_q};

    always @(posedge clk) begin
        if (free) begin
            indirect_p      <= in_table;
            indirect_base_p <= w_valid ? w_base : i_base;
            table_base_p    <= table_base;
            offset_p        <= offset;
            len_p           <= len;
            kind_p          <= kind;
        end
        if (move) begin
            rd_req_addr <= addr;
            len_q       <= len_p;
            kind_q      <= kind_p;
        end
        if (rst) begin
            place_valid  <= 1'b0;
            rd_req_valid <= 1'b0;
        end else begin
            if (let_out) place_valid <= 1'b1;
            else if (move) place_valid <= 1'b0;
            if (move) rd_req_valid <= place_valid;
        end
    end

    wire [CTX_W-1:0] ctx;
    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(CTX_W), .DEPTH(DEPTH)) u_order (
        .clk(clk), .rst(rst),
        .s_data({kind, queue, info}), .s_valid(let_out), .s_ready(order_ready),
        .m_data(ctx), .m_valid(), .m_ready(rd_rsp_valid && rd_rsp_last),   // an answer always has its entry
        .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    reg [BLK*128-1:0] land;
    assign a_data  = land;
    assign a_ahead = ctx[INFO_W +: QW];

    generate
        genvar d;
        for (d = 0; d < BLK; d = d + 1) begin : g_descriptor
            wire [127:0]    raw   = land[d*128 +: 128];
            wire [2:0]      flags = cfg_packed ? raw[114:112] : raw[98:96];
            wire [15:0]     link  = cfg_packed ? raw[111:96]  : raw[127:112];
            wire [A_W-1:0]  d_addr;
            wire [LINK_W-1:0] d_link;

            vq_reach #(.ADDR_W(ADDR_W)) u_reach (.address(raw[63:0]), .reached(d_addr));
            if (LINK_W < 16) begin : g_link     // beyond every table stays so
                assign d_link = {|link[15:LINK_W-1], link[LINK_W-2:0]};
            end else begin : g_id
                assign d_link = link;
            end
            assign a_desc[d*D_W +: D_W] = {d_link, flags, raw[95:64], d_addr};
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
