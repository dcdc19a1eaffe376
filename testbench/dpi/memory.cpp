// SPDX-License-Identifier: Apache-2.0
// Host memory behind an AXI4 slave: one flat array (and regions mapped from file descriptors), latency, bandwidth, limits, errors, guard.
//
// A read burst is sampled whole when its first R beat is sent; a write burst reaches memory when its B is sent, never
// earlier, so a card that counts on a write before its B shows it. Both answer in order, each for itself: what one burst
// waits for holds back those behind it in its direction, and none in the other. Latency runs from the acceptance of AR,
// or of the later of AW and the last W beat, to the clock edge at which the card can take the answer.
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <vector>

#include "harness.h"
#include "svdpi.h"

namespace ferrule {
namespace {

enum { OKAY = 0, SLVERR = 2, DECERR = 3 };
enum { BAD_RANGE = 1, BAD_GUARD = 2, BAD_PROTOCOL = 3 };

struct Region { uint64_t base, size; uint8_t* data; uint8_t* mapped; size_t bytes; };
struct Rule { uint64_t base, size; int kinds, response; int64_t count, ppm; };  // kinds: 1 reads, 2 writes
struct Range { uint64_t base, size; int kinds; };
struct Incident { int64_t at; uint64_t address; int64_t length; int64_t kind; };  // kind: BAD_*, + 16 for writes

struct Burst {
    uint64_t address = 0;
    int beats = 0, size = 0, id = 0, response = OKAY;
    bool addressed = false, filled = false, committed = false;
    ps_t due = 0;
    int given = 0;  // beats sent (read) or received (write)
    uint8_t data[4096];
    uint64_t strobe[256];
};

std::vector<Region> regions;
std::vector<Rule> rules;
std::vector<Range> guard;
std::vector<Incident> incidents;
std::deque<Burst*> reads, writes, spare;
Burst* filling = nullptr;       // the write burst that takes W beats
size_t writes_addressed = 0;    // of `writes`, how many have their AW
size_t writes_filled = 0;

int64_t read_latency = 500000, write_latency = 500000, max_reads = 32, max_writes = 32;
int64_t read_rate = 0, write_rate = 0;  // millibytes a cycle, 0: no limit
int64_t read_jitter = 0, write_jitter = 0;
int64_t spike_ppm = 0, spike_ps = 0, spikes = 0, seed = 1;
int64_t n_ar = 0, n_aw = 0, n_r = 0, n_w = 0, n_errors = 0, n_incidents = 0;
int64_t deep_reads = 0, deep_writes = 0, last_seed = -1;
int64_t n_lost = 0;
ps_t read_next = 0, write_next = 0;
bool r_valid = false, b_valid = false;
Random spike_random, read_random, write_random, error_random;

const Named named[] = {
    {"memory.read_latency_ps", &read_latency}, {"memory.write_latency_ps", &write_latency},
    {"memory.max_reads", &max_reads}, {"memory.max_writes", &max_writes},
    {"memory.read_millibytes", &read_rate}, {"memory.write_millibytes", &write_rate},
    {"memory.read_jitter_ps", &read_jitter}, {"memory.write_jitter_ps", &write_jitter},
    {"memory.spike_ppm", &spike_ppm}, {"memory.spike_ps", &spike_ps}, {"memory.spikes", &spikes}, {"memory.seed", &seed},
    {"memory.read_bursts", &n_ar}, {"memory.write_bursts", &n_aw}, {"memory.read_beats", &n_r}, {"memory.write_beats", &n_w},
    {"memory.errors", &n_errors}, {"memory.incidents", &n_incidents}, {"memory.lost", &n_lost},
    {"memory.deepest_reads", &deep_reads}, {"memory.deepest_writes", &deep_writes},
};

Burst* fresh() {
    if (spare.empty()) return new Burst;
    Burst* burst = spare.back();
    spare.pop_back();
    burst->response = OKAY;
    burst->addressed = burst->filled = burst->committed = false;
    burst->given = burst->beats = 0;
    return burst;
}

uint8_t* locate(uint64_t address, uint64_t length) {
    for (const Region& r : regions)
        if (address >= r.base && address - r.base < r.size && length <= r.size - (address - r.base)) return r.data + (address - r.base);
    return nullptr;
}

void incident(int kind, uint64_t address, int64_t length, bool write) {
    n_incidents++;
    if (incidents.size() < 10000) incidents.push_back({now_ps(), address, length, kind + (write ? 16 : 0)});
}

bool allowed(uint64_t address, uint64_t length, int kind) {
    // A range must hold the whole access for a write; a read touches whole beats, of which a byte must be inside.
    for (const Range& g : guard) {
        if (!(g.kinds & kind)) continue;
        if (kind == 2 ? address >= g.base && address + length <= g.base + g.size
                      : address < g.base + g.size && address + length > g.base)
            return true;
    }
    return false;
}

// Each use draws from a generator of its own, so that changing one does not shift the others.
void reseed() {
    if (seed == last_seed) return;
    last_seed = seed;
    spike_random.seed(uint64_t(seed));
    read_random.seed(uint64_t(seed) + (1ull << 32));
    write_random.seed(uint64_t(seed) + (2ull << 32));
    error_random.seed(uint64_t(seed) + (3ull << 32));
}

ps_t latency(ps_t base, ps_t jitter, Random& random) {
    if (jitter || spike_ppm) reseed();
    if (jitter) base += random.below(jitter + 1);
    if (spike_ppm && spike_random.below(1000000) < spike_ppm) {
        spikes++;
        return base + spike_ps;
    }
    return base;
}
ps_t latency_of_read() { return latency(read_latency, read_jitter, read_random); }
ps_t latency_of_write() { return latency(write_latency, write_jitter, write_random); }

int injected(uint64_t address, uint64_t length, int kind) {
    for (Rule& rule : rules)
        if ((rule.kinds & kind) && rule.count != 0 && address < rule.base + rule.size && address + length > rule.base) {
            if (rule.ppm < 1000000) {
                reseed();
                if (error_random.below(1000000) >= rule.ppm) continue;
            }
            if (rule.count > 0) rule.count--;
            return rule.response;
        }
    return OKAY;
}

void accept(Burst* b, uint64_t address, int attributes, bool write) {
    b->address = address;
    b->beats = (attributes & 255) + 1;
    b->size = 1 << ((attributes >> 8) & 7);
    b->id = (attributes >> 13) & 255;
    b->addressed = true;
    const uint64_t first = address & ~uint64_t(b->size - 1), length = uint64_t(b->beats) * uint64_t(b->size);
    const int kind = write ? 2 : 1;
    if (((attributes >> 11) & 3) != 1 || b->size != int(h.data_bytes) || (first & 4095) + length > 4096) {
        incident(BAD_PROTOCOL, address, int64_t(length), write);
        b->response = SLVERR;
    } else if (!locate(first, length)) {
        incident(BAD_RANGE, address, int64_t(length), write);
        b->response = DECERR;
    } else {
        b->response = injected(first, length, kind);
        if (!write && !guard.empty())
            for (int i = 0; i < b->beats; i++)
                if (!allowed(first + uint64_t(i * b->size), uint64_t(b->size), kind)) {
                    incident(BAD_GUARD, first + uint64_t(i * b->size), b->size, write);
                    break;
                }
    }
    if (b->response) n_errors++;
    h.memory_pending++;
    progress();
}

// Bytes of one beat to memory: a full beat at once, else runs of strobed bytes; ring indices and flags as one 16-bit store.
void store_beat(uint8_t* to, const uint8_t* from, uint64_t strobe, int size) {
    const uint64_t full = size == 64 ? ~0ull : (1ull << size) - 1;
    if (strobe == full) {
        memcpy(to, from, size_t(size));
        return;
    }
    while (strobe) {
        const int start = __builtin_ctzll(strobe);
        const uint64_t rest = ~(strobe >> start);
        const int run = rest ? __builtin_ctzll(rest) : 64;
        if (run == 2 && !(start & 1)) {
            uint16_t value;
            memcpy(&value, from + start, 2);
            __atomic_store_n(reinterpret_cast<uint16_t*>(to + start), value, __ATOMIC_RELEASE);
        } else memcpy(to + start, from + start, size_t(run));
        strobe &= run + start >= 64 ? 0 : ~0ull << (run + start);
    }
}

void commit(Burst* b) {
    const uint64_t first = b->address & ~uint64_t(b->size - 1);
    b->committed = true;
    if (b->given != b->beats) {
        incident(BAD_PROTOCOL, b->address, b->given, true);
        b->response = SLVERR;
    }
    if (!guard.empty())
        for (int i = 0; i < b->given; i++) {
            const uint64_t s = b->strobe[i];
            if (!s) continue;
            const int low = __builtin_ctzll(s), high = 63 - __builtin_clzll(s);
            const uint64_t at = first + uint64_t(i * b->size + low);
            if (!allowed(at, uint64_t(high - low + 1), 2)) incident(BAD_GUARD, at, high - low + 1, true);
        }
    if (b->response) return;
    uint8_t* to = locate(first, uint64_t(b->beats) * uint64_t(b->size));
    if (!to) {  // its region has been taken away meanwhile
        b->response = DECERR;
        return;
    }
    const uint64_t strobe = b->beats == 1 ? b->strobe[0] : 0;  // what is told of a ring takes one beat
    const int low = strobe ? __builtin_ctzll(strobe) : 0;
    const int books = strobe ? inflight_before(first + uint64_t(low), uint64_t(__builtin_popcountll(strobe)), b->data + low) : -1;
    std::atomic_thread_fence(std::memory_order_release);
    for (int i = 0; i < b->beats; i++) store_beat(to + i * b->size, b->data + i * b->size, b->strobe[i], b->size);
    if (books >= 0) inflight_after(books);
    // a read the card issues after this B must see what other threads stored before they could see these bytes
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

void sample(Burst* b) {
    const uint64_t first = b->address & ~uint64_t(b->size - 1), length = uint64_t(b->beats) * uint64_t(b->size);
    const uint8_t* from = b->response ? nullptr : locate(first, length);
    if (from) memcpy(b->data, from, length);
    else {
        memset(b->data, 0, sizeof b->data);
        if (!b->response) b->response = DECERR;  // its region has been taken away meanwhile
    }
    std::atomic_thread_fence(std::memory_order_acquire);
}

// A file that was cut behind our back: the page becomes anonymous, so that the run goes on and can end the connection.
void on_bus_error(int, siginfo_t* info, void*) {
    uint8_t* const at = static_cast<uint8_t*>(info->si_addr);
    bool ours = inflight_owns(at);
    for (const Region& r : regions) ours |= at >= r.mapped && at < r.mapped + r.bytes;
    const uintptr_t page = uintptr_t(sysconf(_SC_PAGESIZE));
    void* const start = reinterpret_cast<void*>(uintptr_t(at) & ~(page - 1));
    if (ours && mmap(start, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
        n_lost++;
        h.memory_lost = true;
        h.recheck = true;
        return;
    }
    ::signal(SIGBUS, SIG_DFL);  // not ours: it comes again, and ends the process
}

void catch_bus_errors() {
    static bool done = false;
    if (done) return;
    done = true;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, nullptr);
}

ps_t paced(ps_t next, int64_t millibytes) {
    if (!millibytes) return 0;
    const ps_t from = next > now_ps() ? next : now_ps();
    return from + h.period * h.data_bytes * 1000 / millibytes;
}

}  // namespace

uint8_t* memory_at(uint64_t address, uint64_t length) { return locate(address, length); }

}  // namespace ferrule

using namespace ferrule;

// Result: 0 rvalid, 1 rlast, 3:2 rresp, 4 arready, 5 call again in the next cycle, 15:8 rid.
extern "C" int fr_mem_read(int take, int64_t address, int attributes, int moved, svBitVecVal* data) {
    const ps_t next = now_ps() + h.period;
    if (take) {
        Burst* b = fresh();
        accept(b, uint64_t(address), attributes, false);
        b->due = now_ps() + latency_of_read();
        reads.push_back(b);
        n_ar++;
        if (int64_t(reads.size()) > deep_reads) deep_reads = int64_t(reads.size());
    }
    if (moved) {
        Burst* b = reads.front();
        r_valid = false;
        n_r++;
        progress();
        if (++b->given == b->beats) {
            reads.pop_front();
            spare.push_back(b);
            h.memory_pending--;
        }
    }
    if (!r_valid && !reads.empty() && next >= reads.front()->due && next >= read_next) {
        if (!reads.front()->given) sample(reads.front());
        r_valid = true;
        read_next = paced(read_next, read_rate);
    }
    int result = int(int64_t(reads.size()) < max_reads) << 4 | int(!reads.empty()) << 5;
    if (r_valid) {
        Burst* b = reads.front();
        memcpy(data, b->data + b->given * b->size, size_t(h.data_bytes));
        result |= 1 | int(b->given + 1 == b->beats) << 1 | b->response << 2 | b->id << 8;
    }
    return result;
}

// Result: 0 bvalid, 2:1 bresp, 3 awready, 4 wready, 5 call again in the next cycle, 15:8 bid.
extern "C" int fr_mem_write(int take, int64_t address, int attributes, int beat, const svBitVecVal* data, int64_t strobe, int last, int moved) {
    const ps_t now = now_ps(), next = now + h.period;
    if (take) {
        if (writes_addressed == writes.size()) writes.push_back(fresh());
        Burst* b = writes[writes_addressed++];
        accept(b, uint64_t(address), attributes, true);
        b->due = now + latency_of_write();
        n_aw++;
    }
    if (beat) {
        if (writes_filled == writes.size()) writes.push_back(fresh());
        Burst* b = writes[writes_filled];
        if (b->given < 4096 / int(h.data_bytes) && b->given < 256) {
            memcpy(b->data + b->given * h.data_bytes, data, size_t(h.data_bytes));
            b->strobe[b->given] = uint64_t(strobe);
            b->given++;
        } else last = 1;  // longer than any legal burst: commit() reports the wrong count
        n_w++;
        write_next = paced(write_next, write_rate);
        progress();
        if (last) {
            b->filled = true;
            const ps_t due = now + latency_of_write();
            if (due > b->due || !b->addressed) b->due = due;
            writes_filled++;
        }
    }
    if (moved) {
        b_valid = false;
        spare.push_back(writes.front());
        writes.pop_front();
        writes_addressed--;
        writes_filled--;
        h.memory_pending--;
        progress();
    }
    if (int64_t(writes.size()) > deep_writes) deep_writes = int64_t(writes.size());
    if (!b_valid && !writes.empty() && writes.front()->addressed && writes.front()->filled && next >= writes.front()->due) {
        b_valid = true;
        commit(writes.front());
    }
    int result = int(int64_t(writes_addressed) < max_writes) << 3 |
                 int(int64_t(writes_filled) < max_writes && next >= write_next) << 4 | int(!writes.empty() || write_rate) << 5;
    if (b_valid) result |= 1 | writes.front()->response << 1 | writes.front()->id << 8;
    return result;
}

// A region: zeroed, or `size` bytes of a file from `offset` on, which need not be the start of a page.
extern "C" uint8_t* fr_mem_add(uint64_t base, uint64_t size, int fd, int64_t offset) {
    const int64_t extra = fd < 0 ? 0 : offset % sysconf(_SC_PAGESIZE);
    const size_t bytes = size + size_t(extra);
    const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, offset - extra);
    if (data == MAP_FAILED) return nullptr;
    if (fd >= 0) catch_bus_errors();
    uint8_t* const mapped = static_cast<uint8_t*>(data);
    regions.push_back({base, size, mapped + extra, mapped, bytes});
    return mapped + extra;
}

