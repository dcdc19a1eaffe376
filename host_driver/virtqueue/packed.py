# SPDX-License-Identifier: Apache-2.0
"""Packed virtqueue, driver side: one ring in which the device writes what it has used over what was available."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from ..errors import QueueError
from ..memory import DmaMemory
from .queue import DESCRIPTOR_BYTES, F_NEXT, F_WRITE, LARGEST, Part, Virtqueue, pack_descriptor

F_AVAIL = 1 << 7
F_USED = 1 << 15
BOTH = F_AVAIL | F_USED

# struct pvirtq_event_suppress: a place in the ring with its wrap counter in bit 15, then what to do with it
EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC = 0, 1, 2
EVENT_MODES = 3
EVENT_BYTES = 4
WRAP = 1 << 15
INVERSE_WRAP = 1 << 15  # in the index at which a ring begins: set when its wrap counters are 0

_pack_all_but_flags = struct.Struct("<QIH").pack_into


def passed(event: int, place: int, wrap: bool, count: int, size: int) -> bool:
    """Whether the last ``count`` descriptors before ``place`` reach over ``event``; both places with a wrap counter.

    ``vring_need_event`` in places of the ring: an event of the other wrap counter lies a round behind.
    """
    at = event & ~WRAP
    if bool(event & WRAP) != wrap:
        at -= size
    return 0 <= place - at - 1 < count


class PackedQueue(Virtqueue):
    """The driver area holds our event suppression, the device area the device's. Any size from 1 to 32768.

    ``first``: the place at which the ring begins, with bit 15 set when both wrap counters are 0 there.
    """

    def __init__(
        self, memory: DmaMemory, index: int, size: int, event_idx: bool = True, indirect_entries: int = 0,
        first: int = 0, in_order: bool = False,
    ) -> None:  # fmt: skip
        place = first & ~INVERSE_WRAP
        if not 1 <= size <= LARGEST:
            raise QueueError(f"queue {index}: size {size} is outside 1..{LARGEST}")
        if place >= size:
            raise QueueError(f"queue {index}: a ring of {size} descriptors cannot begin at {place}")
        super().__init__(memory, index, size, event_idx, indirect_entries, in_order, EVENT_BYTES, EVENT_BYTES)
        self._words = self._cast(0, DESCRIPTOR_BYTES * size, "H")
        self._doubles = self._cast(0, DESCRIPTOR_BYTES * size, "I")
        wrap = not first & INVERSE_WRAP
        self._place = self._used_place = self._head = place
        self._avail_flags = F_AVAIL if wrap else F_USED
        self._used_flags = BOTH if wrap else 0
        self._head_flags = 0
        self._batch = 0  # descriptors written and not yet published
        # as if the ring had come here by itself: used in this round up to the first place, in the one before from there
        for at in range(size):
            self._words[8 * at + 7] = self._used_flags if at < place else self._used_flags ^ BOTH

    @property
    def _used_area(self) -> tuple[int, int]:
        return self.desc_address, DESCRIPTOR_BYTES * self.size

    def add_one(self, address: int, length: int, flags: int, token: Any) -> bool:
        """The data path's ``add``: one descriptor, ``flags`` 0 or F_WRITE. The caller publishes."""
        free = self._free
        if not free:
            return False
        number = free.popleft()
        self._held[number] = (token, (number,), length if flags else 0)
        self._added += 1
        self._put(address, length, number, flags)
        return True

    def _put(self, address: int, length: int, number: int, flags: int) -> None:
        """The next descriptor. All of a batch hide behind its first, whose flags are stored last."""
        place = self._place
        flags |= self._avail_flags
        if self._batch:
            pack_descriptor(self._desc, DESCRIPTOR_BYTES * place, address, length, number, flags)
        else:
            _pack_all_but_flags(self._desc, DESCRIPTOR_BYTES * place, address, length, number)
            self._head, self._head_flags = place, flags
        self._batch += 1
        place += 1
        if place == self.size:
            place = 0
            self._avail_flags ^= BOTH
        self._place = place

    def _write_table(self, offset: int, parts: Sequence[Part]) -> None:
        for address, length, flags in parts:
            pack_descriptor(self._desc, offset, address, length, 0, flags)
            offset += DESCRIPTOR_BYTES

    def _write_chain(self, ids: Sequence[int], parts: Sequence[Part]) -> None:
        for address, length, flags in parts[:-1]:
            self._put(address, length, ids[0], flags | F_NEXT)
        address, length, flags = parts[-1]
        self._put(address, length, ids[0], flags)

    def _show(self) -> None:
        self._words[8 * self._head + 7] = self._head_flags

    def _is_asked_for(self) -> bool:
        count, self._batch = self._batch, 0
        mode = self._used[1] & EVENT_MODES
        if mode == EVENT_DESC and self.event_idx:
            return passed(self._used[0], self._place, self._avail_flags == F_AVAIL, count, self.size)
        return mode != EVENT_DISABLE

    def _collect(self, limit: int, done: list[tuple[Any, int]]) -> None:
        words, doubles, size, take = self._words, self._doubles, self.size, self._take
        place, wanted = self._used_place, self._used_flags
        begin = len(done)
        while len(done) < limit:
            flags = words[8 * place + 7]
            if flags & BOTH != wanted:
                break
            # without F_WRITE nothing was written, whatever the length says
            place += take(words[8 * place + 6], doubles[4 * place + 2] if flags & F_WRITE else 0, done)
            if place >= size:
                place -= size
                wanted ^= BOTH
        taken = len(done) - begin
        if taken > self._exposed:
            raise QueueError(f"queue {self.index}: the device returned {taken} chains and held {self._exposed}")
        self._used_place, self._used_flags = place, wanted
        self._exposed -= taken

    def _ask_for_interrupt(self, after: int) -> None:
        """It may come sooner where chains have several descriptors: an event is a place in the ring."""
        if self.event_idx:
            place = self._used_place + min(after, self.size) - 1
            wrap = bool(self._used_flags)
            if place >= self.size:
                place -= self.size
                wrap = not wrap
            self._avail[0] = place | (WRAP if wrap else 0)
            self._avail[1] = EVENT_DESC
        else:
            self._avail[1] = EVENT_ENABLE

    def disable_interrupts(self) -> None:
        """Ask for none. It is only a hint."""
        self._avail[1] = EVENT_DISABLE
