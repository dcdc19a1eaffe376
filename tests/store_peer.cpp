// SPDX-License-Identifier: Apache-2.0
// The driver of test_model_stores.py, which takes every used descriptor at once, and somebody who interrupts the device.
#include <sched.h>
#include <time.h>

#include <cstdint>

namespace {
const uint16_t USED = 0x8000;

void stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}
}

extern "C" void driver(volatile uint16_t *flags, volatile uint64_t *taken, int processor) {
    stay_on(processor);
    for (;;)
        if (*flags & USED) {
            *flags = 0;
            *taken = *taken + 1;
        }
}

extern "C" void interrupter(int processor) {
    stay_on(processor);
    const timespec nap = {0, 20'000};
    for (;;) nanosleep(&nap, nullptr);
}
