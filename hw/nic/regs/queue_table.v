// SPDX-License-Identifier: Apache-2.0
// What the driver wrote for each queue, as eight words in one RAM: 0..5 desc, driver, device (low, high), 6 vector and size as
// they stand in the BAR. The writer `fill` puts reset values; it waits while the driver writes.
`default_nettype none

/* verilator lint_off UNUSEDSIGNAL */ // queue numbers are 8 bits everywhere, a small card looks at fewer
module queue_table #(
    parameter QUEUE_PAIRS = 1,
    parameter QUEUE_SIZE_MAX = 1024
) (
    // clock
    input  wire        clk,
    // driver's write; a bad size is ignored, a bad vector becomes NO_VECTOR
    input  wire        cfg_packed,              // a packed ring's size need not be a power of two
    input  wire        host_we,
    input  wire        host_locked,             // the queue runs: only its vector may change
    input  wire [7:0]  host_gq,
    input  wire [2:0]  host_word,
    input  wire [3:0]  host_strb,
    input  wire [31:0] host_data,
    // reset values
    input  wire        fill_we,
    output wire        fill_ready,
    input  wire [7:0]  fill_gq,
    input  wire [2:0]  fill_word,
    // read: data a cycle later
    input  wire        rd_en,
    input  wire [7:0]  rd_gq,
    input  wire [2:0]  rd_word,
    output wire [31:0] rd_data,
    // vector table of the interrupt block, written a cycle later
    output reg         vec_we,
    output reg  [7:0]  vec_gq,
    output reg  [15:0] vec_value
);
    localparam QUEUES = 2 * QUEUE_PAIRS + 1;
    localparam GQ_W = $clog2(QUEUES);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [15:0] SIZE_MAX = QUEUE_SIZE_MAX;
    localparam [15:0] VECTORS = QUEUES + 1;
    /* verilator lint_on WIDTHTRUNC */
    localparam [2:0]  W_SIZE = 3'd6;

    wire [15:0] size   = host_data[15:0];
    wire [15:0] vector = (host_data[31:16] < VECTORS) ? host_data[31:16] : 16'hffff;
    wire        size_ok = size >= 16'd2 && size <= SIZE_MAX && (cfg_packed || (size & (size - 1'b1)) == 16'd0);

    reg [3:0]  host_wr;
    reg [31:0] host_value;

    always @* begin
        host_wr    = (host_we && !host_locked) ? host_strb : 4'd0;
        host_value = host_data;
        if (host_word == W_SIZE) begin
            host_value[31:16] = vector;
            host_wr[3:2] = {2{host_we && host_strb[3:2] == 2'b11}};
            host_wr[1:0] = {2{host_we && !host_locked && host_strb[1:0] == 2'b11 && size_ok}};
        end
    end

    wire        filling = fill_we && !host_we;
    wire [7:0]  wr_gq   = host_we ? host_gq : fill_gq;
    wire [2:0]  wr_word = host_we ? host_word : fill_word;
    wire [3:0]  wr_strb = host_we ? host_wr : {4{fill_we}};
    wire [31:0] wr_data = host_we ? host_value : (fill_word == W_SIZE) ? {16'hffff, SIZE_MAX} : 32'd0;

    assign fill_ready = !host_we;

    always @(posedge clk) begin
        vec_we    <= wr_word == W_SIZE && (filling || host_wr[3]);
        vec_gq    <= wr_gq;
        vec_value <= wr_data[31:16];
    end

    ram_sdp #(.WIDTH(32), .DEPTH(8 << GQ_W)) ram (
        .clk(clk),
        .wr_strb(wr_strb), .wr_addr({wr_gq[GQ_W-1:0], wr_word}), .wr_data(wr_data),
        .rd_en(rd_en), .rd_addr({rd_gq[GQ_W-1:0], rd_word}), .rd_data(rd_data)
    );
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
