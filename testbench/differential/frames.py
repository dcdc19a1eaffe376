# SPDX-License-Identifier: Apache-2.0
"""The bytes of the frames that a sequence names: the same for both devices, drawn from each frame's seed."""

from __future__ import annotations

import random
import struct
from itertools import pairwise

from testbench.differential.operations import RxFrame, TxFrame

PEER = bytes.fromhex("02aabbccddee")
BROADCAST = b"\xff" * 6
GROUP = bytes.fromhex("01005e000001")
FOREIGN = bytes.fromhex("02000000beef")
TABLE = bytes.fromhex("020000001234")  # an address that "table" commands put into the filter
EXPERIMENTAL = b"\x88\xb5"
TAGS = b"\x88\xa8\x00\x07\x81\x00\x00\x05"
NEEDS_CSUM, TCPV4, TCPV6 = 1, 1, 4
TCP, UDP = 6, 17
TCP_HEADER = bytes.fromhex("1f90c001 00000001 00000002 5018ffff 0000 0000")


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _ip(version: int, protocol: int, length: int) -> tuple[bytes, int]:
    """An IP header, and the pseudo-header's sum."""
    if version == 4:
        addresses = bytes((10, 0, 0, 1, 10, 0, 0, 2))
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0x1234, 0x4000, 64, protocol, 0) + addresses
        header = header[:10] + struct.pack(">H", 0xFFFF ^ _sum(header)) + header[12:]
        return header, _sum(addresses + struct.pack(">BBH", 0, protocol, length))
    addresses = bytes.fromhex("fd" + "00" * 14 + "01" + "fd" + "00" * 14 + "02")
    header = struct.pack(">IHBB", 0x6000_0000, length, protocol, 64) + addresses
    return header, _sum(addresses + struct.pack(">II", length, protocol))


def tx_bytes(frame: TxFrame, source: bytes) -> tuple[bytes, bytes]:
    """virtio_net_hdr and frame. ``source``: its sender, which tells the queue it was sent on."""
    rng = random.Random(frame.seed)
    if frame.offload == "none":
        return bytes(12), (PEER + source + EXPERIMENTAL + rng.randbytes(max(frame.size - 14, 0)))[: frame.size]
    version = 6 if frame.offload == "tso6" else 4
    payload = rng.randbytes(frame.size)
    ip, pseudo = _ip(version, TCP, 20 + frame.size & 0xFFFF)
    tcp = TCP_HEADER[:16] + struct.pack(">H", pseudo) + TCP_HEADER[18:]
    data = PEER + source + (b"\x86\xdd" if version == 6 else b"\x08\x00") + ip + tcp + payload
    start = 14 + len(ip)
    flags, kind, mss, field = NEEDS_CSUM, TCPV6 if version == 6 else TCPV4, frame.mss, 16
    if frame.offload == "csum":
        kind = mss = 0
    elif frame.offload == "gso type":
        kind = 3
    elif frame.offload == "gso no csum":
        flags = 0
    elif frame.offload == "gso size 0":
        mss = 0
    elif frame.offload == "csum range":
        kind, start = 0, len(data)
    elif frame.offload == "header":
        start = len(data) - 10
    elif frame.offload == "ip length":
        data = data[:16] + struct.pack(">H", 39) + data[18:]
    return struct.pack("<BBHHHHH", flags, kind, start + 20, mss, start, field, 0), data


def cuts(frame: TxFrame, length: int) -> list[int]:
    """Lengths of the pieces a header and frame of ``length`` bytes are laid out in."""
    if frame.layout == "whole":
        return [length]
    if frame.layout == "header apart":
        return [12, length - 12]
    rng = random.Random(frame.seed + 1)
    count = min(frame.parts, length)
    places = [0, *sorted(rng.sample(range(1, length), count - 1)), length]
    return [end - start for start, end in pairwise(places)]


def rx_bytes(frame: RxFrame, own: bytes) -> bytes:
    """The frame as it arrives, without FCS. ``own``: the card's address."""
    to = {"own": own, "broadcast": BROADCAST, "group": GROUP, "foreign": FOREIGN, "table": TABLE}[frame.to]
    rng = random.Random(frame.seed)
    if frame.kind in ("plain", "vlan", "length"):
        kind = {"plain": EXPERIMENTAL, "vlan": b"\x81\x00\x00\x05" + EXPERIMENTAL, "length": b"\x05\xdc"}[frame.kind]
        data = to + PEER + kind
        return (data + rng.randbytes(max(frame.size - len(data), 0)))[: frame.size]
    version, protocol = (4, TCP) if "tcp4" in frame.kind else (6, UDP)
    tags = TAGS if frame.kind.startswith("tagged") else b""
    head = 20 if protocol == TCP else 8
    overhead = 14 + len(tags) + (20 if version == 4 else 40) + head
    payload = rng.randbytes(max(frame.size - overhead, 1))
    length = head + len(payload)
    ip, pseudo = _ip(version, protocol, length)
    if protocol == TCP:
        layer4, field = TCP_HEADER + payload, 16
    else:
        layer4, field = struct.pack(">HHHH", 5000, 6000, length, 0) + payload, 6
    value = 0xFFFF ^ _sum(struct.pack(">H", pseudo) + layer4)
    if frame.kind.endswith("bad"):
        value ^= 0x0101
    layer4 = layer4[:field] + struct.pack(">H", value or 0xFFFF) + layer4[field + 2 :]
    data = to + PEER + tags + (b"\x86\xdd" if version == 6 else b"\x08\x00") + ip + layer4
    return data.ljust(60, b"\0")
