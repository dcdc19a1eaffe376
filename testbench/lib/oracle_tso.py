# SPDX-License-Identifier: Apache-2.0
"""What a card must put on the wire for (virtio_net_hdr, frame), from RFC 791, 8200, 9293, 1071, 3168 and virtio 1.2.

Every segment is built and summed from nothing: checksums come from the addresses and the bytes of the segment,
never from the sums the driver left in the frame, and arithmetic is on whole integers.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass, field

NEEDS_CSUM = 1
GSO_NONE, GSO_TCPV4, GSO_UDP, GSO_TCPV6, GSO_UDP_L4, GSO_ECN = 0, 1, 3, 4, 5, 0x80
CWR, ECE, URG, ACK, PSH, RST, SYN, FIN = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
VLAN_TYPES = (b"\x81\x00", b"\x88\xa8")
FCS = 4
HEADER_LIMIT = 256


@dataclass(frozen=True)
class NetHeader:
    """virtio_net_hdr, names of the standard."""

    flags: int = 0
    gso_type: int = GSO_NONE
    hdr_len: int = 0
    gso_size: int = 0
    csum_start: int = 0
    csum_offset: int = 0
    num_buffers: int = 0

    def pack(self) -> bytes:
        """The 12 bytes as they lie in memory."""
        return struct.pack("<BBHHHHH", *astuple(self))

    @classmethod
    def unpack(cls, data: bytes) -> NetHeader:
        """From the 12 bytes."""
        return cls(*struct.unpack("<BBHHHHH", data))


@dataclass
class Outcome:
    """Wire frames without padding and FCS, and the error event (None: no error)."""

    frames: list[bytes] = field(default_factory=list)
    event: str | None = None


def ones_sum(data: bytes) -> int:
    """RFC 1071 sum of 16-bit words: counting in ones complement is counting modulo 65,535, with 65,535 for its zero."""
    if len(data) % 2:
        data += b"\0"
    number = int.from_bytes(data, "big")
    return number % 65535 or (65535 if number else 0)


def pseudo_header(frame: bytes, l3: int, protocol: int, length: int) -> bytes:
    """RFC 9293 (IPv4) or RFC 8200 section 8.1 (IPv6)."""
    if frame[l3] >> 4 == 4:
        return frame[l3 + 12 : l3 + 20] + struct.pack(">BBH", 0, protocol, length)
    return frame[l3 + 8 : l3 + 40] + struct.pack(">IHBB", length, 0, 0, protocol)


def network_offset(frame: bytes) -> int:
    """Offset of what follows the Ethernet type, behind any VLAN tags."""
    at = 12
    while frame[at : at + 2] in VLAN_TYPES:
        at += 4
    return at + 2


def expected(header: NetHeader, frame: bytes, max_frame: int = 9216, beat: int = 16, aborted: bool = False) -> Outcome:
    """Outcome for a frame. ``aborted``: the input said "drop" with its last beat of ``beat`` bytes."""
    if header.gso_type != GSO_NONE:
        return _segmented(header, frame, max_frame, beat, aborted)
    if aborted:
        return Outcome()
    if len(frame) > max_frame - FCS:
        return Outcome(event="too_long")
    if not header.flags & NEEDS_CSUM:
        return Outcome([frame])
    at = header.csum_start + header.csum_offset
    if at + 2 > len(frame):
        return Outcome(event="err_csum_range")
    value = 0xFFFF - ones_sum(frame[header.csum_start :]) or 0xFFFF
    return Outcome([frame[:at] + struct.pack(">H", value) + frame[at + 2 :]], None)


def _refusal(header: NetHeader, frame: bytes, max_frame: int) -> str | None:
    """Why a super-frame gives no segment at all, in the order the card looks."""
    if header.gso_type & ~GSO_ECN not in (GSO_TCPV4, GSO_TCPV6):
        return "err_gso_type"
    if not header.flags & NEEDS_CSUM:
        return "err_gso_no_csum"
    if header.csum_offset != 16:
        return "err_csum_range"
    if header.gso_size == 0:
        return "err_gso_size"
    tcp = header.csum_start
    if tcp + 20 > min(len(frame), HEADER_LIMIT):
        return "err_header"
    words = frame[tcp + 12] >> 4
    if words < 5 or tcp + 4 * words > min(len(frame), HEADER_LIMIT):
        return "err_header"
    if tcp + 4 * words + header.gso_size > max_frame - FCS:
        return "err_gso_size"
    l3 = network_offset(frame)
    if l3 + 20 > tcp:
        return "err_ip"
    version = 6 if header.gso_type & ~GSO_ECN == GSO_TCPV6 else 4
    if frame[l3 - 2 : l3] != (b"\x86\xdd" if version == 6 else b"\x08\x00") or frame[l3] >> 4 != version:
        return "err_ip"
    if version == 4 and (frame[l3] & 15 < 5 or l3 + 4 * (frame[l3] & 15) != tcp):
        return "err_ip"
    if version == 6 and (l3 + 40 > tcp or (tcp - l3) % 8):
        return "err_ip"
    if _claimed_end(frame, l3) < tcp + 4 * words:
        return "err_ip"
    return None


def _claimed_end(frame: bytes, l3: int) -> int:
    """Where the frame ends by its IP length field."""
    if frame[l3] >> 4 == 4:
        return l3 + struct.unpack_from(">H", frame, l3 + 2)[0]
    return l3 + 40 + struct.unpack_from(">H", frame, l3 + 4)[0]


def _segmented(header: NetHeader, frame: bytes, max_frame: int, beat: int, aborted: bool) -> Outcome:
    refusal = _refusal(header, frame, max_frame)
    if refusal:
        return Outcome(event=refusal)
    l3, tcp, mss = network_offset(frame), header.csum_start, header.gso_size
    top = tcp + 4 * (frame[tcp + 12] >> 4)
    end = _claimed_end(frame, l3)
    starts = list(range(top, end, mss)) or [top]
    cuts = [(start, min(start + mss, end)) for start in starts]
    honest = end == len(frame)
    if aborted or not honest:
        # what is wrong shows on the input's last beat: every segment with a byte of it stays in
        last_beat = (len(frame) - 1) // beat * beat
        cuts = [cut for cut in cuts[:-1] if cut[1] <= last_beat]
    frames = [_segment(frame, l3, tcp, top, number, cut, cut[1] == end) for number, cut in enumerate(cuts)]
    return Outcome(frames, None if honest or aborted else "err_ip")


def _segment(frame: bytes, l3: int, tcp: int, top: int, number: int, cut: tuple[int, int], last: bool) -> bytes:
    """One segment, its headers set field by field."""
    head, payload = bytearray(frame[:top]), frame[cut[0] : cut[1]]
    total = top - l3 + len(payload)
    if head[l3] >> 4 == 4:
        identification = struct.unpack_from(">H", frame, l3 + 4)[0]
        struct.pack_into(">HH", head, l3 + 2, total, (identification + number) % 65536)
        struct.pack_into(">H", head, l3 + 10, 0)
        struct.pack_into(">H", head, l3 + 10, 0xFFFF - ones_sum(bytes(head[l3:tcp])))
    else:
        struct.pack_into(">H", head, l3 + 4, total - 40)
    sequence = struct.unpack_from(">I", frame, tcp + 4)[0]
    struct.pack_into(">I", head, tcp + 4, (sequence + cut[0] - top) % 2**32)
    if not last:
        head[tcp + 13] &= ~(FIN | PSH)
    if number:
        head[tcp + 13] &= ~CWR
    struct.pack_into(">H", head, tcp + 16, 0)
    segment = bytes(head[tcp:]) + payload
    pseudo = pseudo_header(frame, l3, 6, len(segment))
    struct.pack_into(">H", head, tcp + 16, 0xFFFF - ones_sum(pseudo + segment))
    return bytes(head) + payload
