// SPDX-License-Identifier: Apache-2.0
// GMII kind, 1000 Mb/s: the other end's PHY and MAC in frames: preamble, FCS made and checked, gaps of 12 bytes.
#include "wire_line.h"

namespace ferrule {
namespace {

constexpr int64_t GAP = 12;

int64_t min_gap = -1;

LineIn in(8);
int64_t gap = 1000;

LineOut out(8);
int64_t rx_gap = 1000;

const Named named[] = {
    {"gmii.min_gap", &min_gap}, {"gmii.bad_frames", &in.bad_frames}, {"gmii.bad_preambles", &in.bad_preambles},
};

}  // namespace
}  // namespace ferrule

using namespace ferrule;

// A byte time of the card's that is not idle, or that ends a frame. Result: call again in the next one.
extern "C" int fr_gmii_tx(int data, int enable, int error) {
    const ps_t now = now_ps();
    const uint8_t byte = uint8_t(data);
    if (enable) {
        if (!in.in_frame) {
            if (min_gap < 0 || gap < min_gap) min_gap = gap;
            in.begin(now);
        }
        if (error) in.bad = true;
        in.put(&byte, 1);
        return 1;
    }
    if (in.in_frame) {
        gap = 0;
        in.ends(now);
    }
    gap++;
    // the gap is counted only as far as it matters
    return gap < 64;
}

// The next byte time towards the card. Result: the byte in 7:0, 8 valid, 9 error.
extern "C" int fr_gmii_rx() {
    const ps_t now = now_ps();
    if (!wire_link_up()) {
        out.lose(now);
        rx_gap = 1000;
        return 0;
    }
    if (!out.sending) {
        if (wire_rx_due() > now || rx_gap < GAP || !out.take(now)) {
            rx_gap++;
            return 0;
        }
    } else if (out.sent == out.bytes.size()) {
        rx_gap = 1;
        out.delivered(now);
        return 0;
    }
    const int error = int64_t(out.sent) == out.error_at;
    return out.bytes[out.sent++] | 1 << 8 | error << 9;
}
