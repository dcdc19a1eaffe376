# SPDX-License-Identifier: Apache-2.0
"""DMA memory: an allocator over the array that host and device share, with accounting so that leaks are found."""

from __future__ import annotations

from bisect import insort

import numpy as np

from .bus import DmaSync, Host


class OutOfDmaMemory(MemoryError):
    """No free range of the wanted size is left."""


class DmaBuffer:
    """A range of shared memory: what the device sees (``address``) and what the host sees (``view``)."""

    __slots__ = ("_memory", "address", "offset", "size", "view")

    def __init__(self, memory: DmaMemory, offset: int, size: int) -> None:
        self._memory: DmaMemory | None = memory
        self.offset = offset
        self.size = size
        self.address = memory.base + offset
        self.view = memory.bytes[offset : offset + size]

    def free(self) -> None:
        """Give the range back; a second time is an error, because somebody else may own it by then."""
        if self._memory is None:
            raise ValueError(f"buffer at {self.address:#x} was freed twice")
        self._memory._release(self)
        self._memory = None


class DmaMemory:
    """First-fit allocator; free ranges are kept sorted by offset and joined with their neighbours."""

    def __init__(self, array: np.ndarray, base: int, sync: DmaSync | None = None) -> None:
        """``sync``: whom to tell what has changed, where host and device do not see the same bytes at once."""
        if array.dtype != np.uint8 or array.ndim != 1:
            raise ValueError(f"DMA memory must be a flat uint8 array, not {array.dtype} with {array.ndim} dimensions")
        self.base = base
        self.sync = sync
        self.size = array.size
        self.bytes = array.data
        self._free: list[tuple[int, int]] = [(0, array.size)]
        self._live: dict[int, int] = {}

    @classmethod
    def of(cls, host: Host) -> DmaMemory:
        """All that a host gives."""
        return cls(host.memory, host.memory_base, host if isinstance(host, DmaSync) else None)

    @property
    def live_buffers(self) -> int:
        """Buffers allocated and not freed."""
        return len(self._live)

    @property
    def live_bytes(self) -> int:
        """Bytes in them."""
        return sum(self._live.values())

    def live_ranges(self) -> list[tuple[int, int]]:
        """(bus address, bytes) of each: all that a device may touch."""
        return [(self.base + offset, size) for offset, size in sorted(self._live.items())]

    def alloc(self, size: int, align: int = 64, zero: bool = True) -> DmaBuffer:
        """A buffer of ``size`` bytes whose bus address is a multiple of ``align`` (a power of two)."""
        if size <= 0 or align <= 0 or align & (align - 1):
            raise ValueError(f"cannot allocate {size} bytes at alignment {align}")
        if self.sync:
            self.sync.dma_sync_for_cpu()  # what a device wrote there for an earlier owner must not appear later
        for position, (start, length) in enumerate(self._free):
            begin = start + (-(self.base + start) % align)
            end = begin + size
            if end > start + length:
                continue
            rest = [(start, begin - start), (end, start + length - end)]
            self._free[position : position + 1] = [part for part in rest if part[1]]
            self._live[begin] = size
            buffer = DmaBuffer(self, begin, size)
            if zero:
                buffer.view[:] = bytes(size)
            return buffer
        raise OutOfDmaMemory(
            f"no {size} free bytes in {self.size} of DMA memory ({self.live_bytes} used by {self.live_buffers} buffers)"
        )

    def _release(self, buffer: DmaBuffer) -> None:
        size = self._live.pop(buffer.offset, None)
        if size != buffer.size:
            raise ValueError(f"buffer at {buffer.address:#x} is not from this memory")
        insort(self._free, (buffer.offset, buffer.size))
        joined: list[tuple[int, int]] = []
        for start, length in self._free:
            if joined and joined[-1][0] + joined[-1][1] == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + length)
            else:
                joined.append((start, length))
        self._free = joined
