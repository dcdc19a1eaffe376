// SPDX-License-Identifier: Apache-2.0
// What a diagnosis says about the card: bound into it in simulation, so that the RTL has nothing for it. Nothing here runs
// until C++ asks (testbench/dpi/card_state.cpp); every value goes there under its name, the name diagnosis.py knows it by.
`timescale 1ns/1ps

// One queue of a ring engine. Names below are looked up in the path it is bound into.
module queue_state #(
    parameter Q  = 0,                           // in its engine
    parameter GQ = 0                            // in the card
);
    import "DPI-C" context function void fr_state_place(input int place);
    import "DPI-C" function void fr_state_put(input string name, input longint value);
    export "DPI-C" function fr_queue_tell;

    initial fr_state_place(GQ);

    function void fr_queue_tell();
        fr_state_put("running", 64'(u_ring.q_running[Q]));
        fr_state_put("broken", 64'(u_ring.q_broken[Q]));
        fr_state_put("busy", 64'(u_ring.q_busy[Q]));
        fr_state_put("chain_ready", 64'(u_ring.chain_ready[Q]));
        fr_state_put("chain_none", 64'(u_ring.chain_none[Q]));
        fr_state_put("size", 64'(u_ring.u_tables.size_of[Q]));
        fr_state_put("avail_ring", u_ring.u_tables.avail_of[Q]);
        fr_state_put("used_ring", u_ring.u_tables.used_of[Q]);
        fr_state_put("seen", 64'(u_ring.u_fetch.seen[Q]));
        fr_state_put("next", 64'(u_ring.u_fetch.next[Q]));
        fr_state_put("state", 64'(u_ring.u_fetch.state_q[Q]));
        fr_state_put("kicked", 64'(u_ring.u_fetch.kicked[Q]));
        fr_state_put("used", 64'(u_ring.u_used.memory[Q]));
        fr_state_put("unpublished", 64'(u_ring.u_used.unpublished[Q]));
        fr_state_put("popped", 64'(u_ring.u_in_hand.g_queue[Q].count));
        fr_state_put("reading", 64'(u_ring.u_reading.g_queue[Q].count));
        fr_state_put("writing", 64'(u_ring.u_writing.g_queue[Q].count));
        fr_state_put("asking", 64'(u_ring.u_notify.asking[Q]));
    endfunction
endmodule

module queue_states #(
    parameter PAIRS = 1,
    parameter TX    = 0                         // the transmit engine has the control queue as its last
);
    for (genvar q = 0; q < PAIRS + TX; q++) begin : g_queue
        queue_state #(.Q(q), .GQ(q == PAIRS ? 2 * PAIRS : 2 * q + TX)) i_queue ();
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

bind tx_path queue_states #(.PAIRS(QUEUE_PAIRS), .TX(1)) i_queue_states ();
bind rx_path queue_states #(.PAIRS(QUEUE_PAIRS), .TX(0)) i_queue_states ();
bind ferrule_nic card_state i_card_state ();
