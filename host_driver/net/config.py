# SPDX-License-Identifier: Apache-2.0
"""``struct virtio_net_config``: what the device says of itself, as far as the negotiated features give it a meaning."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import NotAVirtioDevice
from ..transport.interface import Transport
from .features import Feature

# name -> (offset, bytes, width of an access)
FIELDS = {
    "mac": (0, 6, 1),
    "status": (6, 2, 2),
    "max_virtqueue_pairs": (8, 2, 2),
    "mtu": (10, 2, 2),
    "speed": (12, 4, 4),
    "duplex": (16, 1, 1),
    "rss_max_key_size": (17, 1, 1),
    "rss_max_indirection_table_length": (18, 2, 2),
    "supported_hash_types": (20, 4, 4),
}
S_LINK_UP = 1
KEY_BYTES = 40  # of a hash over two IPv6 addresses and two ports; a device takes at least as many
MOST_PAIRS = 0x8000
UNKNOWN = -1

Features = frozenset[Feature]


class Link(NamedTuple):
    """What may change while the device runs. ``speed`` in Mb/s, ``duplex`` 1 for full; -1: unknown."""

    up: bool
    speed: int
    duplex: int


class Hashing(NamedTuple):
    """What the hash unit can do: VIRTIO_NET_HASH_TYPE_* bits, and entries of the indirection table (0: no RSS)."""

    types: int
    table_entries: int


async def _number(transport: Transport, name: str) -> int:
    return int.from_bytes(await transport.config_bytes(*FIELDS[name]), "little")


async def read_mac(transport: Transport) -> bytes:
    """The device's address; with MAC negotiated."""
    return await transport.config_bytes(*FIELDS["mac"])


async def read_mtu(transport: Transport) -> int:
    """The device's MTU; with MTU negotiated."""
    return await _number(transport, "mtu")


async def read_link(transport: Transport, features: Features) -> Link:
    """Link state, speed and duplex; a device that does not say has its link up."""
    up, speed, duplex = True, UNKNOWN, UNKNOWN
    if Feature.STATUS in features:
        up = bool(await _number(transport, "status") & S_LINK_UP)
    if Feature.SPEED_DUPLEX in features:
        speed, duplex = await _number(transport, "speed"), await _number(transport, "duplex")
        speed = speed if speed <= 0x7FFFFFFF else UNKNOWN
        duplex = duplex if duplex in (0, 1) else UNKNOWN
    return Link(up, speed, duplex)


async def read_max_pairs(transport: Transport, features: Features) -> int | None:
    """Queue pairs of the device; None when neither MQ nor RSS was negotiated."""
    if not features & {Feature.MQ, Feature.RSS}:
        return None
    pairs = await _number(transport, "max_virtqueue_pairs")
    if not 1 <= pairs <= MOST_PAIRS:
        raise NotAVirtioDevice(f"max_virtqueue_pairs is {pairs}, the standard has it from 1 to {MOST_PAIRS}")
    return pairs


async def read_hashing(transport: Transport, features: Features) -> Hashing:
    """Limits of RSS and of the hash report; nothing when neither was negotiated."""
    if not features & {Feature.RSS, Feature.HASH_REPORT}:
        return Hashing(0, 0)
    key = await _number(transport, "rss_max_key_size")
    if key < KEY_BYTES:
        raise NotAVirtioDevice(f"rss_max_key_size is {key}, the standard has it at least {KEY_BYTES}")
    entries = 0
    if Feature.RSS in features:
        most = await _number(transport, "rss_max_indirection_table_length")
        if not most:
            raise NotAVirtioDevice("rss_max_indirection_table_length is 0: there is no table for RSS")
        entries = 1 << most.bit_length() - 1
    return Hashing(await _number(transport, "supported_hash_types"), entries)
