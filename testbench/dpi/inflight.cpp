// SPDX-License-Identifier: Apache-2.0
// Writes the inflight region of vhost-user (INFLIGHT_SHMFD) of each ring that has one, beside the card's own stores to that
// ring, so that the region is right at whatever instruction this process is killed. Why in this order: firmware/vhost/README.md.
//
// The card returns buffers in the order in which they came, and writes used elements before it publishes them: a packed
// ring's descriptors are lost to whoever comes next, unless a copy is here first.
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <map>
#include <vector>

#include "harness.h"

namespace ferrule {
namespace {

constexpr uint16_t NEXT = 1;
constexpr uint64_t DESCRIPTOR = 16, LENGTH_AT = 8, FLAGS_AT = 14, USED_INDEX_AT = 2;

struct Descriptor { uint64_t address; uint32_t length; uint16_t id, flags; };

// The layouts of the specification. `place` is used_idx, old_used_idx, used_wrap_counter and old_used_wrap_counter, which
// share an aligned word: they change together or not at all.
struct Packed { uint64_t features; uint16_t version, desc_num, free_head, old_free_head; uint64_t place, padding; };
struct Split { uint64_t features; uint16_t version, desc_num, last_batch_head, used_idx; };
struct Entry {
    uint8_t inflight, padding;
    uint16_t next, last, num;
    uint64_t counter;
    uint16_t id, flags;
    uint32_t length;
    uint64_t address;
};
static_assert(sizeof(Packed) == 32 && sizeof(Entry) == 32 && sizeof(Split) == 16, "as the specification has them");

struct Chain { uint64_t at; uint16_t entry, last, num; bool flagged; };

struct Region {
    bool packed = false;
    uint64_t first = 0, bytes = 0;          // of the guest's memory, what is watched
    uint32_t size = 0, index = 0, wrap = 0; // of the ring: descriptors, and where the card has published up to
    uint8_t* mapped = nullptr;
    size_t length = 0;
    uint8_t* head = nullptr;
    // What is in the region is its front end's to write as well: it is never read.
    std::vector<uint16_t> next;
    uint16_t free_head = 0;
    uint64_t counter = 0;
    std::deque<Chain> chains;               // written over and not published
    size_t publishing = 0;
    uint16_t used = 0;
    Packed* books() { return reinterpret_cast<Packed*>(head); }
    Entry* entry(uint16_t i) { return reinterpret_cast<Entry*>(head + sizeof(Packed)) + i; }
};

std::map<int, Region> kept;  // by queue

template <class T> void store(T& to, T value) { __atomic_store_n(&to, value, __ATOMIC_RELEASE); }

uint64_t place(uint32_t index, uint32_t wrap, uint32_t old_index, uint32_t old_wrap) {
    return uint64_t(index) | uint64_t(old_index) << 16 | uint64_t(wrap) << 32 | uint64_t(old_wrap) << 40;
}

void next_is(Region& r, uint16_t entry, uint16_t next) {
    r.next[entry] = next;
    store(r.entry(entry)->next, next);
}

// The chain that begins at `at` of the ring into free entries. It counts with the store of old_free_head.
void save(Region& r, uint64_t at, bool flagged) {
    const uint8_t* const ring = memory_at(r.first, r.bytes);
    if (!ring) return;
    const uint16_t first = r.free_head;
    uint16_t last = first, num = 0, free = first;
    uint32_t where = uint32_t(at / DESCRIPTOR);
    for (bool more = true; more && num < r.size; num++) {
        if (free == r.next.size()) return;  // the guest writes its ring as it likes: there are more chains than ring
        Descriptor d;
        memcpy(&d, ring + where * DESCRIPTOR, sizeof d);
        Entry* const e = r.entry(free);
        e->address = d.address;
        e->length = d.length;
        e->flags = d.flags;
        e->id = d.id;
        last = free;
        free = r.next[free];
        more = d.flags & NEXT;
        where = where + 1 == r.size ? 0 : where + 1;
    }
    Entry* const e = r.entry(first);
    e->num = num;
    e->last = last;
    e->counter = r.counter++;
    store(e->inflight, uint8_t(1));
    store(r.books()->free_head, free);
    store(r.books()->old_free_head, free);
    r.free_head = free;
    r.chains.push_back({at, first, last, num, flagged});
}

// The store that comes makes these chains visible: they are free and the place is behind them, or nothing of it has happened.
void announce(Region& r) {
    const uint32_t old_index = r.index, old_wrap = r.wrap;
    r.publishing = 0;
    for (const Chain& chain : r.chains) {
        if (r.publishing && !chain.flagged) break;
        r.publishing++;
        next_is(r, chain.last, r.free_head);
        r.free_head = chain.entry;
        r.index += chain.num;
        if (r.index >= r.size) {
            r.index -= r.size;
            r.wrap ^= 1;
        }
    }
    store(r.books()->free_head, r.free_head);
    store(r.books()->place, place(r.index, r.wrap, old_index, old_wrap));
}

void settle(Region& r) {
    for (; r.publishing; r.publishing--) {
        store(r.entry(r.chains.front().entry)->inflight, uint8_t(0));
        r.chains.pop_front();
    }
    store(r.books()->old_free_head, r.free_head);
    store(r.books()->place, place(r.index, r.wrap, r.index, r.wrap));
}

bool packed_store(Region& r, uint64_t at, uint64_t length) {
    const uint64_t in = at % DESCRIPTOR;
    const bool flags = in == FLAGS_AT && length == 2, element = in == LENGTH_AT && (length == 6 || length == 8);
    if (element) save(r, at - in, length == 8);
    if (!flags && length != 8) return false;
    if (r.chains.empty()) return false;
    if (r.chains.front().at == at - in) {
        announce(r);
        return true;
    }
    for (Chain& chain : r.chains)
        if (chain.at == at - in) chain.flagged = true;
    return false;
}

}  // namespace

int inflight_before(uint64_t address, uint64_t length, const uint8_t* data) {
    for (auto& entry : kept) {
        Region& r = entry.second;
        if (address < r.first || address - r.first >= r.bytes) continue;
        if (r.packed) return packed_store(r, address - r.first, length) ? entry.first : -1;
        if (length != 2) return -1;
        memcpy(&r.used, data, sizeof r.used);
        return entry.first;
    }
    return -1;
}

void inflight_after(int queue) {
    std::atomic_thread_fence(std::memory_order_release);
    Region& r = kept.at(queue);
    if (r.packed) settle(r);
    else store(reinterpret_cast<Split*>(r.head)->used_idx, r.used);
}

bool inflight_owns(const uint8_t* at) {
    for (const auto& entry : kept)
        if (at >= entry.second.mapped && at < entry.second.mapped + entry.second.length) return true;
    return false;
}

}  // namespace ferrule

