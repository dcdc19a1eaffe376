# SPDX-License-Identifier: Apache-2.0
"""MSI-X (PCI 3.0, 6.8.2): vectors of queues and of configuration changes, table, masks, pending bits, messages."""

from __future__ import annotations

from collections.abc import Callable

NO_VECTOR = 0xFFFF
ADDRESS_LOW, ADDRESS_HIGH, DATA, CONTROL = range(4)


class Msix:
    """``send(vector, address, data)`` is called for every message. Table and masks outlive a device reset."""

    def __init__(self, queues: int, count: Callable[[str], object], send: Callable[[int, int, int], object]) -> None:
        self.vectors = queues + 1
        self._count, self._send = count, send
        self.enabled = self.function_mask = False
        self.table = [[0, 0, 0, 1] for _ in range(self.vectors)]
        self.queue_vector = [NO_VECTOR] * queues
        self.config_vector = NO_VECTOR
        self.pending: set[int] = set()

    def clear(self) -> None:
        """A device reset takes the vectors and what is pending."""
        self.pending.clear()
        self.config_vector = NO_VECTOR
        self.queue_vector = [NO_VECTOR] * len(self.queue_vector)

    def legal(self, vector: int) -> int:
        """The vector a driver gets when it asks for this one."""
        return vector if vector < self.vectors else NO_VECTOR

    def raise_vector(self, vector: int) -> None:
        """Something happened that this vector announces; causes that meet a pending bit merge."""
        if not self.enabled or vector >= self.vectors:
            return
        if self.masked(vector):
            self._count("irq_masked")
        self.pending.add(vector)
        self.flush()

    def masked(self, vector: int) -> bool:
        """Its message must wait."""
        return self.function_mask or bool(self.table[vector][CONTROL])

    def flush(self) -> None:
        """Send what is pending and not masked."""
        if not self.enabled:
            return
        for vector in sorted(self.pending):
            if not self.masked(vector):
                self.pending.discard(vector)
                low, high, data, _ = self.table[vector]
                self._count("irq_messages")
                self._send(vector, high << 32 | low, data)

    def read(self, offset: int) -> int:
        """A word of the table."""
        entry, word = offset >> 4, offset >> 2 & 3
        return self.table[entry][word] if entry < self.vectors else 0

    def write(self, offset: int, value: int) -> None:
        """Write a whole word of the table."""
        entry, word = offset >> 4, offset >> 2 & 3
        if entry < self.vectors:
            self.table[entry][word] = {ADDRESS_LOW: value & ~3, CONTROL: value & 1}.get(word, value)
            self.flush()

    def pending_word(self, offset: int) -> int:
        """A word of the pending bit array."""
        return sum(1 << vector for vector in self.pending) >> 8 * offset & 0xFFFFFFFF
