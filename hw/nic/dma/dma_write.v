// SPDX-License-Identifier: Apache-2.0
// AXI4 write master shared by CLIENTS requesters: arbitrates, splits into bursts, shifts data to the address, answers.
//
//   c_req -> [slot a client] -> arbiter_rr -> [request] -> burst_split -> AW
//                                                 |            |
//   c_dat ---------------------------------> shift, strobe -> W|
//                                                              v one word a burst
//                                      B -> c_rsp <- fifo_sync (in flight)
//
// A request waits in its client's slot until that client offers data: AW and W of a request that has none would hold
// up everybody's W. Once its first word is taken, a client owes the rest without waiting for another answer.
// The next request of the same client is looked at after the last word of its predecessor: only then do valid data
// belong to it. So one client may write a word every second cycle, and two clients together one every cycle.
`default_nettype none

module dma_write #(
    parameter DATA_W      = 128,
    parameter CLIENTS     = 4,
    parameter MAX_BURST   = 512,                // bytes; divides 4096, at most 256 beats
    parameter OUTSTANDING = 32                  // bursts in flight; a power of two
) (
    // clock
    input  wire                      clk,
    input  wire                      rst,
    // requests of the clients
    input  wire [CLIENTS-1:0]        c_req_valid,
    output wire [CLIENTS-1:0]        c_req_ready,
    input  wire [CLIENTS*64-1:0]     c_req_addr,
    input  wire [CLIENTS*16-1:0]     c_req_len, // bytes, 1..65535
    input  wire [CLIENTS*8-1:0]      c_req_tag,
    // their data, packed from lane 0
    input  wire [CLIENTS-1:0]        c_dat_valid,
    output wire [CLIENTS-1:0]        c_dat_ready,
    input  wire [CLIENTS*DATA_W-1:0] c_dat_data,
    // answers: c_rsp_valid says whose
    output reg  [CLIENTS-1:0]        c_rsp_valid,
    output reg  [7:0]                c_rsp_tag,
    output reg                       c_rsp_error,
    // AXI4 write master
    output wire                      m_axi_awid,
    output reg  [63:0]               m_axi_awaddr,
    output reg  [7:0]                m_axi_awlen,
    output wire [2:0]                m_axi_awsize,
    output wire [1:0]                m_axi_awburst,
    output reg                       m_axi_awvalid,
    input  wire                      m_axi_awready,
    output reg  [DATA_W-1:0]         m_axi_wdata,
    output reg  [DATA_W/8-1:0]       m_axi_wstrb,
    output reg                       m_axi_wlast,
    output reg                       m_axi_wvalid,
    input  wire                      m_axi_wready,
    input  wire                      m_axi_bid,
    input  wire [1:0]                m_axi_bresp,
    input  wire                      m_axi_bvalid,
    output wire                      m_axi_bready,
    // status
    output wire                      idle,
    // events
    output reg                       evt_burst,
    output reg  [15:0]               evt_bytes, // with evt_burst
    output wire                      evt_error  // a request ended with rsp_error
);
    localparam KEEP_W   = DATA_W / 8;
    localparam LANE_W   = $clog2(KEEP_W);
    localparam CLIENT_W = (CLIENTS > 1) ? $clog2(CLIENTS) : 1;
    localparam COUNT_W  = $clog2(OUTSTANDING) + 1;
    localparam INDEX_W  = 17 - LANE_W;
    localparam CHUNK_W  = $clog2(MAX_BURST);

    wire [CLIENTS-1:0] one_client = {{(CLIENTS-1){1'b0}}, 1'b1};

    // ---- a slot a client, so that a request is taken whether or not its data are there
    reg  [CLIENTS-1:0]    slot_valid;
    reg  [CLIENTS*64-1:0] slot_addr;
    reg  [CLIENTS*16-1:0] slot_len;
    reg  [CLIENTS*8-1:0]  slot_tag;
    wire [CLIENTS-1:0]    slot_leave;

    assign c_req_ready = ~slot_valid | slot_leave;

    generate
        genvar c;
        for (c = 0; c < CLIENTS; c = c + 1) begin : g_slot
            always @(posedge clk) begin
                if (c_req_valid[c] && c_req_ready[c]) begin
                    slot_addr[c*64 +: 64] <= c_req_addr[c*64 +: 64];
                    slot_len[c*16 +: 16]  <= c_req_len[c*16 +: 16];
                    slot_tag[c*8 +: 8]    <= c_req_tag[c*8 +: 8];
                end
                if (rst) slot_valid[c] <= 1'b0;
                else if (c_req_ready[c]) slot_valid[c] <= c_req_valid[c];
            end
        end
    endgenerate

    // ---- the request being written: choice and address side
    reg                 cur_valid;
    reg  [CLIENT_W-1:0] cur_client;
    reg  [7:0]          cur_tag;
    reg                 aw_more;                // some burst of it is not issued yet
    reg  [63:0]         aw_addr;
    reg  [15:0]         aw_remaining;
    wire                w_done;
    wire                any;
    wire [CLIENT_W-1:0] chosen;
    wire                load     = any && (!cur_valid || w_done);
    wire [CLIENTS-1:0]  writing  = cur_valid ? one_client << cur_client : {CLIENTS{1'b0}};
    wire [63:0]         new_addr = slot_addr[chosen*64 +: 64];
    wire [15:0]         new_len  = slot_len[chosen*16 +: 16];

    assign slot_leave = load ? one_client << chosen : {CLIENTS{1'b0}};

    arbiter_rr #(.N(CLIENTS)) u_arbiter (
        .clk(clk), .rst(rst), .request(slot_valid & c_dat_valid & ~writing), .take(load), .any(any), .index(chosen)
    );

    wire [63:0] burst_addr;
    wire [7:0]  burst_len;
    wire [15:0] burst_bytes;
    wire        burst_last;
    wire [63:0] next_addr;
    wire [15:0] next_remaining;
    wire        track_ready;
    wire        aw_issue = cur_valid && aw_more && (!m_axi_awvalid || m_axi_awready) && track_ready;

    assign m_axi_awid    = 1'b0;
    assign m_axi_awsize  = LANE_W[2:0];
    assign m_axi_awburst = 2'b01;

    burst_split #(.DATA_W(DATA_W), .MAX_BURST(MAX_BURST)) u_split (
        .addr(aw_addr), .remaining(aw_remaining),
        .burst_addr(burst_addr), .burst_len(burst_len), .burst_bytes(burst_bytes), .burst_last(burst_last),
        .next_addr(next_addr), .next_remaining(next_remaining)
    );

    always @(posedge clk) begin
        if (load) begin
            cur_client   <= chosen;
            cur_tag      <= slot_tag[chosen*8 +: 8];
            aw_addr      <= new_addr;
            aw_remaining <= new_len;
        end else if (aw_issue) begin
            aw_addr      <= next_addr;
            aw_remaining <= next_remaining;
        end
        if (aw_issue) begin
            m_axi_awaddr <= burst_addr;
            m_axi_awlen  <= burst_len;
            evt_bytes    <= burst_bytes;
        end
        evt_burst <= aw_issue && !rst;
        if (rst) begin
            cur_valid     <= 1'b0;
            aw_more       <= 1'b0;
            m_axi_awvalid <= 1'b0;
        end else begin
            if (load) cur_valid <= 1'b1;
            else if (w_done) cur_valid <= 1'b0;
            if (load) aw_more <= 1'b1;
            else if (aw_issue && burst_last) aw_more <= 1'b0;
            if (aw_issue) m_axi_awvalid <= 1'b1;
            else if (m_axi_awready) m_axi_awvalid <= 1'b0;
        end
    end

    // ---- data side: bus word i is made of client words i-1 and i
    reg                       w_first;
    reg  [LANE_W-1:0]         w_offset;         // lane of the first byte
    reg  [LANE_W-1:0]         w_end;            // lane of the last byte
    reg                       w_tailed;         // one more bus word than client words
    reg  [INDEX_W-1:0]        w_left;           // bus words after this one
    reg  [CHUNK_W-LANE_W-1:0] w_chunk;          // place of this bus word between multiples of MAX_BURST
    reg  [COUNT_W-1:0]        w_bursts;         // issued on AW, their last word not yet passed
    reg  [DATA_W-1:0]         w_previous;

    wire [16:0]         new_end  = {1'b0, new_len} + {{(17-LANE_W){1'b0}}, new_addr[LANE_W-1:0]} - 17'd1;
    wire [16:0]         len_end  = {1'b0, new_len} - 17'd1;
    wire                w_ending = (w_left == {INDEX_W{1'b0}});
    wire                w_wlast  = w_ending || (&w_chunk);
    wire                w_wants  = !(w_ending && w_tailed);
    wire                w_fire   = cur_valid && (!m_axi_wvalid || m_axi_wready) && (!w_wants || c_dat_valid[cur_client])
                                   && (aw_issue || w_bursts != {COUNT_W{1'b0}});
    wire [LANE_W:0]     w_shift  = KEEP_W[LANE_W:0] - {1'b0, w_offset};
    wire [2*DATA_W-1:0] pair     = {w_wants ? c_dat_data[cur_client*DATA_W +: DATA_W] : {DATA_W{1'b0}},
                                    w_first ? {DATA_W{1'b0}} : w_previous};

    assign w_done      = w_fire && w_ending;
    assign c_dat_ready = (w_fire && w_wants) ? one_client << cur_client : {CLIENTS{1'b0}};

    always @(posedge clk) begin
        if (load) begin
            w_offset <= new_addr[LANE_W-1:0];
            w_end    <= new_end[LANE_W-1:0];
            w_tailed <= (new_end[16:LANE_W] != len_end[16:LANE_W]);
            w_left   <= new_end[16:LANE_W];
            w_chunk  <= new_addr[CHUNK_W-1:LANE_W];
            w_first  <= 1'b1;
        end else if (w_fire) begin
            w_left   <= w_left - 1'b1;
            w_chunk  <= w_chunk + 1'b1;
            w_first  <= 1'b0;
        end
        if (w_fire) begin
            w_previous  <= c_dat_data[cur_client*DATA_W +: DATA_W];
            m_axi_wdata <= pair[{w_shift, 3'b000} +: DATA_W];
            m_axi_wstrb <= (w_first ? {KEEP_W{1'b1}} << w_offset : {KEEP_W{1'b1}})
                           & (w_ending ? {KEEP_W{1'b1}} >> ~w_end : {KEEP_W{1'b1}});
            m_axi_wlast <= w_wlast;
        end
        if (rst) begin
            m_axi_wvalid <= 1'b0;
            w_bursts     <= {COUNT_W{1'b0}};
        end else begin
            if (w_fire) m_axi_wvalid <= 1'b1;
            else if (m_axi_wready) m_axi_wvalid <= 1'b0;
            w_bursts <= w_bursts + {{(COUNT_W-1){1'b0}}, aw_issue} - {{(COUNT_W-1){1'b0}}, w_fire && w_wlast};
        end
    end

    // ---- answers: B comes in the order of AW
    wire                head_valid;
    wire [COUNT_W-1:0]  track_count;
    wire [CLIENT_W-1:0] head_client;
    wire [7:0]          head_tag;
    wire                head_last;
    reg                 failed;                 // an earlier burst of this request failed
    wire                b_take = m_axi_bvalid && head_valid;

    assign m_axi_bready = 1'b1;
    assign evt_error    = (|c_rsp_valid) && c_rsp_error;
    assign idle         = (slot_valid == {CLIENTS{1'b0}}) && !cur_valid && !head_valid && (c_rsp_valid == {CLIENTS{1'b0}});

    fifo_sync #(.WIDTH(CLIENT_W + 9), .DEPTH(OUTSTANDING)) u_track (
        .clk(clk), .rst(rst),
        .s_data({cur_client, cur_tag, burst_last}), .s_valid(aw_issue), .s_ready(track_ready),
        .m_data({head_client, head_tag, head_last}), .m_valid(head_valid), .m_ready(b_take), .count(track_count)
    );

    always @(posedge clk) begin
        if (b_take) begin
            c_rsp_tag   <= head_tag;
            c_rsp_error <= failed || m_axi_bresp[1];
        end
        if (rst) begin
            c_rsp_valid <= {CLIENTS{1'b0}};
            failed      <= 1'b0;
        end else begin
            c_rsp_valid <= (b_take && head_last) ? one_client << head_client : {CLIENTS{1'b0}};
            if (b_take) failed <= !head_last && (failed || m_axi_bresp[1]);
        end
    end

    wire unused = &{1'b0, m_axi_bid, m_axi_bresp[0], len_end[LANE_W-1:0], track_count};
endmodule

`default_nettype wire
