# SPDX-License-Identifier: Apache-2.0
"""Which ids of a virtqueue are free, and which chain the device holds under each of the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from ..errors import QueueError

Entry = tuple[Any, Sequence[int], int]
"""A chain: its owner's token, its ids, and how many bytes the device may write."""


class Ledger:
    """An id stands for a descriptor that can be used. A chain takes as many as it has descriptors, and the device knows
    it by the first. Ids are taken in a circle, so that those of an in-order device come back in ring order.
    """

    def __init__(self, index: int, size: int, in_order: bool) -> None:
        """``index`` is the queue's, for errors."""
        self.index, self.size = index, size
        self.free = deque(range(size))
        self.held: list[Entry | None] = [None] * size
        self._oldest = 0
        self.take = self._take_all_up_to if in_order else self._take_one

    def hold(self, count: int, token: Any, capacity: int) -> Sequence[int]:
        """The ids of a new chain of ``count`` descriptors; so many must be free."""
        ids = [self.free.popleft() for _ in range(count)]
        self.held[ids[0]] = (token, ids, capacity)
        return ids

    def _take_one(self, number: int, length: int, done: list[tuple[Any, int]]) -> int:
        """Book the chain of a used element with this id and length to ``done``; returns its descriptors."""
        entry = self.held[number] if number < self.size else None
        if entry is None:
            raise QueueError(f"queue {self.index}: the device returned id {number}, which it does not hold")
        token, ids, _ = entry
        self.held[number] = None
        self.free.extend(ids)
        done.append((token, length))
        return len(ids)

    def _take_all_up_to(self, number: int, length: int, done: list[tuple[Any, int]]) -> int:
        """The same in order: all chains from the oldest to this one; what was skipped was used to its end."""
        held, descriptors = self.held, 0
        while True:
            oldest = self._oldest
            entry = held[oldest]
            if entry is None or number >= self.size or held[number] is None:
                raise QueueError(f"queue {self.index}: the device returned id {number}, which it does not hold")
            self._oldest = (entry[1][-1] + 1) % self.size
            descriptors += self._take_one(oldest, length if oldest == number else entry[2], done)
            if oldest == number:
                return descriptors

    def clear(self) -> list[Any]:
        """Tokens of all chains; they are the device's no more."""
        tokens = [entry[0] for entry in self.held if entry is not None]
        self.held[:] = [None] * self.size
        self.free.clear()
        self.free.extend(range(self.size))
        self._oldest = 0
        return tokens
