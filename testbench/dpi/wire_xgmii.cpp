// SPDX-License-Identifier: Apache-2.0
// XGMII kind, 64 bits: the other end's PCS/MAC in frames: preamble, FCS made and checked, inter-frame gap with deficit idle count, faults.
#include <string.h>

#include "wire.h"

namespace ferrule {
namespace {

enum : uint8_t { IDLE_C = 0x07, START_C = 0xFB, TERM_C = 0xFD, ERROR_C = 0xFE, SEQ_C = 0x9C };

struct Crc32 {
    uint32_t table[8][256];
    Crc32() {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
            table[0][i] = c;
        }
        for (int t = 1; t < 8; t++)
            for (int i = 0; i < 256; i++) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
    }
    uint32_t operator()(const uint8_t* p, size_t n) const {
        uint32_t c = ~0u;
        for (; n >= 8; n -= 8, p += 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            w ^= c;
            c = 0;
            for (int i = 0; i < 8; i++) c ^= table[7 - i][w >> 8 * i & 255];
        }
        for (; n; n--) c = c >> 8 ^ table[0][(c ^ *p++) & 255];
        return ~c;
    }
};
const Crc32 crc32;

int64_t send_fault = 0, card_fault = 0, start_lane = -1, min_gap = -1, tx_bad = 0, tx_short_preamble = 0;

// from the card
uint8_t collected[65536 + 64];
uint32_t filled = 0;
bool in_frame = false, bad = false;
ps_t tx_start = 0;
int64_t gap = 1000;

// towards the card: the bytes still to send of the frame under way, then TERM
std::vector<uint8_t> out;
size_t sent = 0;
int64_t error_at = -1;
bool sending = false;
Frame current;
ps_t rx_start = 0;
int64_t rx_gap = 1000, deficit = 0;

const Named named[] = {
    {"xgmii.send_fault", &send_fault}, {"xgmii.card_fault", &card_fault}, {"xgmii.start_lane", &start_lane},
    {"xgmii.min_gap", &min_gap}, {"xgmii.bad_frames", &tx_bad}, {"xgmii.bad_preambles", &tx_short_preamble},
};

void frame_ends(ps_t end) {
    in_frame = false;
    static const uint8_t preamble[7] = {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xD5};
    uint32_t flags = 0;
    if (filled < 7 || memcmp(collected, preamble, 7)) {
        tx_short_preamble++;
        flags |= BAD_PREAMBLE | ERROR_CHAR;
    }
    const uint32_t frame = filled > 11 ? filled - 11 : 0;  // without preamble and FCS
    uint32_t fcs;
    memcpy(&fcs, collected + 7 + frame, 4);
    if (!frame || fcs != crc32(collected + 7, frame)) flags |= BAD_FCS;
    if (frame < 60) flags |= RUNT;
    if (bad) flags |= ERROR_CHAR;
    if (flags) tx_bad++;
    wire_from_card(tx_start, end + 12 * wire.byte_ps, collected + 7, frame, flags);
}

void lane(uint8_t byte, bool control, ps_t at) {
    if (in_frame) {
        if (!control) {
            if (filled < 65536) collected[filled++] = byte;
            else bad = true;
            return;
        }
        if (byte != TERM_C) bad = true;
        if (byte == ERROR_C) return;
        gap = 0;
        frame_ends(at);
    } else if (control && byte == START_C) {
        if (min_gap < 0 || gap < min_gap) min_gap = gap;
        in_frame = true;
        bad = false;
        filled = 0;
        tx_start = at;
        return;
    }
    gap++;
}

bool begin(int64_t g, ps_t at) {
    const int64_t short_by = 12 - g;
    if (short_by > 3 || (short_by > 0 && deficit + short_by > 3)) return false;
    if (!wire_take(current, rx_start, at)) return false;
    deficit = short_by > 0 ? deficit + short_by : deficit + short_by > 0 ? deficit + short_by : 0;
    rx_start = at;
    out.assign({0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xD5});
    out.insert(out.end(), current.data, current.data + current.length);
    uint32_t fcs = crc32(current.data, current.length);
    if (current.flags & BAD_FCS) fcs ^= 0x00010000;
    for (int i = 0; i < 4; i++) out.push_back(uint8_t(fcs >> 8 * i));
    error_at = current.flags & ERROR_CHAR ? int64_t(out.size() / 2) : -1;
    sent = 0;
    sending = true;
    return true;
}

}  // namespace
}  // namespace ferrule

using namespace ferrule;

// A word from the card that is not all idle, or any word while a frame is under way. Result: call again in the next word.
extern "C" int fr_xgmii_tx(int64_t data, int control) {
    const ps_t now = now_ps();
    const uint64_t word = uint64_t(data);
    if (in_frame && !control) {
        if (filled + 8 <= 65536) {
            memcpy(collected + filled, &word, 8);
            filled += 8;
        } else bad = true;
        return 1;
    }
    // an ordered set: 9C in a lane 0 with the fault in the third byte after it
    const bool sequence = (control & 1) && uint8_t(word) == SEQ_C;
    card_fault = sequence ? int64_t(word >> 24 & 255) : 0;
    if (sequence) {
        gap += 8;
        return 1;  // look at the next word too, to see the fault end
    }
    for (int i = 0; i < 8; i++) lane(uint8_t(word >> 8 * i), control >> i & 1, now + i * wire.byte_ps);
    // the gap is counted only as far as it matters
    return in_frame || gap < 64;
}

// The next word towards the card. Result: the control bits.
extern "C" int fr_xgmii_rx(int64_t* data) {
    const ps_t now = now_ps();
    const bool link = wire_link_up();
    if (!sending && wire_rx_due() > now + 8 * wire.byte_ps && link && !send_fault) {
        rx_gap += 8;
        *data = 0x0707070707070707;
        return 255;
    }
    if (sending && link && !send_fault && out.size() - sent >= 8 && error_at < 0) {
        memcpy(data, out.data() + sent, 8);
        sent += 8;
        return 0;
    }
    if (!link || send_fault) {
        // the physical layer reports a fault: a frame under way is cut off, and frames whose time comes are lost
        const int64_t fault = link ? send_fault : 1;
        Frame lost;
        ps_t start = now;
        if (sending || wire_take(lost, start, now)) {
            if (sending) lost = current;
            sending = false;
            lost.flags |= LOST | LOST_LINK_DOWN << 8;
            wire.link_free = start + slot_bytes(lost.length) * wire.byte_ps;
            wire_delivered(lost, start);
        }
        rx_gap = 1000;
        *data = int64_t(0x9Cu | uint64_t(fault) << 24 | uint64_t(0x9Cu | uint64_t(fault) << 24) << 32);
        return 0x11;
    }
    uint64_t word = 0;
    int control = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t byte = IDLE_C;
        bool c = true;
        if (sending) {
            if (sent < out.size()) {
                byte = out[sent];
                c = int64_t(sent) == error_at;
                if (c) byte = ERROR_C;
                sent++;
            } else {
                byte = TERM_C;
                sending = false;
                rx_gap = 1;
                wire.link_free = now;  // the gap is kept here, to the byte
                wire_delivered(current, rx_start);
            }
        } else {
            const bool lane_ok = i == 0 ? start_lane != 4 : i == 4 && start_lane != 0;
            if (lane_ok && begin(rx_gap, now + i * wire.byte_ps)) byte = START_C;
            else rx_gap++;
        }
        word |= uint64_t(byte) << 8 * i;
        control |= int(c) << i;
    }
    *data = int64_t(word);
    return control;
}
