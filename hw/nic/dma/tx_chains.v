// SPDX-License-Identifier: Apache-2.0
// Pops transmit chains round robin over the queues, and completes each when the answer to its last read is in.
// Reads are numbered over all chains; they are answered in order, so a chain is done when its last number is.
`default_nettype none

module tx_chains #(
    parameter QUEUE_PAIRS = 1,
    parameter QW          = 1,
    parameter CHAINS      = 64,                 // popped and not completed; a power of two
    parameter SERIAL_W    = 24
) (
    // clock
    input  wire                   clk,
    input  wire                   rst,
    // configuration
    input  wire                   cfg_enable,
    // ring engine
    input  wire [QUEUE_PAIRS-1:0] chain_ready,
    output wire                   pop_valid,
    input  wire                   pop_ready,
    output wire [QW-1:0]          pop_queue,
    output reg                    cpl_valid,
    input  wire                   cpl_ready,
    output reg  [QW-1:0]          cpl_queue,
    output reg  [15:0]            cpl_id,
    output reg  [15:0]            cpl_ndesc,
    // chains whose reads are all asked for
    input  wire                   end_valid,
    output wire                   end_ready,
    input  wire [QW-1:0]          end_queue,
    input  wire [15:0]            end_id,
    input  wire [15:0]            end_ndesc,
    input  wire [SERIAL_W-1:0]    end_serial,   // reads asked for up to its end
    // reads
    input  wire                   answered,     // a read is answered in full
    // status
    output wire                   idle
);
    localparam COUNT_W = $clog2(CHAINS) + 1;

    // ---- pop: the choice is held until it is taken, so that pop_queue is stable while pop_valid waits
    reg                chosen_valid;
    reg  [QW-1:0]      chosen;
    reg  [COUNT_W-1:0] open;                    // chains popped and not completed
    wire               any;
    wire [QW-1:0]      index;
    wire               choose = !chosen_valid && cfg_enable && open != CHAINS[COUNT_W-1:0];
    wire               still  = |(chain_ready >> chosen & {{(QUEUE_PAIRS-1){1'b0}}, 1'b1});
    wire               pop    = pop_valid && pop_ready;
    reg                done;                    // one of them has been completed

    arbiter_rr #(.N(QUEUE_PAIRS), .INDEX_W(QW)) u_arbiter (
        .clk(clk), .rst(rst), .request(chain_ready), .take(choose), .any(any), .index(index)
    );

    assign pop_valid = chosen_valid && still && cfg_enable;
    assign pop_queue = chosen;
    assign idle      = (open == {COUNT_W{1'b0}});

    always @(posedge clk) begin
        if (choose) chosen <= index;
        if (rst) begin
            chosen_valid <= 1'b0;
            open         <= {COUNT_W{1'b0}};
        end else begin
            // a queue that is stopped takes its chains back
            chosen_valid <= choose ? any : (chosen_valid && still && cfg_enable && !pop);
            open         <= open + {{(COUNT_W-1){1'b0}}, pop} - {{(COUNT_W-1){1'b0}}, done};
        end
    end

    // ---- complete
    reg  [SERIAL_W-1:0] answers;
    wire [SERIAL_W-1:0] head_serial;
    wire                head_valid;
    wire [SERIAL_W-1:0] ahead = answers - head_serial;
    wire [COUNT_W-1:0]  waiting;
    wire [QW-1:0]       head_queue;
    wire [15:0]         head_id, head_ndesc;
    // Completions leave from registers, every other cycle: far more often than frames, and without a path from their ready.
    wire                load = head_valid && !ahead[SERIAL_W-1] && !cpl_valid;

    fifo_sync #(.WIDTH(SERIAL_W + QW + 32), .DEPTH(CHAINS)) u_ended (
        .clk(clk), .rst(rst),
        .s_data({end_serial, end_queue, end_id, end_ndesc}), .s_valid(end_valid), .s_ready(end_ready),
        .m_data({head_serial, head_queue, head_id, head_ndesc}), .m_valid(head_valid), .m_ready(load), .count(waiting)
    );

    always @(posedge clk) begin
        if (load) {cpl_queue, cpl_id, cpl_ndesc} <= {head_queue, head_id, head_ndesc};
        if (rst) begin
            answers   <= {SERIAL_W{1'b0}};
            cpl_valid <= 1'b0;
            done      <= 1'b0;
        end else begin
            if (answered) answers <= answers + 1'b1;
            cpl_valid <= load || (cpl_valid && !cpl_ready);
            done      <= cpl_valid && cpl_ready;
        end
    end

    wire unused = &{1'b0, ahead[SERIAL_W-2:0], waiting};
endmodule

`default_nettype wire
