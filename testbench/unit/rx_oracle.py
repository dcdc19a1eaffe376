# SPDX-License-Identifier: Apache-2.0
"""What a receiving card has to say about a frame, worked out protocol by protocol; and frames worth asking about."""

from __future__ import annotations

import random
import re
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    IPv6ExtHdrSegmentRouting,
    PadN,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import ARP, LLC, Dot1AD, Dot1Q, Dot3, Ether
from scapy.packet import Raw

from testbench.lib import tools
from testbench.unit.rx_hash_oracle import Steering

PROMISC, ALLMULTI, ALLUNI, NOMULTI, NOUNI, NOBCAST = (1 << bit for bit in range(6))
TAGS = (0x8100, 0x88A8)
STYLES = ["v4", "v4", "options", "v6", "v6", "extension", "extension", "fragment4", "fragment6", "other", "zero"]


def meta_ranges() -> dict[str, tuple[int, int]]:
    """Name -> (lowest bit, mask) of the receive side-band word, from meta.vh."""
    text = (tools.HW / "nic" / "common" / "meta.vh").read_text()
    ranges = {}
    for name, high, low in re.findall(r"`define RXM_(\w+)\s+(\d+)(?::(\d+))?", text):
        bottom = int(low or high)
        ranges[name] = (bottom, (1 << (int(high) - bottom + 1)) - 1)
    return ranges


RXM = meta_ranges()


def meta_field(word: int, name: str) -> int:
    """A field of the side-band word."""
    low, mask = RXM[name]
    return word >> low & mask


def meta_word(**fields: int) -> int:
    """Side-band word of the named fields, the others 0."""
    word = 0
    for name, value in fields.items():
        low, mask = RXM[name.upper()]
        word |= (value & mask) << low
    return word


def internet_sum(data: bytes) -> int:
    """RFC 1071: the one's complement of the one's complement sum of big-endian words."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def layer3(frame: bytes) -> tuple[int, int | None]:
    """(offset of layer 3, type or length field) behind at most two tags; None when the frame ends before the field."""
    offset = 12
    for _ in range(2):
        if len(frame) >= offset + 2 and int.from_bytes(frame[offset : offset + 2], "big") in TAGS:
            offset += 4
    if len(frame) < offset + 2:
        return offset + 2, None
    return offset + 2, int.from_bytes(frame[offset : offset + 2], "big")


def checksum_verdict(frame: bytes) -> str | None:
    """``"good"``, ``"bad"`` or None (no verdict) for the TCP or UDP checksum of a frame."""
    offset, kind = layer3(frame)
    packet = frame[offset:]
    header_right = True
    if kind == 0x0800 and len(packet) >= 20 and packet[0] >> 4 == 4:
        size = (packet[0] & 15) * 4
        total = int.from_bytes(packet[2:4], "big")
        if size < 20 or not size <= total <= len(packet):
            return None
        if int.from_bytes(packet[6:8], "big") & 0x3FFF:
            return None
        header_right = internet_sum(packet[:size]) == 0
        protocol, addresses, payload = packet[9], packet[12:20], packet[size:total]
    elif kind == 0x86DD and len(packet) >= 40 and packet[0] >> 4 == 6:
        total = int.from_bytes(packet[4:6], "big")
        protocol, addresses, payload = packet[6], packet[8:40], packet[40 : 40 + total]
        if len(payload) < total:
            return None
        walked = 0
        while protocol in (43, 60) or (protocol == 0 and walked == 0):
            if len(payload) < 8 or len(payload) < 8 * (payload[1] + 1):
                return None
            if protocol == 43 and payload[3]:
                return None
            protocol, size = payload[0], 8 * (payload[1] + 1)
            walked += size
            payload = payload[size:]
        if walked > 56:  # the limit that the README states
            return None
    else:
        return None
    if protocol == 17:
        if len(payload) < 8 or int.from_bytes(payload[4:6], "big") != len(payload) or payload[6:8] == b"\0\0":
            return None
    elif protocol != 6 or len(payload) < 20:
        return None
    pseudo = addresses + struct.pack("!LL", len(payload), protocol)
    return "good" if header_right and internet_sum(pseudo + payload) == 0 else "bad"


class Filter:
    """The card's receive settings and what they mean for a frame."""

    def __init__(self) -> None:
        self.enable, self.mode, self.mac, self.mtu = 1, 0, bytes(6), 0
        self.steering = Steering()
        self.vlans: set[int] | None = None  # those wanted; None: all
        self.table: dict[int, tuple[bytes, int | None]] = {}  # index -> (address, queue or None)

    def judge(self, frame: bytes) -> tuple[str | None, int]:
        """(reason to drop or None, queue)."""
        destination = frame[:6]
        entries = [self.table[index] for index in sorted(self.table) if self.table[index][0] == destination]
        queue = self.steering.choose(frame, entries[0][1] if entries else None)
        if not self.enable:
            return "disabled", queue
        offset, kind = layer3(frame)
        if kind is None or (kind <= 1500 and kind > len(frame) - offset):
            return "length", queue
        if not self.mode & PROMISC:
            if destination == b"\xff" * 6:
                wanted = not self.mode & NOBCAST
            elif destination[0] & 1:
                wanted = not self.mode & NOMULTI and (self.mode & ALLMULTI or entries)
            else:
                wanted = not self.mode & NOUNI and (self.mode & ALLUNI or entries or destination == self.mac)
            if not wanted:
                return "filter", queue
        vlan = int.from_bytes(frame[14:16], "big") & 0xFFF if frame[12:14] == b"\x81\0" else 0
        if vlan and self.vlans is not None and vlan not in self.vlans and not self.mode & PROMISC:
            return "vlan", queue
        if self.mtu and len(frame) - offset > self.mtu:
            return "mtu", queue
        return None, queue


