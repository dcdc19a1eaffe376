# SPDX-License-Identifier: Apache-2.0
"""Transmit offloads: what a virtio_net_hdr asks of a frame, done."""

from __future__ import annotations

import struct
from typing import NamedTuple

from testbench.model.offload.checksum import checksum_not_zero, residue
from testbench.model.offload.super_frame import Refused, SuperFrame, header_end

# virtio 1.2, section 5.1.6
NEEDS_CSUM = 1
GSO_TCPV4, GSO_TCPV6, GSO_ECN = 1, 4, 0x80
FCS = 4  # bytes
TCP_CHECKSUM = 16  # offset of the field in the header (RFC 9293, section 3.1)

_header = struct.Struct("<BBxxHHH").unpack_from  # flags, gso_type, gso_size, csum_start, csum_offset
_put16 = struct.Struct(">H").pack


class Sent(NamedTuple):
    """What a frame becomes: wire frames without padding and FCS, and by how much counters of the card rise."""

    frames: list[bytes]
    counts: dict[str, int]


def transmit(header: bytes, frame: bytes, max_frame: int, beat: int, cut: bool = False) -> Sent:
    """Do what ``header`` (virtio_net_hdr, virtio 1.2 section 5.1.6) asks for with ``frame``; never raises.

    ``max_frame``: longest wire frame, bytes with FCS. ``beat``: bytes of a bus word. ``cut``: fetching failed behind
    the bytes of ``frame``; segments that do not reach into its last beat are sent all the same.
    """
    if header[1]:
        try:
            return _segmented(header, frame, max_frame - FCS, beat, cut)
        except Refused as refusal:
            return Sent([], {refusal.counter: 1} if refusal.counter else {})
    if cut:
        return Sent([], {})
    if len(frame) > max_frame - FCS:
        return Sent([], {"tx_drop_too_long": 1})
    if not header[0] & NEEDS_CSUM:
        return Sent([frame], {})
    _, _, _, start, offset = _header(header)
    field = start + offset
    if field + 2 > len(frame):
        return Sent([], {"tx_err_csum_range": 1})
    # the field takes part in the sum: the driver has put the pseudo-header's there. It may be UDP's
    value = checksum_not_zero(residue(frame[start:]))
    return Sent([b"".join((frame[:field], _put16(value), frame[field + 2 :]))], {"tx_csum_inserted": 1})


def _segmented(header: bytes, frame: bytes, longest: int, beat: int, cut: bool) -> Sent:
    flags, gso_type, mss, tcp, offset = _header(header)
    kind = gso_type & ~GSO_ECN
    if kind not in (GSO_TCPV4, GSO_TCPV6):
        raise Refused("tx_err_gso_type")
    if not flags & NEEDS_CSUM:
        raise Refused("tx_err_gso_no_csum")
    if offset != TCP_CHECKSUM:
        raise Refused("tx_err_csum_range")
    if not mss:
        raise Refused("tx_err_gso_size")
    size = len(frame)
    last_beat = (size - 1) // beat * beat
    top = header_end(frame, tcp, mss, longest, last_beat, beat, cut)
    super_frame = SuperFrame(frame, tcp, top, kind == GSO_TCPV6)
    end = super_frame.end
    count = -(-(end - top) // mss) or 1
    if end == size and not cut:
        return Sent(super_frame.segments(mss, count), {"tx_super_frames": 1, "tx_segments": count})
    # The frame does not end where IP says, or its end is marked as failed. Either shows with the last beat, so a
    # segment that needs nothing of it has left; only the last one of all is held against the length before.
    count = min(max(last_beat - top, 0) // mss, count - 1)
    counts = {"tx_segments": count} if count else {}
    if not cut or end <= last_beat:
        counts["tx_err_ip"] = 1
    return Sent(super_frame.segments(mss, count) if count else [], counts)
