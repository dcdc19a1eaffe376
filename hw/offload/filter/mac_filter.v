// SPDX-License-Identifier: Apache-2.0
// Decides by a frame's destination address whether it is taken and whether it is bound for a queue; the answer holds from the next cycle on.
`default_nettype none

module mac_filter #(
    parameter MAC_TABLE = 32,
    parameter INDEX_W = $clog2(MAC_TABLE)
) (
    // clock
    input  wire               clk,
    input  wire               rst,
    // configuration: PROMISC, ALLMULTI, ALLUNI, NOMULTI, NOUNI, NOBCAST from bit 0 on
    input  wire [5:0]         cfg_mode,
    input  wire [47:0]        cfg_mac,
    // table write port
    input  wire               tab_we,
    input  wire [INDEX_W-1:0] tab_index,
    input  wire [47:0]        tab_mac,
    input  wire               tab_valid,
    input  wire               tab_steer,
    input  wire [7:0]         tab_queue,
    input  wire               tab_clear,
    // destination address, byte 0 in [7:0], with the first beat of a frame
    input  wire               s_valid,
    input  wire [47:0]        s_mac,
    // answer
    output reg                m_accept,
    output reg                m_broadcast,
    output reg                m_multicast,      // broadcast not included
    output reg                m_steers,         // the address is in the table, and its entry names this queue
    output reg  [7:0]         m_queue
);
    reg [47:0]          entry_mac [0:MAC_TABLE-1];
    reg [8:0]           entry_steer [0:MAC_TABLE-1];    // steers, queue
    reg [MAC_TABLE-1:0] entry_valid;
    integer             w;

    always @(posedge clk) begin
        if (rst || tab_clear) entry_valid <= {MAC_TABLE{1'b0}};
        else if (tab_we) entry_valid[tab_index] <= tab_valid;
        // an entry at a time: they are flip-flops, and an index would put a multiplexer before each
        for (w = 0; w < MAC_TABLE; w = w + 1)
            if (tab_we && tab_index == w[INDEX_W-1:0]) begin
                entry_mac[w]   <= tab_mac;
                entry_steer[w] <= {tab_steer, tab_queue};
            end
    end

    wire broadcast = &s_mac;
    wire multicast = s_mac[0] && !broadcast;

    // Blocking temporaries inside the clocked block: the table is searched once a frame, not once a cycle.
    /* verilator lint_off BLKSEQ */
    reg       hit;
    reg       steers;
    reg [7:0] queue;
    integer   i;

    always @(posedge clk)
        if (s_valid) begin
            hit    = 1'b0;
            steers = 1'b0;
            queue  = 8'd0;
            for (i = MAC_TABLE - 1; i >= 0; i = i - 1)
                if (entry_valid[i] && entry_mac[i] == s_mac) begin
                    hit = 1'b1;
                    // the lowest of equal entries decides
                    {steers, queue} = entry_steer[i];
                end
            m_steers    <= steers;
            m_queue     <= queue;
            m_broadcast <= broadcast;
            m_multicast <= multicast;
            m_accept    <= cfg_mode[0]
                           || (broadcast ? !cfg_mode[5]
                               : multicast ? !cfg_mode[3] && (cfg_mode[1] || hit)
                               : !cfg_mode[4] && (cfg_mode[2] || hit || s_mac == cfg_mac));
        end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
