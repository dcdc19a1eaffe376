// SPDX-License-Identifier: Apache-2.0
// AXI4-Lite master fed from a queue in C++: one access at a time, in order, each answered before the next.
`timescale 1ns/1ps

module servant_mmio #(
    parameter BUS    = 0,
    parameter ADDR_W = 16
) (
    input  logic              clk,
    input  logic              rst,
    input  logic              waiting,  // the queue is not empty, as of the last edge
    output logic [ADDR_W-1:0] m_awaddr,
    output logic              m_awvalid,
    input  logic              m_awready,
    output logic [31:0]       m_wdata,
    output logic [3:0]        m_wstrb,
    output logic              m_wvalid,
    input  logic              m_wready,
    input  logic [1:0]        m_bresp,
    input  logic              m_bvalid,
    output logic              m_bready,
    output logic [ADDR_W-1:0] m_araddr,
    output logic              m_arvalid,
    input  logic              m_arready,
    input  logic [31:0]       m_rdata,
    input  logic [1:0]        m_rresp,
    input  logic              m_rvalid,
    output logic              m_rready
);
    import "DPI-C" function int fr_mmio_next(input int bus, output int address, output int data, output int strobe);
    import "DPI-C" function void fr_mmio_done(input int bus, input int data, input int response);

    logic active = 0;
    logic settled = 0;  // `waiting` was computed after the last access was fetched
    assign m_bready = 1'b1;
    assign m_rready = 1'b1;

    int address, data, strobe;
    always @(posedge clk) begin
        settled <= 1;
        if (rst) begin
            active    <= 0;
            m_awvalid <= 0;
            m_wvalid  <= 0;
            m_arvalid <= 0;
        end else if (!active) begin
            if (waiting && settled) begin
                active  <= 1;
                settled <= 0;
                if (fr_mmio_next(BUS, address, data, strobe) != 0) begin
                    m_awvalid <= 1;
                    m_wvalid  <= 1;
                    m_awaddr  <= address[ADDR_W-1:0];
                    m_wdata   <= data;
                    m_wstrb   <= strobe[3:0];
                end else begin
                    m_arvalid <= 1;
                    m_araddr  <= address[ADDR_W-1:0];
                end
            end
        end else begin
            if (m_awready) m_awvalid <= 0;
            if (m_wready) m_wvalid <= 0;
            if (m_arready) m_arvalid <= 0;
            if (m_bvalid || m_rvalid) begin
                active  <= 0;
                settled <= 0;
                fr_mmio_done(BUS, m_rdata, {30'd0, m_bvalid ? m_bresp : m_rresp});
            end
        end
    end
endmodule
