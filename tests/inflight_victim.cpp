// SPDX-License-Identifier: Apache-2.0
// Card and driver of one packed ring in a tight loop, for test_inflight_region.py to kill at any instruction, or to end itself
// after so many functions where that is compiled in: testbench/dpi/inflight.cpp writes the inflight region. Chains of 1 to 3 descriptors, each of which tells its number in its address;
// published as the ring engine does it, a batch behind its first flags, while elements of the next one are written already.
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <deque>

#include "harness.h"

extern "C" int fr_inflight_keep(int, int, int64_t, int, int, uint64_t, int, int, int);

namespace {

constexpr uint64_t BASE = 0x10000;
constexpr uint16_t NEXT = 1, AVAIL = 1 << 7, USED = 1 << 15;
enum { PUBLISHED, ABOUT, ADDED, RUNNING };  // words the parent reads; descriptors passed since the ring began

struct Descriptor { uint64_t address; uint32_t length; uint16_t id, flags; };

uint8_t* memory;
Descriptor* ring;
uint64_t size, first, added, written;
volatile uint64_t* told;
std::deque<uint64_t> chains;  // lengths of those with the card
uint32_t state;
uint64_t steps;

uint32_t below(uint32_t n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

bool wrap(uint64_t at) { return !(at / size & 1); }

void store(uint64_t offset, const void* data, uint64_t length) {
    const int books = ferrule::inflight_before(BASE + offset, length, static_cast<const uint8_t*>(data));
    memcpy(memory + offset, data, length);
    if (books >= 0) ferrule::inflight_after(books);
}

void add(uint64_t count) {
    for (uint64_t i = count; i--;) {  // the head's flags last
        Descriptor& d = ring[(added + i) % size];
        const uint16_t more = i + 1 < count ? NEXT : 0;
        d.address = added + i;
        d.length = uint32_t(1000 + (added + i) % 1000);
        d.id = uint16_t(added + i);
        __atomic_store_n(&d.flags, uint16_t((wrap(added + i) ? AVAIL : USED) | more), __ATOMIC_RELEASE);
    }
    chains.push_back(count);
    added += count;
    told[ADDED] = added;
}

void drive() {
    for (uint32_t wanted = below(8); wanted--;) {
        const uint64_t count = 1 + below(3);
        if (added + count <= first + size) add(count);
    }
}

// The next used elements; their flags come with them, but for the first one's.
uint64_t elements(size_t from, size_t count) {
    uint64_t end = written;
    for (size_t i = from; i < from + count; i++) {
        struct { uint32_t length; uint16_t id, flags; } used = {7, 7, uint16_t(wrap(end) ? AVAIL | USED : 0)};
        store(end % size * 16 + 8, &used, i == from ? 6 : 8);
        end += chains[i];
    }
    return end;
}

}  // namespace

// What -finstrument-functions calls.
extern "C" __attribute__((no_instrument_function)) void __cyg_profile_func_enter(void*, void*) {}
extern "C" __attribute__((no_instrument_function)) void __cyg_profile_func_exit(void*, void*) {
    if (steps && !--steps) kill(getpid(), SIGKILL);
}

uint8_t* ferrule::memory_at(uint64_t address, uint64_t) { return memory + (address - BASE); }

extern "C" void inflight_victim(uint8_t* at, uint64_t* words, int fd, int descriptors, int entries, uint64_t published, uint32_t seed,
                                uint64_t longest) {
    memory = at;
    ring = reinterpret_cast<Descriptor*>(at);
    told = words;
    size = uint64_t(descriptors);
    state = seed;
    added = told[ADDED];
    for (uint64_t from = published; from < added;) {
        uint64_t count = 1;
        while (ring[(from + count - 1) % size].flags & NEXT) count++;
        chains.push_back(count);
        from += count;
    }
    fr_inflight_keep(0, fd, 0, entries, 1, BASE, descriptors, int(published % size), wrap(published));
    told[PUBLISHED] = told[ABOUT] = written = published;
    told[RUNNING] = 1;
    steps = longest;
    first = published;
    size_t open = 0;  // chains of the next batch that are written already
    for (;;) {
        drive();
        if (!open && !chains.empty()) {
            open = 1 + below(uint32_t(chains.size()));
            written = elements(0, open);
        }
        if (!open) continue;
        const uint64_t end = written;
        const size_t ahead = below(uint32_t(chains.size() - open + 1));
        written = elements(open, ahead);
        told[ABOUT] = end;
        const uint16_t flags = wrap(first) ? AVAIL | USED : 0;
        const uint64_t where = first % size * 16 + 14;
        const int books = ferrule::inflight_before(BASE + where, 2, reinterpret_cast<const uint8_t*>(&flags));
        __atomic_store_n(reinterpret_cast<uint16_t*>(memory + where), flags, __ATOMIC_RELEASE);
        told[PUBLISHED] = end;
        first = end;
        if (below(2)) drive();  // a driver is another process, which goes on meanwhile
        ferrule::inflight_after(books);
        chains.erase(chains.begin(), chains.begin() + long(open));
        open = ahead;
    }
}
