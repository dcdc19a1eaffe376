// SPDX-License-Identifier: Apache-2.0
// A frame as bytes of a line, shared by the kinds with a MAC in the card: preamble, FCS made and checked.
#pragma once

#include <string.h>

#include "wire.h"

namespace ferrule {

constexpr uint8_t PREAMBLE = 0x55, SFD = 0xD5;

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
inline const Crc32 crc32;

// A frame from the card, byte by byte.
struct LineIn {
    const size_t preamble;  // bytes of it, the start delimiter included
    uint8_t collected[65536 + 64];
    uint32_t filled = 0;
    bool in_frame = false, bad = false;
    ps_t start = 0;
    int64_t bad_frames = 0, bad_preambles = 0;

    explicit LineIn(size_t preamble) : preamble(preamble) {}
    void begin(ps_t at) {
        in_frame = true;
        bad = false;
        filled = 0;
        start = at;
    }
    void put(const uint8_t* bytes, uint32_t count) {
        if (filled + count <= 65536) {
            memcpy(collected + filled, bytes, count);
            filled += count;
        } else bad = true;
    }
    void ends(ps_t at) {
        in_frame = false;
        uint32_t flags = 0;
        bool sound = filled >= preamble && collected[preamble - 1] == SFD;
        for (size_t i = 0; sound && i + 1 < preamble; i++) sound = collected[i] == PREAMBLE;
        if (!sound) {
            bad_preambles++;
            flags |= BAD_PREAMBLE | ERROR_CHAR;
        }
        const uint32_t around = uint32_t(preamble) + 4, frame = filled > around ? filled - around : 0;
        uint32_t fcs;
        memcpy(&fcs, collected + preamble + frame, 4);
        if (!frame || fcs != crc32(collected + preamble, frame)) flags |= BAD_FCS;
        if (frame < 60) flags |= RUNT;
        if (bad) flags |= ERROR_CHAR;
        if (flags) bad_frames++;
        wire_from_card(start, at + 12 * wire.byte_ps, collected + preamble, frame, flags);
    }
};

// A frame towards the card: the bytes still to send.
struct LineOut {
    const size_t preamble;
    std::vector<uint8_t> bytes;
    size_t sent = 0;
    int64_t error_at = -1;  // the byte that is an error
    bool sending = false;
    Frame frame;
    ps_t start = 0;

    explicit LineOut(size_t preamble) : preamble(preamble) {}
    bool take(ps_t at) {
        if (!wire_take(frame, start, at)) return false;
        start = at;
        bytes.assign(preamble - 1, PREAMBLE);
        bytes.push_back(SFD);
        bytes.insert(bytes.end(), frame.data, frame.data + frame.length);
        uint32_t fcs = crc32(frame.data, frame.length);
        if (frame.flags & BAD_FCS) fcs ^= 0x00010000;
        for (int i = 0; i < 4; i++) bytes.push_back(uint8_t(fcs >> 8 * i));
        error_at = frame.flags & ERROR_CHAR ? int64_t(bytes.size() / 2) : -1;
        sent = 0;
        sending = true;
        return true;
    }
    void delivered(ps_t at) {
        sending = false;
        wire.link_free = at;  // the gap is kept by the servant, to the byte
        wire_delivered(frame, start);
    }
    // The line is down: a frame under way is cut off, and one whose time comes is lost.
    void lose(ps_t at) {
        ps_t when = at;
        if (!sending && !wire_take(frame, when, at)) return;
        sending = false;
        frame.flags |= LOST | LOST_LINK_DOWN << 8;
        wire.link_free = when + slot_bytes(frame.length) * wire.byte_ps;
        wire_delivered(frame, when);
    }
};

}  // namespace ferrule
