// SPDX-License-Identifier: Apache-2.0
// Sixteen registers on AXI4-Lite for echo_card: 0..9 read back as written, 10..14 are status, a read of 15 is never answered.
`default_nettype none

module echo_regs #(
    parameter ADDR_W = 16
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // registers
    input  wire [5*32-1:0]   status,
    output reg  [16*32-1:0]  regs,
    output reg  [15:0]       we,
    // write
    input  wire [ADDR_W-1:0] awaddr,
    input  wire              awvalid,
    output wire              awready,
    input  wire [31:0]       wdata,
    input  wire [3:0]        wstrb,
    input  wire              wvalid,
    output wire              wready,
    output wire [1:0]        bresp,
    output reg               bvalid,
    input  wire              bready,
    // read
    input  wire [ADDR_W-1:0] araddr,
    input  wire              arvalid,
    output wire              arready,
    output reg  [31:0]       rdata,
    output wire [1:0]        rresp,
    output reg               rvalid,
    input  wire              rready
);
    wire [3:0] w_index = awaddr[5:2];
    wire [3:0] r_index = araddr[5:2];
    assign awready = awvalid && wvalid && !bvalid;
    assign wready  = awready;
    assign arready = !rvalid;
    assign bresp   = awaddr[ADDR_W-1] ? 2'b10 : 2'b00;
    assign rresp   = 2'b00;
    always @(posedge clk) begin : registers
        integer lane;
        we <= 0;
        if (awready) begin
            we[w_index] <= 1'b1;
            bvalid      <= 1'b1;
            for (lane = 0; lane < 4; lane = lane + 1)
                if (wstrb[lane]) regs[w_index * 32 + lane * 8 +: 8] <= wdata[lane * 8 +: 8];
        end else if (bready) bvalid <= 1'b0;
        if (arvalid && arready) begin
            rvalid <= r_index != 15;
            rdata  <= r_index < 10 ? regs[r_index * 32 +: 32] : status[(r_index - 10) * 32 +: 32];
        end else if (rready) rvalid <= 1'b0;
        if (rst) begin
            bvalid <= 0;
            rvalid <= 0;
            regs   <= 0;
        end
    end
endmodule
`default_nettype wire
