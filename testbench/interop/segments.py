# SPDX-License-Identifier: Apache-2.0
"""TCP frames, and whether what a device made of them is a right segmentation: read by scapy, reassembled by numbers."""

from __future__ import annotations

import random
import select
import socket
import time
from collections.abc import Iterator, Sequence

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from testbench.interop.wire_end import CARD, HERE, WireError, take

ANSWER_S = 20.0
HEADERS = {4: 14 + 20 + 20, 6: 14 + 40 + 20}  # bytes


def tcp_frames(seed: int, count: int, longest: int) -> Iterator[bytes]:
    """TCP over IPv4 and IPv6 by turns, with payloads up to frames of ``longest`` bytes without FCS."""
    rng = random.Random(seed)
    for number in range(count):
        version = 4 if number % 2 == 0 else 6
        size = longest - HEADERS[version] if number < 4 else rng.randint(1, longest - HEADERS[version])
        network = IP(src="198.18.0.1", dst="198.18.0.2") if version == 4 else IPv6(src="fd00::1", dst="fd00::2")
        ether = Ether(src=HERE, dst=CARD)
        tcp = TCP(sport=1024 + number, dport=5000, seq=rng.getrandbits(32), ack=rng.getrandbits(32), flags="PA")
        yield bytes(ether / network / tcp / rng.randbytes(size))


def checked(frame: bytes) -> tuple[Packet, bytes]:
    """The packet and its TCP payload. Raises WireError when a length or checksum is wrong."""
    packet = Ether(frame)
    payload = _payload(packet)
    again = packet.copy()
    del again[TCP].chksum
    if IP in packet:
        del again[IP].chksum
        del again[IP].len
    else:
        del again[IPv6].plen
    again = Ether(bytes(again))
    for layer, field in ((IP, "chksum"), (IP, "len"), (IPv6, "plen"), (TCP, "chksum")):
        if layer in packet and getattr(packet[layer], field) != getattr(again[layer], field):
            raise WireError(f"{layer.__name__}.{field} is {getattr(packet[layer], field):#x}: {packet.summary()}")
    return packet, payload


def _payload(packet: Packet) -> bytes:
    """Of TCP, without what pads a short frame."""
    if IP in packet:
        length = packet[IP].len - 4 * packet[IP].ihl - 4 * packet[TCP].dataofs
    else:
        length = packet[IPv6].plen - 4 * packet[TCP].dataofs
    return bytes(packet[TCP].payload)[:length]


def check_segments(frame: bytes, got: Sequence[bytes], mss: int) -> None:
    """What came for a frame are its bytes, in order, in full segments but the last. Raises WireError."""
    original, payload = checked(frame)
    sequence, collected, first = original[TCP].seq, b"", None
    for number, piece in enumerate(got):
        packet, part = checked(piece)
        last = number == len(got) - 1
        tcp = packet[TCP]
        if (tcp.sport, tcp.dport, tcp.ack) != (original[TCP].sport, original[TCP].dport, original[TCP].ack):
            raise WireError(f"a segment of another connection: {packet.summary()}")
        if tcp.seq != (sequence + len(collected)) % 2**32:
            raise WireError(f"segment {number} has sequence number {tcp.seq}, {packet.summary()}")
        if len(part) > mss or (not last and len(part) != mss):
            raise WireError(f"segment {number} of {len(got)} has {len(part)} bytes at an MSS of {mss}")
        if ("P" in tcp.flags) != last or "A" not in tcp.flags:
            raise WireError(f"segment {number} of {len(got)} has the flags {tcp.flags}")
        if IP in packet:
            first = packet[IP].id if first is None else first
            if packet[IP].id != (first + number) % 65536:
                raise WireError(f"segment {number} has identification {packet[IP].id} after {first}")
        collected += part
    if collected != payload:
        raise WireError(f"{len(collected)} bytes of payload are not the {len(payload)} sent")


def answer(end: socket.socket, frame: bytes, mss: int) -> int:
    """Wait for what the other side makes of a frame, and check it; how many segments came."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    wanted = -(-len(checked(frame)[1]) // mss)
    got: list[bytes] = []
    deadline = time.monotonic() + ANSWER_S
    while len(got) < wanted:
        if time.monotonic() > deadline:
            raise WireError(f"{len(got)} of {wanted} segments came of a frame of {len(frame)} bytes")
        poll.poll(100)
        while part := take(end):
            got.append(part)
    check_segments(frame, got, mss)
    return len(got)


def unsummed(frame: bytes, start: int) -> bytes:
    """The TCP checksum at ``start`` + 16 is that of the pseudo-header alone, as drivers leave it to the device."""
    length = len(frame) - start
    addresses = frame[26:34] if frame[12:14] == b"\x08\x00" else frame[22:54]
    words = addresses + (6).to_bytes(2, "big") + length.to_bytes(2, "big")
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return frame[: start + 16] + total.to_bytes(2, "big") + frame[start + 18 :]
