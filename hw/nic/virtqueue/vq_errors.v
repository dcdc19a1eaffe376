// SPDX-License-Identifier: Apache-2.0
// Keeps which queues cannot go on and why, and brings every error out on one port.
`default_nettype none

module vq_errors #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // start or stop of a queue
    input  wire              clear_valid,
    input  wire [QW-1:0]     clear_queue,
    // a bad chain: it is reported, and the queue goes on
    input  wire              chain_valid,
    input  wire [QW-1:0]     chain_queue,
    input  wire [3:0]        chain_code,
    // a head beyond the ring, a bad answer of a read, a failed write: the queue is broken
    input  wire              head_valid,
    input  wire [QW-1:0]     head_queue,
    input  wire              read_valid,
    input  wire [QW-1:0]     read_queue,
    input  wire [3:0]        read_code,
    input  wire              write_valid,
    input  wire [QW-1:0]     write_queue,
    // level, report
    output reg  [QUEUES-1:0] broken,
    output reg               err_valid,
    output reg  [QW-1:0]     err_queue,
    output reg  [3:0]        err_code
);
    `include "vq_kinds.vh"

    reg  [QUEUES-1:0]   pending;
    wire [QUEUES*4-1:0] codes;
    wire [QUEUES-1:0]   hit;
    wire                any;
    wire [QW-1:0]       turn;

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(pending), .take(!chain_valid), .any(any), .index(turn)
    );

    // found late in a cycle, and no less an error in the next one
    reg          head;
    reg [QW-1:0] head_of;
    always @(posedge clk) begin
        head    <= head_valid && !rst;
        head_of <= head_queue;
    end

    generate
        genvar g;
        for (g = 0; g < QUEUES; g = g + 1) begin : g_queue
            reg  [3:0] code;
            wire       by_head  = head && head_of == g && !(clear_valid && clear_queue == g);
            wire       by_read  = read_valid && read_queue == g;
            wire       by_write = write_valid && write_queue == g;

            assign hit[g]          = (by_head || by_read || by_write) && !broken[g];
            assign codes[g*4 +: 4] = code;

            always @(posedge clk) begin
                if (hit[g]) code <= by_head ? E_HEAD : by_read ? read_code : E_RING_DMA;
                if (rst) begin
                    broken[g]  <= 1'b0;
                    pending[g] <= 1'b0;
                end else begin
                    if (hit[g]) broken[g] <= 1'b1;
                    else if (clear_valid && clear_queue == g) broken[g] <= 1'b0;
                    if (hit[g]) pending[g] <= 1'b1;
                    else if (any && !chain_valid && turn == g) pending[g] <= 1'b0;
                end
            end
        end
    endgenerate

    always @(posedge clk) begin
        err_queue <= chain_valid ? chain_queue : turn;
        err_code  <= chain_valid ? chain_code : codes[turn*4 +: 4];
        err_valid <= !rst && (chain_valid || any);
    end
endmodule

`default_nettype wire
