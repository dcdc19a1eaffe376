// SPDX-License-Identifier: Apache-2.0
// The far side of a vendor MAC: takes the card's frames at the wire's pace and gives it frames that cannot be stalled.
`timescale 1ns/1ps

module servant_wire_stream #(
    parameter DATA_W = 128
) (
    input  logic                clk,
    input  logic                rst,
    input  logic                due,      // a beat towards the card is due at this edge
    // from the card
    input  logic [DATA_W-1:0]   s_tdata,
    input  logic [DATA_W/8-1:0] s_tkeep,
    input  logic                s_tlast,
    input  logic                s_tvalid,
    output logic                s_tready,
    // to the card
    output logic [DATA_W-1:0]   m_tdata,
    output logic [DATA_W/8-1:0] m_tkeep,
    output logic                m_tlast,
    output logic                m_tuser,
    output logic                m_tvalid
);
    import "DPI-C" function int fr_stream_tx(input bit [DATA_W-1:0] data, input int bytes, input int last, input int waited, input int gaps);
    import "DPI-C" function int fr_stream_rx(output bit [DATA_W-1:0] data);

    localparam KEEP_W = DATA_W / 8;

    int   hold;
    int   pause = 0;    // cycles until the line takes the next beat
    int   gaps = 0;     // cycles in which a frame under way offered nothing
    logic waited = 0;
    logic in_frame = 0;
    always @(posedge clk) begin
        if (rst) begin
            s_tready <= 0;
            pause    <= 0;
        end else if (s_tvalid && s_tready) begin
            hold = fr_stream_tx(s_tdata, $countones(s_tkeep), {31'd0, s_tlast}, {31'd0, waited}, gaps);
            pause    <= hold;
            s_tready <= hold == 0;
            gaps     <= 0;
            in_frame <= !s_tlast;
        end else begin
            if (s_tready && in_frame) gaps <= gaps + 1;
            if (pause > 0) pause <= pause - 1;
            s_tready <= pause <= 1;
        end
        waited <= s_tvalid && !s_tready;
    end

    int                beat;
    bit   [DATA_W-1:0] data;
    always @(posedge clk) begin
        m_tvalid <= 0;
        if (due && !rst) begin
            beat = fr_stream_rx(data);
            m_tvalid <= beat[0];
            m_tlast  <= beat[1];
            m_tuser  <= beat[2];
            m_tkeep  <= {KEEP_W{1'b1}} >> (KEEP_W - {24'd0, beat[15:8]});
            m_tdata  <= data;
        end
    end
endmodule
