# SPDX-License-Identifier: Apache-2.0
"""The card's 64-bit counters, and the two copies of them that driver and firmware read."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.registers import regs


class Statistics(dict[str, int]):
    """Every counter by name, in the order of the windows."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(regs.STATS, 0))

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a counter; KeyError: the card has none of that name."""
        self[name] += amount


class Snapshots:
    """Copies of one instant. ``refresh`` is called before each, for counters that are worked out."""

    def __init__(self, statistics: Statistics, refresh: Callable[[], object]) -> None:
        self._statistics, self._refresh = statistics, refresh
        self._host = self._firmware = [0] * len(statistics)

    def take_host(self) -> None:
        """The driver's copy."""
        self._refresh()
        self._host = list(self._statistics.values())

    def take_firmware(self) -> None:
        """Firmware's copy."""
        self._refresh()
        self._firmware = list(self._statistics.values())

    def host_word(self, offset: int) -> int:
        """32-bit word at ``offset`` of the driver's window; 0 beyond it."""
        return self._word(self._host, offset)

    def firmware_word(self, offset: int) -> int:
        """The same of firmware's window."""
        return self._word(self._firmware, offset)

    @staticmethod
    def _word(values: list[int], offset: int) -> int:
        place = offset >> 3
        return values[place] >> 8 * (offset & 4) & 0xFFFF_FFFF if place < len(values) else 0
