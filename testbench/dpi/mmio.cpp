// SPDX-License-Identifier: Apache-2.0
// Two queues of register accesses (0 host, 1 management), each done in order; and the messages (MSI-X) the card sends.
#include <bitset>
#include <deque>
#include <vector>

#include "harness.h"

namespace ferrule {
namespace {

struct Access { int64_t ticket; uint32_t address, data; uint8_t strobe; bool write; };
struct Answer { int64_t ticket; uint32_t data; int32_t response; };  // response: AXI's, or -1 for no answer in time
struct Message { int64_t at; int64_t vector; uint64_t address; int64_t data; };

struct Bus {
    std::deque<Access> queue;
    std::vector<Answer> answers;
    bool active = false, dead = false;
    Access current{};
    ps_t limit_at = NEVER;
    int64_t tickets = 0, reads = 0, writes = 0, errors = 0;
};

Bus bus[2];
int64_t read_limit = 100'000'000'000;  // 100 ms

constexpr int VECTORS = 2048;
std::bitset<VECTORS> pending, awaited;
int64_t vector_awaited = 0, n_messages = 0;
std::vector<Message> messages;

const Named named[] = {
    {"mmio.read_limit_ps", &read_limit}, {"mmio.host_reads", &bus[0].reads}, {"mmio.host_writes", &bus[0].writes},
    {"mmio.mgmt_reads", &bus[1].reads}, {"mmio.mgmt_writes", &bus[1].writes}, {"mmio.host_errors", &bus[0].errors},
    {"mmio.mgmt_errors", &bus[1].errors}, {"msi.messages", &n_messages}, {"msi.awaited", &vector_awaited},
};

void answer(Bus& b, int64_t ticket, uint32_t data, int response) {
    b.answers.push_back({ticket, data, response});
    raise(READ_DONE);
}

void set_limit() { h.mmio_limit = bus[0].limit_at < bus[1].limit_at ? bus[0].limit_at : bus[1].limit_at; }

}  // namespace

bool mmio_waiting(int which) { return !bus[which].queue.empty() && !bus[which].dead; }

void mmio_expire() {
    for (Bus& b : bus) {
        if (now_ps() < b.limit_at) continue;
        // the bus cannot take a second access before the first is answered: everything queued fails with it
        b.dead = true;
        b.limit_at = NEVER;
        h.mmio_pending -= int64_t(b.queue.size()) + 1;
        answer(b, b.current.write ? -1 : b.current.ticket, 0, -1);
        for (const Access& a : b.queue)
            if (!a.write) answer(b, a.ticket, 0, -1);
        b.queue.clear();
    }
    set_limit();
}

}  // namespace ferrule

using namespace ferrule;

// The next access of a bus. Result: 1 write, 0 read.
extern "C" int fr_mmio_next(int which, int* address, int* data, int* strobe) {
    Bus& b = bus[which];
    b.current = b.queue.front();
    b.queue.pop_front();
    b.active = true;
    b.limit_at = now_ps() + read_limit;
    set_limit();
    *address = int(b.current.address);
    *data = int(b.current.data);
    *strobe = b.current.strobe;
    return b.current.write;
}

extern "C" void fr_mmio_done(int which, int data, int response) {
    Bus& b = bus[which];
    if (b.dead) return;
    b.active = false;
    b.limit_at = NEVER;
    set_limit();
    h.mmio_pending--;
    if (which == 0) progress();
    if (response) b.errors++;
    if (b.current.write) b.writes++;
    else {
        b.reads++;
        answer(b, b.current.ticket, uint32_t(data), response);
    }
}

extern "C" int64_t fr_mmio_push(int which, int write, uint32_t address, uint32_t data, int strobe) {
    Bus& b = bus[which];
    const int64_t ticket = ++b.tickets;
    if (b.dead) {
        if (!write) answer(b, ticket, 0, -1);
        return ticket;
    }
    b.queue.push_back({ticket, address, data, uint8_t(strobe), write != 0});
    h.mmio_pending++;
    return ticket;
}

extern "C" int fr_mmio_answer(int which, int64_t* ticket, uint32_t* data) {
    Bus& b = bus[which];
    if (b.answers.empty()) return -2;
    const Answer a = b.answers.front();
    b.answers.erase(b.answers.begin());
    *ticket = a.ticket;
    *data = a.data;
    return a.response;
}

// What a bus is doing, for a diagnosis: queued accesses, and the address under way (-1: none).
extern "C" int64_t fr_mmio_queued(int which) { return int64_t(bus[which].queue.size()); }
extern "C" int64_t fr_mmio_current(int which, int* write) {
    *write = bus[which].current.write;
    return bus[which].active ? int64_t(bus[which].current.address) : -1;
}

extern "C" void fr_message(int vector, int64_t address, int data) {
    n_messages++;
    progress();
    pending.set(size_t(vector) % VECTORS);
    if (messages.size() < 1'000'000) messages.push_back({now_ps(), vector, uint64_t(address), int64_t(uint32_t(data))});
    guest_message(vector);
    if (vector_awaited && awaited.test(size_t(vector) % VECTORS)) raise(VECTOR);
}

// Removes the pending vectors and writes them to `out`, which has room for all 2,048. Result: how many.
extern "C" int fr_vectors_take(int* out) {
    int count = 0;
    for (size_t v = pending._Find_first(); v < VECTORS; v = pending._Find_next(v)) out[count++] = int(v);
    pending.reset();
    return count;
}
extern "C" void fr_vector_await(const int* vectors, int count) {
    awaited.reset();
    for (int i = 0; i < count; i++) awaited.set(size_t(vectors[i]) % VECTORS);
    vector_awaited = count;
}
extern "C" const void* fr_messages(int64_t* count) {
    *count = int64_t(messages.size());
    return messages.data();
}
