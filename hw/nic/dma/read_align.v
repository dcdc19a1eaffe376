// SPDX-License-Identifier: Apache-2.0
// Moves the bytes of each answer down to lane 0, a bus word a cycle, without ever stalling the AXI R channel.
// Output word i is made of bus words i and i+1, so the older of two words is held until its successor is here
// (or it is the last). As soon as a newer word exists the older one can leave: two registers are enough.
`default_nettype none

module read_align #(
    parameter DATA_W = 128,
    parameter INFO_W = 9,                       // travels with a request: client and tag
    parameter LANE_W = $clog2(DATA_W / 8)
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // bus words in order
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    input  wire              s_error,
    input  wire              s_last,            // of its request
    input  wire              s_tail,            // this last word only completes the output word before it
    input  wire [LANE_W-1:0] s_offset,          // lane of the request's first byte
    input  wire [INFO_W-1:0] s_info,
    // answer, from lane 0
    output reg               m_valid,
    output reg  [DATA_W-1:0] m_data,
    output reg               m_last,
    output reg               m_error,           // with m_last: any bus word of the request failed
    output reg  [INFO_W-1:0] m_info,
    // status
    output wire              idle
);
    localparam KEEP_W = DATA_W / 8;

    reg              new_valid;
    reg [DATA_W-1:0] new_data;
    reg              new_error;
    reg              new_last;
    reg              new_tail;
    reg [LANE_W-1:0] new_offset;
    reg [INFO_W-1:0] new_info;

    reg              old_valid;
    reg [DATA_W-1:0] old_data;
    reg              old_error;                 // of this word and all before it in its request
    reg              old_last;
    reg              old_tail;
    reg [LANE_W-1:0] old_offset;
    reg [INFO_W-1:0] old_info;

    wire leave    = old_valid && (old_last || new_valid);
    wire emit     = leave && !(old_last && old_tail);
    wire ends     = old_last || (new_last && new_tail);

    // a word goes down by the offset as it becomes the older one; the lanes at the top are then those of its successor
    wire [DATA_W-1:0] turned;
    reg  [DATA_W-1:0] joined;

    lane_rotate #(.DATA_W(DATA_W)) u_turn (.data(new_data), .lanes(~new_offset + 1'b1), .rotated(turned));

    always @* begin : mix
        integer lane;
        for (lane = 0; lane < KEEP_W; lane = lane + 1)
            joined[8*lane +: 8] = (lane[LANE_W:0] + {1'b0, old_offset} < KEEP_W[LANE_W:0]) ? old_data[8*lane +: 8]
                                  : old_last ? 8'd0 : turned[8*lane +: 8];
    end

    assign idle = !new_valid && !old_valid && !m_valid;

    always @(posedge clk) begin
        if (s_valid) begin
            new_data   <= s_data;
            new_error  <= s_error;
            new_last   <= s_last;
            new_tail   <= s_tail;
            new_offset <= s_offset;
            new_info   <= s_info;
        end
        if (new_valid) begin
            old_data   <= turned;
            old_error  <= new_error || (old_valid && !old_last && old_error);
            old_last   <= new_last;
            old_tail   <= new_tail;
            old_offset <= new_offset;
            old_info   <= new_info;
        end
        if (emit) begin
            m_data  <= joined;
            m_last  <= ends;
            m_error <= ends && (old_error || (!old_last && new_error));
            m_info  <= old_info;
        end
        if (rst) begin
            new_valid <= 1'b0;
            old_valid <= 1'b0;
            m_valid   <= 1'b0;
        end else begin
            new_valid <= s_valid;
            old_valid <= new_valid || (old_valid && !leave);
            m_valid   <= emit;
        end
    end
endmodule

`default_nettype wire
