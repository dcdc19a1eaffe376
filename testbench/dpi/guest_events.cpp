// SPDX-License-Identifier: Apache-2.0
// Notifications of a guest in another process: its kick descriptors become writes to the card's notify registers, the
// card's messages become writes to its call descriptors. Served here, so that no Python runs for a frame.
//
// A descriptor may be an eventfd or a pipe: 8 bytes each time, and never a wait. A full descriptor has a notification in it
// already, so another one is not missed.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "harness.h"

extern "C" int64_t fr_mmio_push(int which, int write, uint32_t address, uint32_t data, int strobe);

namespace ferrule {
namespace {

constexpr int NONE = -1, POLLED = -2;  // instead of a descriptor; POLLED: the guest gives none and wants to be looked at
constexpr int READS = 64;              // of one descriptor at a time: whoever fills it cannot hold up the others

struct Kick { int fd = NONE; uint32_t address = 0, data = 0; };
struct Call { int fd = NONE; bool owed = false; };

std::map<int, Kick> kicks;  // by queue
std::map<int, Call> calls;  // by vector
int64_t n_kicks = 0, n_calls = 0, n_calls_lost = 0, dead = 0;

const Named named[] = {
    {"guest.kicks", &n_kicks}, {"guest.calls", &n_calls}, {"guest.calls_lost", &n_calls_lost}, {"guest.dead_fds", &dead},
};

void ring(const Kick& kick) {
    n_kicks++;
    fr_mmio_push(0, 1, kick.address, kick.data, 3);
}

void unblock(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

void release(int& fd) {
    if (fd >= 0) close(fd);
    fd = NONE;
}

void signal(Call& call) {
    const uint64_t one = 1;
    call.owed = false;
    if (write(call.fd, &one, sizeof one) == ssize_t(sizeof one)) n_calls++;
    else n_calls_lost++;
}

}  // namespace

void guest_watch(std::vector<pollfd>& fds) {
    for (const auto& entry : kicks)
        if (entry.second.fd >= 0) fds.push_back({entry.second.fd, POLLIN, 0});
}

void guest_look(const pollfd* fds) {
    for (auto& entry : kicks) {
        Kick& kick = entry.second;
        if (kick.fd == POLLED) ring(kick);
        if (kick.fd < 0) continue;
        const short seen = (fds++)->revents;
        if (!seen) continue;
        uint64_t value;
        bool rung = false;
        ssize_t got = 0;
        for (int i = 0; i < READS && (got = read(kick.fd, &value, sizeof value)) > 0; i++) rung = true;
        if (rung) ring(kick);
        else if (got == 0 || (seen & (POLLERR | POLLNVAL))) {
            release(kick.fd);  // the other end is gone: poll() would never wait again
            dead++;
        }
    }
}

bool guest_polled() {
    for (const auto& entry : kicks)
        if (entry.second.fd == POLLED) return true;
    return false;
}

void guest_message(int vector) {
    const auto found = calls.find(vector);
    if (found == calls.end()) return;
    if (found->second.fd >= 0) signal(found->second);
    else found->second.owed = true;
}

}  // namespace ferrule

using namespace ferrule;

// The descriptor of a queue's notifications, which is closed by whoever comes next; -1 none, -2 look at the queue by yourself.
extern "C" void fr_guest_kick(int queue, uint32_t address, uint32_t data, int fd) {
    Kick& kick = kicks[queue];
    release(kick.fd);
    kick = {fd, address, data};
    if (fd >= 0) unblock(fd);
}

// The descriptor to write to when the card sends this vector's message; one that came without a descriptor is made up for.
extern "C" void fr_guest_call(int vector, int fd) {
    Call& call = calls[vector];
    release(call.fd);
    call.fd = fd;
    if (fd < 0) return;
    unblock(fd);
    if (call.owed) signal(call);
}

// Signal this vector though the card sent no message: one that came before us may not have.
extern "C" void fr_guest_remind(int vector) {
    Call& call = calls[vector];
    if (call.fd >= 0) signal(call);
    else call.owed = true;
}

// Close everything.
extern "C" void fr_guest_clear() {
    for (auto& entry : kicks) release(entry.second.fd);
    for (auto& entry : calls) release(entry.second.fd);
    kicks.clear();
    calls.clear();
}
