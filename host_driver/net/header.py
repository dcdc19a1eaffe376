# SPDX-License-Identifier: Apache-2.0
"""``struct virtio_net_hdr``: the bytes before every frame in memory, 12 or, with HASH_REPORT negotiated, 20."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

SIZE = 12
REPORT_SIZE = 20  # with hash_value, hash_report and padding behind the others
_LAYOUT = struct.Struct("<BBHHHHH")
assert _LAYOUT.size == SIZE

F_NEEDS_CSUM = 1
F_DATA_VALID = 2
GSO_NONE = 0
GSO_TCPV4 = 1
GSO_TCPV6 = 4
GSO_ECN = 0x80

NO_OFFLOAD = bytes(SIZE)

_REPORT = struct.Struct("<IH")
REPORT_NONE = 0


class HashReport(NamedTuple):
    """The hash that the device calculated of a received frame, and of what (VIRTIO_NET_HASH_REPORT_*)."""

    value: int
    kind: int

    @classmethod
    def unpack(cls, header: bytes | bytearray | memoryview) -> HashReport | None:
        """From a header of 20 bytes; None where it is of 12, or the device has calculated none."""
        if len(header) < REPORT_SIZE:
            return None
        value, kind = _REPORT.unpack_from(header, SIZE)
        return None if kind == REPORT_NONE else cls(value, kind)


@dataclass(frozen=True, slots=True)
class NetHeader:
    """Field by field; the data path passes the bytes through instead."""

    flags: int = 0
    gso_type: int = GSO_NONE
    hdr_len: int = 0
    gso_size: int = 0
    csum_start: int = 0
    csum_offset: int = 0
    num_buffers: int = 0

    def pack(self) -> bytes:
        """The 12 bytes."""
        return _LAYOUT.pack(
            self.flags, self.gso_type, self.hdr_len, self.gso_size, self.csum_start, self.csum_offset, self.num_buffers
        )

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview) -> NetHeader:
        """From the first 12 bytes of ``data``."""
        return cls(*_LAYOUT.unpack_from(data))


def checksum_request(csum_start: int, csum_offset: int) -> NetHeader:
    """Ask the device to sum from ``csum_start`` to the end and store the result ``csum_offset`` further."""
    return NetHeader(flags=F_NEEDS_CSUM, csum_start=csum_start, csum_offset=csum_offset)


def tso_request(gso_type: int, header_length: int, mss: int, csum_start: int, ecn: bool = False) -> NetHeader:
    """Ask for TCP segmentation; the TCP checksum is 16 bytes into the header at ``csum_start``."""
    return NetHeader(F_NEEDS_CSUM, gso_type | (GSO_ECN if ecn else 0), header_length, mss, csum_start, csum_offset=16)
