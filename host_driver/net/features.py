# SPDX-License-Identifier: Apache-2.0
"""Feature bits that this driver understands, and what it accepts of an offer."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

from ..errors import FeaturesRejected


class Feature(IntEnum):
    """Bit numbers of the standard, under its names."""

    CSUM = 0
    GUEST_CSUM = 1
    CTRL_GUEST_OFFLOADS = 2
    MTU = 3
    MAC = 5
    HOST_TSO4 = 11
    HOST_TSO6 = 12
    HOST_ECN = 13
    MRG_RXBUF = 15
    STATUS = 16
    CTRL_VQ = 17
    CTRL_RX = 18
    CTRL_VLAN = 19
    MQ = 22
    CTRL_MAC_ADDR = 23
    RING_INDIRECT_DESC = 28
    RING_EVENT_IDX = 29
    VERSION_1 = 32
    ACCESS_PLATFORM = 33
    RING_PACKED = 34
    IN_ORDER = 35
    ORDER_PLATFORM = 36
    RING_RESET = 40
    VQ_NOTF_COAL = 52
    NOTF_COAL = 53
    HASH_REPORT = 57
    RSS = 60
    SPEED_DUPLEX = 63


# a feature is accepted only with one of those it needs; listed so that what is needed comes first
NEEDS: tuple[tuple[Feature, tuple[Feature, ...]], ...] = (
    (Feature.HOST_TSO4, (Feature.CSUM,)),
    (Feature.HOST_TSO6, (Feature.CSUM,)),
    (Feature.HOST_ECN, (Feature.HOST_TSO4, Feature.HOST_TSO6)),
    (Feature.CTRL_RX, (Feature.CTRL_VQ,)),
    (Feature.CTRL_VLAN, (Feature.CTRL_VQ,)),
    (Feature.MQ, (Feature.CTRL_VQ,)),
    (Feature.CTRL_MAC_ADDR, (Feature.CTRL_VQ,)),
    (Feature.NOTF_COAL, (Feature.CTRL_VQ,)),
    (Feature.VQ_NOTF_COAL, (Feature.CTRL_VQ,)),
    (Feature.HASH_REPORT, (Feature.CTRL_VQ,)),
    (Feature.RSS, (Feature.CTRL_VQ,)),
)


def mask(features: Collection[Feature]) -> int:
    """Features as the standard's bit vector."""
    return sum(1 << feature for feature in set(features))


def negotiate(offered: int, unwanted: Collection[Feature] = ()) -> frozenset[Feature]:
    """What to accept: everything known, offered and wanted, less what lacks a feature it needs."""
    accepted = {feature for feature in Feature if offered >> feature & 1 and feature not in unwanted}
    if Feature.VERSION_1 not in accepted:
        raise FeaturesRejected("the device does not offer VERSION_1: legacy devices are not supported")
    for feature, needed in NEEDS:
        if not accepted.intersection(needed):
            accepted.discard(feature)
    return frozenset(accepted)
