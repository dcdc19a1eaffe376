// SPDX-License-Identifier: Apache-2.0
// Which window of the board's bus an access is for, and whose answer goes back; where there is nothing, reads give 0.
//
// Every window's answer is taken into registers that are cleared when it is not the one asked, so that they need only be ORed.
`default_nettype none

module board_bus #(
    parameter RAM_BASE = 64'h10000000,
    parameter RAM_SIZE = 32768,
    parameter MAP_W    = 2,                     // of the number of a word of the dirty map
    parameter RAM_W    = $clog2(RAM_SIZE)
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    // master
    input  wire        wb_stb,
    input  wire [29:0] wb_adr,
    output reg         wb_ack,
    output wire [31:0] wb_dat_r,
    // windows
    output wire        regs_stb,
    input  wire        regs_ack,
    input  wire [31:0] regs_dat_r,
    output wire        map_stb,
    input  wire        map_ack,
    input  wire [31:0] map_dat_r,
    output wire        mgmt_stb,
    input  wire        mgmt_ack,
    input  wire [31:0] mgmt_dat_r,
    output wire        host_stb,
    output wire [3:0]  host_sel,
    input  wire        host_ack,
    input  wire [31:0] host_dat_r,
    output wire        ram_stb,
    input  wire        ram_ack,
    input  wire [63:0] ram_dat_r                // two words, of which wb_adr[0] chooses one
);
    localparam [31:0] BASE = RAM_BASE[31:0];

    wire at_regs = (wb_adr[29:5] == 25'd0);
    wire at_map  = (wb_adr[29:5] == 25'd1) && (wb_adr[4:0] >> MAP_W) == 5'd0;
    wire at_mgmt = (wb_adr[29:14] == 16'd1);
    wire at_host = (wb_adr[29:19] == 11'd1);
    wire at_ram  = (wb_adr[29:RAM_W-2] == BASE[31:RAM_W]);

    wire ask = wb_stb && !wb_ack;

    assign regs_stb = ask && at_regs;
    assign map_stb  = ask && at_map;
    assign mgmt_stb = ask && at_mgmt;
    assign host_stb = ask && at_host;
    assign ram_stb  = ask && at_ram;
    assign host_sel = ~wb_adr[18:15];           // the number of the window is what a write leaves out

    reg [31:0] from_regs, from_map, from_mgmt, from_host, from_lower, from_upper;

    assign wb_dat_r = from_regs | from_map | from_mgmt | from_host | from_lower | from_upper;

    always @(posedge clk) begin
        from_regs  <= at_regs ? regs_dat_r : 32'd0;
        from_map   <= at_map ? map_dat_r : 32'd0;
        from_mgmt  <= at_mgmt ? mgmt_dat_r : 32'd0;
        from_host  <= at_host ? host_dat_r : 32'd0;
        from_lower <= (at_ram && !wb_adr[0]) ? ram_dat_r[31:0] : 32'd0;
        from_upper <= (at_ram && wb_adr[0]) ? ram_dat_r[63:32] : 32'd0;
        if (rst) wb_ack <= 1'b0;
        else wb_ack <= ask && (at_regs ? regs_ack : at_map ? map_ack : at_mgmt ? mgmt_ack : at_host ? host_ack : !at_ram || ram_ack);
    end

    initial begin
        if (BASE < 32'h00400000) begin
            $display("board_bus: RAM_BASE %0d lies in the other windows, below 4194304", BASE);
            $finish;
        end
    end
endmodule

`default_nettype wire
