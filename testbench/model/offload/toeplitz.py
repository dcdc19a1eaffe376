# SPDX-License-Identifier: Apache-2.0
"""The Toeplitz hash of receive-side scaling, a byte of input at a time."""

from __future__ import annotations

KEY_BYTES = 40
INPUT_BYTES = 36  # of the longest input: two IPv6 addresses and two ports
_KEY_BITS = 8 * KEY_BYTES


class Toeplitz:
    """Every set bit of the input adds, without carry, the 32 bits of the key that begin at the bit's own number."""

    def __init__(self, key: bytes) -> None:
        """``key``: 40 bytes."""
        number = int.from_bytes(key, "big")
        self._tables = []
        for place in range(INPUT_BYTES):
            table = [0]
            for bit in range(8 * place + 7, 8 * place - 1, -1):
                window = number >> (_KEY_BITS - 32 - bit) & 0xFFFF_FFFF
                table += [value ^ window for value in table]
            self._tables.append(table)

    def hash(self, data: bytes) -> int:
        """32-bit hash of up to 36 bytes."""
        value = 0
        for table, byte in zip(self._tables, data, strict=False):
            value ^= table[byte]
        return value
