// SPDX-License-Identifier: Apache-2.0
// Asks the card for its state when Python does (testbench/hdl/card_state.sv). Without that file, as with the stand-in card,
// there are no places to ask.
#include <map>
#include <string>

#include "svdpi.h"

#ifdef FERRULE_CARD_STATE
extern "C" void fr_card_tell();
extern "C" void fr_queue_tell();
#else
static void fr_card_tell() {}
static void fr_queue_tell() {}
#endif

namespace {

std::map<int, svScope> places;  // -1 the card, otherwise the number of a queue
std::string told;

}  // namespace

extern "C" void fr_state_place(int place) { places[place] = svGetScope(); }

extern "C" void fr_state_put(const char* name, long long value) { told += std::string(name) + " " + std::to_string(value) + "\n"; }

// Names and values, a line each; empty if there is no such place.
extern "C" const char* fr_state(int place) {
    told.clear();
    const auto found = places.find(place);
    if (found != places.end()) {
        svSetScope(found->second);
        place < 0 ? fr_card_tell() : fr_queue_tell();
    }
    return told.c_str();
}
