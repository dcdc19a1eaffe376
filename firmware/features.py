# SPDX-License-Identifier: Apache-2.0
"""Feature bits: what the card offers, and the rules of the standard that an accepted set must obey."""

from __future__ import annotations

from .identity import Card

# device features (virtio standard, network device)
CSUM, GUEST_CSUM, CTRL_GUEST_OFFLOADS, MTU, MAC = 0, 1, 2, 3, 5
GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_UFO = 7, 8, 9, 10
HOST_TSO4, HOST_TSO6, HOST_ECN, HOST_UFO = 11, 12, 13, 14
MRG_RXBUF, STATUS, CTRL_VQ, CTRL_RX, CTRL_VLAN, CTRL_RX_EXTRA = 15, 16, 17, 18, 19, 20
GUEST_ANNOUNCE, MQ, CTRL_MAC_ADDR = 21, 22, 23
DEVICE_STATS, HASH_TUNNEL, VQ_NOTF_COAL, NOTF_COAL = 50, 51, 52, 53
GUEST_USO4, GUEST_USO6, HOST_USO, HASH_REPORT = 54, 55, 56, 57
GUEST_HDRLEN, RSS, RSC_EXT, STANDBY, SPEED_DUPLEX = 59, 60, 61, 62, 63
# reserved bits (any virtio device)
INDIRECT_DESC, EVENT_IDX, VERSION_1, ACCESS_PLATFORM, RING_PACKED, IN_ORDER, ORDER_PLATFORM = 28, 29, 32, 33, 34, 35, 36
SR_IOV, NOTIFICATION_DATA, NOTIF_CONFIG_DATA, RING_RESET = 37, 38, 39, 40

NAMES = {
    bit: name
    for name, bit in list(globals().items())
    if name.isupper() and isinstance(bit, int) and not name.startswith("_")
}

OFFERED = (
    CSUM, GUEST_CSUM, CTRL_GUEST_OFFLOADS, MTU, MAC, HOST_TSO4, HOST_TSO6, HOST_ECN, MRG_RXBUF, STATUS, SPEED_DUPLEX,
    CTRL_VQ, CTRL_RX, CTRL_VLAN, CTRL_MAC_ADDR, MQ, RSS, HASH_REPORT, NOTF_COAL, VQ_NOTF_COAL, INDIRECT_DESC, EVENT_IDX,
    RING_PACKED, IN_ORDER, VERSION_1, RING_RESET, ACCESS_PLATFORM, ORDER_PLATFORM,
)  # fmt: skip
MULTIQUEUE = (MQ, RSS)
"""With any of these the control queue stands behind all queue pairs."""
GUEST_OFFLOADS = (GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_UFO, GUEST_USO4, GUEST_USO6)
"""What VIRTIO_NET_CTRL_GUEST_OFFLOADS switches."""

# "Feature bit requirements" of the standard: a feature, and the groups of which it needs one member each
REQUIREMENTS: dict[int, tuple[tuple[int, ...], ...]] = {
    GUEST_TSO4: ((GUEST_CSUM,),),
    GUEST_TSO6: ((GUEST_CSUM,),),
    GUEST_ECN: ((GUEST_TSO4, GUEST_TSO6),),
    GUEST_UFO: ((GUEST_CSUM,),),
    GUEST_USO4: ((GUEST_CSUM,),),
    GUEST_USO6: ((GUEST_CSUM,),),
    HOST_TSO4: ((CSUM,),),
    HOST_TSO6: ((CSUM,),),
    HOST_ECN: ((HOST_TSO4, HOST_TSO6),),
    HOST_UFO: ((CSUM,),),
    HOST_USO: ((CSUM,),),
    CTRL_RX: ((CTRL_VQ,),),
    CTRL_VLAN: ((CTRL_VQ,),),
    GUEST_ANNOUNCE: ((CTRL_VQ,),),
    MQ: ((CTRL_VQ,),),
    CTRL_MAC_ADDR: ((CTRL_VQ,),),
    NOTF_COAL: ((CTRL_VQ,),),
    RSC_EXT: ((HOST_TSO4, HOST_TSO6),),
    RSS: ((CTRL_VQ,),),
    VQ_NOTF_COAL: ((CTRL_VQ,),),
    HASH_TUNNEL: ((CTRL_VQ,), (RSS, HASH_REPORT)),
}

# of no use without the control queue and so not offered without it, but a driver may accept them alone
NEED_COMMANDS = (CTRL_GUEST_OFFLOADS, HASH_REPORT)


def bits(features: tuple[int, ...]) -> int:
    """Bit numbers as a vector."""
    return sum(1 << feature for feature in features)


def names(features: int) -> list[str]:
    """A vector in words."""
    return [NAMES.get(bit, f"bit {bit}") for bit in range(64) if has(features, bit)]


def has(features: int, feature: int) -> bool:
    """Whether a feature is in a vector."""
    return bool(features >> feature & 1)


def impossible(card: Card) -> int:
    """What a card cannot do as it was built."""
    steering = bits((RSS, HASH_REPORT)) * (not card.steering)
    pairs = bits((MQ,)) * (card.pairs == 1 or not card.steering)
    rings = bits((RING_PACKED,)) * (not card.packed_rings)
    vlans = bits((CTRL_VLAN,)) * (not card.vlan_filter)
    checksums = bits((GUEST_CSUM, CTRL_GUEST_OFFLOADS)) * (not card.rx_checksum)
    return steering | pairs | rings | vlans | checksums


def offered(withheld: int = 0) -> int:
    """What to offer: everything the card can do, less what its owner withholds and what then lacks a requirement."""
    vector = bits(OFFERED) & ~withheld
    if not has(vector, CTRL_VQ):
        vector &= ~bits(NEED_COMMANDS)
    while lacking := bits(
        tuple(feature for feature in OFFERED if has(vector, feature) and not _satisfied(vector, feature))
    ):
        vector &= ~lacking
    return vector


def _satisfied(vector: int, feature: int) -> bool:
    return all(vector & bits(group) for group in REQUIREMENTS.get(feature, ()))


def problems(accepted: int, offer: int) -> list[str]:
    """Why an accepted set must be refused; empty when it may be used."""
    found = []
    if not has(accepted, VERSION_1):
        found.append("VERSION_1 is required")
    for bit in range(64):
        if not has(accepted, bit):
            continue
        if not has(offer, bit):
            found.append(f"{NAMES.get(bit, f'bit {bit}')} was not offered")
        for group in REQUIREMENTS.get(bit, ()):
            if not accepted & bits(group):
                found.append(f"{NAMES[bit]} requires {' or '.join(NAMES[need] for need in group)}")
    return found
