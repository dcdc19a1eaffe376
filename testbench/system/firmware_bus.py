# SPDX-License-Identifier: Apache-2.0
"""The management bus with an eye on it: what firmware writes is kept, and a test may act between two accesses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from firmware import regs


class RecordingBus:
    """Passes everything on to ``bus``. The card does not let its MAC table be read back, so it is kept here."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.wait_event, self.now_ns, self.sleep_ns = bus.wait_event, bus.now_ns, bus.sleep_ns
        self.writes: list[tuple[int, int]] = []
        self.after_read: Callable[[int, int], Awaitable[None]] | None = None
        """Awaited with address and value after each read."""
        self.on_write: Callable[[int, int], None] | None = None
        """Called with address and value before each write."""
        self._selected: dict[int, int] = {}
        self._table: dict[int, tuple[int, int]] = {}

    async def read32(self, address: int) -> int:
        """Read a register."""
        value = await self._bus.read32(address)
        if self.after_read:
            await self.after_read(address, value)
        return value

    def write32(self, address: int, value: int) -> None:
        """Write a register."""
        if self.on_write:
            self.on_write(address, value)
        self.writes.append((address, value))
        self._bus.write32(address, value)
        if address in (regs.MAC_TABLE_INDEX, regs.MAC_TABLE_LO):
            self._selected[address] = value
        elif address == regs.MAC_TABLE_HI:
            self._table[self._selected[regs.MAC_TABLE_INDEX]] = (self._selected[regs.MAC_TABLE_LO], value)
        elif address == regs.DATAPATH and value & regs.DATAPATH_CLEAR:
            self._table.clear()

    def written(self, *addresses: int) -> list[tuple[int, int]]:
        """Writes to these registers in their order, since the last call; those to others are forgotten."""
        writes, self.writes = self.writes, []
        return [(address, value) for address, value in writes if address in addresses]

    def mac_table(self) -> dict[str, int]:
        """Valid addresses of the card's table, each with the queue it steers to, -1: with none."""
        table = {}
        for low, high in self._table.values():
            if high & regs.MAC_TABLE_HI_VALID:
                mac = low.to_bytes(4, "little") + (high & 0xFFFF).to_bytes(2, "little")
                queue = (high & regs.MAC_TABLE_HI_QUEUE) >> regs.MAC_TABLE_HI_QUEUE_SHIFT
                table[mac.hex()] = queue if high & regs.MAC_TABLE_HI_STEER else -1
        return table
