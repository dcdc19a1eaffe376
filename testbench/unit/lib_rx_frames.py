# SPDX-License-Identifier: Apache-2.0
"""Frames and settings for the receive filter: good ones, and bent in every way."""

from __future__ import annotations

import random
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, PadN
from scapy.layers.l2 import Ether

from testbench.model.offload.classify import Entry, Filter
from testbench.unit import rx_oracle
from testbench.unit.bench_rx_classify import OWN, text
from testbench.unit.lib_tx_requests import overwritten

MODES = ("promisc", "allmulti", "alluni", "nomulti", "nouni", "nobcast")


def random_frame(rng: random.Random, pool: list[bytes]) -> bytes:
    """A received frame of at least 60 bytes: one of the pool, good or bent."""
    frame = rng.choice(pool)
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        frame = bent_frame(rng, frame)
    if rng.random() < 0.15:
        frame = rng.choice([b"\xff" * 6, b"\x01" + rng.randbytes(5), b"\x02" + rng.randbytes(5)]) + frame[6:]
    missing = max(0, 60 - len(frame))
    return frame + rng.choice([bytes(missing), rng.randbytes(missing)])


def bent_frame(rng: random.Random, frame: bytes) -> bytes:
    """The frame with one thing changed that a classifier looks at."""
    choice = rng.randrange(9)
    l3 = rng.choice([14, 18, 22]) if frame[12:14] in (b"\x81\x00", b"\x88\xa8") else 14
    if choice == 0 and len(frame) > 14:
        return rx_oracle.damaged(rng, frame).ljust(14, b"\0")
    if choice == 1:  # a tag more or less
        tag = rng.choice([b"\x81\x00", b"\x88\xa8", b"\x91\x00"]) + rng.randbytes(2)
        return frame[:12] + (tag if rng.random() < 0.7 else b"") + frame[12 if rng.random() < 0.7 else 16 :]
    if choice == 2:  # a length of IP
        at = l3 + rng.choice([2, 4])
        value = int.from_bytes(frame[at : at + 2], "big") + rng.choice([-20, -8, -1, 1, 2, 40, 60])
        return overwritten(frame, at, struct.pack(">H", rng.choice([value & 0xFFFF, 27, 28, 39, 40, 41])))
    if choice == 3:  # header lengths, protocols, routing
        at = l3 + rng.choice([6, 9, 40, 41, 43, 48, 49, 51])
        return overwritten(frame, at, bytes([rng.choice([0, 1, 2, 6, 17, 43, 60])]))
    if choice == 8:  # version and header length, fragments
        first, fragment = rng.choice([0x44, 0x46, 0x4F, 0x55, 0x65]), rng.choice([1, 256, 4096, 8192, 16384, 32768])
        at, field = rng.choice([(l3, bytes([first])), (l3 + 6, struct.pack(">H", fragment))])
        return overwritten(frame, at, field)
    if choice == 4:  # a length of 802.3, or a type around it
        size = len(frame) - l3
        return overwritten(
            frame, l3 - 2, struct.pack(">H", max(0, rng.choice([0, 46, size - 1, size, size + 1, 1500, 1501])))
        )
    if choice == 5:  # length and checksum of UDP
        at = l3 + rng.choice([20, 40]) + rng.choice([4, 6])
        return overwritten(frame, at, rng.choice([b"\0\0", struct.pack(">H", rng.randrange(70)), rng.randbytes(2)]))
    if choice == 6:
        return frame + rng.randbytes(rng.randrange(1, 80))
    return frame[: rng.randrange(14, max(60, len(frame)))]


def edge_frames() -> list[bytes]:
    """Datagrams just as long as layer 4 needs, and a byte off; extension headers up to and beyond what is walked."""
    link, v4 = Ether(dst=text(OWN), src="02:00:00:00:00:01"), IP(src="192.0.2.1", dst="198.51.100.7")
    packets = [link / v4.copy() / TCP() for _ in range(4)]
    for packet, size in zip(packets, (38, 39, 40, 41), strict=True):
        packet[IP].len = size
    for size in range(6, 11):
        packets += [
            link / IP(len=20 + size) / UDP(len=size) / b"data",
            link / IPv6(plen=size) / UDP(len=size) / b"data",
        ]
    for units in range(5, 9):
        for layer4 in (TCP(), UDP()):
            options = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(8 * units - 4))])
            packets.append(link / IPv6(src="2001:db8::1", dst="2001:db8::2") / options / layer4 / b"odd")
    return [bytes(packet).ljust(60, b"\xaa") for packet in packets]


def random_pool(rng: random.Random, count: int) -> list[bytes]:
    """Good packets of every style, to this card, mostly small."""
    return [rx_oracle.random_packet(rng, text(OWN), rng.choice([80, 80, 80, 1400]))[0] for _ in range(count)]


def random_settings(rng: random.Random, frames: list[bytes], number: int, entries: int = 32) -> Filter:
    """Settings by ``number`` mod 8: 0 no mode, 1 an MTU that some frames exceed, 7 switched off, others any modes.

    ``entries``: of the MAC table.
    """
    kind = number % 8
    settings = Filter(mac=rng.choice([OWN, OWN, bytes(6)]), enable=kind != 7, steer=rng.randrange(256))
    settings.mtu = rng.choice([0, 1500])
    if kind == 1:
        settings.promisc, settings.mtu = True, len(rng.choice(frames)) - rng.choice([14, 14, 15, 18])
    elif kind:
        for name in MODES:
            setattr(settings, name, rng.random() < 0.25)
    for index in rng.sample(range(entries), rng.randrange(min(entries + 1, 6))):
        mac = rng.choice(sorted({frame[:6] for frame in frames}))
        settings.table[index] = Entry(mac, rng.random() < 0.8, rng.random() < 0.5, rng.randrange(256))
    return settings
