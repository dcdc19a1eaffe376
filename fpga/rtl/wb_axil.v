// SPDX-License-Identifier: Apache-2.0
// Wishbone to AXI4-Lite, for a bus on which a read may be held: it is not waited for longer than the Wishbone can stand.
//
// The card holds a read of device_status until firmware has answered, and firmware answers through this same bridge. So
// with HOLD a read that takes longer than 2^WAIT_LOG2 clocks is answered with all ones, and what comes of it is kept in
// `late_data`; until it has come further reads are answered with all ones, too, while writes go on.
`default_nettype none

module wb_axil #(
    parameter ADDR_W    = 17,
    parameter HOLD      = 1,
    parameter WAIT_LOG2 = 7
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // Wishbone
    input  wire              wb_stb,
    input  wire              wb_we,
    input  wire [ADDR_W-3:0] wb_adr,
    input  wire [3:0]        wb_sel,
    input  wire [31:0]       wb_dat_w,
    output wire              wb_ack,
    output wire [31:0]       wb_dat_r,
    // AXI4-Lite
    output wire [ADDR_W-1:0] m_axil_awaddr,
    output wire              m_axil_awvalid,
    input  wire              m_axil_awready,
    output wire [31:0]       m_axil_wdata,
    output wire [3:0]        m_axil_wstrb,
    output wire              m_axil_wvalid,
    input  wire              m_axil_wready,
    input  wire              m_axil_bvalid,
    output wire              m_axil_bready,
    output reg  [ADDR_W-1:0] m_axil_araddr,
    output wire              m_axil_arvalid,
    input  wire              m_axil_arready,
    input  wire [31:0]       m_axil_rdata,
    input  wire              m_axil_rvalid,
    output wire              m_axil_rready,
    // the read that was not waited for
    output wire              late_pending,
    output reg               late_done,
    output reg  [31:0]       late_data
);
    localparam S_IDLE    = 3'd0;
    localparam S_WRITE   = 3'd1;
    localparam S_ADDRESS = 3'd2;
    localparam S_DATA    = 3'd3;
    localparam S_LATE    = 3'd4;
    localparam S_WRITE_LATE = 3'd5;             // a write while a read is held

    reg [2:0]         state_q;
    reg               aw_done;
    reg               w_done;
    reg [WAIT_LOG2:0] waited;

    wire writing  = (state_q == S_WRITE) || (state_q == S_WRITE_LATE);
    wire written  = writing && m_axil_bvalid;   // answered, so that accesses never overtake each other
    wire given_up = (HOLD != 0) && waited[WAIT_LOG2];

    assign m_axil_awaddr  = {wb_adr, 2'b00};
    assign m_axil_wdata   = wb_dat_w;
    assign m_axil_wstrb   = wb_sel;
    assign m_axil_awvalid = writing && !aw_done;
    assign m_axil_wvalid  = writing && !w_done;
    assign m_axil_bready  = 1'b1;
    assign m_axil_arvalid = (state_q == S_ADDRESS);
    assign m_axil_rready  = (state_q == S_DATA) || (state_q == S_LATE);
    assign late_pending   = (state_q == S_LATE) || (state_q == S_WRITE_LATE);
    assign wb_dat_r       = (state_q == S_DATA && m_axil_rvalid) ? m_axil_rdata : 32'hffffffff;
    assign wb_ack = written || (state_q == S_DATA && (m_axil_rvalid || given_up))
                 || (state_q == S_LATE && wb_stb && !wb_we);

    always @(posedge clk) begin
        aw_done <= writing && (aw_done || m_axil_awready) && !written;
        w_done  <= writing && (w_done || m_axil_wready) && !written;
        waited  <= (state_q == S_DATA) ? waited + 1'b1 : {WAIT_LOG2 + 1{1'b0}};
        if (state_q == S_IDLE && wb_stb && !wb_we) m_axil_araddr <= {wb_adr, 2'b00};     // stays for who asks what was held
        if (state_q == S_LATE) late_data <= m_axil_rdata;
        if (rst) late_done <= 1'b0;
        else if (state_q == S_LATE && m_axil_rvalid) late_done <= 1'b1;
        else if (state_q == S_ADDRESS) late_done <= 1'b0;
    end

    always @(posedge clk)
        if (rst) state_q <= S_IDLE;
        else
            case (state_q)
                S_IDLE: if (wb_stb) state_q <= wb_we ? S_WRITE : S_ADDRESS;
                S_WRITE: if (written) state_q <= S_IDLE;
                S_ADDRESS: if (m_axil_arready) state_q <= S_DATA;
                S_DATA: if (m_axil_rvalid) state_q <= S_IDLE;
                        else if (given_up) state_q <= S_LATE;
                S_LATE: if (m_axil_rvalid) state_q <= S_IDLE;
                        else if (wb_stb && wb_we) state_q <= S_WRITE_LATE;
                S_WRITE_LATE: if (written) state_q <= S_LATE;
                default: state_q <= S_IDLE;
            endcase
endmodule

`default_nettype wire
