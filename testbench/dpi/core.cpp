// SPDX-License-Identifier: Apache-2.0
// The clock tick: counts cycles, wakes Python for deadlines, idleness, stalls and file descriptors, and blocks when live and idle.
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <vector>

#include "verilated.h"

namespace ferrule {

Harness h;

ps_t now_ps() { return ps_t(Verilated::threadContextp()->time()); }

std::map<std::string, int64_t*>& names() {
    static std::map<std::string, int64_t*> map;
    return map;
}

namespace {

int64_t deadline = NEVER;       // Python's earliest timed wait
int64_t stall_at = NEVER;       // quiet time after which the run counts as stalled
int64_t want_idle = 0;          // Python waits for the card to have nothing in flight
int64_t idle_cycles = 64;
constexpr int POLLED_MS = 1;    // how long poll() may wait while a queue has to be looked at
int64_t live = 0;               // may block in poll() when idle
int64_t live_armed = 0;         // Python waits for a file descriptor
int64_t live_hold = 0;          // a timed wait that must pass in simulated time is pending: never block
int64_t poll_cycles = 1000;
int64_t poll_next = 0;
int64_t block_max_ms = 200;
int64_t blocked_us = 0;
int64_t blocks = 0;
int64_t wall_limit_ms = 0;
int64_t wall_start_ms = 0;
volatile sig_atomic_t stop_signal = 0;
std::vector<pollfd> watched;
std::vector<uint8_t> readable;

const Named named[] = {
    {"cycles", &h.cycles}, {"period_ps", &h.period}, {"data_bytes", &h.data_bytes}, {"progress_ps", &h.progress_at},
    {"card_busy", &h.card_busy}, {"timers_armed", &h.timers_armed}, {"mgmt_irq", &h.mgmt_irq},
    {"wire.pending", &h.wire_pending}, {"memory.pending", &h.memory_pending}, {"mmio.pending", &h.mmio_pending},
    {"deadline_ps", &deadline}, {"stall_ps", &stall_at}, {"want_idle", &want_idle}, {"idle_cycles", &idle_cycles},
    {"live.enabled", &live}, {"live.armed", &live_armed}, {"live.hold", &live_hold}, {"live.poll_cycles", &poll_cycles},
    {"live.block_max_ms", &block_max_ms}, {"live.blocked_us", &blocked_us}, {"live.blocks", &blocks},
    {"wall_limit_ms", &wall_limit_ms},
};

int64_t wall_us() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t(t.tv_sec) * 1000000 + t.tv_nsec / 1000;
}

void wake_live() {
    if (!live_armed) return;
    live_armed = 0;
    raise(IO_READY);
}

// Looks at the descriptors; blocks up to timeout_ms.
void look_at_fds(int timeout_ms) {
    static std::vector<pollfd> fds;
    fds = watched;
    guest_watch(fds);
    const size_t tap_at = fds.size();
    if (wire_tap_fd() >= 0) fds.push_back({wire_tap_fd(), POLLIN, 0});
    const size_t uart_at = fds.size();
    if (uart_fd() >= 0) fds.push_back({uart_fd(), POLLIN, 0});
    const size_t etherbone_at = fds.size();
    if (etherbone_fd() >= 0) fds.push_back({etherbone_fd(), POLLIN, 0});
    const bool polled = guest_polled();
    if (fds.empty() && !polled && timeout_ms == 0) return;
    if (::poll(fds.data(), fds.size(), polled && timeout_ms > POLLED_MS ? POLLED_MS : timeout_ms) <= 0 && !polled) return;
    bool host = false;
    for (size_t i = 0; i < watched.size(); i++) {
        readable[i] = (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        host |= readable[i];
    }
    guest_look(fds.data() + watched.size());
    if (uart_at > tap_at && fds[tap_at].revents & POLLIN) wire_tap_poll();
    if (etherbone_at > uart_at && fds[uart_at].revents & POLLIN) uart_poll();
    if (fds.size() > etherbone_at && fds[etherbone_at].revents & POLLIN) etherbone_poll();
    if (host) wake_live();
}

void block_until_io() {
    const int64_t start = wall_us();
    look_at_fds(int(block_max_ms));
    blocked_us += wall_us() - start;
    blocks++;
    h.active_cycle = h.cycles;  // run a few cycles before blocking again, so that what arrived gets going
    wake_live();                // also when the time is up: the caller may have something else to look at
}

// Conditions that need not be looked at in every cycle.
void slow_checks(ps_t now) {
    h.recheck = false;
    waves_check();
    if (stop_signal) {
        stop_signal = 0;
        raise(STOP);
    }
    if (h.memory_lost) {
        h.memory_lost = false;
        wake_live();
    }
    if (now >= deadline) {
        deadline = NEVER;
        raise(DEADLINE);
    }
    if (now >= h.mmio_limit) mmio_expire();
    if (stall_at != NEVER && now - h.progress_at >= stall_at) {
        stall_at = NEVER;
        raise(STALLED);
    }
    if (wall_limit_ms && wall_us() / 1000 - wall_start_ms >= wall_limit_ms) {
        wall_limit_ms = 0;
        raise(WALL_LIMIT);
    }
}

}  // namespace
}  // namespace ferrule

