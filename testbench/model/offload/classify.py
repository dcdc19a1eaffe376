# SPDX-License-Identifier: Apache-2.0
"""Receive classification: whether a frame is taken, into which queue, and what its checksum is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from testbench.model.offload.layer4 import verdict

VLAN_TYPES = (0x8100, 0x88A8)  # IEEE 802.1Q: C-TAG, S-TAG
UNTAGGED = 14  # bytes of Ethernet header
TWO_TAGS = 22
LONGEST_802_3 = 1500  # a smaller type field is a length (IEEE 802.3, section 3.2.6)
BROADCAST = b"\xff" * 6


class Entry(NamedTuple):
    """An exact match of the MAC table; ``queue`` counts only with ``steer``."""

    mac: bytes = bytes(6)
    valid: bool = False
    steer: bool = False
    queue: int = 0


@dataclass(slots=True)
class Filter:
    """Receive settings, by registers: RX_MODE (virtio 1.2, section 5.1.6.5.1), CONFIG_MAC, RX_MTU, RX_STEER, DATAPATH.

    ``mtu``: bytes from layer 3 on, 0: any. ``steer``: queue of frames that no entry steers.
    """

    promisc: bool = False
    allmulti: bool = False
    alluni: bool = False
    nomulti: bool = False
    nouni: bool = False
    nobcast: bool = False
    mac: bytes = bytes(6)
    mtu: int = 0
    steer: int = 0
    enable: bool = False
    table: list[Entry] = field(default_factory=lambda: [Entry()] * 32)
    _indexed: list[Entry] = field(default_factory=list, init=False, repr=False, compare=False)
    _index: dict[bytes, Entry] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find(self, mac: bytes) -> Entry | None:
        """The entry of an address; the lowest of equal ones decides."""
        if self.table != self._indexed:
            self._indexed = self.table.copy()
            self._index = {entry.mac: entry for entry in reversed(self.table) if entry.valid}
        return self._index.get(mac)


class Verdict(NamedTuple):
    """What becomes of a frame; ``drop`` names the counter of the reason, ``counts`` those that rise in any case."""

    queue: int
    data_valid: bool
    drop: str | None
    counts: tuple[str, ...]


def classify(frame: bytes, settings: Filter) -> Verdict:
    """Judge a frame, without FCS and at least 60 bytes long, that the MAC gave as good."""
    destination = frame[:6]
    ether_type = int.from_bytes(frame[12:14], "big")
    l3 = UNTAGGED
    while ether_type in VLAN_TYPES and l3 < TWO_TAGS:
        ether_type = int.from_bytes(frame[l3 + 2 : l3 + 4], "big")
        l3 += 4
    right = verdict(frame, l3, ether_type)
    entry = settings.find(destination)

    counts: tuple[str, ...] = () if right is None else ("rx_csum_good",) if right else ("rx_csum_bad",)
    if destination == BROADCAST:
        wanted = not settings.nobcast
        counts += ("rx_broadcast",)
    elif destination[0] & 1:
        wanted = not settings.nomulti and (settings.allmulti or entry is not None)
        counts += ("rx_multicast",)
    else:
        wanted = not settings.nouni and (settings.alluni or entry is not None or destination == settings.mac)

    drop = None
    if not settings.enable:
        drop = "rx_drop_disabled"
    elif ether_type <= LONGEST_802_3 and ether_type > len(frame) - l3:
        drop = "rx_drop_length"
    elif not (wanted or settings.promisc):
        drop = "rx_drop_filter"
    elif settings.mtu and len(frame) - l3 > settings.mtu:
        drop = "rx_drop_mtu"
    return Verdict(entry.queue if entry and entry.steer else settings.steer, right is True, drop, counts)
