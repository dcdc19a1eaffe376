// SPDX-License-Identifier: Apache-2.0
// Shares one ring engine between the transmit path (its data queues) and the control queue (its last queue).
`default_nettype none

module chain_share #(
    parameter QUEUES = 2,                       // data queues and, as the last one, the control queue
    parameter QW     = (QUEUES > 1) ? $clog2(QUEUES) : 1
) (
    // from the data consumer
    input  wire          data_pop_valid,
    output wire          data_pop_ready,
    input  wire [QW-1:0] data_pop_queue,
    output wire          data_seg_valid,
    input  wire          data_seg_ready,
    input  wire          data_cpl_valid,
    output wire          data_cpl_ready,
    input  wire [QW-1:0] data_cpl_queue,
    input  wire [15:0]   data_cpl_id,
    input  wire [15:0]   data_cpl_ndesc,
    input  wire [31:0]   data_cpl_len,
    input  wire          data_cpl_more,
    // from the control queue
    input  wire          ctrl_pop_valid,
    output wire          ctrl_pop_ready,
    output wire          ctrl_seg_valid,
    input  wire          ctrl_seg_ready,
    input  wire          ctrl_cpl_valid,
    output wire          ctrl_cpl_ready,
    input  wire [15:0]   ctrl_cpl_id,
    input  wire [15:0]   ctrl_cpl_ndesc,
    input  wire [31:0]   ctrl_cpl_len,
    // to the ring engine
    output wire          pop_valid,
    input  wire          pop_ready,
    output wire [QW-1:0] pop_queue,
    input  wire          seg_valid,
    output wire          seg_ready,
    input  wire [QW-1:0] seg_queue,
    output wire          cpl_valid,
    input  wire          cpl_ready,
    output wire [QW-1:0] cpl_queue,
    output wire [15:0]   cpl_id,
    output wire [15:0]   cpl_ndesc,
    output wire [31:0]   cpl_len,
    output wire          cpl_more
);
    localparam [31:0]   CONTROL_WIDE = QUEUES - 1;
    localparam [QW-1:0] CONTROL = CONTROL_WIDE[QW-1:0];

    // commands are rare and short: they go first, traffic never starves
    assign pop_valid      = ctrl_pop_valid || data_pop_valid;
    assign pop_queue      = ctrl_pop_valid ? CONTROL : data_pop_queue;
    assign ctrl_pop_ready = pop_ready;
    assign data_pop_ready = pop_ready && !ctrl_pop_valid;

    wire seg_control = (seg_queue == CONTROL);
    assign ctrl_seg_valid = seg_valid && seg_control;
    assign data_seg_valid = seg_valid && !seg_control;
    assign seg_ready      = seg_control ? ctrl_seg_ready : data_seg_ready;

    assign cpl_valid      = ctrl_cpl_valid || data_cpl_valid;
    assign cpl_queue      = ctrl_cpl_valid ? CONTROL        : data_cpl_queue;
    assign cpl_id         = ctrl_cpl_valid ? ctrl_cpl_id    : data_cpl_id;
    assign cpl_ndesc      = ctrl_cpl_valid ? ctrl_cpl_ndesc : data_cpl_ndesc;
    assign cpl_len        = ctrl_cpl_valid ? ctrl_cpl_len   : data_cpl_len;
    assign cpl_more       = ctrl_cpl_valid ? 1'b0           : data_cpl_more;
    assign ctrl_cpl_ready = cpl_ready;
    assign data_cpl_ready = cpl_ready && !ctrl_cpl_valid;
endmodule

`default_nettype wire
