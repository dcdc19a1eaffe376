// SPDX-License-Identifier: Apache-2.0
// The device's side of test_driver_fence.py: it stores one word, then loads the other, with a full fence between.
#include <atomic>
#include <cstdint>

namespace {
// words of shared memory, each on a cache line of its own
enum { ROUND = 0, DONE = 8, DRIVER = 16, DEVICE = 24, SEEN = 32 };
}

extern "C" void fence_peer(volatile uint64_t *word, uint64_t rounds, uint32_t seed, uint32_t longest) {
    for (uint64_t round = 1; round <= rounds; round++) {
        while (word[ROUND] != round) {
        }
        seed = seed * 1664525u + 1013904223u;
        for (volatile uint32_t left = (seed >> 8) % longest; left; left = left - 1) {
        }
        word[DEVICE] = round;
        std::atomic_thread_fence(std::memory_order_seq_cst);
        word[SEEN] = word[DRIVER];
        std::atomic_thread_fence(std::memory_order_seq_cst);
        word[DONE] = round;
    }
}
