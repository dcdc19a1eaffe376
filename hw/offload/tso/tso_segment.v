// SPDX-License-Identifier: Apache-2.0
// Passes ordinary frames on and cuts super-frames: keeps the header, then gives header and a slice of payload per segment.
`default_nettype none

module tso_segment #(
    parameter DATA_W = 128,
    parameter MAX_FRAME = 9216,
    parameter KEEP_W = DATA_W / 8,
    parameter COUNT_W = $clog2(KEEP_W) + 1
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // what virtio_net_hdr asked for, one word a frame, taken with the frame's last beat
    input  wire               meta_valid,
    output wire               meta_take,
    input  wire               meta_csum,        // NEEDS_CSUM
    input  wire [7:0]         meta_gso_type,
    input  wire [15:0]        meta_gso_size,
    input  wire [15:0]        meta_csum_start,
    input  wire [15:0]        meta_csum_offset,
    input  wire [3:0]         meta_queue,
    // the two oldest beats
    input  wire               hold_valid,
    input  wire [DATA_W-1:0]  hold_data,
    input  wire [COUNT_W-1:0] hold_count,
    input  wire               hold_last,
    input  wire               hold_user,
    input  wire [16:0]        hold_total,
    output wire               take,
    input  wire               next_valid,
    input  wire [DATA_W-1:0]  next_data,
    input  wire               next_last,
    input  wire               next_user,
    input  wire [16:0]        next_total,
    // frames out; each is one wire frame, but for its checksum
    output reg                m_valid,
    input  wire               m_ready,
    output reg  [DATA_W-1:0]  m_data,
    output reg  [COUNT_W-1:0] m_count,
    output reg                m_last,
    output reg                m_drop,
    output reg                m_csum,
    output reg  [15:0]        m_csum_start,
    output reg                m_csum_first,     // that lies in the first beat
    output reg  [15:0]        m_csum_offset,
    output reg  [3:0]         m_queue,
    output reg                m_segment,
    // status
    output wire               idle,
    // events
    output reg                evt_super_frame,
    output reg                evt_err_gso_no_csum,
    output reg                evt_err_gso_type,
    output reg                evt_err_gso_size,
    output reg                evt_err_header,
    output reg                evt_err_csum_range,
    output reg                evt_err_ip
);
    localparam LANE_W = $clog2(KEEP_W);
    localparam LINE_W = 8 - LANE_W;
    localparam BEAT_W = 16 - LANE_W;
    localparam [16:0] LIMIT = MAX_FRAME - 4;
    localparam [2:0] S_PASS = 3'd0, S_FIND = 3'd1, S_KEEP = 3'd2, S_WAIT = 3'd3, S_SEG = 3'd4, S_DRAIN = 3'd5,
                     S_LEN = 3'd6;

    reg [2:0]         state_q;
    reg [BEAT_W-1:0]  beat;                     // of the header kept, or of the segment given
    reg [3:0]         doff;                     // TCP data offset
    reg [LANE_W-1:0]  shift;                    // source lane that goes to lane 0
    reg               lead;                     // ... lies in the beat before hold
    reg [BEAT_W-1:0]  end_before;               // the beat before the segment's last one
    reg [COUNT_W-1:0] end_count;                // bytes in the last one
    reg               end_over;                 // ... for which hold has not enough
    reg               end_full;                 // ... which use hold up
    reg               end_seg;                  // last segment
    reg               bare;                     // no payload

    // the beat at hand, decided with the one before it
    reg               in_header;                // header only
    reg               joint;                    // header, and payload unless bare
    reg               seg_end;

    // what kind of frame is next
    wire plain     = (meta_gso_type == 8'd0);
    wire type_good = (meta_gso_type[6:0] == 7'd1) || (meta_gso_type[6:0] == 7'd4);
    wire v6        = meta_gso_type[2];
    wire far       = (meta_csum_start > 16'd236);

    // header: its length is known once the data offset has gone by
    wire [8:0]        csum_start = meta_csum_start[8:0];
    wire [8:0]        hdr_sum    = csum_start + {3'd0, doff, 2'b00};
    reg  [8:0]        hdr_len;                  // the sum, from S_KEEP on
    /* verilator lint_off UNUSEDSIGNAL */       // only beat and lane, and a header ends at 256
    reg  [8:0]        doff_at;
    reg  [8:0]        hdr_top;                  // offset of its last byte
    /* verilator lint_on UNUSEDSIGNAL */
    wire              doff_here  = (beat[LINE_W-1:0] == doff_at[7:LANE_W]);
    wire [LANE_W-1:0] hdr_lane   = hdr_len[LANE_W-1:0];
    wire              hdr_end    = (beat == {{(BEAT_W-LINE_W){1'b0}}, hdr_top[7:LANE_W]});
    wire              hdr_short  = hold_last && hold_total < {8'd0, hdr_len};
    wire              hdr_bad    = hdr_short || doff < 4'd5 || hdr_len > 9'd256;
    reg               summed;                   // hdr_len is the sum
    reg               size_bad;
    wire              keep_ok    = (state_q == S_KEEP) && !hdr_bad && !size_bad;
    // A header that is found bad was written to no avail, so that writing need not wait for the verdict. A beat that also
    // has payload stays, and so does the frame's last, which ends the frame even if that is drained.
    wire              keep_write = hold_valid && (state_q == S_KEEP || (state_q == S_FIND && !doff_here));
    wire              keep_take  = keep_write && !hold_last && !(hdr_end && (state_q == S_KEEP) && hdr_lane != 0);

    wire              hdr_ready;
    wire              parse_bad;
    wire [16:0]       total;
    wire [15:0]       seg_len;
    wire              seg_last;
    wire [DATA_W-1:0] hdr_data;

    // one beat of a segment
    wire [BEAT_W-1:0]  pay_beat  = {{(BEAT_W-LINE_W-1){1'b0}}, hdr_len[8:LANE_W]};
    wire               joins     = (beat + 1'b1 == pay_beat);          // the next beat has the first byte of payload
    wire [COUNT_W-1:0] count     = seg_end ? end_count : KEEP_W[COUNT_W-1:0];
    wire               has_pay   = !in_header && !(joint && bare);
    wire               fin       = seg_end && end_seg;
    wire               uses_hold = has_pay && !lead && (end_full || !seg_end);
    wire               need_next = has_pay && !lead && (seg_end ? end_over : shift != {LANE_W{1'b0}});
    wire               need_src  = has_pay || fin;
    wire               src_ready = !need_src || (hold_valid && (!need_next || hold_last || next_valid));
    // the frame's end must be where its IP header says, and tuser[0] must not deny it
    wire               next_end  = need_next && next_last;
    wire               end_user  = hold_last ? hold_user : next_end && next_user;
    wire               hold_bad  = hold_user || hold_total != total;
    wire               next_bad  = next_user || next_total != total;
    wire               bad       = need_src && (hold_last ? hold_bad : next_end ? next_bad : fin);

    wire out_free = !m_valid || m_ready;
    wire pass     = (state_q == S_PASS) && meta_valid && plain && hold_valid && out_free;
    wire give     = (state_q == S_SEG) && src_ready && out_free;
    wire done     = give && (fin || bad);
    wire start    = (state_q == S_WAIT) && hdr_ready && !parse_bad;

    // a beat that is not used up stays at the end of a super-frame, to be drained
    assign take = pass || keep_take || (state_q == S_DRAIN && hold_valid) || (give && uses_hold);
    assign meta_take = take && hold_last;
    assign idle      = (state_q == S_PASS) && !m_valid;

    tso_header #(.DATA_W(DATA_W)) header (
        .clk(clk), .rst(rst),
        .wr_en(keep_write), .wr_line(beat[LINE_W-1:0]), .wr_data(hold_data),
        .parse(hold_valid && keep_ok && hdr_end), .next(give && !bad && !end_seg && hdr_end),
        .forget(state_q == S_PASS), .v6(v6), .csum_start(csum_start),
        .hdr_len(hdr_len), .gso_size(meta_gso_size),
        .parse_bad(parse_bad), .ready(hdr_ready), .total(total), .seg_len(seg_len), .seg_last(seg_last),
        .rd_line((state_q == S_WAIT) ? {LINE_W{1'b0}} : beat[LINE_W-1:0] + {{(LINE_W-1){1'b0}}, give}), .rd_data(hdr_data)
    );

    // payload: one beat cut out of two, and header bytes below it where both meet
    reg  [DATA_W-1:0] mixed;
    reg  [KEEP_W-1:0] of_header;
    wire [DATA_W-1:0] turned;
    reg  [DATA_W-1:0] slice;

    always @* begin : cut
        integer lane;
        for (lane = 0; lane < KEEP_W; lane = lane + 1) begin
            mixed[8*lane +: 8] = (lead || lane[LANE_W:0] >= {1'b0, shift}) ? hold_data[8*lane +: 8] : next_data[8*lane +: 8];
            of_header[lane]    = in_header || (joint && lane[LANE_W:0] < {1'b0, hdr_lane});
            slice[8*lane +: 8] = of_header[lane] ? hdr_data[8*lane +: 8] : turned[8*lane +: 8];
        end
    end

    lane_rotate #(.DATA_W(DATA_W)) u_turn (.data(mixed), .lanes(~shift + 1'b1), .rotated(turned));

    // segment to come
    wire [15:0]        dest_top   = {7'd0, hdr_top} + seg_len;
    wire [LANE_W:0]    dest_reach = {1'b0, shift} + {1'b0, dest_top[LANE_W-1:0]};       // offset of its end from hold's lane 0
    wire [LANE_W-1:0]  after      = shift + count[LANE_W-1:0];         // where the payload goes on in the source

    always @(posedge clk) begin
        if (pass || give) begin
            m_data        <= pass ? hold_data : slice;
            m_count       <= pass ? hold_count : count;
            m_last        <= pass ? hold_last : (seg_end || bad);
            m_drop        <= pass ? hold_user : bad;
            m_csum        <= pass ? meta_csum : 1'b1;
            m_csum_start  <= meta_csum_start;
            m_csum_first  <= (meta_csum_start[15:LANE_W] == {BEAT_W{1'b0}});
            m_csum_offset <= meta_csum_offset;
            m_queue       <= meta_queue;
            m_segment     <= !pass;
        end
        doff_at  <= csum_start + 9'd12;
        hdr_len  <= hdr_sum;
        hdr_top  <= hdr_sum - 9'd1;
        summed   <= (state_q == S_LEN);
        size_bad <= ({8'd0, hdr_len} + {1'b0, meta_gso_size}) > LIMIT;
        if (state_q == S_FIND && hold_valid && doff_here) doff <= hold_data[{doff_at[LANE_W-1:0], 3'b100} +: 4];
        if (start) begin
            end_before <= dest_top[15:LANE_W] - 1'b1;
            end_over  <= dest_reach[LANE_W];
            end_full  <= dest_reach[LANE_W] || (&dest_reach[LANE_W-1:0]);
            bare      <= (seg_len == 16'd0);
            end_count <= {1'b0, dest_top[LANE_W-1:0]} + 1'b1;
            end_seg   <= seg_last;
            in_header <= (pay_beat != {BEAT_W{1'b0}});
            joint     <= (pay_beat == {BEAT_W{1'b0}});
            seg_end   <= (dest_top[15:LANE_W] == {BEAT_W{1'b0}});
        end else if (give) begin
            in_header <= in_header && !joins;
            joint     <= joins && (hdr_lane != {LANE_W{1'b0}});
            seg_end   <= (beat == end_before);
        end
        if (rst) begin
            state_q             <= S_PASS;
            m_valid             <= 1'b0;
            evt_super_frame     <= 1'b0;
            evt_err_gso_no_csum <= 1'b0;
            evt_err_gso_type    <= 1'b0;
            evt_err_gso_size    <= 1'b0;
            evt_err_header      <= 1'b0;
            evt_err_csum_range  <= 1'b0;
            evt_err_ip          <= 1'b0;
        end else begin
            if (out_free) m_valid <= pass || give;
            evt_super_frame     <= done && !bad;
            evt_err_gso_no_csum <= 1'b0;
            evt_err_gso_type    <= 1'b0;
            evt_err_gso_size    <= 1'b0;
            evt_err_header      <= 1'b0;
            evt_err_csum_range  <= 1'b0;
            evt_err_ip          <= (done && bad && !end_user) || parse_bad;
            case (state_q)
                S_PASS: begin
                    beat  <= {BEAT_W{1'b0}};
                    shift <= {LANE_W{1'b0}};
                    lead  <= 1'b0;
                    if (meta_valid && hold_valid && !plain) begin
                        state_q <= S_DRAIN;
                        if (!type_good)                         evt_err_gso_type    <= 1'b1;
                        else if (!meta_csum)                    evt_err_gso_no_csum <= 1'b1;
                        else if (meta_csum_offset != 16'd16)    evt_err_csum_range  <= 1'b1;
                        else if (meta_gso_size == 16'd0)        evt_err_gso_size    <= 1'b1;
                        else if (far)                           evt_err_header      <= 1'b1;
                        else                                    state_q             <= S_FIND;
                    end
                end
                S_FIND: if (hold_valid) begin   // keep beats up to the one with the data offset
                    if (doff_here) state_q <= S_LEN;
                    else if (hold_last) begin
                        state_q        <= S_DRAIN;
                        evt_err_header <= !hold_user;
                    end else beat <= beat + 1'b1;
                end
                S_LEN: if (summed) state_q <= S_KEEP;   // the header's length is added up, and judged
                S_KEEP: if (hold_valid) begin   // keep the rest of the header
                    if (hdr_bad || size_bad) begin
                        state_q          <= S_DRAIN;
                        evt_err_header   <= hdr_bad && !(hdr_short && hold_user);
                        evt_err_gso_size <= !hdr_bad;
                    end else if (hdr_end) state_q <= S_WAIT;
                    else beat <= beat + 1'b1;
                end
                S_WAIT: begin                   // header line 0 is read while the header becomes ready
                    beat <= {BEAT_W{1'b0}};
                    if (parse_bad) state_q <= S_DRAIN;
                    else if (hdr_ready) state_q <= S_SEG;
                end
                S_SEG: if (give) begin
                    beat <= beat + 1'b1;
                    if (has_pay) lead <= 1'b0;
                    if (done) state_q <= (hold_last && uses_hold) ? S_PASS : S_DRAIN;
                    else if (seg_end) state_q <= S_WAIT;
                    if (seg_end) begin          // of no use once done
                        shift   <= after - hdr_lane;
                        lead    <= after < hdr_lane;
                    end
                end
                default: if (hold_valid && hold_last) state_q <= S_PASS;
            endcase
        end
    end
endmodule

`default_nettype wire
