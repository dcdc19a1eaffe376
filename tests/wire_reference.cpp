// SPDX-License-Identifier: Apache-2.0
// The simulation's own wire without a simulator: reads operations with their picosecond, prints what happened, a line each.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <vector>

#include "svdpi.h"
#include "wire.h"

extern "C" void fr_wire_send(const uint8_t*, const int64_t*, const int64_t*, const int64_t*, const uint32_t*, int64_t, int64_t);
extern "C" int64_t fr_capture(int, const uint8_t**, const void**);
extern "C" void fr_impair_flap(int, int64_t, int64_t);
extern "C" int fr_stream_rx(svBitVecVal*);

namespace ferrule {

Harness h;
static ps_t now = 0;
ps_t now_ps() { return now; }
std::map<std::string, int64_t*>& names() {
    static std::map<std::string, int64_t*> map;
    return map;
}

// The servant acts at the very picosecond instead of at the next clock edge, with one beat a frame.
static void run_before(ps_t end) {
    static std::vector<uint32_t> beat(20000);
    ps_t looked_for = NEVER;
    while (wire.due < end && now < end) {
        // a time that has passed without effect means, as at a clock edge, to look again a little later
        now = wire.due > now ? wire.due : now + (wire.due == looked_for);
        looked_for = wire.due;
        if (int got = fr_stream_rx(beat.data())) {
            printf("delivered %ld %d %d ", long(now), got >> 2 & 1, got >> 8);
            for (int i = 0; i < got >> 8; i++) printf("%02x", reinterpret_cast<uint8_t*>(beat.data())[i]);
            printf("\n");
        }
    }
    now = end;
}

static std::vector<uint8_t> bytes(const std::string& hex) {
    std::vector<uint8_t> out;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(uint8_t(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}

static void capture(int point) {
    struct Record { int64_t at, offset; uint32_t length, flags; };
    const uint8_t* data;
    const void* records;
    const int64_t count = fr_capture(point, &data, &records);
    for (int64_t i = 0; i < count; i++) {
        const Record& r = static_cast<const Record*>(records)[i];
        printf("captured%d %ld %u %u ", point, long(r.at), r.flags, r.length);
        for (uint32_t k = 0; k < r.length; k++) printf("%02x", data[r.offset + k]);
        printf("\n");
    }
}

}  // namespace ferrule

int main() {
    using namespace ferrule;
    h.data_bytes = 65535;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in(line);
        std::string op, text;
        int64_t at, a, b, c;
        in >> at >> op;
        run_before(at);
        if (op == "set") {
            in >> text >> a;
            *names().at(text) = a;
        } else if (op == "flap") {
            in >> a >> b >> c;
            fr_impair_flap(int(a), b, c);
        } else if (op == "send") {
            in >> a >> b >> text;
            const std::vector<uint8_t> frame = bytes(text);
            const int64_t offset = 0, length = int64_t(frame.size());
            const uint32_t flags = uint32_t(b);
            fr_wire_send(frame.data(), &offset, &length, &a, &flags, 1, length);
        } else if (op == "card") {
            in >> a >> b >> text;
            std::vector<uint8_t> frame = bytes(text);
            frame.resize(std::max<size_t>(frame.size(), 60));  // as fr_stream_tx does
            wire_from_card(a, b, frame.data(), uint32_t(frame.size()), 0);
        } else if (op == "look") {
            wire_schedule();
            printf("looked %ld %d %ld\n", long(at), int(wire_link_up()), long(h.wire_pending));
        } else if (op == "draw") {
            Random random;
            in >> a >> b;
            random.seed(uint64_t(a));
            for (c = 0; c < 100; c++) printf("drawn %ld\n", long(random.below(b)));
        }
        wire_schedule();
    }
    for (int point = 0; point < 3; point++) capture(point);
    for (auto& entry : names()) printf("counter %s %ld\n", entry.first.c_str(), long(*entry.second));
}
