// SPDX-License-Identifier: Apache-2.0
// Writes a frame into the frame gate while summing it, then patches its checksum and commits it; what may not leave is never committed.
`default_nettype none

module csum_insert #(
    parameter DATA_W = 128,
    parameter MAX_FRAME = 9216,                 // bytes on the wire, FCS included
    parameter KEEP_W = DATA_W / 8,
    parameter COUNT_W = $clog2(KEEP_W) + 1,
    parameter BEAT_W = 16 - $clog2(KEEP_W)
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // frames in; what to insert holds for all beats of a frame
    input  wire               s_valid,
    output wire               s_ready,
    input  wire [DATA_W-1:0]  s_data,
    input  wire [COUNT_W-1:0] s_count,          // bytes of this beat
    input  wire               s_last,
    input  wire               s_drop,           // with s_last: the frame may not leave
    input  wire               s_csum,
    input  wire [15:0]        s_csum_start,
    input  wire               s_csum_first,     // that lies in the first beat
    input  wire [15:0]        s_csum_offset,
    input  wire [3:0]         s_queue,          // passed on
    input  wire               s_segment,        // cut from a super-frame
    // frame gate: writes by beat number within the frame, then commit
    input  wire               gate_ready,       // a record fits, in the next cycle too
    input  wire [BEAT_W-1:0]  gate_room,        // beats free, counted from the start of this frame
    output wire [KEEP_W-1:0]  wr_strb,
    output wire [BEAT_W-1:0]  wr_beat,
    output wire [DATA_W-1:0]  wr_data,
    output wire               commit,
    output wire [BEAT_W-1:0]  commit_last,      // number of the last beat
    output wire [COUNT_W-1:0] commit_count,     // bytes in it
    output wire [3:0]         commit_queue,
    // status
    output wire               idle,             // no frame is half written
    // events
    output wire               evt_segment,
    output wire               evt_csum_inserted,
    output reg                evt_csum_range,
    output reg                evt_too_long
);
    localparam LANE_W = $clog2(KEEP_W);
    localparam [31:0] LIMIT = MAX_FRAME - 4;
    localparam [BEAT_W-1:0]  LIMIT_BEAT  = LIMIT[15:LANE_W];
    localparam [COUNT_W-1:0] LIMIT_COUNT = {1'b0, LIMIT[LANE_W-1:0]};  // bytes of that beat that are still allowed
    localparam W_DATA = 2'd0, W_SUM = 2'd1, W_PATCH = 2'd2, W_SPILL = 2'd3;

    reg [1:0]         state_q;
    reg               waited;
    reg [BEAT_W-1:0]  beat;                     // number of the next beat; stands still once the frame is too long
    reg [BEAT_W-1:0]  last_beat;
    reg [COUNT_W-1:0] last_count;
    reg [3:0]         last_queue;
    reg               over;
    reg               segment;
    reg [15:0]        field;                    // where the checksum goes; below LIMIT once checked
    reg               odd;

    wire take = s_valid && s_ready;

    // Whether a beat fits is found out a cycle ahead. The beat behind this one, or behind the frame's last, starts where the
    // room then left does, whether or not that frame has been committed.
    reg                open;
    wire [BEAT_W:0]    beyond = {1'b0, commit_last} + 1'b1;
    wire               fits   = (state_q == W_DATA && !take) ? (beat < gate_room) : (beyond < {1'b0, gate_room});

    // length so far, and whether the field lies inside
    wire [16:0] length    = {1'b0, beat, {LANE_W{1'b0}}} + {{(17-COUNT_W){1'b0}}, s_count};
    wire        too_long  = over || beat > LIMIT_BEAT || (beat == LIMIT_BEAT && s_count > LIMIT_COUNT);
    wire [16:0] field_at  = {1'b0, s_csum_start} + {1'b0, s_csum_offset};
    wire        range_bad = s_csum && ({1'b0, field_at} + 18'd2 > {1'b0, length});
    wire        good      = !s_drop && !too_long;
    reg         outside;                        // range_bad of the frame to be patched: found out while its sum is

    // bytes from csum_start on count
    wire [BEAT_W-1:0] start_beat = s_csum_start[15:LANE_W];
    reg               first;                    // this is beat 0
    reg               next_starts;              // another, and the one that csum_start lies in
    wire              starts     = first ? s_csum_first : next_starts;
    reg               started;                  // ... with an earlier beat
    wire [KEEP_W-1:0] from_start = {KEEP_W{started}} | ({KEEP_W{starts}} & ({KEEP_W{1'b1}} << s_csum_start[LANE_W-1:0]));
    wire [KEEP_W-1:0] to_end     = {KEEP_W{1'b1}} >> (KEEP_W[COUNT_W-1:0] - s_count);
    wire [15:0]       raw_sum;
    wire              all_ones;

    csum_sum #(.DATA_W(DATA_W)) sum_i (
        .clk(clk), .rst(rst),
        .beat_valid(take && s_csum && !too_long), .beat_first(first), .beat_data(s_data),
        .beat_mask(from_start & to_end), .sum(raw_sum), .all_ones(all_ones)
    );

    // A frame summed from an odd byte has its bytes in the other half of each word. 0x0000 would mean "none" to UDP,
    // and 0xFFFF is the same number; a segment is always TCP, where 0x0000 is what RFC 1624 wants.
    wire [15:0] folded  = odd ? {raw_sum[7:0], raw_sum[15:8]} : raw_sum;
    wire [15:0] csum    = ~folded | {16{all_ones && !segment}};
    wire [15:0] lanes   = field[0] ? {csum[15:8], csum[7:0]} : {csum[7:0], csum[15:8]};
    wire        spills  = &field[LANE_W-1:0];
    wire        patches = (state_q == W_PATCH) || (state_q == W_SPILL);

    assign s_ready = (state_q == W_DATA) && open;
    assign wr_beat = patches ? field[15:LANE_W] + ((state_q == W_SPILL) ? {{(BEAT_W-1){1'b0}}, 1'b1} : {BEAT_W{1'b0}}) : beat;
    assign wr_data = patches ? {(KEEP_W/2){lanes}} : s_data;
    // whole beats are written, so that no byte of the RAM is read that was never written
    assign wr_strb = (state_q == W_PATCH) ? ({{(KEEP_W-2){1'b0}}, 2'b11} << field[LANE_W-1:0]) :
                     (state_q == W_SPILL) ? {{(KEEP_W-1){1'b0}}, 1'b1} : {KEEP_W{take && !too_long}};

    assign commit       = (take && s_last && good && !s_csum) || (state_q == W_PATCH && !spills) || (state_q == W_SPILL);
    assign commit_last  = patches ? last_beat : beat;
    assign commit_count = patches ? last_count : s_count;
    assign commit_queue = patches ? last_queue : s_queue;
    assign idle         = (state_q == W_DATA) && (beat == {BEAT_W{1'b0}}) && !over;
    assign evt_segment       = commit && patches && segment;
    assign evt_csum_inserted = commit && patches && !segment;

    always @(posedge clk) begin
        if (take) begin
            last_beat  <= beat;
            last_count <= s_count;
            last_queue <= s_queue;
            segment    <= s_segment;
            field      <= field_at[15:0];
            odd        <= s_csum_start[0];
            outside    <= range_bad;
        end
        if (rst) begin
            state_q        <= W_DATA;
            open           <= 1'b0;
            waited         <= 1'b0;
            started        <= 1'b0;
            first          <= 1'b1;
            beat           <= {BEAT_W{1'b0}};
            over           <= 1'b0;
            evt_csum_range <= 1'b0;
            evt_too_long   <= 1'b0;
        end else begin
            open           <= gate_ready && fits;
            evt_too_long   <= take && s_last && !s_drop && too_long;
            evt_csum_range <= (state_q == W_SUM) && !waited && outside;
            if (take) begin
                first       <= s_last;
                started     <= !s_last && (started || starts);
                next_starts <= (beyond == {1'b0, start_beat});
            end
            case (state_q)
                W_DATA: if (take) begin
                    if (s_last) begin
                        beat <= {BEAT_W{1'b0}};
                        over <= 1'b0;
                        if (good && s_csum) state_q <= W_SUM;
                    end else begin
                        over <= too_long;
                        if (!too_long) beat <= beat + 1'b1;
                    end
                end
                W_SUM: begin                    // two cycles: the sum's other pipeline stages
                    waited <= !waited && !outside;
                    if (outside) state_q <= W_DATA;
                    else if (waited) state_q <= W_PATCH;
                end
                W_PATCH: state_q <= spills ? W_SPILL : W_DATA;
                default: state_q <= W_DATA;
            endcase
        end
    end
endmodule

`default_nettype wire
