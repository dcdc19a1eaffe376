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
FLOWS = 3
ICMP, TCP, UDP, DESTINATION = 1, 6, 17, 60
HOST_PORT, PEER_PORT = {TCP: 8080, UDP: 5000}, {TCP: 49153, UDP: 6000}
EXTENDED_PORT = 443  # so that a flow behind extension headers is none that the card has sent
# destination options: four bytes of padding, then a home address
EXTENSION = bytes((0, 2, 1, 2, 0, 0, 0xC9, 16)) + bytes.fromhex("fd" + "00" * 14 + "77")
MORE_FRAGMENTS = 0x2000
TCP_REST = bytes.fromhex("00000001 00000002 5018ffff 0000 0000")  # of a header, behind the ports


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def addresses(version: int, flow: int) -> tuple[bytes, bytes]:
    """The card's host and its peer in a flow."""
    if version == 4:
        return bytes((10, 0, 0, 1)), bytes((10, 0, flow, 2))
    return bytes.fromhex("fd" + "00" * 14 + "01"), bytes.fromhex("fd" + "00" * 13) + bytes((flow, 2))


def _ip(version: int, protocol: int, length: int, ends: bytes, fragment: int = 0x4000) -> bytes:
    """An IP header. ``ends``: source and destination."""
    if version == 4:
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0x1234, fragment, 64, protocol, 0) + ends
        return header[:10] + struct.pack(">H", 0xFFFF ^ _sum(header)) + header[12:]
    return struct.pack(">IHBB", 0x6000_0000, length, protocol, 64) + ends


def _pseudo(protocol: int, length: int, ends: bytes) -> int:
    return _sum(ends + struct.pack(">II", length, protocol))


def tx_bytes(frame: TxFrame, source: bytes, header_bytes: int = 12) -> tuple[bytes, bytes]:
    """virtio_net_hdr of ``header_bytes`` and frame. ``source``: its sender, which tells the queue it was sent on."""
    rng = random.Random(frame.seed)
    if frame.offload == "none":
        plain = PEER + source + EXPERIMENTAL + rng.randbytes(max(frame.size - 14, 0))
        return bytes(header_bytes), plain[: frame.size]
    version = 6 if frame.offload == "tso6" else 4
    payload = rng.randbytes(frame.size)
    ends, length = b"".join(addresses(version, frame.flow)), 20 + frame.size & 0xFFFF
    ip = _ip(version, TCP, length, ends)
    ports = struct.pack(">HH", HOST_PORT[TCP], PEER_PORT[TCP] + frame.flow)
    tcp = ports + TCP_REST[:12] + struct.pack(">H", _pseudo(TCP, length, ends)) + TCP_REST[14:]
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
    header = struct.pack("<BBHHHHH", flags, kind, start + 20, mss, start, field, 0)
    return header.ljust(header_bytes, b"\0"), data


def cuts(frame: TxFrame, length: int, header_bytes: int) -> list[int]:
    """Lengths of the pieces a header and frame of ``length`` bytes are laid out in."""
    if frame.layout == "whole":
        return [length]
    if frame.layout == "header apart":
        return [header_bytes, length - header_bytes]
    rng = random.Random(frame.seed + 1)
    count = min(frame.parts, length)
    places = [0, *sorted(rng.sample(range(1, length), count - 1)), length]
    return [end - start for start, end in pairwise(places)]


def rx_bytes(frame: RxFrame, own: bytes) -> bytes:
    """The frame as it arrives, without FCS. ``own``: the card's address."""
    to = {"own": own, "broadcast": BROADCAST, "group": GROUP, "foreign": FOREIGN, "table": TABLE}[frame.to] + PEER
    rng = random.Random(frame.seed)
    *marks, kind = frame.kind.removesuffix(" bad").split()
    tag = b"\x81\x00" + struct.pack(">H", frame.vlan | frame.seed % 16 << 12)  # with a priority
    tags = TAGS if "tagged" in marks else tag if "vlan" in marks else b""
    if kind in ("plain", "length"):
        data = to + tags + (EXPERIMENTAL if kind == "plain" else b"\x05\xdc")
        return (data + rng.randbytes(max(frame.size - len(data), 0)))[: frame.size]
    version, extension = int(kind[-1]), EXTENSION if "behind" in marks else b""
    protocol = {"tcp": TCP, "udp": UDP}.get(kind[:3], TCP if kind == "fragment4" else ICMP)
    overhead = 14 + len(tags) + (20 if version == 4 else 40) + len(extension) + (8 if protocol == UDP else 20)
    payload = rng.randbytes(max(frame.size - overhead, 1))
    host, peer = addresses(version, frame.flow)
    layer4 = _layer4(protocol, frame, payload, peer + host, EXTENDED_PORT if extension else 0)
    if extension:
        layer4, protocol = bytes((protocol,)) + extension[1:] + layer4, DESTINATION
    ip = _ip(version, protocol, len(layer4), peer + host, MORE_FRAGMENTS if kind == "fragment4" else 0x4000)
    return (to + tags + (b"\x86\xdd" if version == 6 else b"\x08\x00") + ip + layer4).ljust(60, b"\0")


def _layer4(protocol: int, frame: RxFrame, payload: bytes, ends: bytes, port: int) -> bytes:
    """Header and payload of what comes to the host's ``port``, 0: to its usual one."""
    if protocol == ICMP:
        return payload
    ports = struct.pack(">HH", PEER_PORT[protocol] + frame.flow, port or HOST_PORT[protocol])
    if protocol == TCP:
        data, field = ports + TCP_REST + payload, 16
    else:
        data, field = ports + struct.pack(">HH", 8 + len(payload), 0) + payload, 6
    value = 0xFFFF ^ _sum(struct.pack(">H", _pseudo(protocol, len(data), ends)) + data)
    if frame.kind.endswith("bad"):
        value ^= 0x0101
    return data[:field] + struct.pack(">H", value or 0xFFFF) + data[field + 2 :]
