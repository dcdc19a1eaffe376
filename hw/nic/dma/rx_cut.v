// SPDX-License-Identifier: Apache-2.0
// Puts the virtio header before each frame and cuts the bytes into the write requests that rx_place made of it.
//
// Commands come in the order of the requests. A cut gives `count` bytes of the frame as words packed from lane 0;
// a patch gives one word that is not of the frame. `last` ends the frame, whatever of it has not been cut.
`default_nettype none

module rx_cut #(
    parameter DATA_W = 128,
    parameter KEEP_W = DATA_W / 8
) (
    // clock
    input  wire                      clk,
    input  wire                      rst,
    // commands
    input  wire                      cmd_valid,
    output wire                      cmd_ready,
    input  wire                      cmd_patch,
    input  wire                      cmd_last,
    input  wire [15:0]               cmd_count, // of a patch: its two bytes
    input  wire                      cmd_long,  // the header has 20 bytes, else 12
    input  wire                      cmd_verified,  // what the header says, with every cut of the frame
    input  wire [39:0]               cmd_hash,
    // frames
    input  wire [DATA_W-1:0]         s_axis_tdata,
    input  wire                      s_axis_tlast,
    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    // data of the write requests
    output wire                      m_valid,
    input  wire                      m_ready,
    output wire [DATA_W-1:0]         m_data,
    // status
    output wire                      idle
);
    localparam LANE_W = $clog2(KEEP_W);
    localparam [15:0] TWO_WORDS = 16'd2 * KEEP_W[15:0];
    localparam LONG  = 20;
    localparam SHORT = 12;
    localparam LONG_BEATS  = (LONG + KEEP_W - 1) / KEEP_W;
    localparam SHORT_BEATS = (SHORT + KEEP_W - 1) / KEEP_W;
    localparam LONG_FILL   = LONG_BEATS * KEEP_W - LONG;
    localparam SHORT_FILL  = SHORT_BEATS * KEEP_W - SHORT;

    /* verilator lint_off UNUSEDSIGNAL */
    reg  [DATA_W-1:0] first;                    // its lowest byte has always gone
    /* verilator lint_on UNUSEDSIGNAL */
    reg  [DATA_W-1:0] second;                   // of the frame's last beat all bytes count: no cut asks beyond its end
    reg               has_second;
    reg  [LANE_W-1:0] lane;                     // of the next byte, counted from the second byte of `first` on
    reg               header_left;              // a third beat of the header is still to come
    reg               open;                     // a frame's header has been put in
    reg               all_in;                   // its last beat too

    // ---- the command under way: what its next word needs is worked out a cycle ahead, as others wait for the answer
    reg               valid;
    reg               patch;
    reg               last;
    reg               is_long;                  // the header of the command's frame, and what it says
    reg               verified;
    reg  [39:0]       hash_of;
    reg  [15:0]       left;                     // bytes still to give
    reg               ending;                   // in one word
    reg               none;                     // not a byte
    wire        done;
    wire        load    = !valid || done;
    // Only the last word of a command moves `lane`, as the others are full. So whether that word takes bytes of `second` is
    // settled when the command is taken and its frame is open; the others always do.
    reg         tail_beyond;
    wire [LANE_W-1:0] size   = left[LANE_W-1:0];    // of the last word; 0: a full one
    wire [LANE_W-1:0] behind = lane + size;
    wire        beyond  = !ending || tail_beyond;
    wire        cut     = valid && !patch && open;
    wire        give    = cut && !none && (has_second || !beyond);
    wire        free;
    wire        gave    = give && free;
    wire        discard = cut && last && none;
    wire        moves   = gave && beyond;

    assign done      = valid && (patch ? free : cut && (none || (gave && ending)) && (!last || all_in));
    assign cmd_ready = load;

    always @(posedge clk) begin
        if (rst) valid <= 1'b0;
        else if (load) valid <= cmd_valid;
        if (load) begin
            patch    <= cmd_patch;
            last     <= cmd_last;
            is_long  <= cmd_long;
            verified <= cmd_verified;
            hash_of  <= cmd_hash;
        end
        if (load || gave) begin
            left   <= load ? cmd_count : left - KEEP_W[15:0];
            ending <= load ? (cmd_count <= KEEP_W[15:0]) : ending || (left <= TWO_WORDS);
            none   <= load ? (cmd_count == 16'd0) : ending;
        end
    end

    // ---- its bytes. The header, filled up in front to whole beats, is the beginning of a stream that the frame's beats go on
    // with. A word is cut from two beats of that stream, at any byte: one shifter, no wider than that, serves header and cuts.
    // The header is struct virtio_net_hdr_v1_hash, whose first 12 bytes are virtio_net_hdr.
    wire [95:0] plain = {16'd1, 72'd0, 6'd0, verified, 1'b0};
    wire [63:0] hash  = {24'd0, hash_of};
    /* verilator lint_off UNUSEDSIGNAL */
    wire [3*DATA_W-1:0] header = {{(3*DATA_W - 160){1'b0}}, hash, plain} << (is_long ? LONG_FILL * 8 : SHORT_FILL * 8);
    /* verilator lint_on UNUSEDSIGNAL */

    wire        fits    = !has_second || moves;
    wire        take    = s_axis_tvalid && s_axis_tready;
    wire [2*DATA_W-9:0] pair = {second, first[DATA_W-1:8]};

    assign s_axis_tready = open && !all_in && ((fits && !header_left) || discard);
    assign idle          = !open && !valid && !m_valid;

    // dma_write's ready comes late in its cycle, and all that is cut hangs on it
    skid #(.WIDTH(DATA_W)) u_out (
        .clk(clk), .rst(rst),
        .s_data(patch ? {{(DATA_W - 16){1'b0}}, left} : pair[{1'b0, lane, 3'b000} +: DATA_W]),
        .s_valid(give || (valid && patch)), .s_ready(free),
        .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready)
    );

    wire [LANE_W-1:0] next_size = load ? cmd_count[LANE_W-1:0] : size;
    wire [LANE_W-1:0] next_lane = !open ? (is_long ? LONG_FILL[LANE_W-1:0] : SHORT_FILL[LANE_W-1:0]) - 1'b1
                                  : (gave && ending) ? behind : lane;
    wire [LANE_W:0]   next_end  = {1'b0, next_lane} + {1'b0, next_size};

    always @(posedge clk) tail_beyond <= (next_size == {LANE_W{1'b0}}) || next_end[LANE_W];

    always @(posedge clk) begin
        if (rst) begin
            open   <= 1'b0;
            all_in <= 1'b0;
        end else begin
            if (valid && !patch && !open) open <= 1'b1;
            else if (done && last && !patch) open <= 1'b0;
            if (!open) all_in <= 1'b0;
            else if (take && s_axis_tlast) all_in <= 1'b1;
        end
        lane <= next_lane;
        if (!open) begin
            if (valid) begin
                first       <= header[DATA_W-1:0];
                second      <= header[DATA_W +: DATA_W];
                has_second  <= is_long ? (LONG_BEATS > 1) : (SHORT_BEATS > 1);
                header_left <= is_long && (LONG_BEATS > 2);
            end
        end else begin
            if (moves) first <= second;
            if (fits) begin
                second      <= header_left ? header[2*DATA_W +: DATA_W] : s_axis_tdata;
                has_second  <= take || header_left;
                header_left <= 1'b0;
            end
        end
    end
endmodule

`default_nettype wire
