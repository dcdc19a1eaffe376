// SPDX-License-Identifier: Apache-2.0
// Small design with what a board has: PLL, RGMII pins whose bytes are sent back, a block RAM counting them, a UART telling.
`default_nettype none

module fpga_sample #(
    parameter STAGES = 1                        // additions in a row between two registers: many miss the clock
) (
    input  wire       clk25,
    output wire       led_n,
    output wire       uart_tx,
    output wire       eth0_txc,
    output wire [3:0] eth0_txd,
    output wire       eth0_tx_ctl,
    input  wire       eth0_rxc,
    input  wire [3:0] eth0_rxd,
    input  wire       eth0_rx_ctl
);
    wire clk_core;
    wire clk_125;
    wire locked;
    wire core_rst;
    wire tx_rst;
    wire rx_rst;

    ecp5_pll pll (.clk_in(clk25), .clk_core(clk_core), .clk_125(clk_125), .locked(locked));
    reset_sync core_reset (.clk(clk_core), .ready(locked), .rst(core_rst));
    reset_sync tx_reset (.clk(clk_125), .ready(locked), .rst(tx_rst));
    reset_sync rx_reset (.clk(eth0_rxc), .ready(locked), .rst(rx_rst));

    wire [7:0] rxd;
    wire       rx_dv;
    wire [7:0] txd;
    wire       tx_en;

    rgmii_ecp5 rgmii (
        .tx_clk(clk_125), .txd_rise(txd[3:0]), .txd_fall(txd[7:4]), .tx_ctl_rise(tx_en), .tx_ctl_fall(tx_en),
        .rxd_rise(rxd[3:0]), .rxd_fall(rxd[7:4]), .rx_ctl_rise(rx_dv), .rx_ctl_fall(),
        .pin_txc(eth0_txc), .pin_txd(eth0_txd), .pin_tx_ctl(eth0_tx_ctl),
        .pin_rxc(eth0_rxc), .pin_rxd(eth0_rxd), .pin_rx_ctl(eth0_rx_ctl)
    );

    fifo_async #(.WIDTH(8), .DEPTH(16)) echo (
        .wr_clk(eth0_rxc), .wr_rst(rx_rst), .s_data(rxd), .s_valid(rx_dv), .s_ready(), .wr_count(),
        .rd_clk(clk_125), .rd_rst(tx_rst), .m_data(txd), .m_valid(tx_en), .m_ready(1'b1), .rd_count()
    );

    wire [7:0] seen;
    wire       seen_valid;

    fifo_async #(.WIDTH(8), .DEPTH(16)) to_core (
        .wr_clk(eth0_rxc), .wr_rst(rx_rst), .s_data(rxd), .s_valid(rx_dv), .s_ready(), .wr_count(),
        .rd_clk(clk_core), .rd_rst(core_rst), .m_data(seen), .m_valid(seen_valid), .m_ready(1'b1), .rd_count()
    );

    fpga_sample_count #(.STAGES(STAGES)) count (
        .clk(clk_core), .rst(core_rst), .seen(seen), .seen_valid(seen_valid), .uart_tx(uart_tx), .led_n(led_n)
    );
endmodule

// How often each byte value was seen, sent over the UART value after value.
module fpga_sample_count #(
    parameter STAGES = 1
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] seen,
    input  wire       seen_valid,
    output wire       uart_tx,
    output wire       led_n
);
    localparam BIT = 543;                       // cycles a bit: 115,200 baud of 62.5 MHz

    reg [31:0] counts [0:255];
    reg [31:0] held;
    reg [31:0] sum;
    reg [7:0]  place;
    reg        place_valid;
    reg [9:0]  bit_time;
    reg [9:0]  shift;
    reg [3:0]  bits;
    reg [25:0] blink;
    wire [STAGES*32+31:0] chain;

    assign chain[31:0] = held;
    generate
        genvar g;
        // Multiplied by an odd number and turned: nothing that synthesis could gather into one addition.
        for (g = 0; g < STAGES; g = g + 1) begin : g_stage
            wire [31:0] turned = {chain[g*32 +: 16], chain[g*32+16 +: 16]} ^ sum;
            assign chain[g*32+32 +: 32] = turned + {chain[g*32 +: 31], 1'b1};
        end
    endgenerate

    integer i;
    initial for (i = 0; i < 256; i = i + 1) counts[i] = 0;

    assign uart_tx = shift[0];
    assign led_n   = !blink[25];

    always @(posedge clk) begin
        held       <= counts[seen];
        place       <= seen;
        place_valid <= seen_valid;
        if (place_valid) counts[place] <= held + 1'b1;
        if (place_valid) sum <= chain[STAGES*32 +: 32];
        if (rst) begin
            bit_time <= 0;
            bits     <= 0;
            shift    <= 10'h3ff;
            blink    <= 0;
            sum      <= 0;
        end else begin
            blink    <= blink + 1'b1;
            bit_time <= (bit_time == BIT - 1) ? 10'd0 : bit_time + 1'b1;
            if (bit_time == 0) begin
                bits  <= (bits == 0) ? 4'd11 : bits - 1'b1;
                shift <= (bits == 0) ? {1'b1, sum[31:24] ^ sum[7:0], 1'b0} : {1'b1, shift[9:1]};
            end
        end
    end
endmodule

`default_nettype wire
