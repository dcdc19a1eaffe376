# SPDX-License-Identifier: Apache-2.0
"""What is hashed of a received frame and which queue it goes to, worked out protocol by protocol and bit by bit.

Sources: virtio 1.3, sections 5.1.6.4.3 (hash calculation), 5.1.6.5.6 (automatic receive steering) and 5.1.6.5.7 (RSS);
RFC 8200 (IPv6), RFC 6275 (home address option, type 2 routing header). Limits are those of hw/offload/rss/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

TCP, UDP = 6, 17
HOP_BY_HOP, ROUTING, FRAGMENT, SECURITY, AUTHENTICATION, DESTINATION, MOBILITY = 0, 43, 44, 50, 51, 60, 135
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, SECURITY, AUTHENTICATION, DESTINATION, MOBILITY)
IPV4, TCPV4, UDPV4, IPV6, TCPV6, UDPV6, IPV6_EX, TCPV6_EX, UDPV6_EX = range(1, 10)  # VIRTIO_NET_HASH_REPORT_*
WINDOW = 128  # bytes of a frame that are looked at
REGION = 60  # bytes behind an IPv6 header, or behind the first four of an IPv4 one, that are looked at
RX_STEER, AUTOMATIC, RSS = range(3)


def number(data: bytes) -> int:
    """Bytes in the order of the network."""
    return int.from_bytes(data, "big")


def toeplitz(key: bytes, data: bytes) -> int:
    """The hash as it is defined: for every bit of the input that is set, the 32 key bits that begin where it stands."""
    bits, result = number(key), 0
    for place in range(8 * len(data)):
        if data[place // 8] >> (7 - place % 8) & 1:
            result ^= bits >> (8 * len(key) - 32 - place) & 0xFFFF_FFFF
    return result


def layer3(frame: bytes) -> tuple[int, int]:
    """(offset of layer 3, EtherType) behind at most two tags."""
    offset = 12
    while frame[offset : offset + 2] in (b"\x81\x00", b"\x88\xa8") and offset < 20:
        offset += 4
    return offset + 2, number(frame[offset : offset + 2])


@dataclass
class Headers:
    """What a hash may want of a datagram: ``home`` and ``route`` are the addresses of Mobile IPv6."""

    version: int
    source: bytes
    destination: bytes
    protocol: int | None = None
    ports: bytes = b""
    extended: bool = False
    home: bytes | None = None
    route: bytes | None = None


def headers(frame: bytes) -> Headers | None:
    """The headers of an IPv4 or IPv6 frame of at least 60 bytes, else None."""
    offset, kind = layer3(frame)
    packet = frame[:WINDOW][offset:]
    if len(frame) < 60:
        return None
    if kind == 0x0800 and len(packet) >= 20 and packet[0] >> 4 == 4 and packet[0] & 15 >= 5:
        found = Headers(4, packet[12:16], packet[16:20])
        size, room = 4 * (packet[0] & 15), reach(frame, offset, number(packet[2:4]))
        if not number(packet[6:8]) & 0x3FFF:
            layer4(found, packet[9], packet[size : min(room, REGION + 4)], room - size)
        return found
    if kind == 0x86DD and len(packet) >= 40 and packet[0] >> 4 == 6:
        found = Headers(6, packet[8:24], packet[24:40])
        room = reach(frame, offset + 40, number(packet[4:6]))
        extension_headers(found, packet[6], packet[40 : 40 + room][:REGION], room)
        return found
    return None


def reach(frame: bytes, start: int, told: int) -> int:
    """Bytes from ``start`` on that a datagram has by its length field, and by its frame's where that is short."""
    return min(told, len(frame) - start) if len(frame) < WINDOW else told


def layer4(found: Headers, protocol: int, rest: bytes, room: int) -> None:
    """A TCP or UDP header counts when the datagram has room for it and its ports are among the bytes looked at."""
    if protocol in (TCP, UDP) and room >= {TCP: 20, UDP: 8}[protocol] and len(rest) >= 4:
        found.protocol, found.ports = protocol, rest[:4]


def extension_headers(found: Headers, protocol: int, rest: bytes, room: int) -> None:
    """Walk from header to header: hop-by-hop options only first, nothing behind a fragment header of a fragment."""
    found.extended = protocol in EXTENSIONS
    position = 0
    while protocol in EXTENSIONS and protocol != SECURITY and not (protocol == HOP_BY_HOP and position):
        header = rest[position:]
        if len(header) < 8:
            return
        size = 8 * header[1] + 8
        if protocol == FRAGMENT:
            size = 8
        elif protocol == AUTHENTICATION:
            size = 4 * header[1] + 8
        if size > len(header):
            return
        if (protocol == FRAGMENT and number(header[2:4]) & 0xFFF9) or size % 8:
            return
        if protocol == DESTINATION:
            found.home = home_address(header[:size]) or found.home
        elif protocol == ROUTING and header[1:3] == bytes([2, 2]):
            found.route = header[8:24]
        position, protocol = position + size, header[0]
    layer4(found, protocol, rest[position:], room - position)


