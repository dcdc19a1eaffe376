# SPDX-License-Identifier: Apache-2.0
"""Split virtqueue, driver side: descriptors, available and used ring, and when to notify whom.

Order on memory: descriptors, then the ring entry, then one 16-bit store of the index. Every store is a single machine
store (a memoryview of 16-bit items), and CPython neither merges nor reorders them; the host must be little-endian and
keep stores in order (x86). Where a load must not pass an earlier store (event after index, index after event) there is
a fence, because the device may be another process; an acquire is not needed, since loads keep their order too.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from ..errors import QueueError
from ..memory import DmaMemory
from .fence import full_fence
from .ring_index import RingIndex

F_NEXT = 1
F_WRITE = 2
F_INDIRECT = 4
AVAIL_F_NO_INTERRUPT = 1
USED_F_NO_NOTIFY = 1

_DESCRIPTOR = struct.Struct("<QIHH")
_pack_descriptor = _DESCRIPTOR.pack_into
_NO_TOKEN = object()


def _aligned(value: int, align: int = 64) -> int:
    return -(-value // align) * align


class SplitQueue:
    """One queue of ``size`` descriptors. A chain is known by the token its owner gave with it."""

    def __init__(
        self,
        memory: DmaMemory,
        index: int,
        size: int,
        event_idx: bool = True,
        indirect_entries: int = 0,
        first: int = 0,
    ) -> None:
        if size < 1 or size > 32768 or size & (size - 1):
            raise QueueError(f"queue {index}: size {size} is not a power of two from 1 to 32768")
        self.index, self.size, self.event_idx = index, size, event_idx
        avail = _aligned(16 * size)
        used = _aligned(avail + 6 + 2 * size)
        self._indirect_at = _aligned(used + 6 + 8 * size)
        self._indirect_entries = indirect_entries
        self.buffer = memory.alloc(self._indirect_at + size * indirect_entries * 16, align=64)
        self.desc_address = self.buffer.address
        self.avail_address = self.buffer.address + avail
        self.used_address = self.buffer.address + used
        self._desc = self.buffer.view
        self._avail = self.buffer.view[avail : avail + 6 + 2 * size].cast("H")
        self._used16 = self.buffer.view[used : used + 4].cast("H")
        self._used32 = self.buffer.view[used + 4 : used + 4 + 8 * size].cast("I")
        self._avail_event = self.buffer.view[used + 4 + 8 * size : used + 6 + 8 * size].cast("H")
        self._avail_index = RingIndex(first)
        self._kicked = self._avail_index
        self._used_index = self._avail_index
        self._avail[1] = self._used16[1] = self._avail[2 + size] = int(self._avail_index)
        self._free = list(range(size - 1, -1, -1))
        self._tokens: list[Any] = [_NO_TOKEN] * size
        self._chains: list[Sequence[int]] = [()] * size
        self.kicks = 0

    @property
    def free_descriptors(self) -> int:
        """Descriptors that can still be used."""
        return len(self._free)

    @property
    def in_flight(self) -> int:
        """Chains given to the device and not yet popped."""
        return sum(token is not _NO_TOKEN for token in self._tokens)

    def add(self, segments: Sequence[tuple[int, int]], writable: int, token: Any, indirect: bool = False) -> bool:
        """Offer a chain of (address, length), the last ``writable`` of which the device may write. False: no room."""
        count = len(segments)
        if count < 1 or not 0 <= writable <= count:
            raise QueueError(f"queue {self.index}: {count} segments with {writable} writable")
        if min(length for _, length in segments) <= 0:
            raise QueueError(f"queue {self.index}: a descriptor of zero length")
        free = self._free
        readable = count - writable
        if indirect and self._indirect_entries:
            if count > min(self._indirect_entries, self.size):
                raise QueueError(f"queue {self.index}: {count} segments in a table of {self._indirect_entries}")
            if not free:
                return False
            ids: Sequence[int] = (free.pop(),)
            offset = self._indirect_at + ids[0] * self._indirect_entries * 16
            for place, (address, length) in enumerate(segments):
                flags = (F_NEXT if place < count - 1 else 0) | (F_WRITE if place >= readable else 0)
                _pack_descriptor(self._desc, offset + 16 * place, address, length, flags, (place + 1) % count)
            _pack_descriptor(self._desc, 16 * ids[0], self.buffer.address + offset, 16 * count, F_INDIRECT, 0)
        else:
            if count > self.size:
                raise QueueError(f"queue {self.index}: {count} segments in a queue of {self.size}")
            if count > len(free):
                return False
            ids = [free.pop() for _ in segments]
            for place, (address, length) in enumerate(segments):
                flags = F_WRITE if place >= readable else 0
                following = 0
                if place < count - 1:
                    flags |= F_NEXT
                    following = ids[place + 1]
                _pack_descriptor(self._desc, 16 * ids[place], address, length, flags, following)
        self._offer(ids, token)
        return True

    def add_one(self, address: int, length: int, flags: int, token: Any) -> bool:
        """The data path's ``add``: one descriptor, ``flags`` 0 or F_WRITE. The caller publishes."""
        free = self._free
        if not free:
            return False
        head = free.pop()
        _pack_descriptor(self._desc, 16 * head, address, length, flags, 0)
        self._offer((head,), token)
        return True

    def _offer(self, ids: Sequence[int], token: Any) -> None:
        head = ids[0]
        self._tokens[head] = token
        self._chains[head] = ids
        index = self._avail_index
        self._avail[2 + index.slot(self.size)] = head
        self._avail_index = index + 1

    def publish(self) -> bool:
        """Let the device see what was added. True: it wants to be notified (the caller writes the doorbell)."""
        index, old = self._avail_index, self._kicked
        if index == old:
            return False
        self._avail[1] = int(index)
        self._kicked = index
        full_fence()  # the device asks for a notification, then looks at the index once more; so do we, the other way
        quiet = not index.passed(self._avail_event[0], old) if self.event_idx else self._used16[0] & USED_F_NO_NOTIFY
        wanted = not quiet
        self.kicks += wanted
        return wanted

    def used_pending(self) -> int:
        """Chains the device has finished and nobody has popped."""
        return (self._used16[1] - int(self._used_index)) & 0xFFFF

    def pop(self, limit: int = 65535) -> list[tuple[Any, int]]:
        """Up to ``limit`` finished chains as (token, bytes written), oldest first."""
        count = (self._used16[1] - int(self._used_index)) & 0xFFFF
        if count > self.size:
            raise QueueError(f"queue {self.index}: the device's used index is {count} ahead in a queue of {self.size}")
        if count > limit:
            count = limit
        if not count:
            return []
        used, tokens, chains, free = self._used32, self._tokens, self._chains, self._free
        slot, size = self._used_index.slot(self.size), self.size
        done = []
        for _ in range(count):
            head = used[2 * slot]
            if head >= size or tokens[head] is _NO_TOKEN:
                raise QueueError(f"queue {self.index}: the device returned id {head}, which it does not hold")
            done.append((tokens[head], used[2 * slot + 1]))
            tokens[head] = _NO_TOKEN
            free.extend(chains[head])
            slot += 1
            if slot == size:
                slot = 0
        self._used_index = self._used_index + count
        return done

    def enable_interrupts(self, after: int = 1) -> bool:
        """Ask for an interrupt when ``after`` more chains are finished. False: they are already, so poll again."""
        if self.event_idx:
            self._avail[2 + self.size] = int(self._used_index + (after - 1))
        else:
            self._avail[0] = 0
        # re-check after the request: what finished before it was seen causes no interrupt
        full_fence()
        return self.used_pending() < after

    def disable_interrupts(self) -> None:
        """Ask for none; with event-idx the furthest place there is, otherwise the flag. Either is only a hint."""
        if self.event_idx:
            self._avail[2 + self.size] = int(self._used_index + 0xFFFF)
        else:
            self._avail[0] = AVAIL_F_NO_INTERRUPT

    def detach(self) -> list[Any]:
        """Tokens of all chains the device still holds; to be called when it has been reset and touches none."""
        held = [token for token in self._tokens if token is not _NO_TOKEN]
        self._tokens = [_NO_TOKEN] * self.size
        self._free = list(range(self.size - 1, -1, -1))
        return held

    def free(self) -> None:
        """Give the rings' memory back."""
        for view in (self._avail, self._used16, self._used32, self._avail_event):
            view.release()
        self.buffer.free()
