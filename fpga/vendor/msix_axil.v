// SPDX-License-Identifier: Apache-2.0
// Turns the card's MSI-X messages into AXI4-Lite writes to host memory, one at a time.
// A PCIe bridge that keeps writes in order brings them to the host behind the used rings that they announce: the card
// sends a message only after the answers to those writes.
`default_nettype none

module msix_axil (
    // clock
    input  wire        clk,
    input  wire        rst,
    // messages
    input  wire        msg_valid,
    output wire        msg_ready,
    input  wire [63:0] msg_addr,
    input  wire [31:0] msg_data,
    // writes; an error is not told to anybody: the driver sees its ring later, as after any lost interrupt
    output reg  [63:0] m_axil_awaddr,
    output wire [2:0]  m_axil_awprot,
    output reg         m_axil_awvalid,
    input  wire        m_axil_awready,
    output reg  [31:0] m_axil_wdata,
    output wire [3:0]  m_axil_wstrb,
    output reg         m_axil_wvalid,
    input  wire        m_axil_wready,
    input  wire        m_axil_bvalid,
    output wire        m_axil_bready
);
    reg answered;                               // no write is under way

    assign msg_ready     = answered;
    assign m_axil_awprot = 3'd0;
    assign m_axil_wstrb  = 4'hf;
    assign m_axil_bready = 1'b1;

    always @(posedge clk) begin
        if (msg_valid && msg_ready) begin
            m_axil_awaddr <= msg_addr;
            m_axil_wdata  <= msg_data;
        end
        if (rst) begin
            answered       <= 1'b1;
            m_axil_awvalid <= 1'b0;
            m_axil_wvalid  <= 1'b0;
        end else if (answered) begin
            answered       <= !msg_valid;
            m_axil_awvalid <= msg_valid;
            m_axil_wvalid  <= msg_valid;
        end else begin
            if (m_axil_awready) m_axil_awvalid <= 1'b0;
            if (m_axil_wready) m_axil_wvalid <= 1'b0;
            if (m_axil_bvalid) answered <= 1'b1;
        end
    end
endmodule

`default_nettype wire
