// SPDX-License-Identifier: Apache-2.0
// The frame level of the wire, shared by both MAC kinds: what waits for the card, and where the card's frames go.
#pragma once

#include <memory>
#include <vector>

#include "harness.h"

namespace ferrule {

// Flags of a frame, the same in a batch, on the way and in a capture. Keep in step with testbench/lib/wire.py.
enum FrameFlag : uint32_t {
    BAD_FCS = 1,      // sent with a wrong FCS / arrived with one
    ERROR_CHAR = 2,   // an error character inside (STREAM: tuser)
    LOST = 4,         // never reached the other side; the reason is in bits 15:8
    DUPLICATE = 8,
    REORDERED = 16,
    RUNT = 32,
    BAD_PREAMBLE = 64,
};
enum Reason8 : uint32_t { LOST_RANDOM = 1, LOST_CORRUPT = 2, LOST_LINK_DOWN = 3, LOST_BAD_FCS = 4 };

struct Frame {
    ps_t at = 0;       // not before this time
    uint32_t flags = 0;
    uint32_t length = 0;
    const uint8_t* data = nullptr;
    std::shared_ptr<std::vector<uint8_t>> hold;  // keeps `data` alive
};

struct Wire {
    int64_t byte_ps = 800;      // 10 Gb/s
    int64_t pad = 1;            // STREAM: pad the card's frames to 60 bytes, as the vendor's MAC does
    int64_t link = 1;           // level the user asked for; a flap schedule may take it down
    ps_t link_free = 0;         // the line towards the card is free from here on
    ps_t due = NEVER;           // when the servant must act on the card's receive side
    bool delivering = false;    // a frame towards the card is under way
};

extern Wire wire;

inline int64_t slot_bytes(int64_t length) { return (length < 60 ? 60 : length) + 24; }

bool wire_take(Frame& frame, ps_t& start, ps_t by);  // the next frame towards the card whose time has come
void wire_delivered(const Frame& frame, ps_t start);
void wire_from_card(ps_t start, ps_t end, const uint8_t* data, uint32_t length, uint32_t flags);
void wire_to_tap(const Frame& f);                    // also to the TAP, or to the card that the wire is joined with
void wire_from_tap(const uint8_t* data, uint32_t length);  // a frame from there goes to the card
size_t wire_waiting();                               // frames queued towards the card
void wire_schedule();                                // works out wire.due after something changed

}  // namespace ferrule
