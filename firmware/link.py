# SPDX-License-Identifier: Apache-2.0
"""Link and device configuration: what the driver reads there, and the interrupt when it changes."""

from __future__ import annotations

from . import features as feature
from . import regs
from .bus import ManagementBus
from .filter import mac_words
from .identity import Card, field
from .settings import CardSettings

FULL_DUPLEX = 1
SMALLEST_MTU = 68
LINK_OVERHEAD = 14 + 4 + 4  # Ethernet header, one VLAN tag, FCS


class Link:
    """Owner of the CONFIG registers."""

    def __init__(self, bus: ManagementBus, card: Card, settings: CardSettings) -> None:
        self._bus, self._settings = bus, settings
        self._mbps = card.line_mbps if settings.speed_mbps is None else settings.speed_mbps
        self._largest = card.max_frame - LINK_OVERHEAD
        self.mtu = self._largest if settings.mtu is None else settings.mtu
        if not SMALLEST_MTU <= self.mtu <= self._largest:
            raise ValueError(
                f"MTU {settings.mtu} is outside {SMALLEST_MTU}..{self._largest}, what frames of {card.max_frame} hold"
            )
        self.up = False
        self.changes = 0
        self.mac = settings.mac

    async def start(self, taken_over: bool) -> None:
        """Fill in everything the driver may read before it says FEATURES_OK; of one taken over that stays as it is."""
        bus, settings = self._bus, self._settings
        pause = regs.MAC_CONTROL_PAUSE_RX * settings.pause_rx | regs.MAC_CONTROL_PAUSE_TX * settings.pause_tx
        bus.write32(regs.MAC_CONTROL, pause)
        if taken_over:
            words = await bus.read32(regs.CONFIG_MAC_LO), await bus.read32(regs.CONFIG_MAC_HI)
            self.mac = words[0].to_bytes(4, "little") + (words[1] & 0xFFFF).to_bytes(2, "little")
        else:
            self.reset()
        self.up = bool(await bus.read32(regs.LINK) & regs.LINK_UP)
        bus.write32(regs.CONFIG_STATUS, regs.CONFIG_STATUS_LINK_UP * self.up)

    def set_mtu(self, mtu: int) -> bool:
        """Another MTU to tell a driver, who reads it before FEATURES_OK. False: frames cannot hold it."""
        if not SMALLEST_MTU <= mtu <= self._largest:
            return False
        self.mtu = mtu
        self._bus.write32(regs.CONFIG_MTU, mtu)
        return True

    async def told_mtu(self) -> int:
        """The MTU in the device configuration."""
        return await self._bus.read32(regs.CONFIG_MTU)

    def reset(self) -> None:
        """Back to the card's own address, what it can, and no MTU in force."""
        bus = self._bus
        bus.write32(regs.CONFIG_MTU, self.mtu)
        bus.write32(regs.CONFIG_SPEED, self._mbps)
        bus.write32(regs.CONFIG_DUPLEX, FULL_DUPLEX)
        self.set_mac(self._settings.mac)
        bus.write32(regs.RX_MTU, 0)

    def features_accepted(self, accepted: int) -> None:
        """With the MTU negotiated, longer packets must not reach the driver."""
        self._bus.write32(regs.RX_MTU, self.mtu if feature.has(accepted, feature.MTU) else 0)

    def set_mac(self, mac: bytes) -> None:
        """The address in the device configuration, which the filter obeys too."""
        self.mac = bytes(mac)
        low, high = mac_words(self.mac)
        self._bus.write32(regs.CONFIG_MAC_LO, low)
        self._bus.write32(regs.CONFIG_MAC_HI, high)

    async def serve(self) -> str | None:
        """The link may have changed: tell the driver. Returns what to log, None when it is as before."""
        word = await self._bus.read32(regs.LINK)
        up = bool(word & regs.LINK_UP)
        if up == self.up:
            return None
        self.up = up
        self.changes += 1
        self._bus.write32(regs.CONFIG_STATUS, regs.CONFIG_STATUS_LINK_UP * up)
        self._bus.write32(regs.CONFIG_NOTIFY, 1)
        return f"link {'up' if up else 'down'}, fault {field(word, regs.LINK_FAULT)}"
