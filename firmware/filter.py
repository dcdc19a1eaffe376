# SPDX-License-Identifier: Apache-2.0
"""Receive filter: the driver's modes and addresses, and firmware's steering entries, in the card's one MAC table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import features as feature
from . import regs
from .bus import ManagementBus


def mac_words(mac: bytes) -> tuple[int, int]:
    """An address as the card's LO and HI registers take it."""
    return int.from_bytes(mac[:4], "little"), int.from_bytes(mac[4:], "little")


class ReceiveFilter:
    """Keeps what was asked for, and writes what the card can do of it.

    Addresses that find no place open the filter instead: unicast ones turn on ALLUNI, multicast ones ALLMULTI. The
    standard allows that, and a driver that asked for an address must get its frames.
    """

    def __init__(self, bus: ManagementBus, entries: int) -> None:
        self._bus, self.entries = bus, entries
        self.modes = 0
        self.overflow = 0
        self._steered: dict[bytes, int] = {}
        self._unicast: list[bytes] = []
        self._multicast: list[bytes] = []
        self._written = 0
        self._unknown = False

    async def take_over(self) -> None:
        """The card has the addresses of a driver that an earlier firmware served; which they are, it does not tell.

        Until the driver gives new ones, what has to be opened is left open, or opened.
        """
        mode = await self._bus.read32(regs.RX_MODE)
        self.overflow = mode & (regs.RX_MODE_ALLUNI | regs.RX_MODE_ALLMULTI)
        self.modes = mode & ~self.overflow
        self._written = self.entries
        self._unknown = True

    def features_accepted(self, accepted: int) -> None:
        """A driver that cannot ask for multicast groups gets them all, or neighbour discovery would fail for it.

        So does one that neither reads the card's address nor can tell its own, for unicast frames.
        """
        self.modes = 0 if feature.has(accepted, feature.CTRL_RX) else regs.RX_MODE_ALLMULTI
        if not (feature.has(accepted, feature.MAC) or feature.has(accepted, feature.CTRL_MAC_ADDR)):
            self.modes |= regs.RX_MODE_ALLUNI
        self._write_mode()

    def set_mode(self, bit: int, on: bool) -> None:
        """Switch one of the driver's modes."""
        self.modes = self.modes | bit if on else self.modes & ~bit
        self._write_mode()

    def set_table(self, unicast: Sequence[bytes], multicast: Sequence[bytes]) -> None:
        """Replace the driver's addresses."""
        self._unicast, self._multicast = list(dict.fromkeys(unicast)), list(dict.fromkeys(multicast))
        self._unknown = False
        self._write_table()

    def steer(self, table: Mapping[bytes, int]) -> None:
        """Replace the steering entries (address -> receive queue); they come first in the table."""
        if len(table) > self.entries:
            raise ValueError(f"{len(table)} steering entries, the card has {self.entries}")
        self._steered = dict(table)
        self._write_table()

    def reset(self) -> None:
        """The standard's state after a reset: no address, no mode. The card's table is empty; steering stays."""
        self.modes = 0
        self._unicast, self._multicast = [], []
        self._written = 0
        self._unknown = False
        self._write_table()

    def _write_table(self) -> None:
        rows = [
            (mac, regs.MAC_TABLE_HI_STEER | queue << regs.MAC_TABLE_HI_QUEUE_SHIFT)
            for mac, queue in self._steered.items()
        ]
        self.overflow = regs.RX_MODE_ALLUNI | regs.RX_MODE_ALLMULTI if self._unknown else 0
        for addresses, mode in ((self._unicast, regs.RX_MODE_ALLUNI), (self._multicast, regs.RX_MODE_ALLMULTI)):
            wanted = [mac for mac in addresses if mac not in self._steered]
            if len(rows) + len(wanted) > self.entries:
                self.overflow |= mode
            else:
                rows += [(mac, 0) for mac in wanted]
        # open while the table is rewritten: the standard allows unwanted frames, wanted ones must not be lost
        self._bus.write32(regs.RX_MODE, self.modes | regs.RX_MODE_ALLUNI | regs.RX_MODE_ALLMULTI)
        for place in range(max(len(rows), self._written)):
            low = high = 0
            if place < len(rows):
                mac, extra = rows[place]
                low, high = mac_words(mac)
                high |= regs.MAC_TABLE_HI_VALID | extra
            self._bus.write32(regs.MAC_TABLE_INDEX, place)
            self._bus.write32(regs.MAC_TABLE_LO, low)
            self._bus.write32(regs.MAC_TABLE_HI, high)
        self._written = len(rows)
        self._write_mode()

    def _write_mode(self) -> None:
        self._bus.write32(regs.RX_MODE, self.modes | self.overflow)
