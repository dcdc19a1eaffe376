// SPDX-License-Identifier: Apache-2.0
// 64-bit counters that lose no event, and for each port its own snapshot of all of them as of one instant.
//
// Events gather in small accumulators: for pulses, bit planes (a ripple counter whose bit b of all counters is one word, so
// that a cycle costs a handful of word operations in simulation), for amounts plain adders. At the start of every round
// all accumulators move to a shadow at once and start again; during the round one counter a cycle is read from a RAM,
// its shadow added, and written back. So the totals written in one round are the counters as of its first cycle, and
// a snapshot is a round that is also written to a second RAM.
`default_nettype none
`include "ferrule_regs.vh"

module stats (
    // clock
    input  wire                        clk,
    input  wire                        rst,
    // events: pulse i counts one, or the amount if the counter has one
    input  wire [`STAT_COUNT-1:0]      inc,
    input  wire [`AMOUNT_COUNT*16-1:0] amount,
    // firmware's snapshot, read data a cycle later
    input  wire                        mgmt_snapshot,
    output wire                        mgmt_copying,
    input  wire                        mgmt_rd_en,
    input  wire [6:0]                  mgmt_rd_index,
    output wire [63:0]                 mgmt_rd_data,
    // the host's snapshot
    input  wire                        host_snapshot,
    output wire                        host_copying,
    input  wire                        host_rd_en,
    input  wire [6:0]                  host_rd_index,
    output wire [63:0]                 host_rd_data
);
    localparam N = `STAT_COUNT;
    localparam PLANES = 7;                      // a round is shorter than 2^7 cycles
    localparam AW = 16 + PLANES;
    localparam [6:0] COUNT = N;
    localparam [6:0] LAST = N + 1;              // two cycles for the RAM's pipeline

    reg [N-1:0]  plane [0:PLANES-1];
    reg [N-1:0]  shadow [0:PLANES-1];
    reg [AW*`AMOUNT_COUNT-1:0] sum;
    reg [AW*`AMOUNT_COUNT-1:0] sum_shadow;
    reg [6:0]    index;
    reg [6:0]    index_d;
    reg          in_round;
    reg          first;                         // the RAM holds nothing yet
    reg [AW-1:0] add;
    reg [1:0]    pending;
    reg [1:0]    copying;

    wire        round = index == LAST;
    wire [63:0] old;
    wire [63:0] mgmt_data;
    wire [63:0] host_data;
    wire [63:0] total = (first ? 64'd0 : old) + {{(64-AW){1'b0}}, add};
    wire [`AMOUNT_COUNT-1:0] amount_inc = {inc[`STAT_DMA_WRITE_BYTES], inc[`STAT_DMA_READ_BYTES], inc[`STAT_RX_WIRE_BYTES],
                                           inc[`STAT_RX_BYTES], inc[`STAT_TX_BYTES]};

    assign {host_copying, mgmt_copying} = pending | copying;
    assign mgmt_rd_data = first ? 64'd0 : mgmt_data;
    assign host_rd_data = first ? 64'd0 : host_data;

    initial begin
        if (N + 2 > 126) begin
            $display("stats: %0d counters, at most 124 fit a round", N);
            $finish;
        end
    end

    // Accumulators
    always @(posedge clk) begin : accumulate
        integer b;
        reg [N-1:0] carry;
        reg [N-1:0] base;
        if (round)
            for (b = 0; b < PLANES; b = b + 1) shadow[b] <= plane[b];
        if (rst)
            for (b = 0; b < PLANES; b = b + 1) plane[b] <= {N{1'b0}};
        else if (round || inc != 0) begin
            carry = inc;
            for (b = 0; b < PLANES; b = b + 1) begin
                base = round ? {N{1'b0}} : plane[b];
                plane[b] <= base ^ carry;
                carry = base & carry;
            end
        end
    end

    generate
        genvar m;
        for (m = 0; m < `AMOUNT_COUNT; m = m + 1) begin : g_amount
            wire [AW-1:0] now = amount_inc[m] ? {{PLANES{1'b0}}, amount[m*16 +: 16]} : {AW{1'b0}};
            always @(posedge clk)
                if (rst) sum[m*AW +: AW] <= {AW{1'b0}};
                else if (round) begin
                    sum[m*AW +: AW]        <= now;
                    sum_shadow[m*AW +: AW] <= sum[m*AW +: AW];
                end else if (amount_inc[m]) sum[m*AW +: AW] <= sum[m*AW +: AW] + now;
        end
    endgenerate

    // Round
    always @(posedge clk) begin : sweep
        integer b;
        index_d <= index;
        for (b = 0; b < AW; b = b + 1)
            add[b] <= (b < PLANES) ? shadow[b % PLANES][index] : 1'b0;
        case (index)
            `STAT_TX_BYTES:        add <= sum_shadow[`AMOUNT_TX_BYTES * AW +: AW];
            `STAT_RX_BYTES:        add <= sum_shadow[`AMOUNT_RX_BYTES * AW +: AW];
            `STAT_RX_WIRE_BYTES:   add <= sum_shadow[`AMOUNT_RX_WIRE_BYTES * AW +: AW];
            `STAT_DMA_READ_BYTES:  add <= sum_shadow[`AMOUNT_DMA_READ_BYTES * AW +: AW];
            `STAT_DMA_WRITE_BYTES: add <= sum_shadow[`AMOUNT_DMA_WRITE_BYTES * AW +: AW];
            default: ;
        endcase
        if (rst) begin
            index    <= LAST;
            in_round <= 1'b0;
            first    <= 1'b1;
            pending  <= 2'b11;                  // so that the snapshots hold zeros from the start
            copying  <= 2'b00;
        end else begin
            in_round <= index < COUNT;
            pending  <= pending | {host_snapshot, mgmt_snapshot};
            if (round) begin
                index   <= 7'd0;
                copying <= pending;
                pending <= {host_snapshot, mgmt_snapshot};
                first   <= first && copying == 2'b00;
            end else index <= index + 1'b1;
        end
    end

    ram_sdp #(.WIDTH(64), .DEPTH(128)) totals (
        .clk(clk), .wr_strb({8{in_round}}), .wr_addr(index_d), .wr_data(total),
        .rd_en(1'b1), .rd_addr(index), .rd_data(old)
    );
    ram_sdp #(.WIDTH(64), .DEPTH(128)) mgmt_copy (
        .clk(clk), .wr_strb({8{in_round && copying[0]}}), .wr_addr(index_d), .wr_data(total),
        .rd_en(mgmt_rd_en), .rd_addr(mgmt_rd_index), .rd_data(mgmt_data)
    );
    ram_sdp #(.WIDTH(64), .DEPTH(128)) host_copy (
        .clk(clk), .wr_strb({8{in_round && copying[1]}}), .wr_addr(index_d), .wr_data(total),
        .rd_en(host_rd_en), .rd_addr(host_rd_index), .rd_data(host_data)
    );
endmodule

`default_nettype wire
