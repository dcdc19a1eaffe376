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
FRAGMENT_HEADER, ESP, AUTHENTICATION = 44, 50, 51
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, ESP, AUTHENTICATION, DESTINATION)  # RFC 8200, section 4
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
    """Protocol and ports where a whole TCP or UDP header is there."""
    needed = HEADER_BYTES.get(protocol, 0)
    if not needed or l4 + needed > min(end, len(frame)):
        return NO_PROTOCOL, b""
    return protocol, frame[l4 : l4 + PORTS]


def _walk(frame: bytes, protocol: int, at: int, end: int, addresses: bytes) -> tuple[int, int, bytes]:
    """What follows the extension headers that the card walks, where, and the addresses that count with them."""
    source, destination = addresses[:ADDRESS_BYTES], addresses[ADDRESS_BYTES:]
    first, limit = at, min(at + EXTENSION_LIMIT, end)
    while protocol in (ROUTING, DESTINATION) or (protocol == HOP_BY_HOP and at == first):
        behind = at + 8 + 8 * frame[at + 1] if at + 8 <= limit else limit + 1
        if behind > limit:
            protocol = NO_PROTOCOL
            break
        header = frame[at:behind]
        if protocol == DESTINATION:
            source = _home_address(header) or source
        elif protocol == ROUTING and header[2] == ROUTING_TYPE_2 and len(header) == 8 + ADDRESS_BYTES:
            destination = header[8:]
        protocol, at = header[0], behind
    return protocol, at, source + destination


def _home_address(header: bytes) -> bytes | None:
    """The home address option of a destination options header, if it has one."""
    at = 2
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        if not kind:  # a single byte of padding (RFC 8200, section 4.2)
            at += 1
            continue
        if kind == HOME_ADDRESS and length == ADDRESS_BYTES and at + 2 + length <= len(header):
            return header[at + 2 : at + 2 + length]
        at += 2 + length
    return None
