# SPDX-License-Identifier: Apache-2.0
"""What a way to a board's bus has to offer: words of 32 bits at byte addresses, over a serial line or a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol


class Bone(Protocol):
    """Base of ``Uartbone`` and ``Etherbone``. Every access raises BridgeError when it is not answered in time."""

    where: str
    """For messages: what was opened."""
    hint: str
    """For messages: what to look at when nothing answers."""

    def read(self, address: int, count: int = 1) -> list[int]:
        """``count`` words from a byte address on."""

    def read_clearing(self, address: int, count: int) -> tuple[list[int], bool]:
        """The same (255 at most) where a read clears what it reads; False: bits may have been cleared and not come."""

    def read32(self, address: int) -> int:
        """One word."""
        return self.read(address)[0]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Words from a byte address on."""
        self.write_all(((address, words),))

    def write32(self, address: int, value: int) -> None:
        """One word."""
        self.write(address, (value,))

    def write_all(self, parts: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Words at several places, in this order."""

    def write_fixed(self, address: int, words: Sequence[int]) -> None:
        """Words into one place, one after another."""

    def reaches(self, address: int, value: int) -> bool:
        """Whether a word reads as it must."""

    def close(self) -> None:
        """Give the way back; what is on the board goes on."""
