# SPDX-License-Identifier: Apache-2.0
"""VLAN filter: the driver's VLANs in the card's table of 4,096 bits."""

from __future__ import annotations

from . import features as feature
from . import regs
from .bus import ManagementBus

VLAN_IDS = 4096
WORD_BITS = 32


class VlanFilter:
    """On, and empty at first, for a driver that has negotiated it; off for every other one."""

    def __init__(self, bus: ManagementBus) -> None:
        self._bus = bus
        self._words = [0] * (VLAN_IDS // WORD_BITS)
        self._unknown = False

    def take_over(self) -> None:
        """The card has the VLANs of a driver that an earlier firmware served; which they are, it does not tell.

        They stay until the driver changes them: from then on the filter is open, as no wanted VLAN may be lost.
        """
        self._unknown = True

    def features_accepted(self, accepted: int) -> None:
        """Switch the filter on if the driver can tell its VLANs."""
        wanted = feature.has(accepted, feature.CTRL_VLAN)
        self._bus.write32(regs.VLAN_CONTROL, regs.VLAN_CONTROL_FILTER if wanted else 0)

    def set(self, vlan: int, wanted: bool) -> None:
        """Let a VLAN pass, or not."""
        if self._unknown:
            self._bus.write32(regs.VLAN_CONTROL, 0)
            return
        place, bit = vlan // WORD_BITS, 1 << vlan % WORD_BITS
        self._words[place] = self._words[place] | bit if wanted else self._words[place] & ~bit
        self._bus.write32(regs.VLAN_INDEX, place)
        self._bus.write32(regs.VLAN_WORD, self._words[place])

    def reset(self) -> None:
        """The card's table is empty, its filter off."""
        self._words = [0] * len(self._words)
        self._unknown = False
