// SPDX-License-Identifier: Apache-2.0
// AXI4 write master shared by CLIENTS requesters: arbitrates, splits into bursts, shifts data to the address, answers.
//
//   c_req -> [slot a client] -> choice -> [request] -> burst_split -> AW
//                                             |            |
//   c_dat -----------------------------> shift, strobe -> W|
//                                                          v one word a burst
//                                  B -> c_rsp <- fifo_sync (in flight)
//
// A request waits in its client's slot until that client offers data: AW and W of a request that has none would hold
// up everybody's W. Once its first word is taken, a client owes the rest without waiting for another answer.
// Neither ready depends on a valid of any client, nor does c_req_ready on the bus: clients put logic of their own behind both.
// The next request of the same client is looked at after the last word of its predecessor: only then do valid data
// belong to it. So one client may write a word every second cycle, and two clients together one every cycle.
`default_nettype none

module dma_write #(
    parameter DATA_W      = 128,
    parameter CLIENTS     = 4,
    parameter MAX_BURST   = 512,                // bytes; divides 4096, at most 256 beats
    parameter OUTSTANDING = 32,                 // bursts in flight; a power of two
    parameter ADDR_W      = 64                  // bits of addresses the card reaches
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
    localparam [COUNT_W-1:0] LAST_PLACE = OUTSTANDING - 1;

    wire [CLIENTS-1:0] one_client = {{(CLIENTS-1){1'b0}}, 1'b1};

    // ---- addresses: a short one has one more bit, set when the address lies beyond; on the bus that bit fills the rest
    localparam TOP = (ADDR_W < 64) ? ADDR_W : 63;   // highest bit
    localparam SLOT_W = TOP + 1;

    // ---- a slot a client, so that a request is taken whether or not its data are there; filled again a cycle after it empties
    reg  [CLIENTS-1:0]    slot_valid;
    reg  [CLIENTS*SLOT_W-1:0] slot_addr;
    reg  [CLIENTS*16-1:0] slot_len;
    reg  [CLIENTS*8-1:0]  slot_tag;
    reg  [CLIENTS*LANE_W-1:0] slot_end;         // lane of the last byte
    reg  [CLIENTS-1:0]    slot_single;          // all in one bus word
    reg  [CLIENTS-1:0]    slot_tailed;          // one more bus word than client words
    wire [CLIENTS-1:0]    slot_leave;

    assign c_req_ready = ~slot_valid;

    generate
        genvar c;
        for (c = 0; c < CLIENTS; c = c + 1) begin : g_slot
            // worked out on the way in, as the choice comes late in its cycle
            wire [15:0]     less = c_req_len[c*16 +: 16] - 16'd1;
            wire [LANE_W:0] tail = {1'b0, less[LANE_W-1:0]} + {1'b0, c_req_addr[c*64 +: LANE_W]};

            always @(posedge clk) begin
                if (c_req_valid[c] && c_req_ready[c]) begin
                    slot_end[c*LANE_W +: LANE_W] <= tail[LANE_W-1:0];
                    slot_single[c]        <= (less[15:LANE_W] == {(16-LANE_W){1'b0}}) && !tail[LANE_W];
                    slot_tailed[c]        <= tail[LANE_W];
                    slot_addr[c*SLOT_W +: SLOT_W] <= {|c_req_addr[c*64+TOP +: 64-TOP], c_req_addr[c*64 +: TOP]};
                    slot_len[c*16 +: 16]  <= c_req_len[c*16 +: 16];
                    slot_tag[c*8 +: 8]    <= c_req_tag[c*8 +: 8];
                end
                if (rst) slot_valid[c] <= 1'b0;
                else slot_valid[c] <= slot_valid[c] ? !slot_leave[c] : c_req_valid[c];
            end
        end
    endgenerate

    // ---- the request being written: choice and address side
    reg                 cur_valid;
    reg  [CLIENTS-1:0]  writing;                // whose it is; none while !cur_valid
    reg  [CLIENT_W-1:0] cur_client;             // the same as a number
    reg  [7:0]          cur_tag;
    reg                 aw_more;                // there is one, and some burst of it is not issued yet
    reg  [TOP:0]        aw_addr;
    reg  [15:0]         aw_remaining;
    wire                w_done;
    wire                load;
    reg  [TOP:0]        new_addr;
    reg  [15:0]         new_len;
    reg  [7:0]          new_tag;
    reg                 new_single;
    reg                 new_tailed;
    reg  [LANE_W-1:0]   new_end;

    // the first client after the one chosen last; one bit a client and not a number, as wide words are selected with it
    reg  [CLIENTS-1:0]  after;
    wire [CLIENTS-1:0]  asking = slot_valid & c_dat_valid & ~writing;
    wire [CLIENTS-1:0]  later  = asking & after;
    wire [CLIENTS-1:0]  pool   = (later != {CLIENTS{1'b0}}) ? later : asking;
    wire [CLIENTS-1:0]  chosen = pool & (~pool + one_client);

    assign load       = (asking != {CLIENTS{1'b0}}) && (!cur_valid || w_done);
    assign slot_leave = load ? chosen : {CLIENTS{1'b0}};

    always @* begin : choose
        integer i;
        new_addr   = {SLOT_W{1'b0}};
        new_len    = 16'd0;
        new_tag    = 8'd0;
        new_single = |(chosen & slot_single);
        new_tailed = |(chosen & slot_tailed);
        new_end    = {LANE_W{1'b0}};
        cur_client = {CLIENT_W{1'b0}};
        for (i = 0; i < CLIENTS; i = i + 1) begin
            new_addr = new_addr | ({SLOT_W{chosen[i]}} & slot_addr[i*SLOT_W +: SLOT_W]);
            new_len  = new_len | ({16{chosen[i]}} & slot_len[i*16 +: 16]);
            new_tag  = new_tag | ({8{chosen[i]}} & slot_tag[i*8 +: 8]);
            new_end  = new_end | ({LANE_W{chosen[i]}} & slot_end[i*LANE_W +: LANE_W]);
            if (writing[i]) cur_client = i[CLIENT_W-1:0];
        end
    end

    always @(posedge clk)
        if (rst) after <= {CLIENTS{1'b1}} << 1;
        else if (load) after <= ~(chosen | (chosen - one_client));

    wire [TOP:0] burst_addr;
    wire [7:0]  burst_len;
    wire [15:0] burst_bytes;
    wire        burst_last;
    wire [TOP:0] next_addr;
    wire [15:0] next_remaining;
    reg         track_room;                     // u_track takes another burst
    wire        aw_issue = aw_more && (!m_axi_awvalid || m_axi_awready) && track_room;

    assign m_axi_awid    = 1'b0;
    assign m_axi_awsize  = LANE_W[2:0];
    assign m_axi_awburst = 2'b01;

    burst_split #(.DATA_W(DATA_W), .MAX_BURST(MAX_BURST), .ADDR_W(ADDR_W)) u_split (
        .addr(aw_addr), .remaining(aw_remaining), .last(burst_last),
        .fits(burst_last), .burst_addr(burst_addr), .burst_len(burst_len), .burst_bytes(burst_bytes),
        /* verilator lint_off PINCONNECTEMPTY */
        .next_addr(next_addr), .next_remaining(next_remaining), .next_last()    // early enough when its turn comes
        /* verilator lint_on PINCONNECTEMPTY */
    );

    always @(posedge clk) begin
        if (load) begin
            cur_tag      <= new_tag;
            aw_addr      <= new_addr;
            aw_remaining <= new_len;
        end else if (aw_issue) begin
            aw_addr      <= next_addr;
            aw_remaining <= next_remaining;
        end
        if (aw_issue) begin
            m_axi_awaddr <= {{(64-TOP){burst_addr[TOP]}}, burst_addr[TOP-1:0]};
            m_axi_awlen  <= burst_len;
            evt_bytes    <= burst_bytes;
        end
        evt_burst <= aw_issue && !rst;
        if (rst) begin
            cur_valid     <= 1'b0;
            writing       <= {CLIENTS{1'b0}};
            aw_more       <= 1'b0;
            m_axi_awvalid <= 1'b0;
        end else begin
            if (load) cur_valid <= 1'b1;
            else if (w_done) cur_valid <= 1'b0;
            if (load) writing <= chosen;
            else if (w_done) writing <= {CLIENTS{1'b0}};
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
    reg  [INDEX_W-1:0]        w_left;           // bus words after this one, but in the first cycle
    reg                       w_ending;         // none
    reg  [CHUNK_W-LANE_W-1:0] w_chunk;          // place of this bus word between multiples of MAX_BURST
    reg  [COUNT_W-1:0]        w_bursts;         // issued on AW, their last word not yet passed
    reg                       w_addressed;      // there are some
    reg  [DATA_W-1:0]         w_previous;

    // what a request needs in its first cycle comes from its slot, the number of its words from its length in that cycle
    reg                 fresh;
    /* verilator lint_off UNUSEDSIGNAL */       // the lane is there already
    wire [16:0]         all_end  = {1'b0, aw_remaining} + {{(17-LANE_W){1'b0}}, w_offset} - 17'd1;
    /* verilator lint_on UNUSEDSIGNAL */
    wire [INDEX_W-1:0]  w_behind = fresh ? all_end[16:LANE_W] : w_left;
    wire                w_wlast  = w_ending || (&w_chunk);
    wire                w_wants  = !(w_ending && w_tailed);
    wire                w_may    = (!m_axi_wvalid || m_axi_wready) && (aw_issue || w_addressed);
    wire                w_fire   = cur_valid && w_may && (!w_wants || (|(writing & c_dat_valid)));
    wire                w_passed = w_fire && w_wlast;
    wire [CLIENTS-1:0]  w_source = w_wants ? writing : {CLIENTS{1'b0}};
    reg  [DATA_W-1:0]   w_word;                 // of the client
    wire [DATA_W-1:0]   w_turned;
    reg  [DATA_W-1:0]   w_joined;               // lanes below the offset are left over from the word before

    always @* begin : mix
        integer i;
        w_word = {DATA_W{1'b0}};
        for (i = 0; i < CLIENTS; i = i + 1)
            w_word = w_word | ({DATA_W{w_source[i]}} & c_dat_data[i*DATA_W +: DATA_W]);
        for (i = 0; i < KEEP_W; i = i + 1)
            w_joined[8*i +: 8] = (i[LANE_W:0] >= {1'b0, w_offset}) ? w_turned[8*i +: 8]
                                 : w_first ? 8'd0 : w_previous[8*i +: 8];
    end

    lane_rotate #(.DATA_W(DATA_W)) u_turn (.data(w_word), .lanes(w_offset), .rotated(w_turned));

    assign w_done      = w_fire && w_ending;
    assign c_dat_ready = (w_may && w_wants) ? writing : {CLIENTS{1'b0}};

    always @(posedge clk) begin
        fresh  <= load;
        w_left <= w_behind - {{(INDEX_W-1){1'b0}}, w_fire};
        if (load) begin
            w_offset <= new_addr[LANE_W-1:0];
            w_end    <= new_end;
            w_tailed <= new_tailed;
            w_ending <= new_single;
            w_chunk  <= new_addr[CHUNK_W-1:LANE_W];
            w_first  <= 1'b1;
        end else if (w_fire) begin
            w_ending <= w_behind == {{(INDEX_W-1){1'b0}}, 1'b1};
            w_chunk  <= w_chunk + 1'b1;
            w_first  <= 1'b0;
        end
        if (w_fire) w_previous <= w_turned;
        if (!m_axi_wvalid || m_axi_wready) begin    // w_fire, but earlier in the cycle
            m_axi_wdata <= w_joined;
            m_axi_wstrb <= (w_first ? {KEEP_W{1'b1}} << w_offset : {KEEP_W{1'b1}})
                           & (w_ending ? {KEEP_W{1'b1}} >> ~w_end : {KEEP_W{1'b1}});
            m_axi_wlast <= w_wlast;
        end
        if (rst) begin
            m_axi_wvalid <= 1'b0;
            w_bursts     <= {COUNT_W{1'b0}};
            w_addressed  <= 1'b0;
        end else begin
            if (w_fire) m_axi_wvalid <= 1'b1;
            else if (m_axi_wready) m_axi_wvalid <= 1'b0;
            w_bursts    <= w_bursts + {{(COUNT_W-1){1'b0}}, aw_issue} - {{(COUNT_W-1){1'b0}}, w_passed};
            w_addressed <= (w_bursts[COUNT_W-1:1] != {(COUNT_W-1){1'b0}})
                           || (w_bursts[0] ? aw_issue || !w_passed : aw_issue && !w_passed);
        end
    end

    // ---- answers: B comes in the order of AW
    wire                head_valid;
    wire [COUNT_W-1:0]  track_count;
    wire [CLIENT_W-1:0] head_client;
    wire [7:0]          head_tag;
    wire                head_last;
    reg                 failed;                 // an earlier burst of this request failed
    wire                track_ready;
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
            track_room  <= 1'b1;
        end else begin
            c_rsp_valid <= (b_take && head_last) ? one_client << head_client : {CLIENTS{1'b0}};
            if (b_take) failed <= !head_last && (failed || m_axi_bresp[1]);
            track_room  <= b_take || (track_ready && !(aw_issue && track_count == LAST_PLACE));
        end
    end

    wire unused = &{1'b0, m_axi_bid, m_axi_bresp[0], track_count};
endmodule

`default_nettype wire
