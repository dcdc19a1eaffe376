// SPDX-License-Identifier: Apache-2.0
// The far end of a board's serial line: bytes from and to a file descriptor, a pty's, so that Python never sees one.
//
// As on a real line nobody waits: what the other side has no room for is lost, and counted.
#include <unistd.h>

#include <deque>

#include "harness.h"

namespace ferrule {
namespace {

constexpr size_t MOST = 4096;  // bytes taken in ahead; the rest waits in the descriptor

std::deque<uint8_t> to_board;
int64_t uart = -1, n_in = 0, n_out = 0, n_lost = 0;

const Named named[] = {
    {"uart.fd", &uart}, {"uart.to_board", &n_in}, {"uart.from_board", &n_out}, {"uart.lost", &n_lost},
};

}  // namespace

int uart_fd() { return to_board.size() < MOST ? int(uart) : -1; }

bool uart_waiting() { return !to_board.empty(); }

void uart_poll() {
    uint8_t buffer[MOST];
    const ssize_t got = read(int(uart), buffer, sizeof buffer);
    if (got > 0) to_board.insert(to_board.end(), buffer, buffer + got);
}

}  // namespace ferrule

using namespace ferrule;

// The next byte towards the board; only while one waits.
extern "C" int fr_uart_next() {
    const int byte = to_board.empty() ? 0 : to_board.front();
    if (!to_board.empty()) to_board.pop_front();
    n_in++;
    progress();
    return byte;
}

extern "C" void fr_uart_put(int byte) {
    const uint8_t value = uint8_t(byte);
    n_out++;
    progress();
    if (uart < 0 || write(int(uart), &value, 1) != 1) n_lost++;
}