def home_address(header: bytes) -> bytes | None:
    """Address of the last home address option at its alignment (8 n + 6), option by option; None if there is none."""
    at, found = 2, None
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        if kind == 201 and size == 16 and at % 8 == 6 and at + 18 <= len(header):
            found = header[at + 2 : at + 18]
        at += 1 if kind == 0 else 2 + size
    return found


def hashed(frame: bytes, types: int) -> tuple[int, bytes]:
    """(VIRTIO_NET_HASH_REPORT_*, what is hashed) under the enabled VIRTIO_NET_HASH_TYPE_*; (0, b"") for nothing."""
    found = headers(frame)
    if found is None:
        return 0, b""
    plain = found.source + found.destination
    choices = []
    if found.version == 4:
        choices = [
            (TCPV4, found.protocol == TCP, plain + found.ports),
            (UDPV4, found.protocol == UDP, plain + found.ports),
        ]
        choices += [(IPV4, True, plain)]
    else:
        mobile = (found.home or found.source) + (found.route or found.destination)
        if found.extended:
            choices = [(TCPV6_EX, found.protocol == TCP, mobile + found.ports)]
            choices += [(UDPV6_EX, found.protocol == UDP, mobile + found.ports), (IPV6_EX, True, mobile)]
        choices += [
            (TCPV6, found.protocol == TCP, plain + found.ports),
            (UDPV6, found.protocol == UDP, plain + found.ports),
        ]
        choices += [(IPV6, True, plain)]
    for report, applies, data in choices:
        if applies and types >> (report - 1) & 1:
            return report, data
    return 0, b""


def flow_index(frame: bytes) -> int | None:
    """Place of a frame's flow in the table of 256, the same for both directions; None if it is not IP."""
    offset, kind = layer3(frame)
    packet = frame[:64][offset:]
    if kind == 0x0800 and len(packet) >= 20 and packet[0] >> 4 == 4 and packet[0] & 15 >= 5:
        addresses = number(packet[12:16]) + number(packet[16:20])
        whole = packet[0] & 15 == 5 and not number(packet[6:8]) & 0x3FFF
        protocol, ports = packet[9], packet[20:24]
    elif kind == 0x86DD and len(packet) >= 40 and packet[0] >> 4 == 6:
        addresses = 0
        for side in (packet[8:24], packet[24:40]):
            words = [number(side[at : at + 4]) for at in range(0, 16, 4)]
            addresses += words[0] ^ words[1] ^ words[2] ^ words[3]
        whole = True
        protocol, ports = packet[6], packet[40:44]
    else:
        return None
    if whole and len(ports) == 4 and protocol in (TCP, UDP):
        addresses += 33 * (number(ports[:2]) + number(ports[2:]))
    total = addresses % 2**32
    return (total ^ total >> 8 ^ total >> 16 ^ total >> 24) & 0xFF


@cache
def remembered(key: bytes, data: bytes) -> int:
    """``toeplitz``, once for each input."""
    return toeplitz(key, data)


@dataclass
class Steering:
    """The card's settings of how a queue is chosen; ``flows``: what it has seen being sent, {index: pair}."""

    built: int = 256
    pairs: int = 256
    mode: int = RX_STEER
    queue: int = 0
    types: int = 0
    key: bytes = bytes(40)
    table: list[int] = field(default_factory=lambda: [0] * 128)
    mask: int = 0
    unclassified: int = 0
    flows: dict[int, int] = field(default_factory=dict)

    def report(self, frame: bytes) -> tuple[int, int]:
        """(VIRTIO_NET_HASH_REPORT_*, hash)."""
        kind, data = hashed(frame, self.types)
        return kind, remembered(self.key, data) if kind else 0

    def choose(self, frame: bytes, entry: int | None = None) -> int:
        """Receive queue; ``entry`` is what the MAC table names."""
        kind, value = self.report(frame)
        queue = self.queue
        if entry is not None:
            queue = entry
        elif self.mode == RSS:
            queue = self.table[value & self.mask] if kind else self.unclassified
        elif self.mode == AUTOMATIC:
            learned = self.flows.get(flow_index(frame), self.pairs)  # type: ignore[arg-type]
            queue = learned if learned < self.pairs else queue
        return queue if queue < min(self.pairs, self.built) else 0
