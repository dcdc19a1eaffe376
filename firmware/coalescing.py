# SPDX-License-Identifier: Apache-2.0
"""Interrupt coalescing: the standard's commands on the card's table of queues."""

from __future__ import annotations

from . import regs
from .bus import ManagementBus
from .identity import Card

LARGEST = 0xFFFF  # the card counts packets and microseconds in 16 bits


class Coalescing:
    """Device-wide defaults of a direction, and values of one queue."""

    def __init__(self, bus: ManagementBus, card: Card) -> None:
        self._bus, self._card = bus, card

    def reset(self) -> None:
        """All parameters 0, as the standard wants after a reset (the table has been cleared by the card)."""
        for register in (regs.COAL_RX_PACKETS, regs.COAL_RX_USECS, regs.COAL_TX_PACKETS, regs.COAL_TX_USECS):
            self._bus.write32(register, 0)

    def set_all(self, transmit: bool, packets: int, usecs: int) -> bool:
        """All queues of a direction, and those enabled later. False: the card cannot count so far."""
        if max(packets, usecs) > LARGEST:
            return False
        default = (regs.COAL_TX_PACKETS, regs.COAL_TX_USECS) if transmit else (regs.COAL_RX_PACKETS, regs.COAL_RX_USECS)
        self._bus.write32(default[0], packets)
        self._bus.write32(default[1], usecs)
        for pair in range(self._card.pairs):
            self._write(2 * pair + transmit, packets, usecs)
        return True

    async def set_queue(self, gq: int, packets: int, usecs: int) -> bool:
        """One queue; False: it is not an enabled transmit or receive queue, or the card cannot count so far."""
        if max(packets, usecs) > LARGEST or not await self._enabled(gq):
            return False
        self._write(gq, packets, usecs)
        return True

    async def get_queue(self, gq: int) -> tuple[int, int] | None:
        """(packets, usecs) of one queue; None as above."""
        if not await self._enabled(gq):
            return None
        self._bus.write32(regs.COAL_QUEUE, gq)
        return await self._bus.read32(regs.COAL_PACKETS), await self._bus.read32(regs.COAL_USECS)

    async def _enabled(self, gq: int) -> bool:
        if not 0 <= gq < self._card.control_queue:
            return False
        self._bus.write32(regs.QUEUE_SELECT, gq)
        return bool(await self._bus.read32(regs.QUEUE_STATE) & regs.QUEUE_STATE_ENABLED)

    def _write(self, gq: int, packets: int, usecs: int) -> None:
        self._bus.write32(regs.COAL_QUEUE, gq)
        self._bus.write32(regs.COAL_PACKETS, packets)
        self._bus.write32(regs.COAL_USECS, usecs)
