// SPDX-License-Identifier: Apache-2.0
// Joins pieces of 0 to KEEP_W bytes, packed from lane 0, into full words; the first word of a frame starts at a lane of choice.
// A piece is turned to the lanes where it goes: those behind `held` complete the word, the others are what is left over.
`default_nettype none

module stream_pack #(
    parameter DATA_W = 128,
    parameter USER_W = 1,
    parameter LANE_W = $clog2(DATA_W / 8)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // configuration: lanes left out at the beginning of a frame
    input  wire [LANE_W-1:0] cfg_start,
    // pieces
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [DATA_W-1:0] s_data,
    input  wire [LANE_W:0]   s_count,           // bytes; 0 only to end a frame
    input  wire              s_end,
    input  wire [USER_W-1:0] s_user,
    // words
    output reg               m_valid,
    input  wire              m_ready,
    output reg  [DATA_W-1:0] m_data,
    output reg  [LANE_W:0]   m_count,           // KEEP_W unless m_last
    output reg               m_last,
    output reg  [USER_W-1:0] m_user             // s_user of the newest piece in it
);
    localparam KEEP_W = DATA_W / 8;

    reg  [DATA_W-1:0]   held;
    reg                 first;                  // no piece of the frame is in held
    reg  [LANE_W-1:0]   held_bytes;
    reg                 flush;                  // they are the frame's last word

    wire [LANE_W-1:0]   fill  = first ? cfg_start : held_bytes;
    wire                step  = !m_valid || m_ready;
    wire                take  = s_valid && s_ready;
    wire [LANE_W:0]     total = {1'b0, fill} + s_count;
    wire                full  = total[LANE_W];
    wire                spill = full && total[LANE_W-1:0] != {LANE_W{1'b0}};
    wire                emit  = (take && (full || s_end)) || (step && flush);
    wire [DATA_W-1:0]   turned;
    reg  [DATA_W-1:0]   word;                   // lanes below `fill` are held

    lane_rotate #(.DATA_W(DATA_W)) u_turn (.data(s_data), .lanes(fill), .rotated(turned));

    always @* begin : mix
        integer lane;
        for (lane = 0; lane < KEEP_W; lane = lane + 1)
            word[8*lane +: 8] = (lane[LANE_W:0] < {1'b0, fill}) ? held[8*lane +: 8] : turned[8*lane +: 8];
    end

    assign s_ready = step && !flush;

    always @(posedge clk) begin
        if (take) begin
            held       <= full ? turned : word;
            held_bytes <= total[LANE_W-1:0];
            m_user     <= s_user;
        end
        if (emit) begin
            m_data  <= word;
            m_count <= flush ? {1'b0, fill} : full ? KEEP_W[LANE_W:0] : total;
            m_last  <= flush || (s_end && !spill);
        end
        if (rst) begin
            m_valid <= 1'b0;
            flush   <= 1'b0;
            first   <= 1'b1;
        end else begin
            m_valid <= emit || (m_valid && !m_ready);
            if (take) begin
                flush <= s_end && spill;
                first <= s_end && !spill;
            end else if (step && flush) begin
                flush <= 1'b0;
                first <= 1'b1;
            end
        end
    end
endmodule

`default_nettype wire
