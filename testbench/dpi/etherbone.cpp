// SPDX-License-Identifier: Apache-2.0
// The far end of a board's Etherbone port: datagrams of a UDP socket as frames and back, so that any client can talk to it.
//
// Clients are told apart by their ports: on the simulated wire all of them have one MAC and one IP address.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "harness.h"

namespace ferrule {
namespace {

using Frame = std::vector<uint8_t>;

constexpr size_t MOST = 16;           // frames taken in ahead; the rest waits in the socket
constexpr size_t HEADERS = 14 + 20 + 8, LONGEST = 1500 - 28;
constexpr uint8_t PEER[6] = {2, 0, 0, 0, 0, 7};
constexpr uint8_t PEER_IP[4] = {192, 168, 1, 7};

std::deque<Frame> to_board;
Frame from_board;
size_t sent = 0;                      // bytes of the frame at the head
std::map<uint16_t, sockaddr_in> clients;
int64_t fd = -1, n_in = 0, n_out = 0, n_lost = 0;
uint64_t board_mac = 0;
uint32_t board_ip = 0, board_port = 0;

const Named named[] = {
    {"etherbone.fd", &fd}, {"etherbone.to_board", &n_in}, {"etherbone.from_board", &n_out}, {"etherbone.lost", &n_lost},
};

void put(uint8_t* at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) at[i] = uint8_t(value >> 8 * (bytes - 1 - i));
}

Frame framed(const uint8_t* data, size_t size, uint16_t port) {
    Frame frame(std::max<size_t>(HEADERS + size, 60));
    uint8_t *ip = frame.data() + 14, *udp = ip + 20;
    put(frame.data(), board_mac, 6);
    memcpy(frame.data() + 6, PEER, 6);
    put(frame.data() + 12, 0x0800, 2);
    put(ip, 0x45, 1);
    put(ip + 2, 28 + size, 2);
    put(ip + 6, 0x4000, 2);
    put(ip + 8, 64, 1);
    put(ip + 9, IPPROTO_UDP, 1);
    memcpy(ip + 12, PEER_IP, 4);
    put(ip + 16, board_ip, 4);
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += ip[i] << 8 | ip[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    put(ip + 10, ~sum & 0xffff, 2);
    put(udp, port, 2);
    put(udp + 2, board_port, 2);
    put(udp + 4, 8 + size, 2);
    memcpy(udp + 8, data, size);
    return frame;
}

// An answer goes to whom its port belongs; anything else the board sends has nobody here.
void deliver(const Frame& frame) {
    if (frame.size() < HEADERS || frame[23] != IPPROTO_UDP) return;
    const size_t length = size_t(frame[38] << 8 | frame[39]);
    const auto client = clients.find(uint16_t(frame[36] << 8 | frame[37]));
    if (client == clients.end() || length < 8 || frame.size() < HEADERS + length - 8) return;
    n_out++;
    const auto* to = reinterpret_cast<const sockaddr*>(&client->second);
    if (sendto(int(fd), frame.data() + HEADERS, length - 8, MSG_DONTWAIT, to, sizeof client->second) < 0) n_lost++;
}

}  // namespace

int etherbone_fd() { return to_board.size() < MOST ? int(fd) : -1; }

bool etherbone_waiting() { return !to_board.empty(); }

void etherbone_poll() {
    uint8_t data[65536];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(int(fd), data, sizeof data, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    if (size_t(got) > LONGEST) {
        n_lost++;
        return;
    }
    clients[ntohs(from.sin_port)] = from;
    to_board.push_back(framed(data, size_t(got), ntohs(from.sin_port)));
}

}  // namespace ferrule

using namespace ferrule;

// Where the board is.
extern "C" void fr_etherbone_at(int64_t mac, int ip, int port) {
    board_mac = uint64_t(mac);
    board_ip = uint32_t(ip);
    board_port = uint32_t(port);
}

// The next beat towards the board; only while a frame waits. Its last bytes, and whether it is the last one.
extern "C" void fr_etherbone_next(int64_t* data, int* bytes, int* last) {
    const Frame& frame = to_board.front();
    const size_t here = std::min<size_t>(8, frame.size() - sent);
    uint8_t beat[8] = {};
    memcpy(beat, frame.data() + sent, here);
    memcpy(data, beat, 8);
    sent += here;
    *bytes = int(here);
    *last = sent == frame.size();
    progress();
    if (!*last) return;
    n_in++;
    sent = 0;
    to_board.pop_front();
}

extern "C" void fr_etherbone_put(int64_t data, int bytes, int last) {
    uint8_t beat[8];
    memcpy(beat, &data, 8);
    from_board.insert(from_board.end(), beat, beat + bytes);
    if (!last) return;
    progress();
    deliver(from_board);
    from_board.clear();
}
