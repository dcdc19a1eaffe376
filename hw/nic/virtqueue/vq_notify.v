// SPDX-License-Identifier: Apache-2.0
// When the coalescer lets an interrupt go: reads what the driver asked for, and passes the interrupt on or suppresses it.
`default_nettype none

module vq_notify #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_event_idx,
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    input  wire [15:0]       start_index,
    input  wire [QUEUES-1:0] running,
    input  wire [15:0]       size,              // of fire_queue
    input  wire [63:0]       avail,
    input  wire [15:0]       used_index,        // in memory
    // from the coalescer
    input  wire              fire_valid,
    output wire              fire_ready,
    input  wire [QW-1:0]     fire_queue,
    // read of used_event or of the avail flags
    output wire              n_valid,
    input  wire              n_ready,
    output wire [63:0]       n_addr,
    input  wire              a_valid,           // the answer is one of these
    input  wire              a_error,
    input  wire [QW-1:0]     a_queue,
    input  wire [15:0]       a_data,
    output wire              bad_valid,
    // interrupts
    output wire              irq_valid,
    input  wire              irq_ready,
    output wire [QW-1:0]     irq_queue,
    output reg               evt_suppressed
);
    localparam DEPTH = 1 << QW;

    reg [15:0]       old [0:DEPTH-1];           // used index at the last decision
    reg [15:0]       now [0:DEPTH-1];           // used index of the decision under way
    reg [QUEUES-1:0] asking;
    reg [QUEUES-1:0] pending;

    // A queue that does not run touches memory no more: its interrupt is of no use to anybody.
    wire may_ask = running[fire_queue];

    assign n_valid    = fire_valid && may_ask && !asking[fire_queue];
    assign fire_ready = !may_ask || (!asking[fire_queue] && n_ready);
    assign n_addr     = cfg_event_idx ? avail + 64'd4 + {47'd0, size, 1'b0} : avail;

    // vring_need_event: the driver's event index lies in what was published since the last decision.
    wire [15:0] from_event = now[a_queue] - a_data - 16'd1;
    wire [15:0] from_old   = now[a_queue] - old[a_queue];
    wire        wanted     = a_error || (cfg_event_idx ? from_event < from_old : !a_data[0]);

    assign bad_valid = a_valid && a_error;

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(pending), .take(irq_ready), .any(irq_valid), .index(irq_queue)
    );

    always @(posedge clk) begin
        if (n_valid && n_ready) now[fire_queue] <= used_index;
        if (a_valid) old[a_queue] <= now[a_queue];
        if (start_valid) old[start_queue] <= start_index;
        if (rst) begin
            asking         <= {QUEUES{1'b0}};
            pending        <= {QUEUES{1'b0}};
            evt_suppressed <= 1'b0;
        end else begin
            evt_suppressed <= a_valid && !wanted;
            if (n_valid && n_ready) asking[fire_queue] <= 1'b1;
            if (a_valid) asking[a_queue] <= 1'b0;
            if (irq_valid && irq_ready) pending[irq_queue] <= 1'b0;
            if (a_valid && wanted) pending[a_queue] <= 1'b1;
        end
    end
endmodule

`default_nettype wire
