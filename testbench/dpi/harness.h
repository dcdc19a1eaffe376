// SPDX-License-Identifier: Apache-2.0
// What the servants share: simulated time, progress, the reasons Python is woken for, named settings and counters.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct pollfd;

namespace ferrule {

using ps_t = int64_t;
constexpr ps_t NEVER = INT64_MAX;

// Why Python is woken. Keep in step with testbench/lib/native.py, which reads these bits.
enum Reason : uint32_t {
    READ_DONE = 1u << 0,
    VECTOR = 1u << 1,
    MGMT_IRQ = 1u << 2,
    DEADLINE = 1u << 3,
    WIRE = 1u << 4,
    IDLE = 1u << 5,
    IO_READY = 1u << 6,
    STALLED = 1u << 7,
    STOP = 1u << 8,
    WALL_LIMIT = 1u << 9,
};

struct Harness {
    int64_t cycles = 0;         // core clock edges since time 0
    int64_t period = 4000;      // core clock, ps
    int64_t data_bytes = 16;    // DATA_W / 8
    int64_t progress_at = 0;    // time of the last beat, frame, host completion or interrupt
    int64_t active_cycle = 0;   // last cycle in which anything was in flight
    int64_t card_busy = 0;
    int64_t timers_armed = 0;
    int64_t mgmt_irq = 0;
    int64_t wire_pending = 0;   // frames queued towards the card, or under way on either side
    int64_t memory_pending = 0; // bursts accepted and not answered
    int64_t mmio_pending = 0;   // MMIO accesses queued or under way
    ps_t mmio_limit = NEVER;    // when the access under way has taken too long
    uint32_t reasons = 0;       // raised and not yet taken by Python
    bool wake = false;
    volatile bool recheck = true;  // look at the slow conditions at the next edge
    volatile bool memory_lost = false;  // a file behind a region of memory has become too short
};

extern Harness h;

ps_t now_ps();

inline void progress() { h.progress_at = now_ps(); }

inline void raise(uint32_t reason) {
    // one toggle until Python has taken the reasons: it takes all of them together
    if (!h.reasons) h.wake = !h.wake;
    h.reasons |= reason;
}

// Every setting and counter has a name; Python reads and writes them by it, and a diagnosis prints them all.
std::map<std::string, int64_t*>& names();
struct Named {
    Named(const char* name, int64_t* value) { names()[name] = value; }
};

// xorshift64*: seeded, the same on every machine, unlike the standard library's distributions
struct Random {
    uint64_t state = 1;
    void seed(uint64_t s) { state = (s + 1) * 0x9E3779B97F4A7C15ull | 1; next(); next(); }
    uint64_t next() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545F4914F6CDD1Dull;
    }
    double unit() { return double(next() >> 11) * (1.0 / 9007199254740992.0); }
    bool chance(double p) { return p > 0 && unit() < p; }
    int64_t below(int64_t n) { return n > 0 ? int64_t(next() % uint64_t(n)) : 0; }
};

// Hooks the clock tick calls; each is defined by its servant.
bool mmio_waiting(int bus);
void mmio_expire();
ps_t wire_rx_due();
bool wire_link_up();
void wire_tap_poll();
int wire_tap_fd();
bool uart_waiting();
int uart_fd();  // -1: there is no serial line, or enough of it
void uart_poll();
bool etherbone_waiting();
int etherbone_fd();  // -1: there is no such port, or enough waits for it
void etherbone_poll();
void guest_watch(std::vector<pollfd>& fds);  // adds the kick descriptors ...
void guest_look(const pollfd* fds);          // ... and takes what poll() said of them
bool guest_polled();                         // some queue has no kick descriptor and wants to be looked at
void guest_message(int vector);
uint8_t* memory_at(uint64_t address, uint64_t length);  // nullptr: there is none
// Around a store of the card to memory: the queue whose inflight region has something to say of it afterwards, else -1.
int inflight_before(uint64_t address, uint64_t length, const uint8_t* data);
void inflight_after(int queue);
bool inflight_owns(const uint8_t* at);
void waves_check();

}  // namespace ferrule