// Take the region at this address away: what is under way to it is answered with an error.
extern "C" void fr_mem_remove(uint64_t base) {
    for (size_t i = 0; i < regions.size(); i++)
        if (regions[i].base == base) {
            munmap(regions[i].mapped, regions[i].bytes);
            regions.erase(regions.begin() + ptrdiff_t(i));
            return;
        }
}

// A copy of what is there, for a look from outside; 0: it is not in memory.
extern "C" int fr_mem_peek(uint64_t address, uint64_t length, uint8_t* to) {
    const uint8_t* from = locate(address, length);
    if (from) memcpy(to, from, length);
    return from != nullptr;
}

// Put bytes there, for a hand from outside; 0: it is not in memory.
extern "C" int fr_mem_poke(uint64_t address, uint64_t length, const uint8_t* from) {
    uint8_t* const to = locate(address, length);
    if (to) memcpy(to, from, length);
    return to != nullptr;
}

extern "C" void fr_mem_guard(uint64_t base, uint64_t size, int kinds) { guard.push_back({base, size, kinds}); }
extern "C" void fr_mem_unguard() { guard.clear(); }
extern "C" void fr_mem_inject(uint64_t base, uint64_t size, int kinds, int response, int64_t count, int64_t ppm) {
    rules.push_back({base, size, kinds, response, count, ppm});
}
extern "C" void fr_mem_inject_clear() { rules.clear(); }
extern "C" const void* fr_mem_incidents(int64_t* count) {
    *count = int64_t(incidents.size());
    return incidents.data();
}
extern "C" void fr_mem_incidents_clear() {
    incidents.clear();
    n_incidents = 0;
}
