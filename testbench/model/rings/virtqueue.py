# SPDX-License-Identifier: Apache-2.0
"""Device side of one split virtqueue (virtio 1.2, 2.7): available ring, checked chains, used ring.

Longer than most: both rings share the queue's life and the accesses that are under way.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from testbench.model.host.memory import HostMemory
from testbench.model.system.timeline import Timeline

NEXT, WRITE, INDIRECT = 1, 2, 4
AHEAD = 64  # chains fetched and not yet taken
BURST = 16  # entries asked for at once when the queue is full of chains
HEAD, DESC_INDEX, CHAIN_LENGTH, BAD_INDIRECT, ZERO_LENGTH, DESC_DMA, RING_DMA, ORDER, AVAIL_INDEX = range(1, 10)
_DESCRIPTOR = struct.Struct("<QIHH")
_U16 = struct.Struct("<H")
_ELEMENT = struct.Struct("<II")


class Segment(NamedTuple):
    """A descriptor of a chain."""

    address: int
    length: int
    write: bool


class Chain(NamedTuple):
    """What the driver offered: its descriptors up to the end or the first bad one, and what is wrong (0: nothing)."""

    head: int
    segments: list[Segment]
    error: int


class Virtqueue:
    """One queue. ``chains`` is what the consumer takes from; everything it takes it gives back with ``complete``."""

    def __init__(
        self, timeline: Timeline, memory: HostMemory, later: Callable[..., object], number: int,
        on_chain: Callable[[int], object], on_error: Callable[[int, int], object],
        on_published: Callable[[int, int], object],
    ) -> None:  # fmt: skip
        """``later(ps, call, *args)`` schedules work that keeps the card busy. ``number`` is given to the callbacks."""
        self._timeline, self._memory, self._later, self.number = timeline, memory, later, number
        self._on_chain, self._on_error, self._on_published = on_chain, on_error, on_published
        self.running = self.broken = self.event_idx = self.indirect = False
        self.size = self.desc = self.avail = self.used = 0
        self.seen = self._next = 0
        self.chains: deque[Chain] = deque()
        self.taken = 0
        """Chains with the consumer."""
        self._outstanding = 0  # accesses of memory under way
        self._life = 0  # counts starts and stops, so that an answer of an earlier life is known
        self._coming = self._land_due = 0  # entries asked for and not here, and when the last of them are
        self._kicked = self._armed = False
        self._polling = False  # the index is being read, or the event index written before it is read again
        self._used_next = self.written = 0
        self._elements: deque[tuple[int, int, int, bool]] = deque()
        """Buffers given back and not in the used ring: (picosecond, head, bytes written, more of the frame)."""
        self._element_due = 0
        self._writing = False  # an index write is under way, or waits for its elements
        self._lost = False  # an element is missing: nothing is published any more
        self._asked_index = 0
        self._asking = self._ask_again = False

    # ---- driver's side
    def start(self, size: int, desc: int, avail: int, used: int, index: int) -> None:
        """The driver has enabled the queue; ``index`` is 0 but in tests."""
        self.size, self.desc, self.avail, self.used = size, desc, avail, used
        self.seen = self._next = self._used_next = self.written = self._asked_index = index
        self.chains.clear()
        self._life += 1
        self.running, self.broken = True, False
        self._armed = self._lost = False
        self._coming = 0
        self._poll()

    def stop(self) -> None:
        """Fetch no more, forget what was fetched; what the consumer holds is still completed."""
        self.running = self.broken = False
        self._life += 1
        self.chains.clear()
        self._coming = 0
        self._polling = False

    @property
    def busy(self) -> bool:
        """It may still touch memory."""
        return bool(self._outstanding or self.taken or self._elements)

    @property
    def dry(self) -> bool:
        """No chain is here and none is on its way."""
        return not self.chains and (not self.running or self.broken or not (self._coming or self._polling))

    def kick(self) -> None:
        """The driver's notification."""
        self._kicked = True
        if self.running and not self.broken and not self._polling:
            self._poll()

    # ---- available ring
    def _access(self, latency_ps: int, call: Callable[..., object], *args: object) -> None:
        self._outstanding += 1
        self._later(latency_ps, self._answered, self._life, call, args)

    def _answered(self, life: int, call: Callable[..., object], args: tuple[object, ...]) -> None:
        self._outstanding -= 1
        if life == self._life and not self.broken:
            call(*args)

    def _break(self, code: int) -> None:
        if not self.broken:
            self.broken = True
            self._on_error(self.number, code)

    def _poll(self) -> None:
        self._polling, self._kicked = True, False
        self._access(self._memory.read_latency(), self._index_read)

    def _index_read(self) -> None:
        data = self._memory.read(self.avail + 2, 2)
        if data is None:
            return self._break(RING_DMA)
        index = data[0] | data[1] << 8
        if index - self._next & 0xFFFF > self.size:
            return self._break(AVAIL_INDEX)
        new = index != self.seen
        if new:
            self.seen, self._armed = index, False
        self._ask_for_entries()
        if self.seen != self._next:
            self._polling = False  # no room: goes on when the consumer takes a chain
        elif new or (self._kicked and (self._armed or not self.event_idx)):
            self._poll()
        elif self.event_idx and not self._armed:
            # the read that follows must not miss what the driver published before it could see the event index
            self._access(self._memory.write_latency(), self._event_written, self.seen)
        else:
            self._polling = False

    def _event_written(self, index: int) -> None:
        if not self._memory.write(self.used + 4 + 8 * self.size, _U16.pack(index)):
            self._lost = True
            return self._break(RING_DMA)
        self._armed = True
        self._poll()

    def _ask_for_entries(self) -> None:
        """Read as many entries, and then their descriptors, as there is room for."""
        while self._next != self.seen:
            at = self._next % self.size
            room = AHEAD - len(self.chains) - self._coming
            count = min(self.seen - self._next & 0xFFFF, self.size - at, room)
            if count <= 0:
                return
            self._next = self._next + count & 0xFFFF
            self._coming += count
            ring = self._memory.read_latency()
            now = self._timeline.now_ps
            # first the entries, then their descriptors; what was asked for first is there first
            due = self._land_due = max(now + self._memory.read_latency(after_ps=ring), self._land_due)
            self._access(due - now, self._land, at, count)

    def _land(self, at: int, count: int) -> None:
        self._coming -= count
        ring = self._memory.read(self.avail + 4 + 2 * at, 2 * count)
        if ring is None:
            return self._break(RING_DMA)
        first = not self.chains
        for head in struct.unpack(f"<{count}H", ring):
            if head >= self.size:
                self._break(HEAD)
                break
            self.chains.append(self._walk(head))
        if self.chains and first:
            self._on_chain(self.number)

    def _walk(self, head: int) -> Chain:
        read = self._memory.read
        table, entries, index = self.desc, self.size, head
        inside = writable = False
        segments: list[Segment] = []
        while True:
            raw = read(table + 16 * index, 16)
            if raw is None:
                return Chain(head, segments, DESC_DMA)
            address, length, flags, link = _DESCRIPTOR.unpack(raw)
            if flags & INDIRECT:
                if not self.indirect or inside or flags & NEXT or not length or length % 16:
                    return Chain(head, segments, BAD_INDIRECT)
                if length // 16 > self.size:
                    return Chain(head, segments, CHAIN_LENGTH)
                table, entries, index, inside = address, length // 16, 0, True
                continue
            write = bool(flags & WRITE)
            if not length:
                return Chain(head, segments, ZERO_LENGTH)
            if writable and not write:
                return Chain(head, segments, ORDER)
            segments.append(Segment(address, length, write))
            writable = write
            if not flags & NEXT:
                return Chain(head, segments, 0)
            if link >= entries:
                return Chain(head, segments, DESC_INDEX)
            if len(segments) >= self.size:
                return Chain(head, segments, CHAIN_LENGTH)
            index = link

    # ---- consumer
    def take(self) -> Chain:
        """The oldest chain; a bad one is reported, and must be completed all the same."""
        chain = self.chains.popleft()
        self.taken += 1
        if self.seen != self._next and not self._polling and not self.broken and len(self.chains) <= AHEAD - BURST:
            self._ask_for_entries()
            if self.seen == self._next:
                self._poll()
        if chain.error:
            self._on_error(self.number, chain.error)
        return chain

    def complete(self, head: int, length: int, more: bool = False, after_ps: int = 0) -> None:
        """Give a buffer back in ``after_ps``; ``more``: the next one is of the same frame and is published with it."""
        self.taken -= 1
        now = self._timeline.now_ps
        # answers of writes keep their order, whatever each one's latency
        due = self._element_due = max(now + self._memory.write_latency(after_ps), self._element_due)
        self._elements.append((due, head, length, more))
        if not more and not self._writing:
            self._publish()

    def _publish(self) -> None:
        """Write the index when the oldest frame's elements are in memory; frames that finish meanwhile share it."""
        self._writing = True
        now = self._timeline.now_ps
        wait = max(self._elements[0][0] - now, 0)
        self._later(self._memory.write_latency(wait), self._index_written, now + wait)

    def _index_written(self, asked: int) -> None:
        # The index in memory covers elements whose answer was in when it was asked for. Nobody can see an element
        # before the index that publishes it, so both are stored now.
        elements, memory = self._elements, self._memory
        frames = ready = 0
        for place, (due, _, _, more) in enumerate(elements):
            if due > asked and frames:
                break
            if not more:
                frames, ready = frames + 1, place + 1
        self._writing = False
        for _ in range(ready):
            _, head, length, _ = elements.popleft()
            slot, self._used_next = self._used_next % self.size, self._used_next + 1 & 0xFFFF
            if not memory.write(self.used + 4 + 8 * slot, _ELEMENT.pack(head, length)):
                self._lost = True
                self._break(RING_DMA)
        if not self._lost:
            if memory.write(self.used + 2, _U16.pack(self._used_next)):
                self.written = self._used_next
                self._on_published(self.number, frames)
            else:
                self._lost = True
                self._break(RING_DMA)
        if elements:
            self._publish()

    # ---- does the driver want to know
    def ask(self, answer: Callable[[int, bool], object]) -> None:
        """Read what the driver asked for; ``answer(number, wanted)`` gets the verdict (virtio 1.2, 2.7.7)."""
        if not self.running:
            return
        if self._asking:
            self._ask_again = True
            return
        self._asking = True
        self._outstanding += 1
        self._later(self._memory.read_latency(), self._event_read, self.written, answer)

    def _event_read(self, now: int, answer: Callable[[int, bool], object]) -> None:
        self._outstanding -= 1
        self._asking = False
        address = self.avail + 4 + 2 * self.size if self.event_idx else self.avail
        data = self._memory.read(address, 2)
        old, self._asked_index = self._asked_index, now
        if data is None:
            self._break(RING_DMA)
            answer(self.number, True)
        elif self.event_idx:
            event = data[0] | data[1] << 8
            answer(self.number, (now - event - 1 & 0xFFFF) < (now - old & 0xFFFF))
        else:
            answer(self.number, not data[0] & 1)
        if self._ask_again:
            self._ask_again = False
            self.ask(answer)