using namespace ferrule;

// One call in every core clock cycle. Result: 0 wake level, 1 host MMIO waits, 2 management MMIO waits,
// 3 a beat towards the card is due, 4 link up, 5 a byte for a board's serial line waits, 6 a frame for its Etherbone port.
extern "C" int fr_tick(int busy, int timers, int irq) {
    const ps_t now = now_ps();
    h.cycles++;
    h.card_busy = busy;
    h.timers_armed = timers;
    if (irq != h.mgmt_irq) {
        h.mgmt_irq = irq;
        if (irq) {
            progress();
            raise(MGMT_IRQ);
        }
    }
    if (busy | (h.wire_pending != 0) | (h.memory_pending != 0) | (h.mmio_pending != 0) | uart_waiting() |
        etherbone_waiting())
        h.active_cycle = h.cycles;
    else if (h.cycles - h.active_cycle >= idle_cycles && !h.reasons) {
        if (want_idle) {
            want_idle = 0;
            raise(IDLE);
        } else if (live && !timers && !live_hold) block_until_io();
    }
    // stalls, wall clock and signals are looked at every 4,096 cycles, what has a set time when it comes
    if (h.recheck || now >= deadline || now >= h.mmio_limit || (h.cycles & 4095) == 0) slow_checks(now);
    if (live && h.cycles >= poll_next) {
        poll_next = h.cycles + poll_cycles;
        look_at_fds(0);
    }
    return int(h.wake) | int(mmio_waiting(0)) << 1 | int(mmio_waiting(1)) << 2 |
           int(now + h.period >= wire_rx_due()) << 3 | int(wire_link_up()) << 4 |
           int(uart_waiting()) << 5 | int(etherbone_waiting()) << 6;
}

extern "C" void fr_start(int data_w, int period_ps) {
    h.data_bytes = data_w / 8;
    h.period = period_ps;
    wall_start_ms = wall_us() / 1000;
}

// The place of a named setting or counter, for Python to read and write without a call; null if there is none.
extern "C" int64_t* fr_pointer(const char* name) {
    auto it = names().find(name);
    return it == names().end() ? nullptr : it->second;
}

// All names, one a line, for the diagnosis.
extern "C" const char* fr_names() {
    static std::string text;
    text.clear();
    for (auto& entry : names()) text += entry.first + "\n";
    return text.c_str();
}

// Verilator's own prints a line about every end of a simulation.
void vl_finish(const char*, int, const char*) VL_MT_UNSAFE { Verilated::threadContextp()->gotFinish(true); }

extern "C" int64_t fr_now_ps() { return now_ps(); }

extern "C" uint32_t fr_take_reasons() {
    const uint32_t taken = h.reasons;
    h.reasons = 0;
    return taken;
}

extern "C" void fr_watch_fds(const int* fds, int count) {
    watched.clear();
    for (int i = 0; i < count; i++) watched.push_back({fds[i], POLLIN, 0});
    readable.assign(size_t(count), 0);
}

extern "C" int fr_fd_readable(int index) {
    if (size_t(index) >= readable.size()) return 0;
    const int is = readable[size_t(index)];
    readable[size_t(index)] = 0;
    return is;
}

static void on_signal(int number) {
    stop_signal = number;
    h.recheck = true;
}

extern "C" void fr_catch_signals() {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}
