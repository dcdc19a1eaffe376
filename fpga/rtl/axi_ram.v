// SPDX-License-Identifier: Apache-2.0
// Block RAM that stands in for host memory: an AXI4 slave for the card, a port for the bridge, and a map of what the card has written.
//
// Bursts are INCR of whole words, one of each direction at a time, and answers come in order. B comes after its data can
// be read by either port, and after their line is in the map. What lies outside the memory is answered with DECERR and
// changes nothing. Memory is one RAM a byte lane, with one write and one read port: the bridge takes a cycle of either
// when it wants one, which is rare enough. Its access is registered first, as the bus decodes late in a cycle and the
// card's ready stands behind it; it holds address and data until it is answered.
`default_nettype none

module axi_ram #(
    parameter ADDR_W    = 64,
    parameter BYTES     = 32768,                // a power of two, at least 16384
    parameter BASE      = 64'h10000000,         // a multiple of BYTES
    parameter LINE      = 256,                  // bytes of a bit of the map
    parameter BYTES_W   = $clog2(BYTES),
    parameter MAP_W     = $clog2(BYTES / LINE / 32)
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // card
    input  wire               s_axi_arid,
    /* verilator lint_off UNUSEDSIGNAL */       // addresses are those of whole words
    input  wire [ADDR_W-1:0]  s_axi_araddr,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [7:0]         s_axi_arlen,
    input  wire               s_axi_arvalid,
    output wire               s_axi_arready,
    output reg                s_axi_rid,
    output wire [63:0]        s_axi_rdata,
    output wire [1:0]         s_axi_rresp,
    output reg                s_axi_rlast,
    output reg                s_axi_rvalid,
    input  wire               s_axi_rready,
    input  wire               s_axi_awid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [ADDR_W-1:0]  s_axi_awaddr,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire               s_axi_awvalid,
    output wire               s_axi_awready,
    input  wire [63:0]        s_axi_wdata,
    input  wire [7:0]         s_axi_wstrb,
    input  wire               s_axi_wlast,
    input  wire               s_axi_wvalid,
    output wire               s_axi_wready,
    output reg                s_axi_bid,
    output wire [1:0]         s_axi_bresp,
    output reg                s_axi_bvalid,
    input  wire               s_axi_bready,
    // bridge: 32-bit words
    input  wire               wb_stb,
    input  wire               wb_we,
    input  wire [BYTES_W-3:0] wb_adr,
    input  wire [31:0]        wb_dat_w,
    output wire               wb_ack,
    output wire [63:0]        wb_dat_r,         // two words, of which wb_adr[0] chooses one
    // map: a read clears the word
    input  wire               map_stb,
    input  wire [MAP_W-1:0]   map_adr,
    output wire               map_ack,
    output wire [31:0]        map_dat_r
);
    localparam WORD_W = BYTES_W - 3;            // of an address of 64-bit words
    localparam LINES  = BYTES / LINE;
    localparam LINE_W = $clog2(LINE);
    localparam [ADDR_W-1:0] AT = BASE;

    // ---- write
    reg               writing;
    reg               wr_outside;
    reg  [WORD_W-1:0] wr_word;
    wire              map_ready;
    reg               wr_bridge;                // the bridge's turn
    wire              wr_beat   = s_axi_wvalid && s_axi_wready;
    wire [WORD_W-1:0] wr_addr   = wr_bridge ? wb_adr[BYTES_W-3:1] : wr_word;
    wire [7:0]        wr_strb   = wr_bridge ? (wb_adr[0] ? 8'hf0 : 8'h0f) : (wr_beat && !wr_outside) ? s_axi_wstrb : 8'h00;
    wire [63:0]       wr_data   = wr_bridge ? {2{wb_dat_w}} : s_axi_wdata;

    assign s_axi_awready = !writing && !s_axi_bvalid;
    assign s_axi_wready  = writing && !wr_bridge && map_ready;
    assign s_axi_bresp   = {2{wr_outside}};

    always @(posedge clk) begin
        if (s_axi_awready) begin
            wr_word    <= s_axi_awaddr[BYTES_W-1:3];
            wr_outside <= (s_axi_awaddr[ADDR_W-1:BYTES_W] != AT[ADDR_W-1:BYTES_W]);
            s_axi_bid  <= s_axi_awid;
        end else if (wr_beat) wr_word[8:0] <= wr_word[8:0] + 1'b1;   // a burst stays in its 4 KiB
        if (rst) begin
            writing      <= 1'b0;
            wr_bridge    <= 1'b0;
            s_axi_bvalid <= 1'b0;
        end else begin
            wr_bridge <= wb_stb && wb_we && !wr_bridge;
            if (s_axi_awready) writing <= s_axi_awvalid;
            else if (wr_beat && s_axi_wlast) writing <= 1'b0;
            if (wr_beat && s_axi_wlast) s_axi_bvalid <= 1'b1;
            else if (s_axi_bready) s_axi_bvalid <= 1'b0;
        end
    end

    dirty_map #(.LINES(LINES)) i_map (
        .clk(clk), .rst(rst), .ready(map_ready),
        .mark(wr_beat && !wr_outside), .mark_line(wr_word[WORD_W-1:LINE_W-3]),
        .take(map_stb), .take_word(map_adr), .take_ack(map_ack), .take_bits(map_dat_r)
    );

    // ---- read: the bridge's turn is when no word of a burst stands at the output
    reg               reading;
    reg               rd_outside;
    reg               rd_turn;
    reg               rd_bridge;                // its word is at the output
    reg               rd_id;
    reg               rd_resp;
    reg  [WORD_W-1:0] rd_word;
    reg  [7:0]        rd_left;
    wire [63:0]       rd_data;
    wire              rd_free   = !s_axi_rvalid || s_axi_rready;
    wire [WORD_W-1:0] rd_addr   = rd_turn ? wb_adr[BYTES_W-3:1] : rd_word;
    // not the word that is being written, nor any while the bridge writes
    wire              rd_now    = rd_free && !wr_bridge && !(writing && s_axi_wvalid && wr_word == rd_addr);
    wire              rd_ask    = rd_turn && rd_now;
    wire              rd_beat   = reading && !rd_turn && rd_now;

    assign s_axi_arready = !reading;
    assign s_axi_rdata   = rd_data;
    assign s_axi_rresp   = {2{rd_resp}};
    assign wb_dat_r      = rd_data;
    assign wb_ack        = wr_bridge || rd_bridge;

    always @(posedge clk) begin
        if (s_axi_arready) begin
            rd_word    <= s_axi_araddr[BYTES_W-1:3];
            rd_outside <= (s_axi_araddr[ADDR_W-1:BYTES_W] != AT[ADDR_W-1:BYTES_W]);
            rd_left    <= s_axi_arlen;
            rd_id      <= s_axi_arid;
        end else if (rd_beat) begin
            rd_word[8:0] <= rd_word[8:0] + 1'b1;
            rd_left      <= rd_left - 1'b1;
        end
        if (rd_beat) begin
            s_axi_rlast <= (rd_left == 8'd0);
            rd_resp     <= rd_outside;
            s_axi_rid   <= rd_id;
        end
        if (rst) begin
            reading      <= 1'b0;
            rd_turn      <= 1'b0;
            rd_bridge    <= 1'b0;
            s_axi_rvalid <= 1'b0;
        end else begin
            if (s_axi_arready) reading <= s_axi_arvalid;
            else if (rd_beat && rd_left == 8'd0) reading <= 1'b0;
            rd_turn   <= wb_stb && !wb_we && !rd_ask && !rd_bridge;
            rd_bridge <= rd_ask;
            if (rd_free) s_axi_rvalid <= rd_beat;
        end
    end

    initial begin
        if (BYTES < 16384 || (BYTES & (BYTES - 1)) != 0 || AT[BYTES_W-1:0] != {BYTES_W{1'b0}}) begin
            $display("axi_ram: BYTES %0d is not a power of two of at least 16384, or BASE no multiple of it", BYTES);
            $finish;
        end
    end

    generate
        genvar lane;
        for (lane = 0; lane < 8; lane = lane + 1) begin : g_lane
            ram_apart #(.WIDTH(8), .DEPTH(BYTES / 8)) i_ram (
                .clk(clk), .wr_en(wr_strb[lane]), .wr_addr(wr_addr), .wr_data(wr_data[lane*8 +: 8]),
                .rd_en(rd_ask || rd_beat), .rd_addr(rd_addr), .rd_data(rd_data[lane*8 +: 8])
            );
        end
    endgenerate
endmodule

`default_nettype wire
