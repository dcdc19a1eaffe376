# SPDX-License-Identifier: Apache-2.0
"""Driver half of one packed virtqueue (virtio 1.2, 2.8), by hand, with the surface of differential/raw_queue.py."""

from __future__ import annotations

import struct
from typing import Any

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
ENABLE, DISABLE, DESC = 0, 1, 2  # of an event suppression structure
TABLE_ENTRIES = 16  # of the indirect table that each buffer id has
AREA = 64  # bytes apart from everything else that each event suppression structure has


class PackedQueue:
    """Ring at ``offset`` of host memory. What is offered counts from ``publish`` on."""

    def __init__(self, host: Any, offset: int, size: int) -> None:
        self._memory, self._base, self.size = host.memory.data, host.memory_base, size
        self._desc = offset
        self._driver_area = -(-(offset + 16 * size) // AREA) * AREA
        self._device_area = self._driver_area + AREA
        self._tables = self._device_area + AREA
        self.end = self._tables + 16 * TABLE_ENTRIES * size
        self.event_idx = False
        self.restart()

    def restart(self, index: int = 0) -> None:
        """As before the queue is enabled: zeros. ``index``: as QUEUE_START_INDEX has it."""
        self._memory[self._desc : self.end] = bytes(self.end - self._desc)
        wrap = not index & 0x8000
        if not wrap:  # as a first round would have left it
            for place in range(self.size):
                struct.pack_into("<H", self._memory, self._desc + 16 * place + 14, AVAIL | USED)
        for place in range(index & 0x7FFF):
            struct.pack_into("<H", self._memory, self._desc + 16 * place + 14, (AVAIL | USED) * wrap)
        self.ids = list(range(self.size))
        self.room = self.size
        self._avail = self._used = (index & 0x7FFF, wrap)
        self._fresh: list[tuple[int, int]] = []  # flags that publish a chain, and where they go
        self._held: dict[int, tuple[int, int]] = {}
        self._told = (index & 0x7FFF, wrap)

    @property
    def addresses(self) -> tuple[int, int, int]:
        """Bus addresses of descriptor ring, driver area, device area."""
        return self._base + self._desc, self._base + self._driver_area, self._base + self._device_area

    @property
    def outstanding(self) -> bool:
        """The device holds something, whether it has been told of it or not."""
        return bool(self._held)

    def _step(self, at: tuple[int, bool], places: int) -> tuple[int, bool]:
        place, wrap = at
        place += places
        return (place, wrap) if place < self.size else (place - self.size, not wrap)

    def add(self, pieces: list[tuple[int, int, bool]], indirect: bool = False) -> int:
        """Offer a chain of (address, length, device writes); its buffer id. There must be room: see ``room``."""
        buffer_id = self.ids.pop(0)
        rows = [(address, length, WRITE * write) for address, length, write in pieces]
        if indirect:
            table = self._tables + 16 * TABLE_ENTRIES * buffer_id
            for place, (address, length, flags) in enumerate(rows):
                # id and all other flags are reserved in a table: the device must not look at them
                struct.pack_into("<QIHH", self._memory, table + 16 * place, address, length, 0xFFFF, flags | NEXT)
            rows = [(self._base + table, 16 * len(rows), INDIRECT)]
        self.add_raw(buffer_id, rows)
        return buffer_id

    def add_raw(self, buffer_id: int, rows: list[tuple[int, int, int]], chained: bool = True) -> None:
        """Offer descriptors as they are, (address, length, flags): NEXT is set in all but the last one."""
        for number, (address, length, flags) in enumerate(rows):
            place, wrap = self._avail
            last = number == len(rows) - 1
            flags |= (NEXT * (chained and not last)) | (AVAIL if wrap else USED)
            at = self._desc + 16 * place
            struct.pack_into("<QIH", self._memory, at, address, length, buffer_id if last else 0xDEAD)
            if number:
                struct.pack_into("<H", self._memory, at + 14, flags)
            else:
                self._fresh.append((at + 14, flags))
            self._avail = self._step(self._avail, 1)
        self._held[buffer_id] = (len(rows), self._fresh[-1][0] - 14)
        self.room -= len(rows)

    def publish(self) -> bool:
        """Make everything offered available; whether the device wants to be notified of it."""
        for at, flags in self._fresh:
            struct.pack_into("<H", self._memory, at, flags)
        self._fresh.clear()
        before, self._told = self._told, self._avail
        word, flags = struct.unpack_from("<HH", self._memory, self._device_area)
        if flags != DESC:
            return flags == ENABLE
        span = self._position(self._avail) - self._position(before)
        ahead = self._position((word & 0x7FFF, bool(word >> 15))) - self._position(before)
        return ahead % (2 * self.size) < span % (2 * self.size)

    def _position(self, at: tuple[int, bool]) -> int:
        return at[0] + self.size * (not at[1])

    def want(self, flags: int, ahead: int = 0) -> None:
        """Which interrupts the driver wants: DESC is the one for the descriptor ``ahead`` of the next used one."""
        place, wrap = self._step(self._used, ahead)
        struct.pack_into("<HH", self._memory, self._driver_area, place | wrap << 15, flags)

    @property
    def wish(self) -> tuple[int, int]:
        """Device event suppression: word and flags."""
        word, flags = struct.unpack_from("<HH", self._memory, self._device_area)
        return word, flags

    @property
    def indices(self) -> tuple[int, int]:
        """Next available and next used place, as QUEUE_INDICES has them."""
        avail, used = (place | 0x8000 * (not wrap) for place, wrap in (self._avail, self._used))
        return avail, used

    def reclaim(self) -> list[tuple[int, int]]:
        """(buffer id, bytes written) of everything that came back since, in order; each where its chain began."""
        done: list[tuple[int, int]] = []
        while self._held:
            place, wrap = self._used
            at = self._desc + 16 * place
            (flags,) = struct.unpack_from("<H", self._memory, at + 14)
            if bool(flags & AVAIL) != wrap or bool(flags & USED) != wrap:
                break
            length, buffer_id = struct.unpack_from("<IH", self._memory, at + 8)
            places, began = self._held.pop(buffer_id)
            assert began == at, f"buffer {buffer_id} comes back at place {place}, not where its chain began"
            assert bool(flags & WRITE) == bool(length), f"flags {flags:#x} with {length} bytes written"
            done.append((buffer_id, length))
            self.ids.append(buffer_id)
            self.room += places
            self._used = self._step(self._used, places)
        return done
