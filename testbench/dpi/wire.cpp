// SPDX-License-Identifier: Apache-2.0
// Frames to and from the card's MAC: sources (batches, loopback, TAP), impairments in both directions, captures with simulated time.
#include "wire.h"

#include <algorithm>
#include <deque>
#include <queue>

#include "impair.h"

namespace ferrule {

Wire wire;

namespace {

struct Record { int64_t at; int64_t offset; uint32_t length; uint32_t flags; };

struct Capture {
    int64_t mode = 2;       // 0 nothing, 1 counts and times, 2 bytes too
    int64_t frames = 0, bytes = 0, first = -1, last = -1, mark = -1, mark_at = -1;
    std::vector<uint8_t> data;
    std::vector<Record> records;

    size_t add(ps_t at, const uint8_t* from, uint32_t length, uint32_t flags) {
        if (!(flags & LOST)) {
            if (!frames) first = at;
            if (frames == mark) mark_at = at;
            last = at;
            frames++;
            bytes += length;
        }
        if (mode < 2) return SIZE_MAX;
        records.push_back({at, int64_t(data.size()), length, flags});
        data.insert(data.end(), from, from + length);
        return records.size() - 1;
    }
};

struct Later {
    bool operator()(const std::pair<int64_t, Frame>& a, const std::pair<int64_t, Frame>& b) const {
        return a.second.at != b.second.at ? a.second.at > b.second.at : a.first > b.first;
    }
};
using Line = std::priority_queue<std::pair<int64_t, Frame>, std::vector<std::pair<int64_t, Frame>>, Later>;

Capture from_card, to_card, peer;
Impairment impair_tx, impair_rx;        // as the card sees the directions
std::deque<Frame> source;               // towards the card, in order
Line line_rx, line_tx;                  // frames under way on an impaired line
ps_t source_free = 0;
int64_t order = 0, loopback = 0;
int64_t want_received = -1, want_sent = -1;
std::vector<Frame> scratch;

const Named named[] = {
    {"wire.byte_ps", &wire.byte_ps}, {"wire.pad", &wire.pad}, {"wire.link", &wire.link}, {"wire.loopback", &loopback},
    {"wire.want_received", &want_received}, {"wire.want_sent", &want_sent},
    {"tx.mode", &from_card.mode}, {"tx.frames", &from_card.frames}, {"tx.bytes", &from_card.bytes},
    {"tx.first_ps", &from_card.first}, {"tx.last_ps", &from_card.last}, {"tx.mark", &from_card.mark}, {"tx.mark_ps", &from_card.mark_at},
    {"rx.mode", &to_card.mode}, {"rx.frames", &to_card.frames}, {"rx.bytes", &to_card.bytes},
    {"rx.first_ps", &to_card.first}, {"rx.last_ps", &to_card.last}, {"rx.mark", &to_card.mark}, {"rx.mark_ps", &to_card.mark_at},
    {"peer.mode", &peer.mode}, {"peer.frames", &peer.frames}, {"peer.bytes", &peer.bytes},
    {"peer.first_ps", &peer.first}, {"peer.last_ps", &peer.last}, {"peer.mark", &peer.mark}, {"peer.mark_ps", &peer.mark_at},
#define IMPAIR(d, i) \
    {d ".enabled", &i.enabled}, {d ".seed", &i.seed}, {d ".loss", &i.loss}, {d ".corrupt", &i.corrupt}, \
    {d ".corrupt_payload", &i.corrupt_payload}, {d ".duplicate", &i.duplicate}, {d ".reorder", &i.reorder}, \
    {d ".delay_ps", &i.delay_ps}, {d ".jitter_ps", &i.jitter_ps}, {d ".reorder_ps", &i.reorder_ps}, {d ".lost", &i.lost}, \
    {d ".corrupted", &i.corrupted}, {d ".duplicated", &i.duplicated}, {d ".reordered", &i.reordered}, {d ".flapped", &i.flapped}
    IMPAIR("impair_tx", impair_tx), IMPAIR("impair_rx", impair_rx),
};

void count_pending() {
    h.wire_pending = int64_t(source.size() + line_rx.size() + line_tx.size()) + wire.delivering;
}

void to_peer(ps_t at, const Frame& f) {
    peer.add(at, f.data, f.length, f.flags);
    if (want_received >= 0 && peer.frames >= want_received) {
        want_received = -1;
        raise(WIRE);
    }
    if (loopback) {
        Frame back = f;
        back.at = now_ps();
        back.flags &= BAD_FCS | ERROR_CHAR;
        if (!back.hold) {
            back.hold = std::make_shared<std::vector<uint8_t>>(f.data, f.data + f.length);
            back.data = back.hold->data();
        }
        source.push_back(back);
    }
    wire_to_tap(f);
}

// Moves what has reached its time along the impaired lines.
void advance(ps_t now) {
    while (!line_tx.empty() && line_tx.top().second.at <= now) {
        const Frame f = line_tx.top().second;
        line_tx.pop();
        to_peer(f.at, f);
    }
    while (impair_rx.enabled && !source.empty()) {
        const ps_t start = source.front().at > source_free ? source.front().at : source_free;
        if (start > now) break;
        const Frame f = source.front();
        source.pop_front();
        source_free = start + slot_bytes(f.length) * wire.byte_ps;
        scratch.clear();
        impair_rx.apply(f, start, scratch);
        for (const Frame& g : scratch) {
            if (g.flags & LOST) to_card.add(start, g.data, g.length, g.flags);
            else line_rx.push({order++, g});
        }
    }
}

}  // namespace

bool wire_link_up() {
    if (!wire.link) return false;
    return impair_rx.flaps.empty() || !impair_rx.down(now_ps());
}

ps_t wire_rx_due() { return wire.due; }

void wire_schedule() {
    count_pending();
    if (wire.delivering) return;  // the servant of this MAC kind has set the time of the next beat
    ps_t due = NEVER;
    if (!line_rx.empty()) due = std::max(line_rx.top().second.at, wire.link_free);
    if (!source.empty()) due = std::min(due, std::max(source.front().at, impair_rx.enabled ? source_free : wire.link_free));
    if (!line_tx.empty()) due = std::min(due, line_tx.top().second.at);
    wire.due = due;
}

bool wire_take(Frame& frame, ps_t& start, ps_t by) {
    advance(by);
    bool have = false;
    if (!line_rx.empty() && std::max(line_rx.top().second.at, wire.link_free) <= by) {
        frame = line_rx.top().second;
        line_rx.pop();
        have = true;
    } else if (!impair_rx.enabled && line_rx.empty() && !source.empty() && std::max(source.front().at, wire.link_free) <= by) {
        frame = source.front();
        source.pop_front();
        have = true;
    }
    if (have) {
        start = std::max(frame.at, wire.link_free);
        wire.delivering = true;
    }
    wire_schedule();
    return have;
}

void wire_delivered(const Frame& frame, ps_t start) {
    wire.delivering = false;
    to_card.add(start, frame.data, frame.length, frame.flags);
    progress();
    if (want_sent >= 0 && to_card.frames >= want_sent) {
        want_sent = -1;
        raise(WIRE);
    }
    wire_schedule();
}

void wire_from_card(ps_t start, ps_t end, const uint8_t* data, uint32_t length, uint32_t flags) {
    Frame f;
    f.at = start;
    f.flags = flags;
    f.length = length;
    f.data = data;
    progress();
    if (flags & (BAD_FCS | ERROR_CHAR)) f.flags |= LOST | LOST_BAD_FCS << 8;
    else if (!wire_link_up()) f.flags |= LOST | LOST_LINK_DOWN << 8;
    if (!impair_tx.enabled || (f.flags & LOST)) {
        from_card.add(start, data, length, f.flags);
        if (!(f.flags & LOST)) to_peer(start, f);
    } else {
        scratch.clear();
        impair_tx.apply(f, start, scratch);
        const size_t at = from_card.add(start, data, length, flags);
        for (Frame& g : scratch) {
            if (g.flags & BAD_FCS && !(g.flags & LOST)) g.flags |= LOST | LOST_CORRUPT << 8;  // a receiver throws it away
            if (at != SIZE_MAX) from_card.records[at].flags |= g.flags;
            if (g.flags & LOST) continue;
            if (!g.hold) {
                g.hold = std::make_shared<std::vector<uint8_t>>(g.data, g.data + g.length);
                g.data = g.hold->data();
            }
            g.at = std::max(g.at, end - slot_bytes(length) * wire.byte_ps);
            line_tx.push({order++, g});
        }
        advance(now_ps());
    }
    wire_schedule();
}

size_t wire_waiting() { return source.size(); }

void wire_from_tap(const uint8_t* data, uint32_t length) {
    Frame f;
    f.at = now_ps();
    f.length = length;
    f.hold = std::make_shared<std::vector<uint8_t>>(data, data + length);
    f.data = f.hold->data();
    source.push_back(f);
}

}  // namespace ferrule

