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
    input  wire [159:0]              cmd_header,    // the frame's, with every cut of it
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
    // room for the header and a beat, or for what a cut left and a beat
    localparam HOLD_BYTES = (20 > KEEP_W ? 20 : KEEP_W) + KEEP_W;
    localparam HOLD_W = HOLD_BYTES * 8;
    localparam C = $clog2(HOLD_BYTES + 1);
    localparam [31:0] LONG = 20, SHORT = 12;

    reg  [HOLD_W-1:0] hold;                     // bytes of the frame next to go, lowest first; zero above `held`
    reg  [C-1:0]      held;                     // counts the last beat as full: no cut asks beyond the frame's end
    reg               open;                     // a frame's header has been put in
    reg               all_in;                   // its last beat too
    reg  [15:0]       given;                    // bytes of the cut under way

    wire [15:0] left    = cmd_count - given;
    wire        ending  = (left <= KEEP_W[15:0]);
    wire [C-1:0] want    = ending ? left[C-1:0] : KEEP_W[C-1:0];
    wire        cut     = cmd_valid && !cmd_patch && open;
    wire        give    = cut && left != 16'd0 && held >= want;
    wire        gave    = give && m_ready;
    wire        cut_all = cut && (left == 16'd0 || (gave && ending));
    wire        discard = cut && cmd_last && left == 16'd0;

    wire [C-1:0] rest = gave ? held - want : held;
    wire         fits = (rest <= HOLD_BYTES[C-1:0] - KEEP_W[C-1:0]);
    wire         take = s_axis_tvalid && s_axis_tready;

    assign m_valid       = give || (cmd_valid && cmd_patch);
    assign m_data        = cmd_patch ? {{(DATA_W - 16){1'b0}}, cmd_count} : hold[DATA_W-1:0];
    assign s_axis_tready = open && !all_in && (fits || discard);
    assign cmd_ready     = (cmd_patch && m_ready) || (cut_all && (!cmd_last || all_in));
    assign idle          = !open && !cmd_valid;

    /* verilator lint_off BLKSEQ */
    // blocking temporary: the shifts are evaluated only when bytes move
    reg [HOLD_W-1:0] next;

    always @(posedge clk) begin
        if (rst) begin
            open   <= 1'b0;
            all_in <= 1'b0;
            given  <= 16'd0;
        end else begin
            if (cmd_valid && !cmd_patch && !open) open <= 1'b1;
            else if (cmd_ready && cmd_last && !cmd_patch) open <= 1'b0;
            if (!open) all_in <= 1'b0;
            else if (take && s_axis_tlast) all_in <= 1'b1;
            if (cmd_ready) given <= 16'd0;
            else if (gave) given <= given + {{(16 - C){1'b0}}, want};
        end
        if (!open && cmd_valid) begin
            hold <= {{(HOLD_W - 160){1'b0}}, cmd_header};
            held <= cmd_long ? LONG[C-1:0] : SHORT[C-1:0];
        end else if (gave || take) begin
            next = !gave ? hold : ending ? hold >> {want, 3'b000} : hold >> DATA_W;
            if (take) next = next | ({{(HOLD_W - DATA_W){1'b0}}, s_axis_tdata} << {rest, 3'b000});
            hold <= next;
            held <= take ? rest + KEEP_W[C-1:0] : rest;
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
