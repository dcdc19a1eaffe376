# SPDX-License-Identifier: Apache-2.0
"""The headers of a TCP super-frame: judged once, then rewritten for each segment."""

from __future__ import annotations

import struct

from testbench.model.offload.checksum import checksum, residue, residues

VLAN_TYPES = (b"\x81\x00", b"\x88\xa8")  # IEEE 802.1Q: C-TAG, S-TAG
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
HEADER_LIMIT = 256  # bytes of headers that the card can keep
IPV6_HEADER = 40
TCP_HEADER = 20
FIN_PSH, CWR = 0x0009, 0x0080  # in the word of data offset and flags

_put16 = struct.Struct(">H").pack_into
_put16_16 = struct.Struct(">HH").pack_into
_put32 = struct.Struct(">I").pack_into
_sequence_and_flags = struct.Struct(">4xI4xH").unpack_from


class Refused(Exception):
    """A request that gives no wire frame; ``counter`` is the card's counter of it, None when nothing counts it."""

    def __init__(self, counter: str | None) -> None:
        super().__init__(counter)
        self.counter = counter


def header_end(frame: bytes, tcp: int, mss: int, longest: int, last_beat: int, beat: int, cut: bool) -> int:
    """Offset of the payload: behind the TCP header that begins at ``tcp`` (data offset: RFC 9293, section 3.1).

    The card reads beat by beat (``last_beat``: offset of the last one) and judges header and segment size (at most
    ``longest`` bytes with ``mss`` of payload) as soon as the beat with the data offset is in, so a size is refused
    before an end of the frame that has not come yet. Bytes of the last beat that the frame does not have are zero.
    What the frame is too short for is not counted if it was ``cut``. Raises Refused.
    """
    if tcp + TCP_HEADER > HEADER_LIMIT:
        raise Refused("tx_err_header")
    size, offset_at = len(frame), tcp + 12
    words = frame[offset_at] >> 4 if offset_at < size else 0
    top = tcp + 4 * words
    ends_here = offset_at >= last_beat and size < top
    ended_before = offset_at >= last_beat + beat
    if ends_here or words < 5 or top > HEADER_LIMIT:
        raise Refused(None if cut and (ends_here or ended_before) else "tx_err_header")
    if top + mss > longest:
        raise Refused("tx_err_gso_size")
    if size < top:
        raise Refused(None if cut else "tx_err_header")
    return top


class SuperFrame:
    """A super-frame whose headers are good: at ``l3`` IP, at ``tcp`` TCP, at ``top`` the payload, ``end`` by IP."""

    __slots__ = ("end", "frame", "l3", "tcp", "top", "v6")

    def __init__(self, frame: bytes, tcp: int, top: int, v6: bool) -> None:
        """Raises Refused when the Ethernet type, the IP version, a length or an alignment denies what was asked."""
        self.frame, self.tcp, self.top, self.v6 = frame, tcp, top, v6
        at = 12
        while frame[at : at + 2] in VLAN_TYPES and at + 22 <= tcp:
            at += 4
        self.l3 = l3 = at + 2
        before_tcp = tcp - l3
        if frame[at:l3] != (IPV6 if v6 else IPV4):
            raise Refused("tx_err_ip")
        first = frame[l3]
        if v6:
            # extension headers come in units of 8 bytes (RFC 8200, section 4)
            good = first >> 4 == 6 and before_tcp >= IPV6_HEADER and before_tcp % 8 == 0
            self.end = l3 + IPV6_HEADER + int.from_bytes(frame[l3 + 4 : l3 + 6], "big")
        else:
            good = 0x45 <= first <= 0x4F and before_tcp == 4 * (first & 15)
            self.end = l3 + int.from_bytes(frame[l3 + 2 : l3 + 4], "big")
        if not good or self.end < top:
            raise Refused("tx_err_ip")

    def segments(self, mss: int, count: int) -> list[bytes]:
        """The first ``count`` segments, with ``mss`` bytes of payload each but the last of all.

        Lengths and IPv4 identification follow the segment, FIN and PSH stay with the last of all, CWR with the first
        (RFC 3168, section 6.1.2). The TCP checksum starts from the sum that the driver left in its field (virtio 1.2,
        section 5.1.6.2), corrected by the difference of the lengths, so a wrong one stays wrong.
        """
        frame, l3, tcp, top, v6 = self.frame, self.l3, self.tcp, self.top, self.v6
        head = bytearray(frame[:top])
        sequence, flags = _sequence_and_flags(frame, tcp)
        identification = ip_sum = 0
        if not v6:
            identification = int.from_bytes(frame[l3 + 4 : l3 + 6], "big")
            _put16_16(head, l3 + 2, 0, 0)
            _put16(head, l3 + 10, 0)
            ip_sum = residue(head[l3:tcp])
        _put32(head, tcp + 4, 0)
        _put16(head, tcp + 12, 0)
        tcp_sum = residue(head[tcp:]) - (self.end - tcp)
        last = self.end - mss  # from here on a segment is the last
        starts = range(top, top + count * mss, mss)
        made = []
        for start, payload_sum in zip(starts, residues(frame[top : starts.stop], mss) or [0], strict=True):
            payload = frame[start : start + mss]
            length = top + len(payload)
            word = flags & ~FIN_PSH if start < last else flags
            if v6:
                _put16(head, l3 + 4, length - l3 - IPV6_HEADER)
            else:
                _put16_16(head, l3 + 2, length - l3, identification)
                _put16(head, l3 + 10, checksum(ip_sum + length - l3 + identification))
                identification = (identification + 1) & 0xFFFF
            _put32(head, tcp + 4, sequence)
            _put16(head, tcp + 12, word)
            _put16(head, tcp + 16, checksum(tcp_sum + length - tcp + sequence + word + payload_sum))
            made.append(b"".join((head, payload)))
            sequence = (sequence + mss) & 0xFFFFFFFF
            flags &= ~CWR
        return made
