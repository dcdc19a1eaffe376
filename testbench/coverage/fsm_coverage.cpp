// SPDX-License-Identifier: Apache-2.0
// Counts the steps of every state machine of the card, an instance at a time; Python fetches them when the run is over.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

struct Place {
    int machine;
    std::string path;
    std::map<std::array<int, 3>, int64_t> steps;  // from, to, by reset
};

std::vector<Place> places;
std::string text;

}  // namespace

extern "C" int fr_fsm_open(int machine, const char* path) {
    places.push_back({machine, path, {}});
    return int(places.size()) - 1;
}

extern "C" void fr_fsm_step(int place, int from, int to, int by_reset) { places[size_t(place)].steps[{from, to, by_reset}]++; }

// A line "machine path" for every instance, then its steps, "from to by_reset count" a line. The step from a state to
// itself is where the instance stood after its first cycle of reset.
extern "C" const char* fr_fsm_text() {
    text.clear();
    for (const Place& place : places) {
        text += std::to_string(place.machine) + " " + place.path + "\n";
        for (const auto& [step, count] : place.steps) {
            for (int value : step) text += std::to_string(value) + " ";
            text += std::to_string(count) + "\n";
        }
    }
    return text.c_str();
}
