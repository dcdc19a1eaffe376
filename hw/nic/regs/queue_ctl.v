// SPDX-License-Identifier: Apache-2.0
// Starts, stops and resets the queues: turns what the driver wrote into the ring engines' configuration writes.
//
// What driver or firmware ask is kept as one bit a queue; a scan works the bits off, one queue at a time, a stop before a
// start. A kick that comes before the start of its queue is done is kept until then, or it would be lost. A stopped queue
// counts as drained only some cycles after its STOP, when the engine's busy level has taken it in.
`default_nettype none

/* verilator lint_off UNUSEDSIGNAL */ // queue numbers are 8 bits everywhere, a small card looks at fewer
module queue_ctl #(
    parameter QUEUE_PAIRS = 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter QUEUES = 2 * QUEUE_PAIRS + 1      // derived
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // driver: words of the selected queue, and its requests
    input  wire              cfg_packed,
    input  wire [7:0]        sel_gq,
    input  wire              word_we,
    input  wire              word_re,
    input  wire [2:0]        word,
    input  wire [3:0]        word_strb,
    input  wire [31:0]       word_data,
    output wire [31:0]       word_rdata,
    output wire              word_busy,
    input  wire              enable_we,
    input  wire              reset_we,
    input  wire              kick_we,
    input  wire [7:0]        kick_gq,
    // firmware
    input  wire              quiesce,
    input  wire              stop_all,          // pulse: stop, forget starts
    input  wire              clear,             // pulse: the same, and reset values for all
    output wire              clearing,
    output wire              settled,           // no start, stop or reset is under way
    input  wire [7:0]        fw_gq,
    input  wire              index_we,
    input  wire [15:0]       index_data,
    output wire [15:0]       index_value,
    // state, a bit a gq
    input  wire [QUEUES-1:0] queue_busy,
    output reg  [QUEUES-1:0] enabled,
    output reg  [QUEUES-1:0] resetting,
    output reg               ctl_stop,          // the control queue's command is to be given up
    // ring engines
    output reg               qcfg_tx_valid,
    output reg               qcfg_rx_valid,
    output reg  [7:0]        qcfg_queue,
    output reg  [2:0]        qcfg_field,
    output wire [63:0]       qcfg_data,
    output reg               kick_valid,
    output reg  [7:0]        kick_out_gq,
    // coalescing and interrupts
    output reg               coal_start_valid,
    output reg  [7:0]        coal_start_gq,
    output wire              vec_we,
    output wire [7:0]        vec_gq,
    output wire [15:0]       vec_value,
    // events
    output wire              evt_enable,
    output wire              evt_reset,
    output wire              evt_kick
);
    localparam GQ_W = $clog2(QUEUES);
    /* verilator lint_off WIDTHTRUNC */ // a parameter is 32 bits
    localparam [GQ_W-1:0] LAST = QUEUES - 1;    // the control queue
    /* verilator lint_on WIDTHTRUNC */
    localparam [2:0] F_STOP = 3'd5;
    localparam S_SCAN = 3'd0;
    localparam S_LOAD = 3'd1;                   // read the table, write the engine
    localparam S_KICK = 3'd2;                   // give a kick that came early
    localparam S_FILL = 3'd3;                   // reset values for one queue
    localparam S_FILL_ALL = 3'd4;

    reg [2:0]        state_q;
    reg [GQ_W-1:0]   gq;
    reg [3:0]        step;
    reg [31:0]       low;                       // the word before
    reg [31:0]       high;
    reg [QUEUES-1:0] start_pend;
    reg [QUEUES-1:0] stop_pend;
    reg [QUEUES-1:0] kick_pend;
    reg [2:0]        settle;
    reg              clear_pend;
    reg              boot;
    reg [15:0]       start_index [0:(1<<GQ_W)-1];

    wire [GQ_W-1:0] sel  = sel_gq[GQ_W-1:0];
    wire [GQ_W-1:0] kgq  = kick_gq[GQ_W-1:0];
    wire [31:0]     rdata;
    wire            fill_ready;

    wire halt      = stop_all || clear;
    wire do_enable = enable_we && !enabled[sel] && !resetting[sel] && !quiesce && !clearing;
    wire do_reset  = reset_we && !resetting[sel] && !clearing;
    wire do_stop   = state_q == S_SCAN && stop_pend[gq];
    wire fill      = state_q == S_FILL || state_q == S_FILL_ALL;
    wire fill_last = fill && fill_ready && step == 4'd6;
    wire load_last = state_q == S_LOAD && step == 4'd8 && !index_we;
    wire kick_early = start_pend[kgq] || (state_q == S_LOAD && gq == kgq);

    assign clearing    = clear_pend || state_q == S_FILL_ALL;
    assign settled     = state_q == S_SCAN && settle == 3'd0 && !clear_pend && (start_pend | stop_pend | resetting) == 0;
    assign word_rdata  = rdata;
    assign word_busy   = state_q == S_LOAD;
    assign evt_enable  = do_enable;
    assign evt_reset   = fill_last && state_q == S_FILL;
    assign evt_kick    = kick_we && enabled[kgq] && !resetting[kgq];
    assign index_value = start_index[fw_gq[GQ_W-1:0]];

    // Steps of a load: 1 size, 2-3 desc, 4-5 driver, 6-7 device, 8 start; a step sees the word read in the step before
    wire [7:0] wide_gq   = {{(8-GQ_W){1'b0}}, gq};
    wire       gq_rx     = !gq[0] && gq != LAST;
    wire       out_valid = do_stop || load_last || (state_q == S_LOAD && step[0]);

    wire       wide      = state_q == S_LOAD && !step[3] && step != 4'd1;   // the data have 64 bits, else 16, for a stop none

    // what goes out passes registers: so much hangs on it in the engines
    assign qcfg_data = {high, low};

    always @(posedge clk) begin
        high       <= wide ? rdata : 32'd0;
        low[31:16] <= wide ? high[31:16] : 16'd0;
        low[15:0]  <= wide ? high[15:0] : (state_q != S_LOAD) ? 16'd0 : step[3] ? start_index[gq] : rdata[15:0];
        qcfg_queue    <= {1'b0, wide_gq[7:1]};
        qcfg_field    <= do_stop ? F_STOP : step[3:1];
        kick_out_gq   <= kick_we ? kick_gq : wide_gq;
        coal_start_gq <= wide_gq;
        ctl_stop      <= quiesce || resetting[LAST] || stop_pend[LAST];
        if (rst) begin
            qcfg_tx_valid    <= 1'b0;
            qcfg_rx_valid    <= 1'b0;
            kick_valid       <= 1'b0;
            coal_start_valid <= 1'b0;
        end else begin
            qcfg_tx_valid    <= out_valid && !gq_rx;
            qcfg_rx_valid    <= out_valid && gq_rx;
            kick_valid       <= (evt_kick && !kick_early) || (state_q == S_KICK && !kick_we && kick_pend[gq]);
            coal_start_valid <= load_last;
        end
    end

    queue_table #(.QUEUE_PAIRS(QUEUE_PAIRS), .QUEUE_SIZE_MAX(QUEUE_SIZE_MAX)) table_i (
        .clk(clk), .cfg_packed(cfg_packed),
        .host_we(word_we), .host_locked(enabled[sel] || resetting[sel]), .host_gq(sel_gq), .host_word(word),
        .host_strb(word_strb), .host_data(word_data),
        .fill_we(fill), .fill_ready(fill_ready), .fill_gq(wide_gq), .fill_word(step[2:0]),
        .rd_en(word_re || word_busy), .rd_gq(word_busy ? wide_gq : sel_gq),
        .rd_word(!word_busy ? word : (step == 4'd0) ? 3'd6 : step[2:0] - 3'd1), .rd_data(rdata),
        .vec_we(vec_we), .vec_gq(vec_gq), .vec_value(vec_value)
    );

    always @(posedge clk) begin
        if (index_we) start_index[fw_gq[GQ_W-1:0]] <= index_data;
        else if (load_last || (boot && fill)) start_index[gq] <= 16'd0;
        if (rst) begin
            start_pend <= 0;
            stop_pend  <= 0;
            kick_pend  <= 0;
            enabled    <= 0;
            resetting  <= 0;
            settle     <= 3'd0;
        end else begin
            if (do_stop) stop_pend[gq] <= 1'b0;
            if (do_stop) settle <= 3'd7;
            else if (settle != 3'd0) settle <= settle - 1'b1;
            if (state_q == S_SCAN && !stop_pend[gq]) start_pend[gq] <= 1'b0;
            if (evt_kick && kick_early) kick_pend[kgq] <= 1'b1;
            if (state_q == S_KICK && !kick_we) kick_pend[gq] <= 1'b0;
            if (evt_reset) begin
                resetting[gq] <= 1'b0;
                enabled[gq]   <= 1'b0;
            end
            if (do_enable) begin
                enabled[sel]    <= 1'b1;
                start_pend[sel] <= 1'b1;
            end
            if (do_reset) begin
                resetting[sel]  <= 1'b1;
                stop_pend[sel]  <= 1'b1;
                start_pend[sel] <= 1'b0;
                kick_pend[sel]  <= 1'b0;
            end
            if (halt) begin
                enabled    <= 0;
                start_pend <= 0;
                kick_pend  <= 0;
                stop_pend  <= {QUEUES{1'b1}};
            end
        end
    end

    always @(posedge clk)
        if (rst) begin
            state_q    <= S_SCAN;
            gq         <= 0;
            step       <= 4'd0;
            clear_pend <= 1'b1;
            boot       <= 1'b1;
        end else begin
            if (clear) clear_pend <= 1'b1;
            case (state_q)
                S_SCAN: begin
                    step <= 4'd0;
                    if (clear_pend && stop_pend == 0) begin
                        state_q    <= S_FILL_ALL;
                        gq         <= 0;
                        clear_pend <= clear;
                    end else if (stop_pend[gq]) begin
                        gq <= gq;               // look again: a start may follow
                    end else if (start_pend[gq] && !halt) begin
                        state_q <= S_LOAD;
                    end else if (resetting[gq] && settle == 3'd0 && !queue_busy[gq]) begin
                        state_q <= S_FILL;
                    end else if (!settled) begin
                        gq <= (gq == LAST) ? {GQ_W{1'b0}} : gq + 1'b1;
                    end
                end
                S_LOAD:
                    if (halt || stop_pend[gq]) state_q <= S_SCAN;
                    else if (load_last) state_q <= S_KICK;
                    else if (!step[3]) step <= step + 1'b1;
                S_KICK: if (!kick_we) state_q <= S_SCAN;
                S_FILL, S_FILL_ALL:
                    if (fill_last) begin
                        step <= 4'd0;
                        if (state_q == S_FILL || gq == LAST) state_q <= S_SCAN;
                        else gq <= gq + 1'b1;
                        if (gq == LAST) boot <= 1'b0;
                    end else if (fill_ready) step <= step + 1'b1;
                default: state_q <= S_SCAN;
            endcase
        end
endmodule
/* verilator lint_on UNUSEDSIGNAL */

`default_nettype wire
