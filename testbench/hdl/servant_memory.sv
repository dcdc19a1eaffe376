// SPDX-License-Identifier: Apache-2.0
// AXI4 slave whose memory, latency and limits are in C++ (testbench/dpi/memory.cpp); here are only the handshakes.
`timescale 1ns/1ps

module servant_memory #(
    parameter DATA_W = 128
) (
    input  logic                clk,
    input  logic                rst,
    // read
    input  logic                s_arid,
    input  logic [63:0]         s_araddr,
    input  logic [7:0]          s_arlen,
    input  logic [2:0]          s_arsize,
    input  logic [1:0]          s_arburst,
    input  logic                s_arvalid,
    output logic                s_arready,
    output logic                s_rid,
    output logic [DATA_W-1:0]   s_rdata,
    output logic [1:0]          s_rresp,
    output logic                s_rlast,
    output logic                s_rvalid,
    input  logic                s_rready,
    // write
    input  logic                s_awid,
    input  logic [63:0]         s_awaddr,
    input  logic [7:0]          s_awlen,
    input  logic [2:0]          s_awsize,
    input  logic [1:0]          s_awburst,
    input  logic                s_awvalid,
    output logic                s_awready,
    input  logic [DATA_W-1:0]   s_wdata,
    input  logic [DATA_W/8-1:0] s_wstrb,
    input  logic                s_wlast,
    input  logic                s_wvalid,
    output logic                s_wready,
    output logic                s_bid,
    output logic [1:0]          s_bresp,
    output logic                s_bvalid,
    input  logic                s_bready
);
    import "DPI-C" function int fr_mem_read(input int take, input longint address, input int attributes, input int moved,
                                            output bit [DATA_W-1:0] data);
    import "DPI-C" function int fr_mem_write(input int take, input longint address, input int attributes, input int beat,
                                             input bit [DATA_W-1:0] data, input longint strobe, input int last, input int moved);

    int                reads, writes;
    logic              reading = 1;
    logic              writing = 1;
    bit   [DATA_W-1:0] data;

    // C++ is called only while a burst is outstanding or arrives, and not while the card holds R back
    wire take_ar = s_arvalid && s_arready;
    wire move_r  = s_rvalid && s_rready;
    always @(posedge clk) begin
        if (rst) begin
            s_arready <= 0;
            s_rvalid  <= 0;
            reading   <= 1;
        end else if (take_ar || (reading && (!s_rvalid || s_rready))) begin
            reads = fr_mem_read({31'd0, take_ar}, s_araddr, {18'd0, s_arid, s_arburst, s_arsize, s_arlen}, {31'd0, move_r}, data);
            s_rvalid  <= reads[0];
            s_rlast   <= reads[1];
            s_rresp   <= reads[3:2];
            s_arready <= reads[4];
            reading   <= reads[5];
            s_rid     <= reads[8];
            s_rdata   <= data;
        end
    end

    wire take_aw = s_awvalid && s_awready;
    wire take_w  = s_wvalid && s_wready;
    wire move_b  = s_bvalid && s_bready;
    always @(posedge clk) begin
        if (rst) begin
            s_awready <= 0;
            s_wready  <= 0;
            s_bvalid  <= 0;
            writing   <= 1;
        end else if (take_aw || take_w || writing) begin
            writes = fr_mem_write({31'd0, take_aw}, s_awaddr, {18'd0, s_awid, s_awburst, s_awsize, s_awlen},
                                  {31'd0, take_w}, s_wdata, 64'(s_wstrb), {31'd0, s_wlast}, {31'd0, move_b});
            s_bvalid  <= writes[0];
            s_bresp   <= writes[2:1];
            s_awready <= writes[3];
            s_wready  <= writes[4];
            writing   <= writes[5];
            s_bid     <= writes[8];
        end
    end
endmodule
