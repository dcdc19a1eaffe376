// SPDX-License-Identifier: Apache-2.0
// Walks one popped chain at a time and gives a segment word a descriptor; reads further blocks where the first ends,
// and the next block ahead while descriptors follow each other in the table.
// Longer than most: every rule about a descriptor is judged in the one place that holds the chain's state.
`default_nettype none

module vq_walker #(
    parameter QUEUES = 2,
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1,
    parameter BLK    = 4
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration
    input  wire               cfg_indirect,
    output wire [QW-1:0]      queue,            // of the chain in hand
    input  wire [15:0]        size,
    input  wire [63:0]        desc,
    // prefetched chains
    input  wire [QUEUES-1:0]  ready,
    output wire               pop,
    input  wire [3:0]         row_code,
    input  wire [15:0]        row_head,
    input  wire               row_indirect,
    input  wire [63:0]        row_table,
    input  wire [15:0]        row_entries,
    input  wire [15:0]        row_index,
    input  wire [2:0]         row_count,
    input  wire [BLK*128-1:0] row_data,
    // reads of further blocks
    output wire               w_valid,
    input  wire               w_ready,
    output wire [63:0]        w_addr,
    output wire [2:0]         w_count,
    input  wire               a_valid,          // the answer is one of these
    input  wire               a_error,
    input  wire [BLK*128-1:0] a_data,
    // consumer
    input  wire               pop_valid,
    output wire               pop_ready,
    input  wire [QW-1:0]      pop_queue,
    output reg                seg_valid,
    input  wire               seg_ready,
    output reg  [QW-1:0]      seg_queue,
    output reg  [63:0]        seg_addr,
    output reg  [31:0]        seg_len,
    output reg                seg_write,
    output reg                seg_last,
    output reg                seg_error,
    output reg  [15:0]        seg_id,
    output reg  [15:0]        seg_ndesc,
    // events
    output reg                err_valid,
    output reg  [QW-1:0]      err_queue,
    output reg  [3:0]         err_code
);
    `include "vq_kinds.vh"
    localparam S_IDLE = 2'd0, S_LOAD = 2'd1, S_STEP = 2'd2, S_FETCH = 2'd3;

    reg [1:0]         state_q;
    reg [QW-1:0]      queue_q;
    reg [15:0]        id;
    reg [3:0]         code;                     // what is wrong with the chain, 0 nothing yet
    reg               in_table;                 // the descriptors come from an indirect table
    reg [63:0]        base;                     // of the table the descriptors come from
    reg [15:0]        entries;
    reg [15:0]        index;                    // of the descriptor in hand
    reg [15:0]        wanted;                   // where the next block starts
    reg [15:0]        walked;                   // descriptors given so far
    reg [15:0]        on_ring;                  // descriptors of the ring's own table so far
    reg               writable;                 // a writable descriptor has been given
    reg [BLK*128-1:0] block;
    reg [2:0]         left;                     // descriptors in the block from the one in hand on
    // the block read ahead
    reg               look;                     // to be asked for, starting at `wanted`
    reg               out;                      // asked for
    reg               held;                     // here
    reg [15:0]        held_index;
    reg [2:0]         held_count;
    reg               held_error;
    reg [BLK*128-1:0] held_block;

    assign queue = queue_q;

    // ---- the descriptor in hand ----------------------------------------------------------------------------------
    wire [63:0] d_addr  = block[63:0];
    wire [31:0] d_len   = block[95:64];
    wire        d_next  = block[96];
    wire        d_write = block[97];
    wire        d_ref   = block[98];
    wire [15:0] d_link  = block[127:112];
    wire [3:0]  ref_code;
    wire        go      = state_q == S_STEP && (!seg_valid || seg_ready);
    wire [3:0]  fault   = d_ref ? ref_code : (d_len == 32'd0) ? E_ZERO : (writable && !d_write) ? E_ORDER : 4'd0;
    wire        give    = go && code == 4'd0 && fault == 4'd0 && !d_ref;
    wire        enter   = go && code == 4'd0 && fault == 4'd0 && d_ref;
    wire        fail    = go && code != 4'd0;
    wire        too_far = d_link >= entries;
    wire        too_long = walked + 16'd1 >= size;
    wire        follows  = d_link == index + 16'd1 && left != 3'd1;

    vq_indirect u_check (
        .next(d_next), .nested(in_table), .len(d_len), .cfg_indirect(cfg_indirect), .size(size), .code(ref_code)
    );

    // ---- blocks --------------------------------------------------------------------------------------------------
    wire match   = held && held_index == wanted;
    wire take    = state_q == S_FETCH && match;
    wire [15:0] room = entries - wanted;

    assign pop_ready = state_q == S_IDLE && !out && ready[pop_queue];
    assign pop       = pop_valid && pop_ready;
    assign w_valid   = !out && ((state_q == S_FETCH && !match) || (state_q == S_STEP && look));
    assign w_addr    = base + {44'd0, wanted, 4'd0};
    assign w_count   = (room < BLK) ? room[2:0] : BLK;

    // A full block of links whose last one leads to its neighbour: the neighbour's block will be wanted soon.
    wire [BLK*128-1:0] fresh       = (state_q == S_LOAD) ? row_data : held_block;
    wire [2:0]         fresh_count = (state_q == S_LOAD) ? row_count : held_count;
    wire [15:0]        fresh_index = (state_q == S_FETCH) ? wanted : row_index;
    wire [15:0]        fresh_end   = fresh_index + BLK;
    wire [15:0]        fresh_link  = fresh[BLK*128-1 -: 16];
    wire [BLK-1:0]     fresh_goes_on;
    wire [15:0]        fresh_limit = (state_q == S_FETCH) ? entries : row_indirect ? row_entries : size;
    wire               fresh_look  = fresh_count == BLK && &fresh_goes_on &&
                                     fresh_link == fresh_end && fresh_end < fresh_limit;

    generate
        genvar g;
        for (g = 0; g < BLK; g = g + 1) begin : g_goes_on
            assign fresh_goes_on[g] = fresh[g*128+96] && !fresh[g*128+98];
        end
    endgenerate

    always @(posedge clk) begin
        case (state_q)
            S_IDLE:
                if (pop) begin
                    state_q  <= S_LOAD;
                    queue_q  <= pop_queue;
                    walked   <= 16'd0;
                    writable <= 1'b0;
                    held     <= 1'b0;
                end
            S_LOAD: begin
                state_q  <= S_STEP;
                code     <= row_code;
                id       <= row_head;
                in_table <= row_indirect;
                base     <= row_indirect ? row_table : desc;
                entries  <= row_indirect ? row_entries : size;
                on_ring  <= row_indirect ? 16'd1 : 16'd0;
            end
            S_STEP: begin
                if (go && code == 4'd0 && fault != 4'd0) code <= fault;
                if (fail) state_q <= S_IDLE;
                if (enter) begin
                    state_q  <= S_FETCH;
                    in_table <= 1'b1;
                    base     <= d_addr;
                    entries  <= d_len[19:4];
                    wanted   <= 16'd0;
                    on_ring  <= on_ring + 16'd1;
                    held     <= 1'b0;
                end
                if (give) begin
                    walked   <= walked + 16'd1;
                    writable <= d_write;
                    if (!in_table) on_ring <= on_ring + 16'd1;
                    if (!d_next) state_q <= S_IDLE;
                    else if (too_far) code <= E_DESC_INDEX;
                    else if (too_long) code <= E_LENGTH;
                    else if (follows) begin
                        block <= block >> 128;
                        index <= index + 16'd1;
                        left  <= left - 3'd1;
                    end else begin
                        state_q <= S_FETCH;
                        wanted  <= d_link;
                    end
                end
            end
            S_FETCH:
                if (take) begin
                    state_q <= S_STEP;
                    held    <= 1'b0;
                    if (held_error) code <= E_DESC_DMA;
                end
            default: state_q <= S_IDLE;
        endcase

        if (state_q == S_LOAD || take) begin
            block  <= fresh;
            left   <= fresh_count;
            index  <= fresh_index;
            look   <= fresh_look;
            wanted <= fresh_end;
        end else if (state_q != S_STEP || (w_valid && w_ready)) look <= 1'b0;

        if (w_valid && w_ready) begin
            out        <= 1'b1;
            held       <= 1'b0;
            held_index <= wanted;
            held_count <= w_count;
        end
        if (a_valid) begin
            out        <= 1'b0;
            held       <= 1'b1;
            held_error <= a_error;
            held_block <= a_data;
        end
        if (rst) begin
            state_q <= S_IDLE;
            look    <= 1'b0;
            out     <= 1'b0;
            held    <= 1'b0;
        end
    end

    // ---- to the consumer -----------------------------------------------------------------------------------------
    always @(posedge clk) begin
        if (give || fail) begin
            seg_queue <= queue_q;
            seg_id    <= id;
            seg_addr  <= d_addr;
            seg_len   <= d_len;
            seg_write <= d_write;
            seg_last  <= fail || !d_next;
            seg_error <= fail;
            seg_ndesc <= (in_table || (fail && on_ring != 16'd0)) ? on_ring : on_ring + 16'd1;
        end
        err_queue <= queue_q;
        err_code  <= code;
        err_valid <= fail && !rst;
        if (rst) seg_valid <= 1'b0;
        else if (give || fail) seg_valid <= 1'b1;
        else if (seg_ready) seg_valid <= 1'b0;
    end
endmodule

`default_nettype wire
