// SPDX-License-Identifier: Apache-2.0
// Several Wishbone masters on one bus, in turn; a master keeps the bus until its access is answered.
`default_nettype none

module wb_arbiter #(
    parameter MASTERS = 2,                      // 2 or more
    parameter INDEX_W = $clog2(MASTERS)
) (
    // clock
    input  wire                  clk,
    input  wire                  rst,
    // masters, flattened
    input  wire [MASTERS-1:0]    s_stb,
    input  wire [MASTERS-1:0]    s_we,
    input  wire [MASTERS*30-1:0] s_adr,
    input  wire [MASTERS*32-1:0] s_dat_w,
    output wire [MASTERS-1:0]    s_ack,
    output wire [31:0]           s_dat_r,
    // bus
    output wire                  m_stb,
    output wire                  m_we,
    output wire [29:0]           m_adr,
    output wire [31:0]           m_dat_w,
    input  wire                  m_ack,
    input  wire [31:0]           m_dat_r
);
    reg                granted;
    reg  [INDEX_W-1:0] owner;
    wire               any;
    wire [INDEX_W-1:0] next;

    arbiter_rr #(.N(MASTERS)) i_next (.clk(clk), .rst(rst), .request(s_stb), .take(!granted), .any(any), .index(next));

    assign m_stb   = granted;
    assign m_we    = s_we[owner];
    assign m_adr   = s_adr[owner*30 +: 30];
    assign m_dat_w = s_dat_w[owner*32 +: 32];
    assign s_dat_r = m_dat_r;
    assign s_ack   = (granted && m_ack) ? {{MASTERS-1{1'b0}}, 1'b1} << owner : {MASTERS{1'b0}};

    always @(posedge clk) begin
        if (!granted) owner <= next;
        if (rst) granted <= 1'b0;
        else granted <= granted ? !m_ack : any;
    end
endmodule

`default_nettype wire
