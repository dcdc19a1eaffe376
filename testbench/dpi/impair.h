// SPDX-License-Identifier: Apache-2.0
// Seeded faults of a line: loss, corruption, duplication, reordering, delay, link flap. One stage for each direction.
#pragma once

#include <vector>

#include "wire.h"

namespace ferrule {

struct Flap { ps_t from, to; };

struct Impairment {
    int64_t enabled = 0, seed = 1;
    // chances in parts per million
    int64_t loss = 0, corrupt = 0, corrupt_payload = 0, duplicate = 0, reorder = 0;
    int64_t delay_ps = 0, jitter_ps = 0, reorder_ps = 0;
    int64_t lost = 0, corrupted = 0, duplicated = 0, reordered = 0, flapped = 0;
    std::vector<Flap> flaps;
    Random random;
    int64_t seeded = -1;

    bool hit(int64_t ppm) { return ppm > 0 && random.below(1000000) < ppm; }

    bool down(ps_t at) const {
        for (const Flap& flap : flaps)
            if (at >= flap.from && at < flap.to) return true;
        return false;
    }

    static void flip_bit(Frame& frame, Random& random) {
        auto copy = std::make_shared<std::vector<uint8_t>>(frame.data, frame.data + frame.length);
        const int64_t bit = random.below(int64_t(frame.length) * 8);
        if (frame.length) (*copy)[size_t(bit / 8)] ^= uint8_t(1 << (bit % 8));
        frame.data = copy->data();
        frame.hold = copy;
    }

    // What becomes of a frame that enters the line at `at`; `out` gets the copies with their new times. A lost frame comes
    // out too, marked LOST, so that a capture can show it. Every draw is made for every frame: changing one chance does
    // not shift the others.
    void apply(const Frame& frame, ps_t at, std::vector<Frame>& out) {
        if (seeded != seed) random.seed(uint64_t(seeded = seed));
        const bool lose = hit(loss), flip = hit(corrupt), quiet = hit(corrupt_payload), twice = hit(duplicate), late = hit(reorder);
        const ps_t jitter = jitter_ps ? random.below(jitter_ps + 1) : 0;
        Frame f = frame;
        f.at = at + delay_ps + jitter + (late ? reorder_ps : 0);
        if (down(at)) {
            flapped++;
            f.flags |= LOST | LOST_LINK_DOWN << 8;
        } else if (lose) {
            lost++;
            f.flags |= LOST | LOST_RANDOM << 8;
        }
        if (late) {
            reordered++;
            f.flags |= REORDERED;
        }
        if (flip || quiet) {
            corrupted++;
            flip_bit(f, random);
            if (flip) f.flags |= BAD_FCS;
        }
        out.push_back(f);
        if (twice && !(f.flags & LOST)) {
            duplicated++;
            f.flags |= DUPLICATE;
            out.push_back(f);
        }
    }
};

}  // namespace ferrule
