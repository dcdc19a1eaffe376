# SPDX-License-Identifier: Apache-2.0
"""Host memory as a device sees it: bytes at bus addresses, and an error for an address that is none."""

from __future__ import annotations

import numpy as np


class RawMemory:
    """A flat array whose first byte has the bus address ``base``."""

    def __init__(self, memory: np.ndarray, base: int) -> None:
        self.memory, self.base = memory, base

    def read(self, address: int, length: int) -> bytes:
        at = address - self.base
        assert at >= 0 and at + length <= len(self.memory), f"device reads {address:#x}"
        return self.memory[at : at + length].tobytes()

    def write(self, address: int, data: bytes) -> None:
        at = address - self.base
        assert at >= 0 and at + len(data) <= len(self.memory), f"device writes {address:#x}"
        self.memory[at : at + len(data)] = np.frombuffer(data, np.uint8)

    def u16(self, address: int) -> int:
        return int.from_bytes(self.read(address, 2), "little")
