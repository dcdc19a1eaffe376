// SPDX-License-Identifier: Apache-2.0
// STREAM kind: whole frames as AXI4-Stream beats in the core clock domain, paced to the wire's rate with its 24 bytes of overhead.
#include <string.h>

#include "svdpi.h"
#include "wire.h"

namespace ferrule {
namespace {

uint8_t assembled[65536 + 64];
uint32_t filled = 0;
ps_t tx_start = 0, tx_free = 0;  // of the frame under way; when the line from the card is free again
int64_t tx_gaps = 0, tx_oversize = 0, frame_gaps = 0;

Frame current;
ps_t rx_start = 0;
uint32_t rx_sent = 0;

const Named named[] = {{"tx.gap_cycles", &tx_gaps}, {"tx.oversize", &tx_oversize}};

}  // namespace
}  // namespace ferrule

using namespace ferrule;

// A beat from the card was taken. `waited`: it was there a cycle earlier and the pace held it back, so the frame starts
// exactly when the line came free. Result: cycles for which the line takes no further beat.
extern "C" int fr_stream_tx(const svBitVecVal* data, int bytes, int last, int waited, int gaps) {
    const ps_t now = now_ps(), next = now + h.period;
    if (!filled) tx_start = waited && tx_free > 0 ? tx_free : now;
    tx_gaps += gaps;
    frame_gaps += gaps;
    if (filled + uint32_t(bytes) > 65536) tx_oversize++;
    else {
        memcpy(assembled + filled, data, size_t(bytes));
        filled += uint32_t(bytes);
    }
    ps_t ready;
    if (last) {
        uint32_t length = filled;
        if (wire.pad && length < 60) {
            memset(assembled + length, 0, 60 - length);
            length = 60;
        }
        // a card that paused inside the frame ends it later than the line could have
        const ps_t end = tx_start + slot_bytes(length) * wire.byte_ps, late = now + (int64_t(bytes) + 16) * wire.byte_ps;
        tx_free = frame_gaps && late > end ? late : end;
        frame_gaps = 0;
        wire_from_card(tx_start, tx_free, assembled, length, 0);
        filled = 0;
        ready = tx_free;
    } else ready = tx_start + int64_t(filled) * wire.byte_ps;
    return ready <= next ? 0 : int((ready - next + h.period - 1) / h.period);
}

// The next beat towards the card. Result: 0 valid, 1 last, 2 drop (tuser), 15:8 bytes.
extern "C" int fr_stream_rx(svBitVecVal* data) {
    const ps_t now = now_ps();
    if (!wire.delivering) {
        if (!wire_take(current, rx_start, now)) return 0;
        rx_sent = 0;
        if (!wire_link_up()) current.flags |= LOST | LOST_LINK_DOWN << 8;
        wire.due = rx_start + (8 + std::min<int64_t>(h.data_bytes, current.length)) * wire.byte_ps;
    }
    if (wire.due > now) return 0;
    const uint32_t left = current.length - rx_sent, bytes = left < h.data_bytes ? left : uint32_t(h.data_bytes);
    memset(data, 0, size_t(h.data_bytes));
    memcpy(data, current.data + rx_sent, bytes);
    rx_sent += bytes;
    const bool last = rx_sent == current.length, lost = (current.flags & LOST) != 0;
    const int result = lost ? 0 : 1 | int(last) << 1 | int(last && (current.flags & (BAD_FCS | ERROR_CHAR))) << 2 | int(bytes) << 8;
    progress();
    if (last) {
        // a bus slower than the line makes the next frame start later
        const ps_t end = rx_start + slot_bytes(current.length) * wire.byte_ps;
        wire.link_free = std::max(end, now - 8 * wire.byte_ps);
        wire_delivered(current, rx_start);
    } else wire.due = rx_start + (8 + rx_sent + std::min<int64_t>(h.data_bytes, current.length - rx_sent)) * wire.byte_ps;
    return result;
}
