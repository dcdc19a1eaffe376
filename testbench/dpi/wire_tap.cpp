// SPDX-License-Identifier: Apache-2.0
// The wire's other end in this machine: a TAP interface, or through a socket that keeps frames apart another card.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "wire.h"

namespace ferrule {
namespace {

constexpr int JOIN_WAIT_MS = 100, JOIN_WAITS = 50;
constexpr size_t MOST_WAITING = 1024;
constexpr uint32_t SHORTEST = 60;
int64_t tap = -1, joined = 0, tap_reads = 0, tap_writes = 0, tap_full = 0;

const Named named[] = {
    {"wire.tap", &tap}, {"wire.joined", &joined}, {"wire.tap_reads", &tap_reads}, {"wire.tap_writes", &tap_writes},
    {"wire.tap_full", &tap_full},
};

// One frame from there; false: there is none.
bool take() {
    static uint8_t buffer[65536];
    const ssize_t got = read(int(tap), buffer, sizeof buffer);
    if (got <= 0) return false;
    // the kernel leaves padding to its network card, which here is the wire's other end
    if (got < SHORTEST) memset(buffer + got, 0, size_t(SHORTEST - got));
    wire_from_tap(buffer, std::max(uint32_t(got), SHORTEST));
    tap_reads++;
    return true;
}

// One frame to there; false: it was not taken. Two joined cards wait for each other, as two ends of a wire have one speed;
// what comes meanwhile is taken in, so that both cannot wait for ever.
bool give(const Frame& f) {
    for (int waits = 0; waits < JOIN_WAITS;) {
        if (write(int(tap), f.data, f.length) == ssize_t(f.length)) return true;
        if (!joined || errno != EAGAIN) return false;
        pollfd fd = {int(tap), POLLIN | POLLOUT, 0};
        if (poll(&fd, 1, JOIN_WAIT_MS) <= 0) waits++;
        else if (fd.revents & (POLLHUP | POLLERR)) return false;
        else if (fd.revents & POLLIN) take();
    }
    return false;
}

}  // namespace

int wire_tap_fd() { return int(tap); }

void wire_to_tap(const Frame& f) {
    if (tap < 0) return;
    if (give(f)) tap_writes++;
    else tap_full++;
}

void wire_tap_poll() {
    for (int i = 0; i < 256 && wire_waiting() < MOST_WAITING; i++)
        if (!take()) break;
    wire_schedule();
}

}  // namespace ferrule
