# SPDX-License-Identifier: Apache-2.0
"""Receive classification: whether a frame is taken, into which queue, and what its checksum is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from testbench.model.offload.flow import UNTAGGED, VLAN_TYPES, network_layer
from testbench.model.offload.layer4 import verdict
from testbench.model.offload.steering import Steering

TAGGED = b"\x81\x00"  # IEEE 802.1Q: a C-TAG; the filter does not look behind an S-TAG
VLAN_IDS = 4096
PRIORITY_ONLY = 0  # VLAN id of a frame that belongs to none
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

    ``mtu``: bytes from layer 3 on, 0: any. ``steer``: queue of frames that nothing else steers. Bit n of
    ``vlans``: VLAN id n passes when ``vlan_filter`` is set and PROMISC is not.
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
    vlan_filter: bool = False
    vlans: int = 0
    steering: Steering = field(default_factory=Steering)
    table: list[Entry] = field(default_factory=lambda: [Entry()] * 32)
    _indexed: list[Entry] = field(default_factory=list, init=False, repr=False, compare=False)
    _index: dict[bytes, Entry] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find(self, mac: bytes) -> Entry | None:
        """The entry of an address; the lowest of equal ones decides."""
        if self.table != self._indexed:
            self._indexed = self.table.copy()
            self._index = {entry.mac: entry for entry in reversed(self.table) if entry.valid}
        return self._index.get(mac)

    def passes(self, frame: bytes) -> bool:
        """Whether the VLAN filter, when it is on, lets a frame through (virtio 1.2, section 5.1.6.5.3)."""
        if frame[12:14] != TAGGED:
            return True
        vlan = int.from_bytes(frame[14:16], "big") % VLAN_IDS
        return vlan == PRIORITY_ONLY or bool(self.vlans >> vlan & 1)


class Verdict(NamedTuple):
    """What becomes of a frame; ``drop`` names the counter of the reason, ``counts`` those that rise in any case.

    ``hash_report``: VIRTIO_NET_HASH_REPORT_*.
    """

    queue: int
    data_valid: bool
    drop: str | None
    counts: tuple[str, ...]
    hash_value: int = 0
    hash_report: int = 0


def classify(frame: bytes, settings: Filter) -> Verdict:
    """Judge a frame, without FCS and at least 60 bytes long, that the MAC gave as good."""
    destination = frame[:6]
    l3, ether_type = UNTAGGED, int.from_bytes(frame[12:14], "big")
    if ether_type in VLAN_TYPES:
        l3, ether_type = network_layer(frame)
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
    elif settings.vlan_filter and not settings.promisc and not settings.passes(frame):
        drop = "rx_drop_vlan"
    elif settings.mtu and len(frame) - l3 > settings.mtu:
        drop = "rx_drop_mtu"
    queue, steering = entry.queue if entry and entry.steer else settings.steer, settings.steering
    if drop or not (steering.mode or steering.report):
        return Verdict(queue, right is True, drop, counts)
    chosen, value, report = steering.choose(frame, l3, ether_type, queue)
    return Verdict(queue if entry and entry.steer else chosen, right is True, drop, counts, value, report)
