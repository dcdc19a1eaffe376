# SPDX-License-Identifier: Apache-2.0
"""A client of LiteX's uartbone: words of 32 bits, read and written through a serial line."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Sequence

from ferrule.bridge.bone import Bone
from ferrule.bridge.errors import BridgeTimeout
from ferrule.bridge.line import SerialLine

WRITE, READ, WRITE_FIXED = 1, 2, 3
MOST_WORDS = 255  # in a message
HEADER_BYTES = 6


class Uartbone(Bone):
    """Writes are posted: the protocol has no answer to them. After a timeout an access waits for a quiet line."""

    def __init__(self, line: SerialLine, limit_s: float = 2.0, quiet_s: float = 0.3) -> None:
        """``limit_s``: for an answer, beyond the time its bytes take. ``quiet_s``: after it the board has forgotten a
        message that stopped in the middle.
        """
        self.line, self.limit_s, self.quiet_s = line, limit_s, quiet_s
        self.where, self.hint = line.path, f"check port, baud rate ({line.baud}) and bitstream"
        self.messages = self.noise = 0
        self._unsure = False  # whether the board waits for more of a message

    def read(self, address: int, count: int = 1) -> list[int]:
        """``count`` words from a byte address on."""
        words: list[int] = []
        while len(words) < count:
            part = min(count - len(words), MOST_WORDS)
            size = 4 * part
            self._begin()
            self.noise += self.line.drain()
            self.messages += 1
            self._unsure = True
            self.line.write(_header(READ, part, address + 4 * len(words)), self.limit_s)
            data = self.line.read(size, self.limit_s + self.line.wire_time(size + HEADER_BYTES))
            self._unsure = False
            words += struct.unpack(f">{part}I", data)
        return words

    def read_clearing(self, address: int, count: int) -> tuple[list[int], bool]:
        """The same, where a read clears what it reads: no question is asked twice here, so nothing is missing."""
        return self.read(address, count), True

    def write_all(self, parts: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Words at several places, in this order."""
        messages = []
        for address, words in parts:
            for at in range(0, len(words), MOST_WORDS):
                part = words[at : at + MOST_WORDS]
                messages.append(_header(WRITE, len(part), address + 4 * at) + struct.pack(f">{len(part)}I", *part))
        self._send(messages)

    def write_fixed(self, address: int, words: Sequence[int]) -> None:
        """Words into one place, one after another."""
        parts = [words[at : at + MOST_WORDS] for at in range(0, len(words), MOST_WORDS)]
        self._send([_header(WRITE_FIXED, len(part), address) + struct.pack(f">{len(part)}I", *part) for part in parts])

    def _send(self, messages: list[bytes]) -> None:
        if messages:
            self._begin()
            self.messages += len(messages)
            self._unsure = True
            self.line.write(b"".join(messages), self.limit_s)
            self._unsure = False

    def _begin(self) -> None:
        if self._unsure:
            self.settle()

    def settle(self) -> None:
        """Say nothing until the board has forgotten what was begun, and throw away what it still says."""
        time.sleep(self.quiet_s)
        self.noise += self.line.drain()
        self._unsure = False

    def reaches(self, address: int, value: int, tries: int = 3) -> bool:
        """Whether a word reads as it must; a line on which somebody has spoken before may need more than one try."""
        for _ in range(tries):
            try:
                if self.read32(address) == value:
                    return True
            except BridgeTimeout:
                continue
            self.settle()
        return False

    def close(self) -> None:
        """Give the line back."""
        self.line.close()


def _header(command: int, count: int, address: int) -> bytes:
    return struct.pack(">BBI", command, count, address >> 2)
