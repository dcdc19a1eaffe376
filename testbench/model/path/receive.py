# SPDX-License-Identifier: Apache-2.0
"""Receive path: frames from the wire are checked, filtered, stored, and placed into the driver's buffers."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable

from testbench.model.host.memory import HostMemory
from testbench.model.offload.classify import Filter, Verdict, classify
from testbench.model.rings.chain import Chain
from testbench.model.rings.queue import Virtqueue
from testbench.model.system.timeline import Timer

NUM_BUFFERS = 10  # where it stands in the header
STORE_BYTES = 32 * 1024
STORE_FRAMES = STORE_BYTES // 64
MAX_WRITE = 4096
MOST_BUFFERS = 256
DATA_VALID = 2
_HEADER = struct.Struct("<BxxxxxxxxxH")  # struct virtio_net_hdr: flags, num_buffers
_HASH_HEADER = struct.Struct("<BxxxxxxxxxHIHxx")  # with hash_value and hash_report (5.1.6.4.4)


class Placement:
    """A frame on its way into buffers: bytes still to place, and the buffers it has."""

    def __init__(self, verdict: Verdict, header: bytes, frame: bytes, merge: bool) -> None:
        self.verdict, self.frame_bytes, self.data, self.merge = verdict, len(frame), header + frame, merge
        self.done = 0
        self.buffers: list[tuple[Chain, int]] = []
        self.count_at: list[int] = []
        self.failed = False


class Receive:
    """One frame store for all queues; its head waits a bounded time for a buffer."""

    def __init__(
        self, memory: HostMemory, later: Callable[..., Timer], count: Callable[..., object], settings: Filter,
        beat: int, period_ps: int,
    ) -> None:  # fmt: skip
        self._memory, self._later, self._count, self.filter = memory, later, count, settings
        self._beat, self._period = beat, period_ps
        self.queues: list[Virtqueue] = []
        self.merge = self.guest_csum = self.hash_report = False
        self.wait_cycles = 2500
        self._store: deque[tuple[Verdict, bytes]] = deque()
        self.stored = 0
        """Bytes in the store, whole bus words."""
        self.on_level: Callable[[int], object] = lambda stored: None
        self._placing: Placement | None = None
        self._timer: Timer | None = None  # of the bounded wait for a buffer
        self._waited_out = False

    @property
    def idle(self) -> bool:
        """No frame is in the path."""
        return not (self._store or self._placing)

    # ---- from the wire to the store
    def arrived(self, frame: bytes) -> None:
        """A good frame from the MAC."""
        count, length = self._count, len(frame)
        count("rx_wire_frames")
        count("rx_wire_bytes", length)
        verdict = classify(frame, self.filter)
        for name in verdict.counts:
            count(name)
        if verdict.queue and verdict.queue >= min(self.filter.steering.pairs, len(self.queues)):
            verdict = verdict._replace(queue=0)
        room = -(-length // self._beat) * self._beat
        if verdict.drop:
            count(verdict.drop)
        elif self.stored + room > STORE_BYTES or len(self._store) >= STORE_FRAMES:
            count("rx_drop_store_full")
        else:
            self._store.append((verdict, frame))
            self.stored += room
            self.turn()
            self.on_level(self.stored)

    # ---- from the store to memory
    def turn(self, _: int = 0) -> None:
        """Place frames as far as there are buffers. Called when a frame or a buffer has come."""
        while self._placing or self._store:
            number = (self._placing.verdict if self._placing else self._store[0][0]).queue
            if self._placing is None and not self.filter.enable:
                self._drop_head()
                continue
            queue = self.queues[number]
            if not queue.chains:
                if self._wait():
                    return
                self._give_up("rx_drop_no_buffer")
                continue
            self._stop_waiting()
            if self._placing is None:
                verdict, frame = self._store.popleft()
                self._drained(frame)
                flags = DATA_VALID if verdict.data_valid and self.guest_csum else 0
                if self.hash_report:
                    header = _HASH_HEADER.pack(flags, 1, verdict.hash_value, verdict.hash_report)
                else:
                    header = _HEADER.pack(flags, 1)
                self._placing = Placement(verdict, header, frame, self.merge)
            if len(self._placing.buffers) == MOST_BUFFERS:
                self._give_up("rx_drop_buffer_small")
                continue
            self._fill(queue, self._placing)

    def _drained(self, frame: bytes) -> None:
        self.stored -= -(-len(frame) // self._beat) * self._beat
        self.on_level(self.stored)

    def _wait(self) -> bool:
        """Whether to go on waiting for a buffer; the wait is bounded."""
        queue = self.queues[(self._placing.verdict if self._placing else self._store[0][0]).queue]
        if queue.dry and not self.filter.enable:
            self._stop_waiting()
            return False
        if self._timer is None:
            self._waited_out = False
            self._timer = self._later((self.wait_cycles + 1) * self._period, self._time_is_up)
            return True
        if self._waited_out and queue.dry:
            self._stop_waiting()
            return False
        return True

    def _time_is_up(self) -> None:
        self._waited_out = True
        if not self._store and not self._placing:
            self._stop_waiting()
            return
        number = (self._placing.verdict if self._placing else self._store[0][0]).queue
        if not self.queues[number].dry:
            # buffers are being fetched: they end the wait, or the queue runs dry and the wait begins anew
            self._timer = None
        self.turn()

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _drop_head(self) -> None:
        _, frame = self._store.popleft()
        self._drained(frame)
        self._stop_waiting()
        self._count("rx_drop_no_buffer")

    def _give_up(self, why: str) -> None:
        """The frame at hand cannot be placed: its buffers go back empty, each as a frame of its own."""
        placing = self._placing
        if placing is None:
            self._drop_head()
            return
        self._placing = None
        self._count(why)
        queue = self.queues[placing.verdict.queue]
        for chain, _ in placing.buffers:
            queue.complete(chain, 0, after_ps=self._memory.write_latency())

    def _fill(self, queue: Virtqueue, placing: Placement) -> None:
        chain = queue.take()
        self._count("rx_descriptors", len(chain.segments))
        data, total = placing.data, len(placing.data)
        bad, before = False, placing.done
        for address, length, write in chain.segments:
            bad = bad or not write
            part = min(length, total - placing.done)
            if bad or not part:
                continue
            self._write(placing, address, data[placing.done : placing.done + part])
            for place in (NUM_BUFFERS, NUM_BUFFERS + 1):
                if placing.done <= place < placing.done + part:
                    placing.count_at.append(address + place - placing.done)
            placing.done += part
        placing.buffers.append((chain, placing.done - before))
        if bad or chain.error:
            self._give_up("rx_drop_chain")
        elif placing.done == total:
            self._finish(queue, placing)
        elif not placing.merge:
            self._give_up("rx_drop_buffer_small")

    def _write(self, placing: Placement, address: int, data: bytes) -> None:
        for at in range(0, len(data), MAX_WRITE):
            if not self._memory.write(address + at, data[at : at + MAX_WRITE]):
                placing.failed = True

    def _finish(self, queue: Virtqueue, placing: Placement) -> None:
        self._placing = None
        buffers = placing.buffers
        if len(buffers) > 1:
            number = len(buffers).to_bytes(2, "little")
            low, high = placing.count_at
            if high == low + 1:
                self._write(placing, low, number)
            else:
                self._write(placing, low, number[:1])
                self._write(placing, high, number[1:])
        if placing.failed:
            self._count("rx_drop_dma")
        else:
            self._count("rx_frames")
            self._count("rx_bytes", placing.frame_bytes)
        latency = self._memory.write_latency()
        last = len(buffers) - 1
        for place, (chain, length) in enumerate(buffers):
            good = not placing.failed
            queue.complete(chain, length if good else 0, more=good and place < last, after_ps=latency)
