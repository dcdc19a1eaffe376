// SPDX-License-Identifier: Apache-2.0
// Chooses the receive queue of a frame: its MAC table entry, else by mode one queue for all, the flow's last sender, or the RSS indirection table.
//
//   s_* (header) ---- 2 cycles ----+-> flow table -> [queue but for RSS] -+
//   key_* -------------------------+                                      +-> queue in use -> m_*
//   h_* (hash, later) ----------------> indirection table ----------------+
`default_nettype none

module rx_steer #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // configuration
    input  wire [1:0]  cfg_mode,                // 0 cfg_queue, 1 automatic, 2 RSS; 3 as 0
    input  wire [7:0]  cfg_queue,
    input  wire [7:0]  cfg_pairs,               // none from this one on is given
    input  wire [7:0]  cfg_unclassified,
    input  wire [6:0]  cfg_mask,
    input  wire        clear,                   // forget the flows
    // indirection table
    input  wire        table_we,
    input  wire [6:0]  table_index,
    input  wire [7:0]  table_queue,
    output wire [7:0]  table_word,
    // flows as they are sent
    input  wire        learn_valid,
    input  wire [7:0]  learn_index,
    input  wire [3:0]  learn_pair,
    // header of a frame: what the MAC table says
    input  wire        s_valid,
    input  wire        s_steers,
    input  wire [7:0]  s_queue,
    // its flow, two cycles later
    input  wire        key_valid,
    input  wire        key_known,
    input  wire [7:0]  key_index,
    // its hash, later still; one of each a frame
    input  wire        h_valid,
    input  wire [31:0] h_hash,
    input  wire [3:0]  h_type,
    // answer, two cycles after that
    output reg         m_valid,
    output reg  [7:0]  m_queue,
    output reg  [31:0] m_hash,
    output reg  [3:0]  m_type
);
    localparam [1:0] AUTOMATIC = 2'd1, RSS = 2'd2;

    // ---- with the header: everything but RSS
    reg  [17:0] mac;                            // of this cycle and the one before: steers, queue
    reg  [8:0]  mac_at_flow;
    reg         flow_valid;
    reg         flow_known;
    wire [4:0]  flow;                           // sent, and from which pair
    wire        learned = flow_known && flow[4] && {4'd0, flow[3:0]} < cfg_pairs;
    wire        by_rss  = !mac_at_flow[8] && cfg_mode == RSS;
    wire [7:0]  queue   = mac_at_flow[8] ? mac_at_flow[7:0]
                          : (cfg_mode == AUTOMATIC && learned) ? {4'd0, flow[3:0]} : cfg_queue;

    always @(posedge clk) begin
        if (rst) flow_valid <= 1'b0;
        else flow_valid <= key_valid;
        if (s_valid) mac[8:0] <= {s_steers, s_queue};
        mac[17:9]   <= mac[8:0];
        mac_at_flow <= mac[17:9];
        flow_known  <= key_known;
    end

    ram_clear #(.WIDTH(5), .DEPTH(256)) u_flows (
        .clk(clk), .clear(rst || clear),
        .wr_en(learn_valid), .wr_addr(learn_index), .wr_data({1'b1, learn_pair}),
        .rd_en(key_valid), .rd_addr(key_index), .rd_word(flow),
        /* verilator lint_off PINCONNECTEMPTY */
        .wr_word()                              // a sender does not ask
        /* verilator lint_on PINCONNECTEMPTY */
    );

    wire       wait_rss;
    wire [7:0] wait_queue;

    fifo_sync #(.WIDTH(9), .DEPTH(32)) u_wait (
        .clk(clk), .rst(rst),
        .s_data({by_rss, queue}), .s_valid(flow_valid),
        .m_data({wait_rss, wait_queue}), .m_ready(h_valid),
        /* verilator lint_off PINCONNECTEMPTY */
        .s_ready(), .m_valid(), .count()        // one a frame, and the hash comes a fixed time later
        /* verilator lint_on PINCONNECTEMPTY */
    );

    // ---- with the hash
    reg         found;
    reg         rss;
    reg         classified;
    reg  [7:0]  other;
    reg  [31:0] hash;
    reg  [3:0]  kind;
    wire [7:0]  entry;
    wire [7:0]  chosen = !rss ? other : classified ? entry : cfg_unclassified;
    wire        usable = (chosen < cfg_pairs) && ({24'd0, chosen} < QUEUE_PAIRS);

    ram_clear #(.WIDTH(8), .DEPTH(128)) u_table (
        .clk(clk), .clear(rst),
        .wr_en(table_we), .wr_addr(table_index), .wr_data(table_queue), .wr_word(table_word),
        .rd_en(h_valid), .rd_addr(h_hash[6:0] & cfg_mask), .rd_word(entry)
    );

    always @(posedge clk) begin
        if (rst) begin
            found   <= 1'b0;
            m_valid <= 1'b0;
        end else begin
            found   <= h_valid;
            m_valid <= found;
        end
        if (h_valid) begin
            rss        <= wait_rss;
            classified <= (h_type != 4'd0);
            other      <= wait_queue;
            hash       <= h_hash;
            kind       <= h_type;
        end
        if (found) begin
            m_queue <= usable ? chosen : 8'd0;
            m_hash  <= hash;
            m_type  <= kind;
        end
    end
endmodule

`default_nettype wire
