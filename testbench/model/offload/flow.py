# SPDX-License-Identifier: Apache-2.0
"""Which flow a frame belongs to: addresses and ports, as receive-side scaling and automatic steering want them."""

from __future__ import annotations

import struct
from typing import NamedTuple

from testbench.model.offload.layer4 import (
    DESTINATION,
    EXTENSION_LIMIT,
    FRAGMENT,
    HOP_BY_HOP,
    IPV4,
    IPV6,
    ROUTING,
    TCP,
    UDP,
)

VLAN_TYPES = (0x8100, 0x88A8)  # IEEE 802.1Q: C-TAG, S-TAG
UNTAGGED = 14  # bytes of Ethernet header
TWO_TAGS = 22
FRAGMENT_HEADER, ESP, AUTHENTICATION, MOBILITY = 44, 50, 51, 135
# RFC 8200, section 4, and RFC 6275, section 6.1. Nothing is looked for behind ESP
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, ESP, AUTHENTICATION, DESTINATION, MOBILITY)
FRAGMENT_BITS = 0xFFF9  # of the fragment header: offset and M (RFC 8200, section 4.5)
LOOKED_AT = 128  # bytes of a frame that the card has for this; that a longer one ends early it does not know
HEADER_BYTES = {TCP: 20, UDP: 8}
PORTS = 4  # bytes that both begin with
ROUTING_TYPE_2, HOME_ADDRESS = 2, 0xC9  # RFC 6275, sections 6.4 and 6.3
ADDRESS_BYTES = 16
NO_PROTOCOL = -1

_v4 = struct.Struct(">BxHxxHxBxx8s").unpack_from  # version and IHL, total length, fragment, protocol, addresses
_v6 = struct.Struct(">BxxxHBx32s").unpack_from  # version, payload length, next header, addresses


class Flow(NamedTuple):
    """``addresses`` and ``ports`` are source and destination behind each other; no ``ports``: no TCP or UDP header.

    ``extended``: an IPv6 packet with extension headers; ``mobile`` are then the addresses that a home address option
    and a type 2 routing header put in place of the packet's own.
    """

    protocol: int
    addresses: bytes
    ports: bytes
    extended: bool = False
    mobile: bytes = b""

    @property
    def returning(self) -> tuple[int, bytes, bytes]:
        """Names the flow by the frames that come back."""
        half, middle = len(self.addresses) // 2, len(self.ports) // 2
        addresses = self.addresses[half:] + self.addresses[:half]
        return self.protocol, addresses, self.ports[middle:] + self.ports[:middle]

    @property
    def coming(self) -> tuple[int, bytes, bytes]:
        """Names the flow by its own frames."""
        return self.protocol, self.addresses, self.ports


def network_layer(frame: bytes) -> tuple[int, int]:
    """Where layer 3 begins behind up to two VLAN tags, and its Ethernet type."""
    ether_type = int.from_bytes(frame[12:14], "big")
    l3 = UNTAGGED
    while ether_type in VLAN_TYPES and l3 < TWO_TAGS:
        ether_type = int.from_bytes(frame[l3 + 2 : l3 + 4], "big")
        l3 += 4
    return l3, ether_type


def flow_of(frame: bytes, l3: int, ether_type: int) -> Flow | None:
    """The flow of an IP packet at offset ``l3``; None: it is none. Of a fragment only the addresses count."""
    if ether_type == IPV4 and l3 + 20 <= len(frame):
        first, total, fragment, protocol, addresses = _v4(frame, l3)
        if not 0x45 <= first <= 0x4F:
            return None
        if fragment & FRAGMENT:
            return Flow(NO_PROTOCOL, addresses, b"")
        protocol, ports = _ports(frame, protocol, l3 + 4 * (first & 15), l3 + total)
        return Flow(protocol, addresses, ports)
    if ether_type == IPV6 and l3 + 40 <= len(frame):
        first, length, protocol, addresses = _v6(frame, l3)
        if first >> 4 != 6:
            return None
        l4, end, mobile = l3 + 40, l3 + 40 + length, addresses
        extended = protocol in EXTENSIONS
        if extended:
            protocol, l4, mobile = _walk(frame, protocol, l4, min(end, len(frame)), addresses)
        protocol, ports = _ports(frame, protocol, l4, end)
        return Flow(protocol, addresses, ports, extended, mobile)
    return None


def _ports(frame: bytes, protocol: int, l4: int, end: int) -> tuple[int, bytes]:
    """Protocol and ports where there is room for a TCP or UDP header."""
    needed = HEADER_BYTES.get(protocol, 0)
    if not needed or l4 + needed > end or (l4 + needed > len(frame) and len(frame) < LOOKED_AT):
        return NO_PROTOCOL, b""
    return protocol, frame[l4 : l4 + PORTS]


def _walk(frame: bytes, protocol: int, at: int, end: int, addresses: bytes) -> tuple[int, int, bytes]:
    """What follows the extension headers that the card walks, where, and the addresses that count with them.

    Of several home addresses, and of several type 2 routing headers, the first counts.
    """
    first, limit = at, min(at + EXTENSION_LIMIT, end)
    home = route = b""
    while protocol in EXTENSIONS and protocol != ESP and (protocol != HOP_BY_HOP or at == first):
        size = _size(protocol, frame[at : at + 8]) if at + 8 <= limit else 0
        header = frame[at : at + size]
        if not size or at + size > limit or (protocol == FRAGMENT_HEADER and _is_fragment(header)):
            protocol = NO_PROTOCOL
            break
        if protocol == DESTINATION:
            home = home or _home_address(header)
        elif protocol == ROUTING and header[2] == ROUTING_TYPE_2 and size == 8 + ADDRESS_BYTES:
            route = route or header[8:]
        protocol, at = header[0], at + size
    return protocol, at, (home or addresses[:ADDRESS_BYTES]) + (route or addresses[ADDRESS_BYTES:])


def _size(protocol: int, start: bytes) -> int:
    """Bytes of an extension header by its first eight; 0: not a multiple of eight, as IPv6 wants it."""
    if protocol == FRAGMENT_HEADER:
        return 8
    if protocol == AUTHENTICATION:  # in words of four (RFC 4302, section 2.2)
        return 4 * start[1] + 8 if start[1] % 2 == 0 else 0
    return 8 * start[1] + 8


def _is_fragment(header: bytes) -> bool:
    """Not so a packet that has a fragment header and is whole (RFC 6946)."""
    return bool(int.from_bytes(header[2:4], "big") & FRAGMENT_BITS)


def _home_address(header: bytes) -> bytes:
    """The home address option of a destination options header, at its alignment of 8 n + 6; nothing: there is none."""
    at = 2
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        if not kind:  # a single byte of padding (RFC 8200, section 4.2)
            at += 1
            continue
        behind = at + 2 + length
        if kind == HOME_ADDRESS and length == ADDRESS_BYTES and at % 8 == 6 and behind <= len(header):
            return header[at + 2 : behind]
        at = behind
    return b""
