// SPDX-License-Identifier: Apache-2.0
// The simulator's main function, which is cocotb's, and its waves in windows: a long run keeps the last two of them, and
// stops writing where it is told, so that what led to an event is there without the hours before it.
#include <stdio.h>

#include "harness.h"
#include "verilator.cpp"  // of cocotb: main, and with waves `tfp`

namespace ferrule {
namespace {

int64_t window = 0;           // core cycles in one file; 0: everything goes into one
int64_t stop_at = INT64_MAX;  // cycle after which nothing more is written
int64_t opened = 0;           // cycle in which the file was begun

const Named named[] = {{"waves.window", &window}, {"waves.stop_at", &stop_at}};

}  // namespace

#if VM_TRACE
void waves_check() {
    if (!tfp || !tfp->isOpen() || !window) return;
    if (h.cycles >= stop_at) {
        tfp->close();
    } else if (h.cycles - opened >= window && stop_at == INT64_MAX) {
        tfp->close();
        rename("waves.fst", "waves-before.fst");
        tfp->open("waves.fst");
        opened = h.cycles;
    }
}
#else
void waves_check() {}
#endif

}  // namespace ferrule
