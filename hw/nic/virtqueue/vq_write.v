// SPDX-License-Identifier: Apache-2.0
// Sends used elements, publishing writes and what asks the driver for notifications to one DMA write client, one beat each,
// and sorts the answers.
`default_nettype none

module vq_write #(
    parameter DATA_W = 128,
    parameter QW     = 1,
    parameter ADDR_W = 64,
    parameter A_W    = (ADDR_W < 64) ? ADDR_W + 1 : 64,
    parameter OFF_W  = 20,
    parameter DEPTH  = 64                       // writes outstanding
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_packed,
    // address of a queue's table
    output wire [QW-1:0]     queue,
    output wire [1:0]        table_of,
    input  wire [A_W-1:0]    table_base,
    // used index (split) or flags (packed)
    input  wire              x_valid,
    output wire              x_ready,
    input  wire [QW-1:0]     x_queue,
    input  wire [OFF_W-1:0]  x_offset,
    input  wire [15:0]       x_data,
    // avail event (split) or device event suppression (packed)
    input  wire              r_valid,
    output wire              r_ready,
    input  wire [QW-1:0]     r_queue,
    input  wire [OFF_W-1:0]  r_offset,
    input  wire [15:0]       r_len,             // bytes
    input  wire [31:0]       r_data,
    // used element
    input  wire              e_valid,
    output wire              e_ready,
    input  wire [QW-1:0]     e_queue,
    input  wire [OFF_W-1:0]  e_offset,
    input  wire [15:0]       e_len,             // bytes
    input  wire [63:0]       e_data,
    input  wire [16:0]       e_info,
    // DMA write client
    output reg               wr_req_valid,
    input  wire              wr_req_ready,
    output reg  [63:0]       wr_req_addr,
    output reg  [15:0]       wr_req_len,
    output wire [7:0]        wr_req_tag,
    output reg               wr_dat_valid,
    input  wire              wr_dat_ready,
    output wire [DATA_W-1:0] wr_dat_data,
    input  wire              wr_rsp_valid,
    input  wire              wr_rsp_error,
    // a write was let out: for the count of what is outstanding
    output reg               issued,
    output reg  [QW-1:0]     issued_queue,
    // answer, one cycle
    output reg               b_valid,
    output reg               b_error,
    output reg  [1:0]        b_kind,
    output reg  [QW-1:0]     b_queue,
    output reg  [16:0]       b_info
);
    `include "vq_kinds.vh"
    localparam CTX_W = 2 + QW + 17;

    wire order_ready;
    reg  place_valid;                           // the place of a write is known, its address is being made
    wire busy = wr_req_valid || wr_dat_valid;
    wire move = (!wr_req_valid || wr_req_ready) && (!wr_dat_valid || wr_dat_ready);
    wire free = (!place_valid || !busy) && order_ready;           // without a look at who is ready, for much depends on it

    // Indices first: one a queue is in flight at most, so elements are never kept waiting for long.
    assign x_ready = free;
    assign r_ready = free && !x_valid;
    assign e_ready = free && !x_valid && !r_valid;

    wire [1:0]       kind   = x_valid ? B_INDEX  : r_valid ? B_ARM    : B_ELEMENT;
    wire [OFF_W-1:0] offset = x_valid ? x_offset : r_valid ? r_offset : e_offset;
    wire [63:0]      addr;

    assign queue    = x_valid ? x_queue : r_valid ? r_queue : e_queue;
    assign table_of = (cfg_packed && kind != B_ARM) ? T_DESC : T_USED;

    // Who asks, and where that queue's table is, takes most of a cycle; the sum gets one of its own.
    reg [A_W-1:0]   table_base_p;
    reg [OFF_W-1:0] offset_p;
    reg [15:0]      len_p;
    reg [63:0]      data_p;
    reg [1:0]       kind_p;

    vq_address #(.ADDR_W(ADDR_W), .OFF_W(OFF_W)) u_address (
        .indirect(1'b0), .indirect_base({A_W{1'b0}}), .table_base(table_base_p), .offset(offset_p), .address(addr)
    );

    reg [63:0] data_q;
    reg [1:0]  kind_q;

    wire let_out = free && (x_valid || r_valid || e_valid);
    always @(posedge clk) begin
        issued       <= let_out && !rst;
        issued_queue <= queue;
    end
    assign wr_req_tag = {6'd0, kind_q};

    generate
        if (DATA_W == 64) begin : g_narrow
            assign wr_dat_data = data_q;
        end else begin : g_wide
            assign wr_dat_data = {{(DATA_W - 64){1'b0}}, data_q};
        end
    endgenerate

    always @(posedge clk) begin
        if (free) begin
            table_base_p <= table_base;
            offset_p     <= offset;
            len_p        <= x_valid ? 16'd2 : r_valid ? r_len : e_len;
            data_p       <= {e_data[63:32], x_valid ? {16'd0, x_data} : r_valid ? r_data : e_data[31:0]};
            kind_p       <= kind;
        end
        if (move) begin
            wr_req_addr <= addr;
            wr_req_len  <= len_p;
            data_q      <= data_p;
            kind_q      <= kind_p;
        end
        if (rst) begin
            place_valid  <= 1'b0;
            wr_req_valid <= 1'b0;
            wr_dat_valid <= 1'b0;
        end else begin
            if (let_out) place_valid <= 1'b1;
            else if (move) place_valid <= 1'b0;
            if (move) begin
                wr_req_valid <= place_valid;
                wr_dat_valid <= place_valid;
            end else begin
                if (wr_req_ready) wr_req_valid <= 1'b0;
                if (wr_dat_ready) wr_dat_valid <= 1'b0;
            end
        end
    end

    wire [CTX_W-1:0] ctx;
    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(CTX_W), .DEPTH(DEPTH)) u_order (
        .clk(clk), .rst(rst),
        .s_data({kind, queue, e_info}), .s_valid(let_out), .s_ready(order_ready),
        .m_data(ctx), .m_valid(), .m_ready(wr_rsp_valid),                  // an answer always has its entry
        .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    always @(posedge clk) begin
        {b_kind, b_queue, b_info} <= ctx;
        b_error <= wr_rsp_error;
        b_valid <= !rst && wr_rsp_valid;
    end
endmodule

`default_nettype wire
