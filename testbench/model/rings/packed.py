# SPDX-License-Identifier: Apache-2.0
"""Packed ring (virtio 1.2, 2.8): one ring of descriptors, used ones written over available ones.

A position counts the places passed since the ring began: its place is the position modulo the ring's size, and its wrap
counter is 1 in the first round, 0 in the second, and so on. Both wrap counters of the standard are those of positions.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING

from testbench.model.rings import errors
from testbench.model.rings.chain import DESCRIPTOR, DESCRIPTOR_BYTES, INDIRECT, NEXT, WRITE, Chain, Segment
from testbench.model.rings.ring import Used

if TYPE_CHECKING:
    from testbench.model.rings.queue import Virtqueue

AVAIL, USED = 1 << 7, 1 << 15  # flags of a descriptor, beside those of both formats
LENGTH_AT, FLAGS_AT = 8, 14  # bytes into a descriptor
EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC = range(3)  # flags of an event suppression structure
_ELEMENT = struct.Struct("<IH")
_FLAGS = struct.Struct("<H")
_EVENT = struct.Struct("<HH")
SECOND_ROUND = 0x8000  # of an index as registers have it: the wrap counter is 0


class PackedRing:
    """Buffers come back in the order in which they were made available, so a used one stands where its chain began."""

    def __init__(self, queue: Virtqueue, size: int, addresses: tuple[int, int, int], index: int) -> None:
        self._queue, self._memory, self.size = queue, queue.memory, size
        self._desc, self._driver_area, self._device_area = addresses
        self.starved, self.coming = False, 0
        start = (index & ~SECOND_ROUND) % size + (size if index & SECOND_ROUND else 0)
        self._next = self._used_next = self._published = self._asked = start
        self._lost = False  # an element is missing: nothing is published any more

    def indices(self) -> tuple[int, int]:
        """Next place to become available, next one to be used; with bit 15 where the wrap counter is 0."""
        return self._index(self._next), self._index(self._published)

    def _index(self, position: int) -> int:
        return position % self.size | (0 if self._wrap(position) else SECOND_ROUND)

    def _wrap(self, position: int) -> bool:
        return not position // self.size & 1

    def _place(self, position: int) -> int:
        return self._desc + DESCRIPTOR_BYTES * (position % self.size)

    def _available(self, flags: int) -> bool:
        wrap = self._wrap(self._next)
        return bool(flags & AVAIL) == wrap and bool(flags & USED) != wrap

    # ---- available descriptors
    def look(self) -> None:
        """The flags of the next descriptor are here; what they publish is read after them."""
        queue = self._queue
        data = self._memory.read(self._place(self._next) + FLAGS_AT, 2)
        if data is None:
            return queue.fail(errors.RING_DMA)
        available = self._available(data[0] | data[1] << 8)
        self.starved = available and queue.room <= 0
        if available and not self.starved:
            queue.access(self._memory.read_latency(), self._land)
        else:
            queue.looked(False)

    def refill(self) -> None:
        """Look for more."""
        self.starved = False
        self._queue.poll()

    def wish(self) -> bool:
        """Write the device event suppression structure: an event for the next descriptor, or for every one."""
        event = _EVENT.pack(0, EVENT_ENABLE)
        if self._queue.event_idx:
            event = _EVENT.pack(self._next % self.size | self._wrap(self._next) << 15, EVENT_DESC)
        good = self._memory.write(self._device_area, event)
        self._lost |= not good
        return good

    def _land(self) -> None:
        queue = self._queue
        first = not queue.chains
        while (more := queue.room > 0) and (chain := self._walk()):
            queue.chains.append(chain)
        if not queue.broken:
            # before the consumer, which may take them all at once, and then nothing else would look again
            self.starved = not more
            queue.looked(True)
        if queue.chains and first:
            queue.on_chain(queue.number)

    def _walk(self) -> Chain | None:
        """The next chain, to its end also where it is bad, or what follows could not be found; None: there is none."""
        segments: list[Segment] = []
        error = places = 0
        while True:
            raw = self._memory.read(self._place(self._next + places), DESCRIPTOR_BYTES)
            if raw is None:
                self._queue.fail(errors.RING_DMA)
                return None
            # the flags first: a driver may be writing, and they are what it writes last
            if not places and not self._available(raw[FLAGS_AT] | raw[FLAGS_AT + 1] << 8):
                return None
            address, length, buffer_id, flags = DESCRIPTOR.unpack(raw)
            places += 1
            if error:
                pass
            elif not flags & INDIRECT:
                error = _add(segments, address, length, flags)
            elif places > 1 or flags & NEXT or not self._queue.indirect:
                error = errors.BAD_INDIRECT
            else:
                error = self._read_table(segments, address, length)
            if not flags & NEXT:
                break
            if places == self.size:
                error = error or errors.CHAIN_LENGTH
                break
        self._next += places
        return Chain(buffer_id, segments, error, places)

    def _read_table(self, segments: list[Segment], table: int, length: int) -> int:
        """All descriptors of an indirect table in their order; of their flags only WRITE counts (2.8.7)."""
        if not length or length % DESCRIPTOR_BYTES:
            return errors.BAD_INDIRECT
        if length // DESCRIPTOR_BYTES > self.size:
            return errors.CHAIN_LENGTH
        for at in range(table, table + length, DESCRIPTOR_BYTES):
            raw = self._memory.read(at, DESCRIPTOR_BYTES)
            if raw is None:
                return errors.DESC_DMA
            address, size, _, flags = DESCRIPTOR.unpack(raw)
            if error := _add(segments, address, size, flags):
                return error
        return 0

    # ---- used descriptors
    def store(self, buffers: deque[Used], count: int) -> bool:
        """Lengths and ids, then the flags, the first ones last: whoever sees those sees all (2.8.9)."""
        write, flags = self._memory.write, []
        for _ in range(count):
            _, chain, length, _ = buffers.popleft()
            place = self._place(self._used_next)
            word = (AVAIL | USED if self._wrap(self._used_next) else 0) | (WRITE if length else 0)
            flags.append((place + FLAGS_AT, _FLAGS.pack(word)))
            if not write(place + LENGTH_AT, _ELEMENT.pack(length, chain.buffer_id)):
                self._lost = True
            self._used_next += chain.places
        for place, word_bytes in reversed(flags):
            self._lost = self._lost or not write(place, word_bytes)
        if not self._lost:
            self._published = self._used_next
        return not self._lost

    def mark(self) -> int:
        """The position behind the last used descriptor."""
        return self._published

    def wanted(self, mark: int) -> bool | None:
        """By the driver event suppression structure (2.8.10); what is reserved or not negotiated hides nothing."""
        data = self._memory.read(self._driver_area, _EVENT.size)
        before, self._asked = self._asked, mark
        if data is None:
            return None
        word, flags = _EVENT.unpack(data)
        if flags & 3 == EVENT_DISABLE:
            return False
        if flags & 3 != EVENT_DESC or not self._queue.event_idx:
            return True
        event = (word & 0x7FFF) + (0 if word >> 15 else self.size)
        return (event - before) % (2 * self.size) < mark - before


def _add(segments: list[Segment], address: int, length: int, flags: int) -> int:
    """Take a descriptor into a chain, or say what is wrong with it."""
    write = bool(flags & WRITE)
    if not length:
        return errors.ZERO_LENGTH
    if segments and segments[-1].write and not write:
        return errors.ORDER
    segments.append(Segment(address, length, write))
    return 0
