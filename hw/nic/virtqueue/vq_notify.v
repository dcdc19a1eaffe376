// SPDX-License-Identifier: Apache-2.0
// When the coalescer lets an interrupt go: reads what the driver asked for (split: used_event or the avail flags, packed: its
// event suppression structure), and passes the interrupt on or suppresses it.
`default_nettype none

module vq_notify #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter PACKED_RINGS = 1,
    parameter N_W    = 16,                      // bits of a number of descriptors
    parameter OFF_W  = N_W + 4
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration
    input  wire              cfg_packed,
    input  wire              cfg_event_idx,
    input  wire              start_valid,
    input  wire [QW-1:0]     start_queue,
    input  wire [15:0]       start_index,
    input  wire [QUEUES-1:0] running,
    input  wire [N_W-1:0]    size,              // of fire_queue
    input  wire [15:0]       used_index,        // in memory
    // publication
    /* verilator lint_off UNUSEDSIGNAL */       // split rings: indices say it all
    input  wire              pub_valid,
    input  wire [QW-1:0]     pub_queue,
    input  wire [15:0]       pub_size,
    input  wire [15:0]       pub_from,
    input  wire [15:0]       pub_to,
    /* verilator lint_on UNUSEDSIGNAL */
    // from the coalescer
    input  wire              fire_valid,
    output wire              fire_ready,
    input  wire [QW-1:0]     fire_queue,
    // read of what the driver asked for
    output wire              n_valid,
    input  wire              n_ready,
    output wire [OFF_W-1:0]  n_offset,
    input  wire              a_valid,           // the answer is one of these
    input  wire              a_error,
    input  wire [QW-1:0]     a_queue,
    input  wire [15:0]       a_size,
    input  wire [17:0]       a_data,
    output wire              bad_valid,
    // interrupts
    output wire              irq_valid,
    input  wire              irq_ready,
    output wire [QW-1:0]     irq_queue,
    output reg               evt_suppressed
);
    localparam DEPTH = 1 << QW;
    localparam [1:0] DISABLE = 2'd1, DESC = 2'd2;

    reg [15:0]       now   [0:DEPTH-1];         // used index behind what the decision under way is about
    wire [15:0]      span;                      // entries that it is about, of a_queue
    reg [QUEUES-1:0] asking;
    reg [QUEUES-1:0] pending;

    // A queue that does not run touches memory no more: its interrupt is of no use to anybody.
    wire may_ask = running[fire_queue];
    wire ask     = n_valid && n_ready;

    assign n_valid    = fire_valid && may_ask && !asking[fire_queue];
    assign fire_ready = !may_ask || (!asking[fire_queue] && n_ready);
    wire [N_W:0] behind = {1'b0, size} + {{(N_W-1){1'b0}}, 2'd2};
    assign n_offset   = (cfg_event_idx && !cfg_packed) ? {{(OFF_W-N_W-2){1'b0}}, behind, 1'b0} : {OFF_W{1'b0}};

    generate
        if (PACKED_RINGS != 0) begin : g_since
            // A packed ring may be used more than once between two decisions; all of it is as much as can be waited for.
            reg [15:0]  since [0:DEPTH-1];      // used entries published since the last decision
            reg [15:0]  about [0:DEPTH-1];
            wire [15:0] fresh;
            wire        met   = ask && fire_queue == pub_queue;
            wire [16:0] sum   = {1'b0, met ? 16'd0 : since[pub_queue]} + {1'b0, fresh};
            wire [15:0] total = (cfg_packed && sum > {1'b0, pub_size}) ? pub_size : sum[15:0];

            vq_span u_fresh (.cfg_packed(cfg_packed), .size(pub_size), .from(pub_from), .to(pub_to), .count(fresh));
            assign span = about[a_queue];

            always @(posedge clk) begin
                if (ask) begin
                    about[fire_queue] <= since[fire_queue];
                    since[fire_queue] <= 16'd0;
                end
                if (pub_valid) since[pub_queue] <= total;
                if (start_valid) since[start_queue] <= 16'd0;
            end
        end else begin : g_then
            reg [15:0] earlier [0:DEPTH-1];      // used index at the last decision
            assign span = now[a_queue] - earlier[a_queue];

            always @(posedge clk)
                if (ask) earlier[fire_queue] <= now[fire_queue];
        end
    endgenerate

    // vring_need_event: the driver's event index lies in what was published since the last decision. What a packed ring's
    // driver may not ask for is as good as every event: an interrupt too many is the smaller harm.
    wire [15:0] event_index = cfg_packed ? {~a_data[15], a_data[14:0]} : a_data[15:0];
    wire [15:0] from_event;
    wire        passed = from_event - 16'd1 < span;
    wire [1:0]  flags  = a_data[17:16];
    wire        split_wanted  = cfg_event_idx ? passed : !a_data[0];
    wire        packed_wanted = (flags == DESC && cfg_event_idx) ? passed : flags != DISABLE;
    wire        wanted = a_error || (cfg_packed ? packed_wanted : split_wanted);

    vq_span u_from (.cfg_packed(cfg_packed), .size(a_size), .from(event_index), .to(now[a_queue]), .count(from_event));

    assign bad_valid = a_valid && a_error;

    arbiter_rr #(.N(QUEUES), .INDEX_W(QW)) u_turn (
        .clk(clk), .rst(rst), .request(pending), .take(irq_ready), .any(irq_valid), .index(irq_queue)
    );

    always @(posedge clk) begin
        if (ask) now[fire_queue] <= used_index;
        if (start_valid) now[start_queue] <= start_index;
        if (rst) begin
            asking         <= {QUEUES{1'b0}};
            pending        <= {QUEUES{1'b0}};
            evt_suppressed <= 1'b0;
        end else begin
            evt_suppressed <= a_valid && !wanted;
            if (ask) asking[fire_queue] <= 1'b1;
            if (a_valid) asking[a_queue] <= 1'b0;
            if (irq_valid && irq_ready) pending[irq_queue] <= 1'b0;
            if (a_valid && wanted) pending[a_queue] <= 1'b1;
        end
    end
endmodule

`default_nettype wire