using namespace ferrule;

// Keep the region of `entries` entries at `offset` of a file for this queue, whose ring (packed) or used ring (split) of `size`
// is at `address`; a packed one goes on at `index`. The region is already as it has to be for that. 0: it cannot be mapped.
extern "C" int fr_inflight_keep(int queue, int fd, int64_t offset, int entries, int packed, uint64_t address, int size, int index, int wrap) {
    const int64_t extra = offset % sysconf(_SC_PAGESIZE);
    const size_t length = size_t(extra) + (packed ? sizeof(Packed) + size_t(entries) * sizeof(Entry) : sizeof(Split));
    void* const data = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset - extra);
    if (data == MAP_FAILED) return 0;
    Region& r = kept[queue];
    r = Region();
    r.packed = packed;
    r.first = packed ? address : address + USED_INDEX_AT;
    r.bytes = packed ? uint64_t(size) * DESCRIPTOR : sizeof(uint16_t);
    r.size = uint32_t(size);
    r.index = uint32_t(index);
    r.wrap = uint32_t(wrap);
    r.mapped = static_cast<uint8_t*>(data);
    r.length = length;
    r.head = r.mapped + extra;
    for (int i = 0; packed && i < entries; i++) r.next.push_back(uint16_t(i + 1));
    return 1;
}

// The queue does not run any more.
extern "C" void fr_inflight_end(int queue) {
    const auto found = kept.find(queue);
    if (found == kept.end()) return;
    munmap(found->second.mapped, found->second.length);
    kept.erase(found);
}
