# SPDX-License-Identifier: Apache-2.0
"""Frames whose hash and queue are worth asking for: flows, Mobile IPv6, fragments."""

from __future__ import annotations

import random

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import (
    HAO,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    Pad1,
    PadN,
    RouterAlert,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from testbench.unit import rx_oracle


def padded(frame: bytes) -> bytes:
    """As a MAC gives it: at least 60 bytes."""
    return frame.ljust(60, b"\0")


def address6(rng: random.Random) -> str:
    """A random IPv6 address."""
    return ":".join(f"{rng.getrandbits(16):x}" for _ in range(8))


def network(rng: random.Random, destination: str):
    """An IPv4 header, sometimes with options or of a fragment, or an IPv6 one, behind up to two tags."""
    link = rx_oracle.ethernet(rng, destination, rng.choice([0, 0, 0, 1, 2]))
    if rng.random() < 0.4:
        packet = IP(src=".".join(str(rng.randrange(256)) for _ in range(4)), dst="10.9.8.7", id=rng.randrange(65536))
        if rng.random() < 0.3:
            packet.options = Raw(b"\x01" * rng.randrange(41))
        if rng.random() < 0.2:
            packet.flags, packet.frag = rng.choice([("MF", 0), ("DF", 0), ("MF", 7), (0, 1)])
        return link / packet
    packet = link / IPv6(src=address6(rng), dst=address6(rng))
    if rng.random() < 0.6:
        for header in extension_headers(rng):
            packet /= header
    return packet


def extension_headers(rng: random.Random) -> list:
    """Extension headers in any order, among them those of Mobile IPv6."""
    home = HAO(hoa=address6(rng))
    options = [[PadN(optdata=bytes(rng.randrange(13)))], [home], [home], [Pad1()] * rng.randrange(9) + [home]]
    options += [[RouterAlert(), home], [PadN(optdata=bytes(rng.randrange(9))), home, PadN(optdata=bytes(4))]]
    makers = [
        lambda: IPv6ExtHdrDestOpt(options=rng.choice(options)),
        lambda: IPv6ExtHdrDestOpt(options=rng.choice(options), autopad=rng.randrange(2)),
        lambda: IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]),
        lambda: IPv6ExtHdrRouting(type=2, segleft=rng.choice([1, 1, 1, 0]), addresses=[address6(rng)]),
        lambda: IPv6ExtHdrRouting(type=rng.choice([0, 4]), segleft=0, addresses=[address6(rng)] * rng.randrange(3)),
        lambda: IPv6ExtHdrFragment(offset=rng.choice([0, 0, 3]), m=rng.choice([0, 0, 1])),
        lambda: AH(spi=1, seq=1, icv=bytes(rng.choice([8, 12, 12, 20]))),
    ]
    return [rng.choice(makers)() for _ in range(rng.choice([1, 1, 2, 3]))]


def any_frame(rng: random.Random, destination: str) -> bytes:
    """A frame of at least 60 bytes: mostly one that can be hashed, sometimes a damaged one."""
    body = rng.choice([rx_oracle.layer4(rng), rx_oracle.layer4(rng), Raw(rng.randbytes(rng.randrange(30)))])
    frame = bytes(network(rng, destination) / body / Raw(rng.randbytes(rng.choice([0, 4, 30, 120]))))
    if rng.random() < 0.25:
        frame = rx_oracle.damaged(rng, frame)
    return padded(frame)


def flow(rng: random.Random) -> tuple[bytes, bytes]:
    """The same flow as it is sent and as it comes back."""
    one, other = [(rng.randrange(1, 65536), rng.randbytes(16)) for _ in range(2)]
    layer = rng.choice([TCP, UDP])
    frames = []
    for (sport, source), (dport, destination) in ((one, other), (other, one)):
        if one[0] % 2:
            ip = IP(src=".".join(map(str, source[:4])), dst=".".join(map(str, destination[:4])))
        else:
            ip = IPv6(src=as_text(source), dst=as_text(destination))
        frames.append(bytes(Ether(dst="52:54:00:11:22:33") / ip / layer(sport=sport, dport=dport)))
    return frames[0], padded(frames[1])


def as_text(address: bytes) -> str:
    """An IPv6 address from its bytes."""
    return ":".join(address[at : at + 2].hex() for at in range(0, 16, 2))
