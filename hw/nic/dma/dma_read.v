// SPDX-License-Identifier: Apache-2.0
// AXI4 read master shared by CLIENTS requesters: arbitrates, splits into bursts, gives answers packed from lane 0.
//
//   c_req -> [turn] -> [request] -> burst_split -> AR
//                              |
//                              v one word a request
//                        fifo_sync (in flight)
//                              |
//                       R -> read_align -> c_rsp
//
// All reads carry one ID, so R comes in the order of AR and one word a request is all that must be remembered.
// There is no way to stall R: a client asks only for what it has room for.
// Whose request may come is settled a cycle ahead: clients put logic of their own behind c_req_ready. So a request
// that comes when it is not its client's turn waits a cycle, and one request is taken each cycle when any client has more.
`default_nettype none

module dma_read #(
    parameter DATA_W      = 128,
    parameter CLIENTS     = 4,
    parameter MAX_BURST   = 512,                // bytes; divides 4096, at most 256 beats
    parameter OUTSTANDING = 32,                 // bursts in flight; a power of two
    parameter ADDR_W      = 64                  // bits of addresses the card reaches
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // requests of the clients
    input  wire [CLIENTS-1:0]     c_req_valid,
    output wire [CLIENTS-1:0]     c_req_ready,
    input  wire [CLIENTS*64-1:0]  c_req_addr,
    input  wire [CLIENTS*16-1:0]  c_req_len,    // bytes, 1..65535
    input  wire [CLIENTS*8-1:0]   c_req_tag,
    // answers: c_rsp_valid says whose
    output wire [CLIENTS-1:0]     c_rsp_valid,
    output wire [DATA_W-1:0]      c_rsp_data,
    output wire                   c_rsp_last,
    output wire [7:0]             c_rsp_tag,
    output wire                   c_rsp_error,  // with c_rsp_last
    // AXI4 read master
    output wire                   m_axi_arid,
    output reg  [63:0]            m_axi_araddr,
    output reg  [7:0]             m_axi_arlen,
    output wire [2:0]             m_axi_arsize,
    output wire [1:0]             m_axi_arburst,
    output reg                    m_axi_arvalid,
    input  wire                   m_axi_arready,
    input  wire                   m_axi_rid,
    input  wire [DATA_W-1:0]      m_axi_rdata,
    input  wire [1:0]             m_axi_rresp,
    input  wire                   m_axi_rlast,
    input  wire                   m_axi_rvalid,
    output wire                   m_axi_rready,
    // status
    output wire                   idle,
    // events
    output reg                    evt_burst,
    output reg  [15:0]            evt_bytes,    // with evt_burst
    output wire                   evt_error     // a request ended with rsp_error
);
    localparam LANE_W   = $clog2(DATA_W / 8);
    localparam CLIENT_W = (CLIENTS > 1) ? $clog2(CLIENTS) : 1;
    localparam COUNT_W  = $clog2(OUTSTANDING) + 1;
    localparam INDEX_W  = 17 - LANE_W;
    localparam INFO_W   = CLIENT_W + 8;
    localparam TRACK_W  = INFO_W + LANE_W + INDEX_W + 1;
    localparam CHUNK_W  = $clog2(MAX_BURST);
    localparam [COUNT_W-1:0] LAST_PLACE = OUTSTANDING - 1;

    // ---- addresses: a short one has one more bit, set when the address lies beyond; on the bus that bit fills the rest
    localparam TOP = (ADDR_W < 64) ? ADDR_W : 63;   // highest bit

    // ---- the request being split
    reg                 cur_valid;
    reg                 cur_first;              // no burst of it is issued yet
    reg  [CLIENT_W-1:0] cur_client;
    reg  [TOP:0]        cur_addr;
    reg  [15:0]         cur_remaining;
    reg  [7:0]          cur_tag;
    wire [TOP:0]        burst_addr;
    wire [7:0]          burst_len;
    wire [15:0]         burst_bytes;
    reg                 burst_last;
    wire [TOP:0]        next_addr;
    wire [15:0]         next_remaining;
    wire                next_last;

    reg  [COUNT_W-1:0]  in_flight;              // bursts
    reg                 full;                   // as many as there may be
    wire                track_ready;
    // u_track has a place for every burst in flight, so a request always finds one
    wire                issue  = cur_valid && (!m_axi_arvalid || m_axi_arready) && !full;
    wire                landed = m_axi_rvalid && m_axi_rlast;
    wire                take   = !cur_valid || (issue && burst_last);
    wire [CLIENTS-1:0]  one_client = {{(CLIENTS-1){1'b0}}, 1'b1};

    // ---- whose turn it is. It goes on when a request is taken or there is none, to another client if one is waiting.
    reg  [CLIENTS-1:0]  turn;
    reg  [CLIENT_W-1:0] turn_client;            // the same
    wire                turn_valid = |(turn & c_req_valid);
    wire                turn_moves = take || !turn_valid;
    wire                others;
    wire [CLIENT_W-1:0] chosen;
    reg  [TOP:0]        new_addr;
    reg  [15:0]         new_len;
    reg  [7:0]          new_tag;
    wire [16:0]         new_end  = {1'b0, new_len} + {{(17-CHUNK_W){1'b0}}, new_addr[CHUNK_W-1:0]};
    wire                new_last = (new_end <= MAX_BURST[16:0]);

    always @* begin : mix
        integer i;
        new_addr = {(TOP+1){1'b0}};
        new_len  = 16'd0;
        new_tag  = 8'd0;
        for (i = 0; i < CLIENTS; i = i + 1) begin
            new_addr = new_addr | ({(TOP+1){turn[i]}} & {|c_req_addr[i*64+TOP +: 64-TOP], c_req_addr[i*64 +: TOP]});
            new_len  = new_len | ({16{turn[i]}} & c_req_len[i*16 +: 16]);
            new_tag  = new_tag | ({8{turn[i]}} & c_req_tag[i*8 +: 8]);
        end
    end

    always @(posedge clk)
        if (rst) begin
            turn        <= one_client;
            turn_client <= {CLIENT_W{1'b0}};
        end else if (turn_moves && others) begin
            turn        <= one_client << chosen;
            turn_client <= chosen;
        end

    assign c_req_ready   = take ? turn : {CLIENTS{1'b0}};
    assign m_axi_arid    = 1'b0;
    assign m_axi_arsize  = LANE_W[2:0];
    assign m_axi_arburst = 2'b01;

    arbiter_rr #(.N(CLIENTS)) u_arbiter (
        .clk(clk), .rst(rst), .request(c_req_valid & ~turn), .take(turn_moves), .any(others), .index(chosen)
    );

    burst_split #(.DATA_W(DATA_W), .MAX_BURST(MAX_BURST), .ADDR_W(ADDR_W)) u_split (
        .addr(cur_addr), .remaining(cur_remaining), .last(burst_last),
        /* verilator lint_off PINCONNECTEMPTY */
        .fits(),                                // behind burst_last
        /* verilator lint_on PINCONNECTEMPTY */
        .burst_addr(burst_addr), .burst_len(burst_len), .burst_bytes(burst_bytes),
        .next_addr(next_addr), .next_remaining(next_remaining), .next_last(next_last)
    );

    always @(posedge clk) begin
        if (take) begin
            cur_client    <= turn_client;
            cur_addr      <= new_addr;
            cur_remaining <= new_len;
            cur_tag       <= new_tag;
            burst_last    <= new_last;
        end else if (issue) begin
            cur_addr      <= next_addr;
            cur_remaining <= next_remaining;
            burst_last    <= next_last;
        end
        if (issue) begin
            m_axi_araddr <= {{(64-TOP){burst_addr[TOP]}}, burst_addr[TOP-1:0]};
            m_axi_arlen  <= burst_len;
            evt_bytes    <= burst_bytes;
        end
        evt_burst <= issue && !rst;
        if (rst) begin
            cur_valid     <= 1'b0;
            cur_first     <= 1'b1;
            m_axi_arvalid <= 1'b0;
            in_flight     <= {COUNT_W{1'b0}};
            full          <= 1'b0;
        end else begin
            if (take) cur_valid <= turn_valid;
            if (issue) cur_first <= burst_last;
            if (issue) m_axi_arvalid <= 1'b1;
            else if (m_axi_arready) m_axi_arvalid <= 1'b0;
            in_flight <= in_flight + {{(COUNT_W-1){1'b0}}, issue}
                                   - {{(COUNT_W-1){1'b0}}, landed};
            full      <= !landed && (full || (issue && in_flight == LAST_PLACE));
        end
    end

    // ---- the requests in flight: bus words to come, and where their first byte is
    wire [LANE_W-1:0]  cur_offset = cur_addr[LANE_W-1:0];
    wire [16:0]        cur_end    = {1'b0, cur_remaining} + {{(17-LANE_W){1'b0}}, cur_offset} - 17'd1;
    wire [16:0]        len_end    = {1'b0, cur_remaining} - 17'd1;
    wire [INDEX_W-1:0] bus_last   = cur_end[16:LANE_W];
    wire               cur_tailed = (bus_last != len_end[16:LANE_W]);

    wire [TRACK_W-1:0] head;
    wire               head_valid;
    wire [COUNT_W-1:0] track_count;
    wire [INFO_W-1:0]  head_info;
    wire [LANE_W-1:0]  head_offset;
    wire [INDEX_W-1:0] head_last;
    wire               head_tailed;
    reg  [INDEX_W-1:0] bus_index;
    wire               word     = m_axi_rvalid && head_valid;
    wire               word_end = (bus_index == head_last);

    assign {head_info, head_offset, head_last, head_tailed} = head;
    assign m_axi_rready = 1'b1;

    fifo_sync #(.WIDTH(TRACK_W), .DEPTH(OUTSTANDING)) u_track (
        .clk(clk), .rst(rst),
        .s_data({cur_client, cur_tag, cur_offset, bus_last, cur_tailed}), .s_valid(issue && cur_first), .s_ready(track_ready),
        .m_data(head), .m_valid(head_valid), .m_ready(word && word_end), .count(track_count)
    );

    always @(posedge clk)
        if (rst) bus_index <= {INDEX_W{1'b0}};
        else if (word) bus_index <= word_end ? {INDEX_W{1'b0}} : bus_index + 1'b1;

    // ---- answers
    wire                rsp_valid;
    wire [CLIENT_W-1:0] rsp_client;
    wire                align_idle;

    read_align #(.DATA_W(DATA_W), .INFO_W(INFO_W)) u_align (
        .clk(clk), .rst(rst),
        .s_valid(word), .s_data(m_axi_rdata), .s_error(m_axi_rresp[1]), .s_last(word_end), .s_tail(head_tailed),
        .s_offset(head_offset), .s_info(head_info),
        .m_valid(rsp_valid), .m_data(c_rsp_data), .m_last(c_rsp_last), .m_error(c_rsp_error), .m_info({rsp_client, c_rsp_tag}),
        .idle(align_idle)
    );

    assign c_rsp_valid = rsp_valid ? one_client << rsp_client : {CLIENTS{1'b0}};
    assign evt_error   = rsp_valid && c_rsp_last && c_rsp_error;
    assign idle        = !cur_valid && !head_valid && align_idle;

    wire unused = &{1'b0, m_axi_rid, m_axi_rresp[0], len_end[LANE_W-1:0], cur_end[LANE_W-1:0], track_count, track_ready};
endmodule

`default_nettype wire
