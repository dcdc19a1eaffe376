# SPDX-License-Identifier: Apache-2.0
"""Receive queue: buffers given to the device, frames taken out, buffers given back at once."""

from __future__ import annotations

from collections.abc import Callable

from ..memory import DmaMemory
from ..transport.interface import Notify
from ..virtqueue.queue import F_WRITE, Virtqueue
from .header import F_DATA_VALID, REPORT_SIZE

LINK_HEADER = 18  # Ethernet and one VLAN tag
MERGEABLE_BUFFER = 2048

Sink = Callable[[memoryview], object]


class RxSlot:
    """One receive buffer."""

    __slots__ = ("address", "size", "view")

    def __init__(self, address: int, view: memoryview) -> None:
        self.address, self.view, self.size = address, view, len(view)


class RxQueue:
    """Frames from one receive virtqueue. Plain calls, no register is read."""

    def __init__(
        self,
        memory: DmaMemory,
        notify: Notify,
        queue: Virtqueue,
        mtu: int,
        mergeable: bool,
        header: int,
        buffer_size: int | None = None,
        align: int = 4096,
    ) -> None:
        """Without mergeable buffers each must hold the longest frame of ``mtu``; with them they are small.

        ``header`` is the size of ``virtio_net_hdr``.
        """
        self.queue, self._notify, self._header = queue, notify, header
        self.doorbell = 0
        self.mergeable = mergeable
        needed = header + LINK_HEADER + mtu
        if buffer_size is None:
            buffer_size = MERGEABLE_BUFFER if mergeable else needed
        elif not mergeable:
            buffer_size = max(buffer_size, needed)
        self.buffer_size = buffer_size
        stride = -(-buffer_size // 128) * 128
        self._buffer = memory.alloc(stride * queue.size, align=align, zero=False)
        self._slots = [
            RxSlot(self._buffer.address + at, self._buffer.view[at : at + buffer_size])
            for at in range(0, stride * queue.size, stride)
        ]
        self._gather = bytearray(REPORT_SIZE + LINK_HEADER + 65_535)
        self._gather_view = memoryview(self._gather)
        self.packets = self.bytes = self.errors = self.csum_valid = 0

    def refill(self) -> None:
        """Offer every buffer; for a queue that holds none. The doorbell is left to ``flush``."""
        for slot in self._slots:
            self.queue.add_one(slot.address, slot.size, F_WRITE, slot)

    def flush(self) -> None:
        """Publish offered buffers and ring the doorbell if the device wants it."""
        if self.queue.publish():
            self._notify(self.doorbell, self.queue.index)

    def poll_into(self, sink: Sink, budget: int) -> int:
        """Give up to ``budget`` frames to ``sink`` as views of header and frame, valid only during the call.

        Returns how many there were. A frame whose buffers make no sense is counted in ``errors``.
        """
        queue, mergeable, shortest = self.queue, self.mergeable, self._header + 1
        frames = 0
        while frames < budget:
            done = queue.pop(budget - frames)
            if not done:
                break
            place = 0
            while place < len(done):
                slot, length = done[place]
                place += 1
                view = slot.view
                frames += 1
                if length < shortest or length > slot.size:
                    self._reject(slot)
                    continue
                # without mergeable buffers the field says nothing: devices exist that leave it 0
                buffers = view[10] | view[11] << 8 if mergeable else 1
                if buffers == 1:
                    self._deliver(sink, view[:length])
                    queue.add_one(slot.address, slot.size, F_WRITE, slot)
                    continue
                missing = buffers - 1 - (len(done) - place)
                if missing > 0:
                    # the device publishes all buffers of a frame together, so they are there
                    done += queue.pop(missing)
                if not buffers or place + buffers - 1 > len(done):
                    self._reject(slot)
                    continue
                self._deliver_merged(sink, done[place - 1 : place - 1 + buffers])
                place += buffers - 1
            self.flush()
        return frames

    def _deliver(self, sink: Sink, view: memoryview) -> None:
        self.packets += 1
        self.bytes += len(view) - self._header
        if view[0] & F_DATA_VALID:
            self.csum_valid += 1
        sink(view)

    def _deliver_merged(self, sink: Sink, parts: list[tuple[RxSlot, int]]) -> None:
        filled = 0
        gather = self._gather_view
        bad = False
        for slot, length in parts:
            end = filled + length
            if length > slot.size or end > len(gather):
                bad = True
            else:
                gather[filled:end] = slot.view[:length]
                filled = end
        if bad:
            self.errors += 1
        else:
            self._deliver(sink, gather[:filled])
        for slot, _ in parts:
            self.queue.add_one(slot.address, slot.size, F_WRITE, slot)

    def _reject(self, slot: RxSlot) -> None:
        self.errors += 1
        self.queue.add_one(slot.address, slot.size, F_WRITE, slot)

    def detach(self) -> int:
        """After a reset: all buffers are ours again. Returns how many the device had held."""
        return len(self.queue.detach())

    def free(self) -> None:
        """Give the memory back."""
        self._slots = []
        self._buffer.free()
        self.queue.free()