def ethernet(rng: random.Random, destination: str, tags: int):
    """Ethernet header with up to two VLAN tags."""
    header = Ether(dst=destination, src="02:00:00:00:00:99")
    for index in range(tags):
        kind = Dot1AD if index == 0 and tags == 2 and rng.random() < 0.5 else Dot1Q
        header /= kind(vlan=rng.randrange(4096), prio=rng.randrange(8))
    return header


def payload_of(rng: random.Random, longest: int) -> Raw:
    """Random bytes; now and then all zero or all ones, where sums are degenerate."""
    size = rng.choice([0, 1, 2, 3, rng.randrange(100), rng.randrange(longest + 1)])
    return Raw(rng.choice([rng.randbytes(size)] * 4 + [bytes(size), b"\xff" * size]))


def layer4(rng: random.Random):
    """A TCP or UDP header."""
    if rng.random() < 0.5:
        return UDP(sport=rng.randrange(65536), dport=40000)
    options = rng.choice([[], [("MSS", 1460)], [("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]])
    return TCP(sport=rng.randrange(65536), dport=40000, seq=rng.randrange(2**32), options=options)


def extension_headers(rng: random.Random):
    """IPv6 extension headers that can be walked, in a legal order, at most 56 bytes."""
    headers, room = [], 7
    for build in (
        lambda pad: IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(pad))]),
        lambda pad: IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(pad))]),
        lambda pad: IPv6ExtHdrRouting(type=4, addresses=["2001:db8::1"] * ((pad + 4) // 16), segleft=0),
        lambda pad: IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(pad))]),
    ):
        if rng.random() < 0.4:
            header = build(rng.choice([4, 12, 12, 20]))
            units = len(bytes(header)) // 8
            if units <= room:
                headers.append(header)
                room -= units
    return headers


def random_packet(rng: random.Random, destination: str, longest: int = 1400):
    """(bytes, what its checksum is by construction: "good", None for no verdict, or "?" for ask the oracle)."""
    link = ethernet(rng, destination, rng.choice([0, 0, 0, 1, 2]))
    body = layer4(rng) / payload_of(rng, longest)
    style = rng.choice(STYLES)
    known: str | None = "good"
    if style in ("v4", "zero"):
        packet = link / IP(src="10.1.2.3", dst="10.9.8.7", tos=rng.randrange(256), id=rng.randrange(65536)) / body
        if style == "zero" and UDP in packet:
            packet[UDP].chksum, known = 0, None
    elif style == "options":
        packet = link / IP(src="10.1.2.3", dst="10.9.8.7", options=Raw(b"\x01" * rng.randrange(41))) / body
    elif style == "v6":
        packet = link / IPv6(src="2001:db8::5", dst="2001:db8::6", fl=rng.randrange(1 << 20)) / body
    elif style == "extension":
        packet = link / IPv6(src="2001:db8::5", dst="2001:db8::6")
        for header in extension_headers(rng):
            packet /= header
        packet /= body
    elif style == "fragment4":
        flags, offset = rng.choice([("MF", 0), ("MF", 7), (0, 1), (0, 8000)])
        packet, known = link / IP(src="10.1.2.3", dst="10.9.8.7", flags=flags, frag=offset) / body, None
    elif style == "fragment6":
        middle = rng.choice(
            [
                IPv6ExtHdrFragment(offset=rng.choice([0, 3]), m=rng.randrange(2)),
                AH(spi=1, seq=1, icv=bytes(12)),
                IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(60))]),
                IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop(),
                IPv6ExtHdrSegmentRouting(addresses=["2001:db8::1"], segleft=1, lastentry=0),
            ]
        )
        packet, known = link / IPv6(src="2001:db8::5", dst="2001:db8::6") / middle / body, None
    else:
        packet = rng.choice(
            [
                Ether(dst=destination) / ARP(),
                Dot3(dst=destination) / LLC() / payload_of(rng, longest),
                link / IP(proto=47) / payload_of(rng, longest),
                link / IPv6(nh=59) / payload_of(rng, longest),
            ]
        )
        known = None
    return bytes(packet), known


def damaged(rng: random.Random, frame: bytes) -> bytes:
    """The frame with a few bytes changed, cut short or with bytes behind it."""
    data = bytearray(frame)
    for _ in range(rng.choice([0, 1, 1, 2])):
        position = rng.randrange(12, len(data) if rng.random() < 0.5 else min(len(data), 80))
        data[position] = rng.choice([data[position] ^ 1 << rng.randrange(8), rng.randrange(256)])
    action = rng.random()
    if action < 0.2:
        del data[rng.randrange(1, len(data)) :]
    elif action < 0.5:
        data += rng.randbytes(rng.randrange(1, 200))
    return bytes(data)
