// SPDX-License-Identifier: Apache-2.0
// XGMII kind, 64 bits: the other end's PCS/MAC in frames: preamble, FCS made and checked, inter-frame gap with deficit idle count, faults.
#include "wire_line.h"

namespace ferrule {
namespace {

enum : uint8_t { IDLE_C = 0x07, START_C = 0xFB, TERM_C = 0xFD, ERROR_C = 0xFE, SEQ_C = 0x9C };

int64_t send_fault = 0, card_fault = 0, start_lane = -1, min_gap = -1;

LineIn in(7);  // the start character stands for the preamble's first byte
int64_t gap = 1000;

LineOut out(7);
int64_t rx_gap = 1000, deficit = 0;

const Named named[] = {
    {"xgmii.send_fault", &send_fault}, {"xgmii.card_fault", &card_fault}, {"xgmii.start_lane", &start_lane},
    {"xgmii.min_gap", &min_gap}, {"xgmii.bad_frames", &in.bad_frames}, {"xgmii.bad_preambles", &in.bad_preambles},
};

void lane(uint8_t byte, bool control, ps_t at) {
    if (in.in_frame) {
        if (!control) return in.put(&byte, 1);
        if (byte != TERM_C) in.bad = true;
        if (byte == ERROR_C) return;
        gap = 0;
        in.ends(at);
    } else if (control && byte == START_C) {
        if (min_gap < 0 || gap < min_gap) min_gap = gap;
        in.begin(at);
        return;
    }
    gap++;
}

bool begin(int64_t g, ps_t at) {
    const int64_t short_by = 12 - g;
    if (short_by > 3 || (short_by > 0 && deficit + short_by > 3)) return false;
    if (!out.take(at)) return false;
    deficit = short_by > 0 ? deficit + short_by : deficit + short_by > 0 ? deficit + short_by : 0;
    return true;
}

}  // namespace
}  // namespace ferrule

using namespace ferrule;

// A word from the card that is not all idle, or any word while a frame is under way. Result: call again in the next word.
extern "C" int fr_xgmii_tx(int64_t data, int control) {
    const ps_t now = now_ps();
    const uint64_t word = uint64_t(data);
    if (in.in_frame && !control) {
        in.put(reinterpret_cast<const uint8_t*>(&word), 8);
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
    return in.in_frame || gap < 64;
}

// The next word towards the card. Result: the control bits.
extern "C" int fr_xgmii_rx(int64_t* data) {
    const ps_t now = now_ps();
    const bool link = wire_link_up();
    if (!out.sending && wire_rx_due() > now + 8 * wire.byte_ps && link && !send_fault) {
        rx_gap += 8;
        *data = 0x0707070707070707;
        return 255;
    }
    if (out.sending && link && !send_fault && out.bytes.size() - out.sent >= 8 && out.error_at < 0) {
        memcpy(data, out.bytes.data() + out.sent, 8);
        out.sent += 8;
        return 0;
    }
    if (!link || send_fault) {
        // the physical layer reports a fault: a frame under way is cut off, and frames whose time comes are lost
        const int64_t fault = link ? send_fault : 1;
        out.lose(now);
        rx_gap = 1000;
        *data = int64_t(0x9Cu | uint64_t(fault) << 24 | uint64_t(0x9Cu | uint64_t(fault) << 24) << 32);
        return 0x11;
    }
    uint64_t word = 0;
    int control = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t byte = IDLE_C;
        bool c = true;
        if (out.sending) {
            if (out.sent < out.bytes.size()) {
                byte = out.bytes[out.sent];
                c = int64_t(out.sent) == out.error_at;
                if (c) byte = ERROR_C;
                out.sent++;
            } else {
                byte = TERM_C;
                rx_gap = 1;
                out.delivered(now);
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
