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
    localparam [31:0] QUEUES_WIDE  = QUEUES;
    localparam [31:0] VECTORS_WIDE = VECTORS;
    localparam [15:0] NO_VECTOR = 16'hffff;

    reg [15:0]        queue_vector [0:QUEUES-1];
    reg [15:0]        config_vector;
    reg [31:0]        addr_lo [0:VECTORS-1];
    reg [31:0]        addr_hi [0:VECTORS-1];
    reg [31:0]        data    [0:VECTORS-1];
    reg [VECTORS-1:0] masked;
    reg [VECTORS-1:0] raised;
    integer i;

    // ---- table and pending bits; byte lanes matter only for whole words, as PCI demands
    wire [VW-1:0] entry = reg_addr[4 +: VW];
    wire          in_table = !reg_sel_pba && (reg_addr[11:4] < VECTORS_WIDE[7:0]);
    wire          write = reg_we && in_table && (&reg_wstrb);
    wire [31:0]   raised_wide = {{(32-VECTORS){1'b0}}, raised};

    assign reg_rdata = reg_sel_pba ? ((reg_addr[11:2] == 10'd0) ? raised_wide : 32'd0)
                     : !in_table               ? 32'd0
                     : (reg_addr[3:2] == 2'd0) ? addr_lo[entry]
                     : (reg_addr[3:2] == 2'd1) ? addr_hi[entry]
                     : (reg_addr[3:2] == 2'd2) ? data[entry]
                     : {31'd0, masked[entry]};

    // ---- causes
    wire [15:0] cause_vector = queue_vector[irq_gq[QW-1:0]];
    wire        cause_ok     = irq_valid && msix_enable && (cause_vector < VECTORS_WIDE[15:0]);
    wire        config_ok    = config_irq && msix_enable && (config_vector < VECTORS_WIDE[15:0]);
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
            msg_vector <= {{(11-VW){1'b0}}, chosen};
            msg_addr   <= {addr_hi[chosen], addr_lo[chosen]};
            msg_data   <= data[chosen];
        end
        if (write && reg_addr[3:2] == 2'd0) addr_lo[entry] <= {reg_wdata[31:2], 2'b00};
        if (write && reg_addr[3:2] == 2'd1) addr_hi[entry] <= reg_wdata;
        if (write && reg_addr[3:2] == 2'd2) data[entry]    <= reg_wdata;
        if (rst) begin
            msg_valid <= 1'b0;
            masked    <= {VECTORS{1'b1}};
            for (i = 0; i < VECTORS; i = i + 1) begin
                addr_lo[i] <= 32'd0;
                addr_hi[i] <= 32'd0;
                data[i]    <= 32'd0;
            end
        end else begin
            if (load) msg_valid <= 1'b1;
            else if (msg_ready) msg_valid <= 1'b0;
            if (write && reg_addr[3:2] == 2'd3) masked[entry] <= reg_wdata[0];
        end
        if (rst || clear) begin
            raised        <= {VECTORS{1'b0}};
            config_vector <= NO_VECTOR;
            for (i = 0; i < QUEUES; i = i + 1) queue_vector[i] <= NO_VECTOR;
        end else begin
            raised <= (raised & ~(load ? ({{(VECTORS-1){1'b0}}, 1'b1} << chosen) : {VECTORS{1'b0}})) | cause_bit | config_bit;
            if (vec_we && vec_gq < QUEUES_WIDE[7:0]) queue_vector[vec_gq[QW-1:0]] <= vec_value;
            if (cfgvec_we) config_vector <= cfgvec_value;
        end
    end
    wire unused = &{1'b0, irq_gq, reg_addr[1:0]};
endmodule

`default_nettype wire
