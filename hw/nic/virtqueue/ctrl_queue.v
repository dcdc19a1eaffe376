// SPDX-License-Identifier: Apache-2.0
// The control queue's commands between host memory and firmware: gathers a command's readable bytes into a RAM, raises
// `ctl_pending`, and scatters firmware's answer into the command's writable descriptors.
//
// One command at a time and one DMA beat at a time, a byte a cycle: commands are rare and small, so the least logic wins.
// A short FIFO takes in the descriptors of an ordinary command at once, since transmit chains wait behind them.
`default_nettype none

module ctrl_queue #(
    parameter DATA_W = 128,
    parameter WRITABLE = 64,                    // writable descriptors remembered; an answer uses no more
    parameter RAM_BYTES = 4096,                 // longest command; a power of two, at most 4096
    parameter ADDR_W = 64                       // bits of addresses the card reaches; one more is kept, set beyond that
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              stop,              // give up the command, take no other
    // ring engine
    input  wire              chain_ready,
    output wire              pop_valid,
    input  wire              pop_ready,
    input  wire              seg_valid,
    output wire              seg_ready,
    input  wire [63:0]       seg_addr,
    input  wire [31:0]       seg_len,
    input  wire              seg_write,
    input  wire              seg_last,
    input  wire              seg_error,
    input  wire [15:0]       seg_id,
    input  wire [15:0]       seg_ndesc,
    output wire              cpl_valid,
    input  wire              cpl_ready,
    output reg  [15:0]       cpl_id,
    output reg  [15:0]       cpl_ndesc,
    output wire [31:0]       cpl_len,
    // DMA read client
    output wire              rd_req_valid,
    input  wire              rd_req_ready,
    output wire [63:0]       rd_req_addr,
    output wire [15:0]       rd_req_len,
    output wire [7:0]        rd_req_tag,
    input  wire              rd_rsp_valid,
    input  wire [DATA_W-1:0] rd_rsp_data,
    input  wire              rd_rsp_last,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [7:0]        rd_rsp_tag,        // one request at a time needs no tags
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              rd_rsp_error,
    // DMA write client
    output wire              wr_req_valid,
    input  wire              wr_req_ready,
    output wire [63:0]       wr_req_addr,
    output wire [15:0]       wr_req_len,
    output wire [7:0]        wr_req_tag,
    output wire              wr_dat_valid,
    input  wire              wr_dat_ready,
    output wire [DATA_W-1:0] wr_dat_data,
    input  wire              wr_rsp_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [7:0]        wr_rsp_tag,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire              wr_rsp_error,
    // firmware
    output wire              ctl_pending,
    output reg               ctl_too_long,
    output wire [15:0]       ctl_length,
    output reg  [31:0]       ctl_capacity,      // of the descriptors remembered
    input  wire              ctl_done_valid,
    input  wire [15:0]       ctl_done_length,
    input  wire [3:0]        ctl_ram_we,
    input  wire [9:0]        ctl_ram_addr,
    input  wire [31:0]       ctl_ram_wdata,
    output wire [31:0]       ctl_ram_rdata
);
    localparam KEEP_W = DATA_W / 8;
    localparam LANE_W = $clog2(KEEP_W);
    localparam LIST_W = $clog2(WRITABLE);
    localparam [31:0] BEAT = KEEP_W;
    localparam [LANE_W:0] ONE = 1;
    localparam [31:0] SIZE_WIDE = RAM_BYTES;
    localparam [12:0] SIZE = SIZE_WIDE[12:0];
    localparam RAM_W = $clog2(RAM_BYTES);
    localparam TOP = (ADDR_W < 64) ? ADDR_W : 63;
    localparam [31:0] WRITABLE_WIDE = WRITABLE;

    localparam S_INIT  = 4'd0;                  // zeros, so that firmware never reads what nobody wrote
    localparam S_IDLE  = 4'd1;
    localparam S_SEG   = 4'd2;                  // next descriptor of the command
    localparam S_PLAN  = 4'd3;                  // next beat of a readable one
    localparam S_ASK   = 4'd4;
    localparam S_BEAT  = 4'd5;
    localparam S_STORE = 4'd6;                  // a byte a cycle into the RAM
    localparam S_END   = 4'd7;                  // no more descriptors
    localparam S_WAIT  = 4'd8;                  // firmware's turn
    localparam S_NEXT  = 4'd9;                  // next beat of the answer
    localparam S_LOAD  = 4'd10;                 // a byte a cycle out of the RAM
    localparam S_WRITE = 4'd11;
    localparam S_DONE  = 4'd12;                 // the write's answer
    localparam S_CPL   = 4'd13;

    reg [3:0]        state_q;
    reg [12:0]       pos;                       // bytes gathered, or scattered
    reg [12:0]       total;                     // bytes to scatter
    reg [TOP:0]      addr;                      // rest of the current descriptor
    reg [12:0]       left;                      // all above means more than the RAM holds
    reg              last;
    reg              failed;
    reg [LANE_W:0]   chunk;                     // bytes of the current beat
    reg [LANE_W:0]   done;                      // of these, stored or loaded
    reg [DATA_W-1:0] beat;
    reg              req_done;
    reg              dat_done;
    reg [LIST_W:0]   listed;
    reg [LIST_W:0]   next;
    reg [TOP+13:0]   list [0:WRITABLE-1];

    // ---- descriptors
    wire        in_valid;
    wire        in_error;
    wire        in_last;
    wire        in_write;
    wire [TOP:0] in_addr;
    wire [31:0] in_len;
    /* verilator lint_off PINCONNECTEMPTY */
    fifo_sync #(.WIDTH(TOP + 36), .DEPTH(16)) descriptors (
        .clk(clk), .rst(rst),
        .s_data({seg_error, seg_last, seg_write, |seg_addr[63:TOP], seg_addr[TOP-1:0], seg_len}), .s_valid(seg_valid), .s_ready(seg_ready),
        .m_data({in_error, in_last, in_write, in_addr, in_len}), .m_valid(in_valid), .m_ready(state_q == S_SEG), .count()
    );
    /* verilator lint_on PINCONNECTEMPTY */

    wire        list_room = listed < WRITABLE_WIDE[LIST_W:0];
    wire [32:0] capacity  = {1'b0, ctl_capacity} + {1'b0, in_len};
    reg         beyond;                         // ... does not fit its register

    // ---- size of the next beat: the least of a beat, the descriptor's rest, and the RAM's or the answer's rest
    wire [12:0] room      = ((state_q == S_PLAN) ? SIZE : total) - pos;
    wire [12:0] room_left = (left < room) ? left : room;
    wire [LANE_W:0] fitting = (room_left[12:LANE_W] == {(13-LANE_W){1'b0}}) ? room_left[LANE_W:0] : BEAT[LANE_W:0];
    wire [12:0] chunk_wide = {{(12-LANE_W){1'b0}}, chunk};
    wire [TOP:0] addr_end = addr + {{(TOP-LANE_W){1'b0}}, chunk};
    wire [TOP:0] next_addr = {addr_end[TOP] || (ADDR_W < 64 && addr[TOP]), addr_end[TOP-1:0]};
    wire [LANE_W:0] done_next = done + ONE;
    wire        chunk_end = done_next == chunk;

    // ---- RAM; gathering and firmware never write at the same time, gathering goes first
    wire        storing = state_q == S_STORE || state_q == S_INIT;
    wire        loading = state_q == S_NEXT || state_q == S_LOAD;
    wire [11:0] load_at = pos[11:0] + {{(11-LANE_W){1'b0}}, (state_q == S_LOAD) ? done_next : {(LANE_W+1){1'b0}}};
    reg  [1:0]  load_lane;
    wire [31:0] ram_rdata;
    wire [7:0]  ram_byte = ram_rdata[8 * load_lane +: 8];
    ram_sdp #(.WIDTH(32), .DEPTH(RAM_BYTES / 4), .APART(1)) ram (
        .clk(clk),
        .wr_strb(!storing ? ctl_ram_we : (state_q == S_INIT) ? 4'hf : 4'd1 << pos[1:0]),
        .wr_addr(storing ? pos[RAM_W-1:2] : ctl_ram_addr[RAM_W-3:0]),
        .wr_data(!storing ? ctl_ram_wdata : (state_q == S_INIT) ? 32'd0 : {4{beat[8*done[LANE_W-1:0] +: 8]}}),
        .rd_en(1'b1), .rd_addr(loading ? load_at[RAM_W-1:2] : ctl_ram_addr[RAM_W-3:0]), .rd_data(ram_rdata)
    );

    wire unused = &{1'b0, ctl_ram_addr, load_at};

    assign pop_valid     = state_q == S_IDLE && chain_ready && !stop;
    assign cpl_valid     = state_q == S_CPL;
    assign cpl_len       = failed ? 32'd0 : {19'd0, total};
    assign rd_req_valid  = state_q == S_ASK;
    assign rd_req_addr   = {{(64-TOP){addr[TOP]}}, addr[TOP-1:0]};
    assign rd_req_len    = {{(15-LANE_W){1'b0}}, chunk};
    assign rd_req_tag    = 8'd0;
    assign wr_req_valid  = state_q == S_WRITE && !req_done;
    assign wr_req_addr   = {{(64-TOP){addr[TOP]}}, addr[TOP-1:0]};
    assign wr_req_len    = {{(15-LANE_W){1'b0}}, chunk};
    assign wr_req_tag    = 8'd0;
    assign wr_dat_valid  = state_q == S_WRITE && !dat_done;
    assign wr_dat_data   = beat;
    assign ctl_pending   = state_q == S_WAIT;
    assign ctl_length    = {3'd0, pos};
    assign ctl_ram_rdata = ram_rdata;

    // ---- what is kept of the command
    // lengths saturate above what the RAM holds
    wire [12:0] in_left  = (in_len[31:13] != 19'd0) ? 13'h1fff : in_len[12:0];
    wire [12:0] capable  = (ctl_capacity[31:13] != 19'd0) ? 13'h1fff : ctl_capacity[12:0];
    reg         answered;                       // a register's decode comes late in a cycle, and is not acted on before the next
    reg  [12:0] wanted;
    wire [12:0] answer   = (capable < wanted) ? capable : wanted;

    always @(posedge clk) begin
        load_lane <= load_at[1:0];
        answered  <= ctl_done_valid && state_q == S_WAIT;
        wanted    <= (ctl_done_length < {3'd0, SIZE}) ? ctl_done_length[12:0] : SIZE;
        if (seg_valid && seg_ready && seg_last) begin
            cpl_id    <= seg_id;
            cpl_ndesc <= seg_ndesc;
        end
        case (state_q)
            S_INIT: pos <= pos + 13'd4;
            S_IDLE: begin
                pos    <= 13'd0;
                total  <= 13'd0;
                failed <= 1'b0;
                listed <= 0;
                next   <= 0;
                if (pop_valid) begin
                    ctl_too_long <= 1'b0;
                    ctl_capacity <= 32'd0;
                    beyond       <= 1'b0;
                end
            end
            S_SEG:
                if (in_valid) begin
                    {addr, left} <= {in_addr, in_left};
                    last         <= in_last;
                    if (in_error) failed <= 1'b1;
                    else if (in_write && list_room) begin
                        list[listed[LIST_W-1:0]] <= {in_addr, in_left};
                        listed       <= listed + 1'b1;
                        ctl_capacity <= capacity[31:0];
                        beyond       <= beyond || capacity[32];
                    end
                end
            S_PLAN: begin
                chunk <= fitting;
                done  <= {(LANE_W+1){1'b0}};
                if (left != 13'd0 && room == 13'd0) ctl_too_long <= 1'b1;
            end
            S_BEAT:
                if (rd_rsp_valid) begin
                    beat   <= rd_rsp_data;
                    addr   <= next_addr;
                    left   <= left - chunk_wide;
                    failed <= failed || rd_rsp_error;
                end
            S_STORE: begin
                pos  <= pos + 1'b1;
                done <= done_next;
            end
            S_END: if (stop) failed <= 1'b1;
            S_WAIT:
                if (stop) failed <= 1'b1;
                else if (answered) begin
                    pos   <= 13'd0;
                    left  <= 13'd0;
                    total <= answer;
                end
            S_NEXT: begin
                if (left == 13'd0) begin
                    {addr, left} <= list[next[LIST_W-1:0]];
                    next         <= next + 1'b1;
                end
                chunk    <= fitting;
                done     <= {(LANE_W+1){1'b0}};
                beat     <= {DATA_W{1'b0}};
                req_done <= 1'b0;
                dat_done <= 1'b0;
                if (stop && pos != total) failed <= 1'b1;
            end
            S_LOAD: begin
                beat[8*done[LANE_W-1:0] +: 8] <= ram_byte;
                done                <= done_next;
            end
            S_WRITE: begin
                if (wr_req_ready) req_done <= 1'b1;
                if (wr_dat_ready) dat_done <= 1'b1;
            end
            S_DONE:
                if (wr_rsp_valid) begin
                    pos    <= pos + chunk_wide;
                    addr   <= next_addr;
                    left   <= left - chunk_wide;
                    failed <= wr_rsp_error;
                end
            default: ;
        endcase
        if (state_q != S_IDLE && beyond) ctl_capacity <= 32'hffffffff;     // firmware sees it some states later
        if (rst) pos <= 13'd0;
    end

    always @(posedge clk)
        if (rst) state_q <= S_INIT;
        else
            case (state_q)
                S_INIT:  if (pos == SIZE - 13'd4) state_q <= S_IDLE;
                S_IDLE:  if (pop_valid && pop_ready) state_q <= S_SEG;
                S_SEG:
                    if (in_valid) begin
                        if (in_error) state_q <= S_CPL;
                        else if (!in_write) state_q <= S_PLAN;
                        else if (in_last) state_q <= S_END;
                    end
                S_PLAN:
                    // what cannot be kept is not read
                    if (left != 13'd0 && room != 13'd0 && !failed && !stop) state_q <= S_ASK;
                    else state_q <= last ? S_END : S_SEG;
                S_ASK:   if (rd_req_ready) state_q <= S_BEAT;
                S_BEAT:  if (rd_rsp_valid && rd_rsp_last) state_q <= rd_rsp_error ? S_PLAN : S_STORE;
                S_STORE: if (chunk_end) state_q <= S_PLAN;
                S_END:   state_q <= (failed || stop) ? S_CPL : S_WAIT;
                S_WAIT:  if (stop) state_q <= S_CPL; else if (answered) state_q <= S_NEXT;
                S_NEXT:
                    if (pos == total || stop) state_q <= S_CPL;
                    else if (left != 13'd0) state_q <= S_LOAD;
                S_LOAD:  if (chunk_end) state_q <= S_WRITE;
                S_WRITE: if ((req_done || wr_req_ready) && (dat_done || wr_dat_ready)) state_q <= S_DONE;
                S_DONE:  if (wr_rsp_valid) state_q <= wr_rsp_error ? S_CPL : S_NEXT;
                S_CPL:   if (cpl_ready) state_q <= S_IDLE;
                default: state_q <= S_INIT;
            endcase
endmodule

`default_nettype wire
