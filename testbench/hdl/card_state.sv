// SPDX-License-Identifier: Apache-2.0
// What a diagnosis says about the card: bound into it in simulation, so that the RTL has nothing for it. Nothing here runs
// until C++ asks (testbench/dpi/card_state.cpp); every value goes there under its name, the name diagnosis.py knows it by.
`timescale 1ns/1ps

// One queue of a ring engine, which is looked up by its name in what this is bound into. Q: in its engine, GQ: in the card.
`define QUEUE_STATE(NAME, ENGINE) \
module NAME #( \
    parameter Q  = 0, \
    parameter GQ = 0 \
); \
    import "DPI-C" context function void fr_state_place(input int place); \
    import "DPI-C" function void fr_state_put(input string name, input longint value); \
    export "DPI-C" function fr_queue_tell; \
    initial fr_state_place(GQ); \
    function void fr_queue_tell(); \
        fr_state_put("running", 64'(ENGINE.q_running[Q])); \
        fr_state_put("broken", 64'(ENGINE.q_broken[Q])); \
        fr_state_put("busy", 64'(ENGINE.q_busy[Q])); \
        fr_state_put("chain_ready", 64'(ENGINE.chain_ready[Q])); \
        fr_state_put("chain_none", 64'(ENGINE.chain_none[Q])); \
        fr_state_put("size", 64'(ENGINE.u_tables.size_of[Q])); \
        fr_state_put("avail_ring", 64'(ENGINE.u_tables.base_of[4 * Q + 2])); \
        fr_state_put("used_ring", 64'(ENGINE.u_tables.base_of[4 * Q + 3])); \
        fr_state_put("seen", 64'(ENGINE.u_fetch.seen[Q])); \
        fr_state_put("next", 64'(ENGINE.u_fetch.next[Q])); \
        fr_state_put("state", 64'(ENGINE.u_fetch.state_q[Q])); \
        fr_state_put("kicked", 64'(ENGINE.u_fetch.kicked[Q])); \
        fr_state_put("used", 64'(ENGINE.u_used.memory[Q])); \
        fr_state_put("unpublished", 64'(ENGINE.u_used.unpublished[Q])); \
        fr_state_put("popped", 64'(ENGINE.u_in_hand.g_queue[Q].count)); \
        fr_state_put("reading", 64'(ENGINE.u_reading.g_queue[Q].count)); \
        fr_state_put("writing", 64'(ENGINE.u_writing.g_queue[Q].count)); \
        fr_state_put("asking", 64'(ENGINE.u_notify.asking[Q])); \
    endfunction \
endmodule

`QUEUE_STATE(queue_state_tx, g_two.u_tx)
`QUEUE_STATE(queue_state_rx, g_two.u_rx)
`QUEUE_STATE(queue_state_any, g_one.u_ring)

module queue_states #(
    parameter PAIRS  = 1,
    parameter SHARED = 0
);
    if (SHARED != 0) begin : g_any
        for (genvar q = 0; q < PAIRS; q++) begin : g_pair
            queue_state_any #(.Q(q), .GQ(2 * q + 1)) i_tx ();
            queue_state_any #(.Q(PAIRS + 1 + q), .GQ(2 * q)) i_rx ();
        end
        queue_state_any #(.Q(PAIRS), .GQ(2 * PAIRS)) i_control ();
    end else begin : g_each
        for (genvar q = 0; q < PAIRS; q++) begin : g_pair
            queue_state_tx #(.Q(q), .GQ(2 * q + 1)) i_tx ();
            queue_state_rx #(.Q(q), .GQ(2 * q)) i_rx ();
        end
        queue_state_tx #(.Q(PAIRS), .GQ(2 * PAIRS)) i_control ();
    end
endmodule

// Everything that is not a queue.
module card_state;
    import "DPI-C" context function void fr_state_place(input int place);
    import "DPI-C" function void fr_state_put(input string name, input longint value);
    export "DPI-C" function fr_card_tell;

    initial fr_state_place(-1);

    function void fr_card_tell();
        fr_state_put("tx_enable", 64'(ferrule_nic.tx_enable));
        fr_state_put("rx_enable", 64'(ferrule_nic.rx_enable));
        fr_state_put("fetch_idle", 64'(ferrule_nic.u_tx.fetch_idle));
        fr_state_put("offload_idle", 64'(ferrule_nic.u_tx.offload_idle));
        fr_state_put("tx_waits", 64'(ferrule_nic.tx_tvalid && !ferrule_nic.tx_tready));
        fr_state_put("store_bytes", 64'(ferrule_nic.store_level));
        fr_state_put("store_frame", 64'(ferrule_nic.u_rx.store_meta_valid));
        fr_state_put("writer_idle", 64'(ferrule_nic.u_rx.writer_idle));
        fr_state_put("mac_busy", 64'(ferrule_nic.mac_busy));
        fr_state_put("link_up", 64'(ferrule_nic.link_up));
        fr_state_put("fault", 64'(ferrule_nic.fault));
        fr_state_put("read_idle", 64'(ferrule_nic.rd_idle));
        fr_state_put("read_bursts", 64'(ferrule_nic.u_read.in_flight));
        fr_state_put("write_idle", 64'(ferrule_nic.wr_idle));
        fr_state_put("write_bursts", 64'(ferrule_nic.u_write.track_count));
        fr_state_put("ctl_pending", 64'(ferrule_nic.ctl_pending));
        fr_state_put("ctl_length", 64'(ferrule_nic.ctl_length));
        fr_state_put("regs_busy", 64'(ferrule_nic.regs_busy));
        fr_state_put("coalescing", 64'(ferrule_nic.u_coalesce.waiting));
        fr_state_put("raised", 64'(ferrule_nic.u_msix.raised));
        fr_state_put("masked", 64'(ferrule_nic.u_msix.masked));
        fr_state_put("msix_enable", 64'(ferrule_nic.msix_enable));
        fr_state_put("msix_fmask", 64'(ferrule_nic.msix_fmask));
    endfunction
endmodule

bind rings queue_states #(.PAIRS(QUEUE_PAIRS), .SHARED(SHARED_RINGS)) i_queue_states ();
bind ferrule_nic card_state i_card_state ();
