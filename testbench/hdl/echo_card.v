// SPDX-License-Identifier: Apache-2.0
// Stand-in for the card in the harness's own tests: the ports of ferrule_nic, a burst generator, a frame generator, a wire echo, registers.
`default_nettype none

module echo_card #(
    parameter DATA_W         = 128,
    parameter QUEUE_PAIRS    = 1,
    parameter QUEUE_SIZE_MAX = 1024,
    parameter MAX_FRAME      = 9216,
    parameter MAC_KIND       = 1,
    parameter CORE_HZ        = 250000000,
    parameter ADDR_W         = 64,
    parameter PACKED_RINGS   = 1,
    parameter STEERING       = 1,
    parameter VLAN_FILTER    = 1,
    parameter RX_CHECKSUM    = 1,
    parameter MAC_TABLE      = 32,
    parameter RX_STORE       = 32768,
    parameter PREFETCH       = 64,
    parameter SHARED_RINGS   = 0,
    parameter COMMAND_RAM    = 4096,
    parameter TX_STORE       = 2 * MAX_FRAME
) (
    // clocks
    input  wire                clk,
    input  wire                rst,
    input  wire                mac_tx_clk,
    input  wire                mac_tx_rst,
    input  wire                mac_rx_clk,
    input  wire                mac_rx_rst,
    // host registers
    input  wire [16:0]         s_axil_host_awaddr,
    input  wire                s_axil_host_awvalid,
    output wire                s_axil_host_awready,
    input  wire [31:0]         s_axil_host_wdata,
    input  wire [3:0]          s_axil_host_wstrb,
    input  wire                s_axil_host_wvalid,
    output wire                s_axil_host_wready,
    output wire [1:0]          s_axil_host_bresp,
    output wire                s_axil_host_bvalid,
    input  wire                s_axil_host_bready,
    input  wire [16:0]         s_axil_host_araddr,
    input  wire                s_axil_host_arvalid,
    output wire                s_axil_host_arready,
    output wire [31:0]         s_axil_host_rdata,
    output wire [1:0]          s_axil_host_rresp,
    output wire                s_axil_host_rvalid,
    input  wire                s_axil_host_rready,
    // management registers
    input  wire [15:0]         s_axil_mgmt_awaddr,
    input  wire                s_axil_mgmt_awvalid,
    output wire                s_axil_mgmt_awready,
    input  wire [31:0]         s_axil_mgmt_wdata,
    input  wire [3:0]          s_axil_mgmt_wstrb,
    input  wire                s_axil_mgmt_wvalid,
    output wire                s_axil_mgmt_wready,
    output wire [1:0]          s_axil_mgmt_bresp,
    output wire                s_axil_mgmt_bvalid,
    input  wire                s_axil_mgmt_bready,
    input  wire [15:0]         s_axil_mgmt_araddr,
    input  wire                s_axil_mgmt_arvalid,
    output wire                s_axil_mgmt_arready,
    output wire [31:0]         s_axil_mgmt_rdata,
    output wire [1:0]          s_axil_mgmt_rresp,
    output wire                s_axil_mgmt_rvalid,
    input  wire                s_axil_mgmt_rready,
    output wire                mgmt_irq,
    // host memory
    output wire                m_axi_arid,
    output wire [63:0]         m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    input  wire                m_axi_rid,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    output wire                m_axi_awid,
    output wire [63:0]         m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire                m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    // messages
    output wire                msg_valid,
    input  wire                msg_ready,
    output wire [10:0]         msg_vector,
    output wire [63:0]         msg_addr,
    output wire [31:0]         msg_data,
    // wire
    output reg  [63:0]         xgmii_txd,
    output reg  [7:0]          xgmii_txc,
    input  wire [63:0]         xgmii_rxd,
    input  wire [7:0]          xgmii_rxc,
    output reg  [7:0]          gmii_txd,
    output reg                 gmii_tx_en,
    output reg                 gmii_tx_er,
    input  wire [7:0]          gmii_rxd,
    input  wire                gmii_rx_dv,
    input  wire                gmii_rx_er,
    output wire [DATA_W-1:0]   m_wire_axis_tdata,
    output wire [DATA_W/8-1:0] m_wire_axis_tkeep,
    output wire                m_wire_axis_tlast,
    output wire                m_wire_axis_tvalid,
    input  wire                m_wire_axis_tready,
    input  wire [DATA_W-1:0]   s_wire_axis_tdata,
    input  wire [DATA_W/8-1:0] s_wire_axis_tkeep,
    input  wire                s_wire_axis_tlast,
    input  wire                s_wire_axis_tuser,
    input  wire                s_wire_axis_tvalid,
    input  wire                wire_link_up,
    // status
    output wire                busy,
    output wire                timers_armed
);
    localparam KEEP_W = DATA_W / 8;

    // Registers, the same block on both buses; word 15 is never answered.
    wire [16*32-1:0] host_regs;
    wire [15:0]      host_we;
    wire [16*32-1:0] mgmt_regs;
    reg  [31:0]      done_bursts, error_count, wire_errors, rx_frames;
    wire [31:0]      status;
    echo_regs #(.ADDR_W(17)) i_host_regs (
        .clk(clk), .rst(rst), .status({rx_frames, wire_errors, error_count, done_bursts, status}), .regs(host_regs), .we(host_we),
        .awaddr(s_axil_host_awaddr), .awvalid(s_axil_host_awvalid), .awready(s_axil_host_awready),
        .wdata(s_axil_host_wdata), .wstrb(s_axil_host_wstrb), .wvalid(s_axil_host_wvalid), .wready(s_axil_host_wready),
        .bresp(s_axil_host_bresp), .bvalid(s_axil_host_bvalid), .bready(s_axil_host_bready),
        .araddr(s_axil_host_araddr), .arvalid(s_axil_host_arvalid), .arready(s_axil_host_arready),
        .rdata(s_axil_host_rdata), .rresp(s_axil_host_rresp), .rvalid(s_axil_host_rvalid), .rready(s_axil_host_rready)
    );
    echo_regs #(.ADDR_W(16)) i_mgmt_regs (
        .clk(clk), .rst(rst), .status({rx_frames, wire_errors, error_count, done_bursts, status}), .regs(mgmt_regs), .we(),
        .awaddr(s_axil_mgmt_awaddr), .awvalid(s_axil_mgmt_awvalid), .awready(s_axil_mgmt_awready),
        .wdata(s_axil_mgmt_wdata), .wstrb(s_axil_mgmt_wstrb), .wvalid(s_axil_mgmt_wvalid), .wready(s_axil_mgmt_wready),
        .bresp(s_axil_mgmt_bresp), .bvalid(s_axil_mgmt_bvalid), .bready(s_axil_mgmt_bready),
        .araddr(s_axil_mgmt_araddr), .arvalid(s_axil_mgmt_arvalid), .arready(s_axil_mgmt_arready),
        .rdata(s_axil_mgmt_rdata), .rresp(s_axil_mgmt_rresp), .rvalid(s_axil_mgmt_rvalid), .rready(s_axil_mgmt_rready)
    );
    wire [31:0] r_address = host_regs[0*32 +: 32];   // where the generator starts
    wire [31:0] r_bursts  = host_regs[1*32 +: 32];   // how many bursts
    wire [7:0]  r_len     = host_regs[2*32 +: 8];    // AXI length of each
    wire        r_start   = host_we[3];              // data: 1 reads, 2 writes, 3 both
    wire [1:0]  r_kind    = host_regs[3*32 +: 2];
    wire [10:0] r_vector  = host_regs[4*32 +: 11];   // writing it sends that message
    wire        r_irq     = host_regs[5*32];         // level of mgmt_irq
    wire [15:0] r_txlen   = host_regs[6*32 +: 16];   // length of generated frames
    wire [31:0] r_txcount = host_regs[7*32 +: 32];   // writing it sends that many
    wire        r_busy    = host_regs[8*32];         // forces `busy`; bit 1 forces `timers_armed`
    wire        r_after   = host_regs[9*32];         // a message (vector 1) when the generator is done
    assign mgmt_irq = r_irq;

    // Bursts: read and write the same range, one after another, as fast as they are taken.
    reg        start_q, tx_start_q, msg_q, active_q;
    reg [31:0] ar_left, r_left, aw_left, w_left, b_left;
    reg [63:0] ar_address, aw_address;
    reg [7:0]  w_beat;
    reg [31:0] w_word;
    wire [63:0] stride = ({56'd0, r_len} + 64'd1) * KEEP_W;
    assign status        = {27'd0, wire_link_up, active_q, b_left != 0, r_left != 0, tx_left != 0};
    assign m_axi_arid    = 1'b0;
    assign m_axi_araddr  = ar_address;
    assign m_axi_arlen   = r_len;
    assign m_axi_arsize  = $clog2(KEEP_W);
    assign m_axi_arburst = 2'b01;
    assign m_axi_arvalid = ar_left != 0;
    assign m_axi_rready  = 1'b1;
    assign m_axi_awid    = 1'b0;
    assign m_axi_awaddr  = aw_address;
    assign m_axi_awlen   = r_len;
    assign m_axi_awsize  = $clog2(KEEP_W);
    assign m_axi_awburst = 2'b01;
    assign m_axi_awvalid = aw_left != 0;
    assign m_axi_wdata   = {DATA_W / 32{w_word}};
    assign m_axi_wstrb   = {KEEP_W{1'b1}};
    assign m_axi_wlast   = w_beat == r_len;
    assign m_axi_wvalid  = w_left != 0;
    assign m_axi_bready  = 1'b1;
    assign msg_valid     = msg_q;
    assign msg_vector    = r_vector;
    assign msg_addr      = 64'hfee00000;
    assign msg_data      = {21'd0, r_vector};
    assign timers_armed  = host_regs[8*32 + 1];
    assign busy          = r_busy || active_q || tx_left != 0 || echo_frames != 0;
    always @(posedge clk) begin
        start_q    <= r_start;
        tx_start_q <= host_we[7];
        msg_q      <= host_we[4] || (r_after && active_q && !start_q && r_left == 0 && b_left == 0);
        if (start_q) begin
            ar_address  <= {32'd0, r_address};
            aw_address  <= {32'd0, r_address};
            ar_left     <= r_kind[0] ? r_bursts : 0;
            r_left      <= r_kind[0] ? r_bursts : 0;
            aw_left     <= r_kind[1] ? r_bursts : 0;
            w_left      <= r_kind[1] ? r_bursts : 0;
            b_left      <= r_kind[1] ? r_bursts : 0;
            w_beat      <= 0;
            w_word      <= 1;
            done_bursts <= 0;
            active_q    <= 1;
        end else begin
            if (m_axi_arvalid && m_axi_arready) begin
                ar_left    <= ar_left - 1;
                ar_address <= ar_address + stride;
            end
            if (m_axi_awvalid && m_axi_awready) begin
                aw_left    <= aw_left - 1;
                aw_address <= aw_address + stride;
            end
            if (m_axi_wvalid && m_axi_wready) begin
                w_beat <= m_axi_wlast ? 8'd0 : w_beat + 8'd1;
                w_word <= w_word + 1;
                if (m_axi_wlast) w_left <= w_left - 1;
            end
            if (m_axi_rvalid && m_axi_rlast) r_left <= r_left - 1;
            if (m_axi_bvalid) b_left <= b_left - 1;
            done_bursts <= done_bursts + {31'd0, m_axi_rvalid && m_axi_rlast} + {31'd0, m_axi_bvalid};
            if (active_q && r_left == 0 && b_left == 0) active_q <= 0;
        end
        error_count <= error_count + {31'd0, m_axi_rvalid && m_axi_rlast && m_axi_rresp != 0} + {31'd0, m_axi_bvalid && m_axi_bresp != 0};
        if (rst) begin
            start_q     <= 0;
            tx_start_q  <= 0;
            msg_q       <= 0;
            active_q    <= 0;
            ar_left     <= 0;
            r_left      <= 0;
            aw_left     <= 0;
            w_left      <= 0;
            b_left      <= 0;
            done_bursts <= 0;
            error_count <= 0;
        end
    end

    // Wire: generated frames first, else whole echoed frames; a frame never pauses inside.
    reg  [31:0] tx_left;
    reg  [15:0] tx_sent, echo_frames;
    wire        tx_ends = tx_sent + KEEP_W >= r_txlen;
    wire [15:0] tx_rest = r_txlen - tx_sent;
    reg         generating_q;
    wire [DATA_W+KEEP_W:0] echo_word;
    wire        echo_valid, echo_ready, echo_take;
    fifo_sync #(.WIDTH(DATA_W + KEEP_W + 1), .DEPTH(2048)) i_echo (
        .clk(clk), .rst(rst), .s_valid(s_wire_axis_tvalid), .s_ready(echo_ready),
        .s_data({s_wire_axis_tlast, s_wire_axis_tkeep, s_wire_axis_tdata}),
        .m_valid(echo_valid), .m_ready(echo_take), .m_data(echo_word), .count()
    );
    assign echo_take          = !generating_q && echo_frames != 0 && m_wire_axis_tready;
    assign m_wire_axis_tvalid = generating_q || (echo_frames != 0 && echo_valid);
    assign m_wire_axis_tlast  = generating_q ? tx_ends : echo_word[DATA_W + KEEP_W];
    assign m_wire_axis_tkeep  = !generating_q ? echo_word[DATA_W +: KEEP_W] :
                                !tx_ends ? {KEEP_W{1'b1}} : {KEEP_W{1'b1}} >> (KEEP_W - tx_rest);
    assign m_wire_axis_tdata  = generating_q ? {DATA_W / 16{tx_sent}} : echo_word[DATA_W-1:0];
    always @(posedge clk) begin
        if (tx_start_q) tx_left <= r_txcount;
        if (!generating_q) begin
            if (tx_left != 0 && echo_frames == 0) generating_q <= 1;
            tx_sent <= 0;
        end else if (m_wire_axis_tready) begin
            tx_sent <= tx_ends ? 16'd0 : tx_sent + KEEP_W;
            if (tx_ends) begin
                tx_left <= tx_left - 1;
                if (tx_left == 1) generating_q <= 0;
            end
        end
        echo_frames <= echo_frames + {15'd0, s_wire_axis_tvalid && s_wire_axis_tlast} -
                       {15'd0, echo_take && echo_valid && echo_word[DATA_W + KEEP_W]};
        rx_frames   <= rx_frames + {31'd0, s_wire_axis_tvalid && s_wire_axis_tlast};
        wire_errors <= wire_errors + {31'd0, s_wire_axis_tvalid && (!echo_ready || (s_wire_axis_tlast && s_wire_axis_tuser))};
        if (rst) begin
            tx_left      <= 0;
            tx_sent      <= 0;
            generating_q <= 0;
            echo_frames  <= 0;
            rx_frames    <= 0;
            wire_errors  <= 0;
        end
    end

    // XGMII, GMII: every word goes straight back.
    always @(posedge mac_rx_clk) begin
        gmii_txd   <= gmii_rxd;
        gmii_tx_en <= gmii_rx_dv && !mac_rx_rst;
        gmii_tx_er <= gmii_rx_er && !mac_rx_rst;
        xgmii_txd <= mac_rx_rst ? 64'h0707070707070707 : xgmii_rxd;
        xgmii_txc <= mac_rx_rst ? 8'hff : xgmii_rxc;
    end
endmodule
`default_nettype wire
