# SPDX-License-Identifier: Apache-2.0
"""``struct virtio_net_hdr``: the 12 bytes before every frame in memory."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIZE = 12
_LAYOUT = struct.Struct("<BBHHHHH")
assert _LAYOUT.size == SIZE

F_NEEDS_CSUM = 1
F_DATA_VALID = 2
GSO_NONE = 0
GSO_TCPV4 = 1
GSO_TCPV6 = 4
GSO_ECN = 0x80

NO_OFFLOAD = bytes(SIZE)


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
