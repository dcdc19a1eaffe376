# SPDX-License-Identifier: Apache-2.0
"""Split virtqueue, driver side: a table of descriptors, a ring of what is available and a ring of what is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import QueueError
from ..memory import DmaMemory
from .queue import DESCRIPTOR_BYTES, F_NEXT, LARGEST, Part, Virtqueue, pack_descriptor
from .ring_index import RingIndex

AVAIL_F_NO_INTERRUPT = 1
USED_F_NO_NOTIFY = 1


class SplitQueue(Virtqueue):
    """A chain is made available by the id of its first descriptor; the ring indices begin at ``first``."""

    def __init__(
        self, memory: DmaMemory, index: int, size: int, event_idx: bool = True, indirect_entries: int = 0,
        first: int = 0, in_order: bool = False,
    ) -> None:  # fmt: skip
        if size < 1 or size > LARGEST or size & (size - 1):
            raise QueueError(f"queue {index}: size {size} is not a power of two from 1 to {LARGEST}")
        avail_bytes, used_bytes = 6 + 2 * size, 6 + 8 * size
        super().__init__(memory, index, size, event_idx, indirect_entries, in_order, avail_bytes, used_bytes)
        used = self.used_address - self.buffer.address
        self._elements = self._cast(used + 4, 8 * size, "I")
        self._avail_event = self._cast(used + 4 + 8 * size, 2, "H")
        self._avail_index = self._told = self._used_index = RingIndex(first)
        self._avail_slot = self._used_slot = self._avail_index.slot(size)
        self._avail[1] = self._used[1] = self._avail[2 + size] = int(self._avail_index)

    def add_one(self, address: int, length: int, flags: int, token: Any) -> bool:
        """The data path's ``add``: one descriptor, ``flags`` 0 or F_WRITE. The caller publishes."""
        free = self._free
        if not free:
            return False
        head = free.popleft()
        pack_descriptor(self._desc, DESCRIPTOR_BYTES * head, address, length, flags, 0)
        self._held[head] = (token, (head,), length if flags else 0)
        self._added += 1
        self._offer(head)
        return True

    def _write_table(self, offset: int, parts: Sequence[Part]) -> None:
        for place, (address, length, flags) in enumerate(parts, 1):
            flags, following = (flags | F_NEXT, place) if place < len(parts) else (flags, 0)
            pack_descriptor(self._desc, offset, address, length, flags, following)
            offset += DESCRIPTOR_BYTES

    def _write_chain(self, ids: Sequence[int], parts: Sequence[Part]) -> None:
        for place, (address, length, flags) in enumerate(parts, 1):
            flags, following = (flags | F_NEXT, ids[place]) if place < len(parts) else (flags, 0)
            pack_descriptor(self._desc, DESCRIPTOR_BYTES * ids[place - 1], address, length, flags, following)
        self._offer(ids[0])

    def _offer(self, head: int) -> None:
        slot = self._avail_slot
        self._avail[2 + slot] = head
        slot += 1
        self._avail_slot = slot if slot < self.size else 0

    def _show(self) -> None:
        self._told, self._avail_index = self._avail_index, self._avail_index + self._added
        self._avail[1] = int(self._avail_index)

    def _is_asked_for(self) -> bool:
        if self.event_idx:
            return self._avail_index.passed(self._avail_event[0], self._told)
        return not self._used[0] & USED_F_NO_NOTIFY

    def _collect(self, limit: int, done: list[tuple[Any, int]]) -> None:
        count = (self._used[1] - int(self._used_index)) & 0xFFFF
        if not count:
            return
        if count > self._exposed:
            raise QueueError(
                f"queue {self.index}: the device's used index is {count} ahead, and it held {self._exposed} chains"
            )
        elements, size, slot, take = self._elements, self.size, self._used_slot, self._take
        begin = had = len(done)
        end = min(limit, begin + count)
        while had < end:
            take(elements[2 * slot], elements[2 * slot + 1], done)
            slot += len(done) - had
            if slot >= size:
                slot -= size
            had = len(done)
        taken = had - begin
        if taken > count:
            raise QueueError(
                f"queue {self.index}: the device returned {taken} chains where its used index shows {count}"
            )
        self._used_slot, self._used_index = slot, self._used_index + taken
        self._exposed -= taken

    def _ask_for_interrupt(self, after: int) -> None:
        if self.event_idx:
            self._avail[2 + self.size] = int(self._used_index + (after - 1))
        else:
            self._avail[0] = 0

    def disable_interrupts(self) -> None:
        """Ask for none; with event-idx the furthest place there is, otherwise the flag. Either is only a hint."""
        if self.event_idx:
            self._avail[2 + self.size] = int(self._used_index + 0xFFFF)
        else:
            self._avail[0] = AVAIL_F_NO_INTERRUPT
