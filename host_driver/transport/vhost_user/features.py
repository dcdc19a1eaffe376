# SPDX-License-Identifier: Apache-2.0
"""Which of a back end's features a driver may be shown: one that needs what is not there would be nobody's promise."""

from __future__ import annotations

from enum import IntEnum

from .protocol import F_LOG_ALL, F_PROTOCOL_FEATURES


class Bit(IntEnum):
    """Bits that mean something to the transport, under virtio's names; a network device's unless said otherwise."""

    CTRL_GUEST_OFFLOADS = 2
    MTU = 3
    MAC = 5
    STATUS = 16
    CTRL_VQ = 17
    CTRL_RX = 18
    CTRL_VLAN = 19
    GUEST_ANNOUNCE = 21
    MQ = 22
    CTRL_MAC_ADDR = 23
    ACCESS_PLATFORM = 33  # of any device
    RING_PACKED = 34  # of any device
    NOTIFICATION_DATA = 38  # of any device
    VQ_NOTF_COAL = 52
    NOTF_COAL = 53
    HASH_REPORT = 57
    RSS = 60
    SPEED_DUPLEX = 63


def _mask(*bits: int) -> int:
    return sum(1 << bit for bit in bits)


NEVER = _mask(F_LOG_ALL, F_PROTOCOL_FEATURES, Bit.ACCESS_PLATFORM, Bit.NOTIFICATION_DATA)
"""The protocol's own bits; addresses of an IOMMU we have not; data that an eventfd cannot carry."""
CONTROLLED = _mask(
    Bit.CTRL_VQ, Bit.CTRL_RX, Bit.CTRL_VLAN, Bit.CTRL_MAC_ADDR, Bit.CTRL_GUEST_OFFLOADS, Bit.GUEST_ANNOUNCE, Bit.MQ,
    Bit.RSS, Bit.HASH_REPORT, Bit.NOTF_COAL, Bit.VQ_NOTF_COAL,
)  # fmt: skip
"""What is set by commands, so needs somebody to carry them out."""
CONFIGURED = _mask(Bit.MAC, Bit.MTU, Bit.STATUS, Bit.SPEED_DUPLEX, Bit.MQ, Bit.RSS, Bit.HASH_REPORT)
"""What has a field in the device configuration."""