using namespace ferrule;

// A batch: `times` (ps) and `flags` may be null; a time of -1 is "as soon as the line is free".
extern "C" void fr_wire_send(const uint8_t* data, const int64_t* offsets, const int64_t* lengths, const int64_t* times,
                             const uint32_t* flags, int64_t count, int64_t bytes) {
    auto hold = std::make_shared<std::vector<uint8_t>>(data, data + bytes);
    const ps_t now = now_ps();
    for (int64_t i = 0; i < count; i++) {
        Frame f;
        f.at = times && times[i] >= 0 ? times[i] : now;
        f.flags = flags ? flags[i] : 0;
        f.length = uint32_t(lengths[i]);
        f.data = hold->data() + offsets[i];
        f.hold = hold;
        source.push_back(f);
    }
    wire_schedule();
}

// Which: 0 from the card, 1 to the card, 2 at the peer.
extern "C" int64_t fr_capture(int which, const uint8_t** data, const void** records) {
    Capture& c = which == 0 ? from_card : which == 1 ? to_card : peer;
    *data = c.data.data();
    *records = c.records.data();
    return int64_t(c.records.size());
}

extern "C" void fr_capture_clear(int which) {
    Capture& c = which == 0 ? from_card : which == 1 ? to_card : peer;
    c.data.clear();
    c.records.clear();
    c.frames = c.bytes = 0;
    c.first = c.last = c.mark_at = -1;
}

extern "C" void fr_impair_flap(int receive, int64_t from_ps, int64_t to_ps) {
    (receive ? impair_rx : impair_tx).flaps.push_back({from_ps, to_ps});
}
