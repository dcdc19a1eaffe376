# SPDX-License-Identifier: Apache-2.0
"""Split ring (virtio 1.2, 2.7): available ring, checked chains, used ring."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING

from testbench.model.rings import errors
from testbench.model.rings.chain import DESCRIPTOR, DESCRIPTOR_BYTES, INDIRECT, NEXT, WRITE, Chain, Segment
from testbench.model.rings.ring import Used

if TYPE_CHECKING:
    from testbench.model.rings.queue import Virtqueue

_U16 = struct.Struct("<H")
_ELEMENT = struct.Struct("<II")


class SplitRing:
    """Indices count modulo 2^16, places modulo the ring's size."""

    def __init__(self, queue: Virtqueue, size: int, addresses: tuple[int, int, int], index: int) -> None:
        self._queue, self._memory, self.size = queue, queue.memory, size
        self._desc, self._avail, self._used = addresses
        self.starved, self.coming = False, 0
        self._land_due = 0  # when the last of what was asked for is here
        self._seen = self._next = index
        self._used_next = self._written = self._asked = index
        self._lost = False  # an element is missing: nothing is published any more

    def indices(self) -> tuple[int, int]:
        """Available index seen, used index published."""
        return self._seen, self._written

    # ---- available ring
    def look(self) -> None:
        """The available index is here."""
        queue = self._queue
        data = self._memory.read(self._avail + 2, 2)
        if data is None:
            return queue.fail(errors.RING_DMA)
        index = data[0] | data[1] << 8
        if index - self._next & 0xFFFF > self.size:
            return queue.fail(errors.AVAIL_INDEX)
        new = index != self._seen
        self._seen = index
        self._ask_for_entries()
        queue.looked(new)

    def refill(self) -> None:
        """Go on with what was seen, then look for more."""
        self._ask_for_entries()
        if not self.starved:
            self._queue.poll()

    def wish(self) -> bool:
        """Write ``avail_event``."""
        good = self._memory.write(self._used + 4 + 8 * self.size, _U16.pack(self._seen))
        self._lost |= not good
        return good

    def _ask_for_entries(self) -> None:
        """Read as many entries, and then their descriptors, as there is room for."""
        queue = self._queue
        while self._next != self._seen:
            at = self._next % self.size
            count = min(self._seen - self._next & 0xFFFF, self.size - at, queue.room)
            if count <= 0:
                break
            self._next = self._next + count & 0xFFFF
            self.coming += count
            ring = self._memory.read_latency()
            now = queue.timeline.now_ps
            # first the entries, then their descriptors; what was asked for first is there first
            due = self._land_due = max(now + self._memory.read_latency(after_ps=ring), self._land_due)
            queue.access(due - now, self._land, at, count)
        self.starved = self._next != self._seen

    def _land(self, at: int, count: int) -> None:
        queue = self._queue
        self.coming -= count
        entries = self._memory.read(self._avail + 4 + 2 * at, 2 * count)
        if entries is None:
            return queue.fail(errors.RING_DMA)
        first = not queue.chains
        for head in struct.unpack(f"<{count}H", entries):
            if head >= self.size:
                queue.fail(errors.HEAD)
                break
            queue.chains.append(self._walk(head))
        if queue.chains and first:
            queue.on_chain(queue.number)

    def _walk(self, head: int) -> Chain:
        read = self._memory.read
        table, entries, index = self._desc, self.size, head
        inside = writable = False
        segments: list[Segment] = []
        while True:
            raw = read(table + DESCRIPTOR_BYTES * index, DESCRIPTOR_BYTES)
            if raw is None:
                return Chain(head, segments, errors.DESC_DMA)
            address, length, flags, link = DESCRIPTOR.unpack(raw)
            if flags & INDIRECT:
                if not self._queue.indirect or inside or flags & NEXT or not length or length % DESCRIPTOR_BYTES:
                    return Chain(head, segments, errors.BAD_INDIRECT)
                if length // DESCRIPTOR_BYTES > self.size:
                    return Chain(head, segments, errors.CHAIN_LENGTH)
                table, entries, index, inside = address, length // DESCRIPTOR_BYTES, 0, True
                continue
            write = bool(flags & WRITE)
            if not length:
                return Chain(head, segments, errors.ZERO_LENGTH)
            if writable and not write:
                return Chain(head, segments, errors.ORDER)
            segments.append(Segment(address, length, write))
            writable = write
            if not flags & NEXT:
                return Chain(head, segments, 0)
            if link >= entries:
                return Chain(head, segments, errors.DESC_INDEX)
            if len(segments) >= self.size:
                return Chain(head, segments, errors.CHAIN_LENGTH)
            index = link

    # ---- used ring
    def store(self, buffers: deque[Used], count: int) -> bool:
        """Elements, then the index that publishes them."""
        write = self._memory.write
        for _ in range(count):
            _, chain, length, _ = buffers.popleft()
            slot, self._used_next = self._used_next % self.size, self._used_next + 1 & 0xFFFF
            if not write(self._used + 4 + 8 * slot, _ELEMENT.pack(chain.buffer_id, length)):
                self._lost = True
        if not self._lost:
            self._lost = not write(self._used + 2, _U16.pack(self._used_next))
        if not self._lost:
            self._written = self._used_next
        return not self._lost

    def mark(self) -> int:
        """The used index."""
        return self._written

    def wanted(self, mark: int) -> bool | None:
        """By ``used_event`` or the available ring's flags (2.7.7)."""
        event_idx = self._queue.event_idx
        data = self._memory.read(self._avail + 4 + 2 * self.size if event_idx else self._avail, 2)
        before, self._asked = self._asked, mark
        if data is None:
            return None
        if not event_idx:
            return not data[0] & 1
        event = data[0] | data[1] << 8
        return (mark - event - 1 & 0xFFFF) < (mark - before & 0xFFFF)
