// SPDX-License-Identifier: Apache-2.0
// Memories of the shapes that become block RAMs of each width, side by side on the same inputs: for the netlist's cells.
`default_nettype none

module netlist_memories (
    input  wire        clk,
    input  wire        rst,                     // of the registers behind the reads
    input  wire [3:0]  wr_en,                   // one a lane; memories of one lane have the lowest
    input  wire [13:0] wr_addr,
    input  wire [49:0] wr_data,
    input  wire        rd_en,
    input  wire [13:0] rd_addr,
    output wire [0:0]  rd_1,
    output wire [3:0]  rd_4,
    output wire [8:0]  rd_9,
    output wire [17:0] rd_18,
    output wire [35:0] rd_36,
    output wire [49:0] rd_50
);
    netlist_memory #(.WIDTH(1), .LANES(1), .ADDR_W(14)) u_1 (
        .clk(clk), .rst(rst), .wr_en(wr_en[0]), .wr_addr(wr_addr), .wr_data(wr_data[0]),
        .rd_en(rd_en), .rd_addr(rd_addr), .rd_data(rd_1)
    );
    netlist_memory #(.WIDTH(4), .LANES(1), .ADDR_W(12)) u_4 (
        .clk(clk), .rst(rst), .wr_en(wr_en[0]), .wr_addr(wr_addr[11:0]), .wr_data(wr_data[3:0]),
        .rd_en(rd_en), .rd_addr(rd_addr[11:0]), .rd_data(rd_4)
    );
    netlist_memory #(.WIDTH(9), .LANES(1), .ADDR_W(11)) u_9 (
        .clk(clk), .rst(rst), .wr_en(wr_en[0]), .wr_addr(wr_addr[10:0]), .wr_data(wr_data[8:0]),
        .rd_en(rd_en), .rd_addr(rd_addr[10:0]), .rd_data(rd_9)
    );
    netlist_memory #(.WIDTH(18), .LANES(2), .ADDR_W(10)) u_18 (
        .clk(clk), .rst(rst), .wr_en(wr_en[1:0]), .wr_addr(wr_addr[9:0]), .wr_data(wr_data[17:0]),
        .rd_en(rd_en), .rd_addr(rd_addr[9:0]), .rd_data(rd_18)
    );
    netlist_memory #(.WIDTH(36), .LANES(4), .ADDR_W(9)) u_36 (
        .clk(clk), .rst(rst), .wr_en(wr_en), .wr_addr(wr_addr[8:0]), .wr_data(wr_data[35:0]),
        .rd_en(rd_en), .rd_addr(rd_addr[8:0]), .rd_data(rd_36)
    );
    netlist_memory #(.WIDTH(50), .LANES(1), .ADDR_W(11)) u_50 (
        .clk(clk), .rst(rst), .wr_en(wr_en[0]), .wr_addr(wr_addr[10:0]), .wr_data(wr_data),
        .rd_en(rd_en), .rd_addr(rd_addr[10:0]), .rd_data(rd_50)
    );
endmodule

// One write and one read port; a read meets what was there before a write of the same cycle.
module netlist_memory #(
    parameter WIDTH  = 36,
    parameter LANES  = 4,
    parameter ADDR_W = 9
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [LANES-1:0]  wr_en,
    input  wire [ADDR_W-1:0] wr_addr,
    input  wire [WIDTH-1:0]  wr_data,
    input  wire              rd_en,
    input  wire [ADDR_W-1:0] rd_addr,
    output reg  [WIDTH-1:0]  rd_data
);
    localparam LANE_W = WIDTH / LANES;
    (* ram_style = "block" *)
    reg [WIDTH-1:0] mem [0:(1<<ADDR_W)-1];
    integer i;
    integer lane;

    initial for (i = 0; i < 256; i = i + 1) mem[i] = i * 32'h9e3779b1 >> 3;

    always @(posedge clk) begin
        for (lane = 0; lane < LANES; lane = lane + 1)
            if (wr_en[lane]) mem[wr_addr][lane*LANE_W +: LANE_W] <= wr_data[lane*LANE_W +: LANE_W];
        if (rst)        rd_data <= {WIDTH{1'b0}};
        else if (rd_en) rd_data <= mem[rd_addr];
    end
endmodule

`default_nettype wire
