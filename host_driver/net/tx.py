# SPDX-License-Identifier: Apache-2.0
"""Transmit queue: preallocated slots that hold header and frame, so that sending a frame allocates nothing."""

from __future__ import annotations

from typing import Any

from ..errors import QueueError
from ..memory import DmaMemory
from ..transport.interface import Notify
from ..virtqueue.queue import Virtqueue
from . import header as net_header

HEADER = net_header.SIZE  # what a caller says of a frame; a hash report is only ever received
NO_OFFLOAD = net_header.NO_OFFLOAD
ETHERNET_HEADER = 14
VLAN_TAG = 4


class TxSlot:
    """Room for one frame with its header, in one piece: the header in ``view[:12]``, the frame in ``frame``."""

    __slots__ = ("address", "frame", "pool", "size", "view")

    def __init__(self, address: int, view: memoryview, pool: list[TxSlot], header: int) -> None:
        self.address, self.view, self.pool, self.size = address, view, pool, len(view)
        self.view[:header] = bytes(header)
        self.frame = view[header:]


class TxQueue:
    """Frames to one transmit virtqueue. Not thread-safe; plain calls, no register is read."""

    def __init__(
        self, memory: DmaMemory, notify: Notify, queue: Virtqueue, mtu: int, slots: tuple[tuple[int, int], ...],
        header: int, descriptors: int = 1, indirect: bool = False, align: int = 4096,
    ) -> None:  # fmt: skip
        """``slots`` are (frame bytes, count) classes, smallest first. ``descriptors`` 2 gives the header its own.

        ``header`` is the size of ``virtio_net_hdr``.
        """
        self.queue, self._notify, self._header = queue, notify, header
        self.doorbell = 0
        self.mtu = mtu
        self._segmented = descriptors == 2 or indirect
        self._two, self._indirect = descriptors == 2, indirect
        self._pools: list[tuple[int, list[TxSlot]]] = []
        self._buffers = []
        self.slots_held = 0
        for frame_bytes, count in slots:
            size = header + frame_bytes
            stride = -(-size // 128) * 128
            buffer = memory.alloc(stride * count, align=align, zero=False)
            pool: list[TxSlot] = []
            for place in range(count):
                view = buffer.view[place * stride : place * stride + size]
                pool.append(TxSlot(buffer.address + place * stride, view, pool, header))
            self._buffers.append(buffer)
            self._pools.append((size, pool))
        self.packets = self.bytes = self.busy = self.dropped = self.super_frames = self.csum_requests = 0

    @property
    def mtu(self) -> int:
        """Longest L3 packet that may go out without segmentation."""
        return self._mtu

    @mtu.setter
    def mtu(self, value: int) -> None:
        self._mtu = value
        self._longest_plain = value + ETHERNET_HEADER

    def reserve(self, frame_bytes: int) -> TxSlot | None:
        """A slot for up to ``frame_bytes``, to be filled and given to ``commit``; None: the queue is full."""
        size = frame_bytes + self._header
        for attempt in range(2):
            if self.queue.free_descriptors > self._two:
                for slot_size, pool in self._pools:
                    if size <= slot_size and pool:
                        self.slots_held += 1
                        return pool.pop()
            if not attempt and not self.reclaim():
                break
        if size > self._pools[-1][0]:
            raise QueueError(
                f"a frame of {frame_bytes} bytes; the largest slot holds {self._pools[-1][0] - self._header}"
            )
        self.busy += 1
        return None

    def release(self, slot: TxSlot) -> None:
        """Give a reserved slot back unsent."""
        self.slots_held -= 1
        slot.pool.append(slot)

    def commit(self, slot: TxSlot, frame_bytes: int, more: bool = False) -> bool:
        """Send what was put into ``slot.view[:12]`` and ``slot.frame``. False: dropped and counted.

        ``more`` puts off telling the device: the caller goes on and calls ``flush`` or commits without it.
        """
        view, header = slot.view, self._header
        gso = view[1]
        if frame_bytes < ETHERNET_HEADER or (
            frame_bytes > self._longest_plain and not gso and not self._is_tagged(slot, frame_bytes)
        ):
            self.dropped += 1
            self.release(slot)
            return False
        if self._segmented:
            segments: Any = ((slot.address, header + frame_bytes),)
            if self._two:
                segments = ((slot.address, header), (slot.address + header, frame_bytes))
            if not self.queue.add(segments, 0, slot, self._indirect):
                raise QueueError(f"queue {self.queue.index}: no descriptor for a reserved slot")
        elif not self.queue.add_one(slot.address, header + frame_bytes, 0, slot):
            raise QueueError(f"queue {self.queue.index}: no descriptor for a reserved slot")
        self.packets += 1
        self.bytes += frame_bytes
        if gso:
            self.super_frames += 1
        if view[0] & net_header.F_NEEDS_CSUM:
            self.csum_requests += 1
        if not more:
            self.flush()
        return True

    def _is_tagged(self, slot: TxSlot, frame_bytes: int) -> bool:
        """A VLAN tag is link header: it does not count against the MTU."""
        return frame_bytes <= self._longest_plain + VLAN_TAG and bytes(slot.frame[12:14]) in (b"\x81\x00", b"\x88\xa8")

    def send(
        self, frame: bytes | bytearray | memoryview, header: bytes | memoryview | None, more: bool = False
    ) -> bool:
        """Copy a frame into a slot and send it. False: no room now, or dropped (then ``dropped`` has gone up)."""
        length = len(frame)
        slot = self.reserve(length)
        if slot is None:
            return False
        slot.view[:HEADER] = header or NO_OFFLOAD
        slot.frame[:length] = frame
        return self.commit(slot, length, more)

    def flush(self) -> None:
        """Publish what was committed and ring the doorbell if the device wants it."""
        if self.queue.publish():
            self._notify(self.doorbell, self.queue.index)

    def reclaim(self) -> int:
        """Take sent frames' slots back; returns how many."""
        done = self.queue.pop()
        for slot, _ in done:
            slot.pool.append(slot)
        self.slots_held -= len(done)
        return len(done)

    def detach(self) -> int:
        """After a reset of the device or queue: every slot is ours again. Returns how many frames were lost."""
        held = self.queue.detach()
        for slot in held:
            slot.pool.append(slot)
        self.slots_held -= len(held)
        return len(held)

    def free(self) -> None:
        """Give the memory back."""
        for buffer in self._buffers:
            buffer.free()
        self._buffers = []
        self._pools = []
        self.queue.free()
