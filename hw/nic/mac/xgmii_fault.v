// SPDX-License-Identifier: Apache-2.0
// Link fault state of IEEE 802.3 46.3.4: four like fault sequences, each within 128 columns of the last, raise it;
// 128 columns without one clear it. A word holds two columns of four lanes.
`default_nettype none

module xgmii_fault (
    // clock
    input  wire        clk,
    input  wire        rst,
    // input
    input  wire [63:0] xgmii_rxd,
    input  wire [7:0]  xgmii_rxc,
    // output
    output reg         local_fault,
    output reg         remote_fault
);
    localparam [23:0] SEQUENCE = 24'h00009C;    // /Q/ and two zeros; the last lane says which fault
    localparam [7:0]  LOCAL    = 8'h01;
    localparam [7:0]  REMOTE   = 8'h02;
    localparam [7:0]  WINDOW   = 8'd128;
    localparam [1:0]  ENOUGH   = 2'd3;          // like sequences seen before the one that raises the fault

    reg        last_remote;                     // kind of the last sequence
    reg [1:0]  alike;                           // like sequences before the next one, at most ENOUGH
    reg [7:0]  columns;                         // without a sequence, at most WINDOW

    wire [1:0] fault = {is_fault(xgmii_rxc[7:4], xgmii_rxd[63:32]), is_fault(xgmii_rxc[3:0], xgmii_rxd[31:0])};
    wire       quiet = fault == 2'b00;

    function is_fault;
        input [3:0]  c;
        input [31:0] d;
        is_fault = c == 4'b0001 && d[23:0] == SEQUENCE && (d[31:24] == LOCAL || d[31:24] == REMOTE);
    endfunction

    // The two columns of a word, one after the other.
    reg        next_local;
    reg        next_remote;
    reg        next_kind;
    reg        kind;
    reg [1:0]  next_alike;
    reg [7:0]  next_columns;
    integer    i;

    always @* begin
        next_local   = local_fault;
        next_remote  = remote_fault;
        next_kind    = last_remote;
        next_alike   = alike;
        next_columns = columns;
        kind         = 1'b0;
        i            = 0;                       // else synthesis sees a latch in it
        if (!quiet || columns != WINDOW)
            for (i = 0; i < 2; i = i + 1) begin
                kind = xgmii_rxd[i*32+24 +: 8] == REMOTE;
                if (!fault[i]) begin
                    if (next_columns != WINDOW) next_columns = next_columns + 8'd1;
                    if (next_columns == WINDOW) begin
                        next_local  = 1'b0;
                        next_remote = 1'b0;
                        next_alike  = 2'd0;
                    end
                end else begin
                    next_columns = 8'd0;
                    if (next_alike == 2'd0 || kind != next_kind) begin
                        next_alike = 2'd1;
                    end else if (next_alike != ENOUGH) begin
                        next_alike = next_alike + 2'd1;
                    end else begin
                        next_local  = !kind;
                        next_remote = kind;
                    end
                    next_kind = kind;
                end
            end
    end

    always @(posedge clk)
        if (rst) begin
            local_fault  <= 1'b0;
            remote_fault <= 1'b0;
            last_remote  <= 1'b0;
            alike        <= 2'd0;
            columns      <= WINDOW;
        end else begin
            local_fault  <= next_local;
            remote_fault <= next_remote;
            last_remote  <= next_kind;
            alike        <= next_alike;
            columns      <= next_columns;
        end
endmodule

`default_nettype wire
