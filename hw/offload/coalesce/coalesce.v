// SPDX-License-Identifier: Apache-2.0
// Interrupt coalescing for every queue (virtio NOTF_COAL, VQ_NOTF_COAL): says when published frames are to be announced.
// A scanner looks at one queue a cycle, so a condition is seen within QUEUES cycles whatever changed: a frame, the time, or
// the thresholds themselves (cycles in which an announcement waits to be taken not counted). The delay never exceeds
// max_usecs; it may be shorter by less than one microsecond.
`default_nettype none

module coalesce #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    input  wire        tick_us,                 // a pulse every microsecond
    // configuration: one queue's thresholds, and what a queue takes when it is enabled. The thresholds stay a cycle longer than
    // coal_we: a queue that is enabled in the same cycle goes first.
    input  wire        coal_we,
    input  wire [7:0]  coal_gq,
    input  wire [15:0] coal_max_packets,
    input  wire [15:0] coal_max_usecs,
    input  wire        coal_start_valid,
    input  wire [7:0]  coal_start_gq,
    input  wire [15:0] def_rx_packets,
    input  wire [15:0] def_rx_usecs,
    input  wire [15:0] def_tx_packets,
    input  wire [15:0] def_tx_usecs,
    input  wire [7:0]  coal_sel,                // read-back
    output wire [15:0] coal_rd_packets,
    output wire [15:0] coal_rd_usecs,
    // frames published by the ring engines
    input  wire        pub_valid,
    input  wire [7:0]  pub_gq,
    input  wire [15:0] pub_count,
    // decision: this queue's driver is to be told
    output reg         fire_valid,
    input  wire        fire_ready,
    output reg  [7:0]  fire_gq,
    // status
    output wire        timers_armed,            // published frames wait for a threshold
    // events
    output reg         evt_by_packets,
    output reg         evt_by_time
);
    localparam QUEUES = 2 * QUEUE_PAIRS + 1;    // the last one is the control queue: never delayed
    localparam QW = $clog2(QUEUES);
    localparam TIME_W = 17;                     // one more than max_usecs: ages stay comparable across a wrap
    localparam [31:0] LAST = QUEUES - 1;
    localparam [63:0] IS_QUEUE = (64'd1 << QUEUES) - 64'd1;    // of a number below 64

    // tables are RAM: what has not been written since the reset is told by a bit of its own
    reg [31:0]       limits [0:QUEUES-1];       // {max_packets, max_usecs}
    reg [QUEUES-1:0] limited;
    reg [QUEUES-1:0] delayed;                   // it has both thresholds
    reg [15:0]       count  [0:QUEUES-1];
    reg [TIME_W-1:0] since  [0:QUEUES-1];
    reg [QUEUES-1:0] waiting;                   // count is not zero
    reg [TIME_W-1:0] now;
    reg [QW-1:0]     scan;
    reg              late;                      // coal_we is still to be obeyed

    wire [QW-1:0] pub_index   = pub_gq[QW-1:0];
    wire [QW-1:0] sel_index   = coal_sel[QW-1:0];
    wire          sel_there   = coal_sel[7:6] == 2'd0 && IS_QUEUE[coal_sel[5:0]] && limited[sel_index];

    assign {coal_rd_packets, coal_rd_usecs} = sel_there ? limits[sel_index] : 32'd0;
    assign timers_armed = |waiting;

    wire          start       = coal_start_valid && coal_start_gq[7:6] == 2'd0 && IS_QUEUE[coal_start_gq[5:0]];
    wire          write       = coal_we && coal_gq[7:6] == 2'd0 && IS_QUEUE[coal_gq[5:0]];
    wire [QW-1:0] start_index = coal_start_gq[QW-1:0];
    wire [QW-1:0] index       = start ? start_index : coal_gq[QW-1:0];
    wire [31:0]   value       = !start           ? {coal_max_packets, coal_max_usecs}
                              : coal_start_gq[0] ? {def_tx_packets, def_tx_usecs} : {def_rx_packets, def_rx_usecs};

    // ---- the queue under the scanner
    wire [15:0]       max_packets, max_usecs;
    wire [TIME_W-1:0] age       = now - since[scan];
    wire              undelayed = !delayed[scan];
    wire              by_count  = (count[scan] >= max_packets);
    wire              by_age    = (age >= {1'b0, max_usecs});
    wire              due       = waiting[scan] && !late && (undelayed || by_count || by_age);
    wire              decide    = due && !fire_valid;

    assign {max_packets, max_usecs} = limits[scan];

    wire [16:0] pub_sum = {1'b0, count[pub_index]} + {1'b0, pub_count};
    wire        opens   = !waiting[pub_index] || (decide && scan == pub_index);

    always @(posedge clk) begin
        evt_by_packets <= decide && !undelayed && by_count;
        evt_by_time    <= decide && !undelayed && !by_count;
        if (decide) fire_gq <= {{(8-QW){1'b0}}, scan};

        // the scanner forgets what it announces; a publication in the same cycle opens a new count
        if (pub_valid) count[pub_index] <= opens ? pub_count : pub_sum[16] ? 16'hffff : pub_sum[15:0];
        if (pub_valid && opens) since[pub_index] <= now;
        if (start || write || late) limits[index] <= value;

        if (rst) begin
            fire_valid <= 1'b0;
            waiting    <= {QUEUES{1'b0}};
            now        <= {TIME_W{1'b0}};
            scan       <= {QW{1'b0}};
            limited    <= {QUEUES{1'b0}};
            delayed    <= {QUEUES{1'b0}};
            late       <= 1'b0;
        end else begin
            if (tick_us) now <= now + 1'b1;
            // it waits at a queue that cannot yet be announced, or the rhythm of a busy queue could pass it over for ever
            if ((!due || !fire_valid) && !late) scan <= (scan == LAST[QW-1:0]) ? {QW{1'b0}} : scan + 1'b1;
            if (decide) fire_valid <= 1'b1;
            else if (fire_ready) fire_valid <= 1'b0;
            if (decide) waiting[scan] <= 1'b0;
            if (pub_valid) waiting[pub_index] <= 1'b1;
            if (start) waiting[start_index] <= 1'b0;
            if (start || write || late) begin
                limited[index] <= 1'b1;
                delayed[index] <= value[31:16] != 16'd0 && value[15:0] != 16'd0 && index != LAST[QW-1:0];
            end
            late <= start && (write || late) && start_index != coal_gq[QW-1:0];
        end
    end
    wire unused = &{1'b0, pub_gq};
endmodule

`default_nettype wire
