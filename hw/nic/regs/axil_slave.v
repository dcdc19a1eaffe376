// SPDX-License-Identifier: Apache-2.0
// AXI4-Lite to a register bus on which a read may be held for long without stopping writes.
//
// Register bus, out of registers: `bus_we` is one cycle, the write is answered behind it. `bus_re` is one cycle, `bus_addr`
// then stays for two more and the data are taken at the end of the third; with `bus_hold` high at that moment the read is tried
// again every few cycles. `next_addr` is the address a cycle early, for decoders that keep their answer in registers. A read
// never overtakes a write that was offered before it, and waits for no more than two writes, so that a stream of writes cannot
// starve it.
`default_nettype none

module axil_slave #(
    parameter ADDR_W = 17
) (
    // clock
    input  wire              clk,
    input  wire              rst,
    // AXI4-Lite
    input  wire [ADDR_W-1:0] s_axil_awaddr,
    input  wire              s_axil_awvalid,
    output wire              s_axil_awready,
    input  wire [31:0]       s_axil_wdata,
    input  wire [3:0]        s_axil_wstrb,
    input  wire              s_axil_wvalid,
    output wire              s_axil_wready,
    output wire [1:0]        s_axil_bresp,
    output reg               s_axil_bvalid,
    input  wire              s_axil_bready,
    input  wire [ADDR_W-1:0] s_axil_araddr,
    input  wire              s_axil_arvalid,
    output wire              s_axil_arready,
    output reg  [31:0]       s_axil_rdata,
    output wire [1:0]        s_axil_rresp,
    output wire              s_axil_rvalid,
    input  wire              s_axil_rready,
    // register bus
    output wire [ADDR_W-1:0] next_addr,
    output reg  [ADDR_W-1:0] bus_addr,
    output reg               bus_we,
    output reg  [31:0]       bus_wdata,
    output reg  [3:0]        bus_wstrb,
    output reg               bus_re,
    input  wire [31:0]       bus_rdata,
    input  wire              bus_hold,
    // something is under way
    output wire              busy
);
    localparam S_IDLE = 3'd0;
    localparam S_WAIT = 3'd1;                   // writes that came first
    localparam S_READ = 3'd2;
    localparam S_DATA = 3'd3;
    localparam S_TAKE = 3'd4;
    localparam S_HELD = 3'd5;
    localparam S_RESP = 3'd6;
    localparam S_WORD = 3'd7;                   // between S_READ and S_DATA: the bus is a cycle behind the states

    reg [2:0]        state_q;
    reg [ADDR_W-1:0] aw_addr;
    reg [ADDR_W-1:0] ar_addr;
    reg              aw_full;
    reg              w_full;
    reg [1:0]        passed;                    // writes done since the read arrived
    reg [1:0]        retry;

    wire bus_free    = (state_q == S_IDLE) || (state_q == S_WAIT) || (state_q == S_HELD) || (state_q == S_RESP);
    wire write       = aw_full && w_full && bus_free && (!s_axil_bvalid || s_axil_bready);
    wire write_there = aw_full || w_full || s_axil_awvalid || s_axil_wvalid;

    assign s_axil_awready = !aw_full;
    assign s_axil_wready  = !w_full;
    assign s_axil_bresp   = 2'b00;
    assign s_axil_rresp   = 2'b00;
    assign s_axil_arready = (state_q == S_IDLE);
    assign s_axil_rvalid  = (state_q == S_RESP);
    assign next_addr = bus_free ? aw_addr : ar_addr;
    assign busy      = aw_full || w_full || bus_we || s_axil_bvalid || state_q != S_IDLE;

    always @(posedge clk) begin
        bus_addr <= next_addr;
        if (s_axil_awready) aw_addr <= s_axil_awaddr;
        if (s_axil_wready) begin
            bus_wdata <= s_axil_wdata;
            bus_wstrb <= s_axil_wstrb;
        end
        if (rst) begin
            aw_full       <= 1'b0;
            w_full        <= 1'b0;
            bus_we        <= 1'b0;
            bus_re        <= 1'b0;
            s_axil_bvalid <= 1'b0;
        end else begin
            bus_we <= write;
            bus_re <= state_q == S_READ;
            if (s_axil_awready) aw_full <= s_axil_awvalid;
            else if (write) aw_full <= 1'b0;
            if (s_axil_wready) w_full <= s_axil_wvalid;
            else if (write) w_full <= 1'b0;
            if (bus_we) s_axil_bvalid <= 1'b1;
            else if (s_axil_bready) s_axil_bvalid <= 1'b0;
        end
    end

    always @(posedge clk) begin
        if (s_axil_arready) ar_addr <= s_axil_araddr;
        if (state_q == S_IDLE) passed <= 2'd0;
        else if (write && !passed[1]) passed <= passed + 1'b1;
        if (state_q == S_TAKE) begin
            s_axil_rdata <= bus_rdata;
            retry        <= 2'd0;
        end else retry <= retry + 1'b1;
        if (rst) state_q <= S_IDLE;
        else
            case (state_q)
                S_IDLE: if (s_axil_arvalid) state_q <= S_WAIT;
                S_WAIT: if ((!write_there || passed[1]) && !write) state_q <= S_READ;
                S_READ: state_q <= S_WORD;
                S_WORD: state_q <= S_DATA;
                S_DATA: state_q <= S_TAKE;
                S_TAKE: state_q <= bus_hold ? S_HELD : S_RESP;
                S_HELD: if (retry == 2'd3) state_q <= S_READ;
                S_RESP: if (s_axil_rready) state_q <= S_IDLE;
                default: state_q <= S_IDLE;
            endcase
    end
endmodule

`default_nettype wire
