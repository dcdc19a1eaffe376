# SPDX-License-Identifier: Apache-2.0
"""Verdict of the receiving card on the TCP or UDP checksum of a frame."""

from __future__ import annotations

import struct

from testbench.model.offload.checksum import MODULUS, residue

IPV4, IPV6 = 0x0800, 0x86DD
HOP_BY_HOP, TCP, UDP, ROUTING, DESTINATION = 0, 6, 17, 43, 60  # protocol numbers of IANA
FRAGMENT = 0x3FFF  # of the IPv4 word: MORE_FRAGMENTS and the offset (RFC 791, section 3.1)
EXTENSION_LIMIT = 56  # bytes of IPv6 extension headers that the card walks

_v4 = struct.Struct(">BxHxxHxBxx8s").unpack_from  # version and IHL, total length, fragment, protocol, addresses
_v6 = struct.Struct(">BxxxHB").unpack_from  # version, payload length, next header
_udp = struct.Struct(">4xHH").unpack_from  # length, checksum


def verdict(frame: bytes, l3: int, ether_type: int) -> bool | None:
    """True: right, False: wrong, None: none, for the datagram at offset ``l3`` of a frame of at least 60 bytes.

    None for what is no whole, unfragmented TCP or UDP datagram, or has no checksum. Bytes behind the datagram do not
    count. An IPv4 header with a wrong checksum is as bad as a wrong checksum behind it.
    """
    if ether_type == IPV4:
        first, total, fragment, protocol, addresses = _v4(frame, l3)
        if not 0x45 <= first <= 0x4F or fragment & FRAGMENT:
            return None
        l4, end = l3 + 4 * (first & 15), l3 + total
        if not _covered(frame, protocol, l4, end):
            return None
        if residue(frame[l3:l4]):
            return False
    elif ether_type == IPV6:
        first, total, protocol = _v6(frame, l3)
        if first >> 4 != 6:
            return None
        l4, end = l3 + 40, l3 + 40 + total
        if protocol in (HOP_BY_HOP, ROUTING, DESTINATION):
            protocol, l4 = _walk(frame, protocol, l4, end)
        if not _covered(frame, protocol, l4, end):
            return None
        addresses = frame[l3 + 8 : l3 + 40]
    else:
        return None
    # pseudo-header: RFC 9293, section 3.1, RFC 768, and RFC 8200, section 8.1
    pseudo = residue(addresses) + end - l4 + protocol
    return (pseudo + residue(frame[l4:end])) % MODULUS == 0


def _covered(frame: bytes, protocol: int, l4: int, end: int) -> bool:
    """Whether layer 4 is TCP or UDP, whole, and has a checksum."""
    length = end - l4
    if end > len(frame):
        return False
    if protocol == TCP:
        return length >= 20
    if protocol != UDP or length < 8:
        return False
    claimed, checksum = _udp(frame, l4)
    return claimed == length and checksum != 0


def _walk(frame: bytes, protocol: int, at: int, end: int) -> tuple[int, int]:
    """What follows the extension headers (RFC 8200, section 4), and where; a protocol of -1 stands for no verdict.

    Known are hop-by-hop options as the first header (section 4.3), routing headers whose segments are all done
    (section 4.4) and destination options (section 4.6).
    """
    first, limit = at, at + EXTENSION_LIMIT
    while protocol in (ROUTING, DESTINATION) or (protocol == HOP_BY_HOP and at == first):
        if at + 8 > min(end, len(frame)) or (protocol == ROUTING and frame[at + 3]):
            return -1, at
        protocol, at = frame[at], at + 8 + 8 * frame[at + 1]
    return (protocol if at <= limit else -1), at
