// SPDX-License-Identifier: Apache-2.0
// What stands behind a board's Etherbone port: frames from C++ as beats and back.
`timescale 1ns/1ps

module servant_etherbone (
    input  logic        clk,
    input  logic        rst,
    input  logic        waiting,  // C++ has a frame, as of the last edge
    // to the board
    output logic [63:0] m_tdata,
    output logic [7:0]  m_tkeep,
    output logic        m_tlast,
    output logic        m_tvalid,
    input  logic        m_tready,
    // from it
    input  logic [63:0] s_tdata,
    input  logic [7:0]  s_tkeep,
    input  logic        s_tlast,
    input  logic        s_tvalid
);
    import "DPI-C" function void fr_etherbone_next(output longint data, output int bytes, output int last);
    import "DPI-C" function void fr_etherbone_put(input longint data, input int bytes, input int last);

    longint data;
    int     bytes, last;
    logic   midway = 0;   // a frame goes on
    logic   settled = 0;  // `waiting` was computed after the last frame was taken
    always @(posedge clk) begin
        settled <= 1;
        if (rst) begin
            midway   <= 0;
            m_tvalid <= 0;
        end else if (!m_tvalid || m_tready) begin
            m_tvalid <= 0;
            if (midway || (waiting && settled)) begin
                fr_etherbone_next(data, bytes, last);
                m_tdata  <= data;
                m_tkeep  <= 8'hff >> (8 - bytes);
                m_tlast  <= last != 0;
                m_tvalid <= 1;
                midway   <= last == 0;
                settled  <= last == 0;
            end
        end
        if (!rst && s_tvalid) fr_etherbone_put(s_tdata, $countones(s_tkeep), {31'd0, s_tlast});
    end
endmodule
