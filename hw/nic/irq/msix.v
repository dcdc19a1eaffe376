// SPDX-License-Identifier: Apache-2.0
// MSI-X: which vector a queue uses, the vector table with its masks, pending bits, and the messages sent.
// A cause sets its vector's pending bit; whatever is pending and not masked is sent. Causes that meet a pending bit merge
// with it, as the PCI standard allows: the driver looks at the ring, never counts messages.
`default_nettype none

module msix #(
    parameter QUEUE_PAIRS = 1
) (
    // clock
    input  wire        clk,
    input  wire        rst,
    input  wire        clear,                   // device reset: the queues' vectors go, the table is the PCI function's
    // configuration
    input  wire        msix_enable,
    input  wire        msix_fmask,              // function mask
    input  wire        vec_we,                  // vector of a queue
    input  wire [7:0]  vec_gq,
    input  wire [15:0] vec_value,               // NO_VECTOR 0xffff: none
    input  wire        cfgvec_we,               // vector of configuration changes
    input  wire [15:0] cfgvec_value,
    // table and pending bits, for the BAR
    input  wire        reg_we,
    input  wire        reg_sel_pba,
    input  wire [11:0] reg_addr,
    input  wire [31:0] reg_wdata,
    input  wire [3:0]  reg_wstrb,
    output wire [31:0] reg_rdata,
    // causes
    input  wire        irq_valid,
    output wire        irq_ready,
    input  wire [7:0]  irq_gq,
    input  wire        config_irq,
    // messages
    output reg         msg_valid,
    input  wire        msg_ready,
    output reg  [10:0] msg_vector,
    output reg  [63:0] msg_addr,
    output reg  [31:0] msg_data,
    // for the ISR register
    output wire        isr_queue,
    output wire        isr_config,
    // status
    output wire        pending,                 // something to send that no mask holds back
    // events
    output wire        evt_message,
    output wire        evt_masked
);
    localparam QUEUES  = 2 * QUEUE_PAIRS + 1;
    localparam QW      = $clog2(QUEUES);
    localparam VECTORS = 2 * QUEUE_PAIRS + 2;
    localparam VW      = $clog2(VECTORS);
    localparam [63:0] IS_QUEUE  = (64'd1 << QUEUES) - 64'd1;    // of a number below 64
    localparam [63:0] IS_VECTOR = (64'd1 << VECTORS) - 64'd1;

    reg [VW:0]        queue_vector [0:QUEUES-1];    // the highest bit: there is one
    reg [VW:0]        config_vector;
    reg [VECTORS-1:0] masked;
    reg [VECTORS-1:0] raised;
    integer i;

    // ---- table, twice: word by word for the BAR, and a vector's whole message to send. What was never written is 0. Byte lanes
    // matter only for whole words, as PCI demands.
    reg [31:0]        words   [0:4*VECTORS-1];
    reg [31:0]        addr_lo [0:VECTORS-1];
    reg [31:0]        addr_hi [0:VECTORS-1];
    reg [31:0]        data    [0:VECTORS-1];
    reg [VECTORS-1:0] has_lo, has_hi, has_data;

    wire [VW-1:0] entry = reg_addr[4 +: VW];
    wire [1:0]    word  = reg_addr[3:2];
    wire          in_table = !reg_sel_pba && reg_addr[11:10] == 2'd0 && IS_VECTOR[reg_addr[9:4]];
    wire          write = reg_we && in_table && (&reg_wstrb);
    wire [31:0]   value = {reg_wdata[31:2], (word == 2'd0) ? 2'b00 : reg_wdata[1:0]};
    wire [63:0]   raised_wide = {{(64-VECTORS){1'b0}}, raised};
    wire          has_word = (word == 2'd0) ? has_lo[entry] : (word == 2'd1) ? has_hi[entry] : (word == 2'd2) && has_data[entry];
    wire          in_pba = reg_sel_pba && reg_addr[11:3] == 9'd0;

    assign reg_rdata = ((in_table && has_word) ? words[{entry, word}] : 32'd0) | (in_pba ? raised_wide[{reg_addr[2], 5'd0} +: 32] : 32'd0)
                       | {31'd0, in_table && word == 2'd3 && masked[entry]};

    // ---- causes
    wire [VW:0] cause_vector = queue_vector[irq_gq[QW-1:0]];
    wire        cause_ok     = irq_valid && msix_enable && cause_vector[VW];
    wire        config_ok    = config_irq && msix_enable && config_vector[VW];
    wire [VECTORS-1:0] cause_bit  = cause_ok  ? ({{(VECTORS-1){1'b0}}, 1'b1} << cause_vector[VW-1:0])  : {VECTORS{1'b0}};
    wire [VECTORS-1:0] config_bit = config_ok ? ({{(VECTORS-1){1'b0}}, 1'b1} << config_vector[VW-1:0]) : {VECTORS{1'b0}};
    wire [VECTORS-1:0] held       = masked | {VECTORS{msix_fmask}};

    assign irq_ready  = 1'b1;
    assign isr_queue  = irq_valid && !msix_enable;
    assign isr_config = config_irq;
    assign evt_masked = |((cause_bit | config_bit) & held);

    // ---- messages
    wire [VECTORS-1:0] sendable = raised & ~held;
    wire [VW-1:0]      chosen;
    wire               any;
    wire               load = any && msix_enable && (!msg_valid || msg_ready);

    arbiter_rr #(.N(VECTORS)) u_choice (
        .clk(clk), .rst(rst), .request(sendable), .take(load), .any(any), .index(chosen)
    );
    assign pending     = msg_valid || (any && msix_enable) || irq_valid;
    assign evt_message = msg_valid && msg_ready;

    always @(posedge clk) begin
        if (load) begin
            msg_vector      <= {{(11-VW){1'b0}}, chosen};
            msg_addr[31:0]  <= has_lo[chosen]   ? addr_lo[chosen] : 32'd0;
            msg_addr[63:32] <= has_hi[chosen]   ? addr_hi[chosen] : 32'd0;
            msg_data        <= has_data[chosen] ? data[chosen]    : 32'd0;
        end
        if (write) words[{entry, word}] <= value;
        if (write && word == 2'd0) addr_lo[entry] <= value;
        if (write && word == 2'd1) addr_hi[entry] <= value;
        if (write && word == 2'd2) data[entry]    <= value;
        if (rst) begin
            msg_valid <= 1'b0;
            masked    <= {VECTORS{1'b1}};
            has_lo    <= {VECTORS{1'b0}};
            has_hi    <= {VECTORS{1'b0}};
            has_data  <= {VECTORS{1'b0}};
        end else begin
            if (load) msg_valid <= 1'b1;
            else if (msg_ready) msg_valid <= 1'b0;
            if (write && word == 2'd0) has_lo[entry]   <= 1'b1;
            if (write && word == 2'd1) has_hi[entry]   <= 1'b1;
            if (write && word == 2'd2) has_data[entry] <= 1'b1;
            if (write && word == 2'd3) masked[entry]   <= reg_wdata[0];
        end
        if (rst || clear) begin
            raised        <= {VECTORS{1'b0}};
            config_vector <= {(VW+1){1'b0}};
            for (i = 0; i < QUEUES; i = i + 1) queue_vector[i] <= {(VW+1){1'b0}};
        end else begin
            raised <= (raised & ~(load ? ({{(VECTORS-1){1'b0}}, 1'b1} << chosen) : {VECTORS{1'b0}})) | cause_bit | config_bit;
            if (vec_we && vec_gq[7:6] == 2'd0 && IS_QUEUE[vec_gq[5:0]]) queue_vector[vec_gq[QW-1:0]] <= {vec_value[15:6] == 10'd0 && IS_VECTOR[vec_value[5:0]], vec_value[VW-1:0]};
            if (cfgvec_we) config_vector <= {cfgvec_value[15:6] == 10'd0 && IS_VECTOR[cfgvec_value[5:0]], cfgvec_value[VW-1:0]};
        end
    end
    wire unused = &{1'b0, irq_gq, reg_addr[1:0]};
endmodule

`default_nettype wire
