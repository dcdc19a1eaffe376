# SPDX-License-Identifier: Apache-2.0
"""One split virtqueue written by hand: every byte of it is decided by the sequence, never by the device's pace."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

NEXT, WRITE, INDIRECT = 1, 2, 4
ALIGN = 4096
READ_OR_WRITE = 3  # of ``inject``
TABLE_ENTRIES = 16  # of the indirect table that each descriptor has


class RawQueue:
    """Rings at ``offset`` of host memory. Descriptors come back only when ``reclaim`` is called, with all at rest."""

    def __init__(self, host: Any, offset: int, size: int) -> None:
        self._memory, self._base, self.size = host.memory.data, host.memory_base, size
        self._desc = offset
        self._avail = offset + 16 * size
        self._used = -(-(self._avail + 6 + 2 * size) // 4) * 4
        self._tables = -(-(self._used + 6 + 8 * size) // 64) * 64
        self.end = self._tables + 16 * TABLE_ENTRIES * size
        self.event_idx = False
        self.restart()

    def restart(self, before_wrap: int = 0) -> int:
        """As before the queue is enabled: zeros, and indices so far before their wrap. They are returned."""
        self._memory[self._desc : self.end] = bytes(self.end - self._desc)
        start = -before_wrap & 0xFFFF
        for at in (self._avail + 2, self._used + 2, self._avail + 4 + 2 * self.size):
            struct.pack_into("<H", self._memory, at, start)
        self.free = list(range(self.size))
        self._held: dict[int, list[int]] = {}
        self.published = self._seen = start
        return start

    def fault(self, what: str) -> tuple[int, int, int]:
        """Bus address, bytes and accesses that fail of "avail index", "used index", or of the next "used element"."""
        element = self._used + 4 + 8 * (self._seen % self.size)
        places = {"avail index": (self._avail + 2, 2), "used index": (self._used + 2, 2), "used element": (element, 8)}
        at, length = places[what]
        return self._base + at, length, READ_OR_WRITE

    @property
    def addresses(self) -> tuple[int, int, int]:
        """Bus addresses of descriptor table, driver area, device area."""
        return self._base + self._desc, self._base + self._avail, self._base + self._used

    def add(self, pieces: list[tuple[int, int, bool]], indirect: bool = False) -> int:
        """Offer a chain of (address, length, device writes); its head. There must be room: see ``free``."""
        ids = [self.free.pop(0) for _ in range(1 if indirect else len(pieces))]
        place = self._tables + 16 * TABLE_ENTRIES * ids[0] if indirect else self._desc
        for number, (address, length, write) in enumerate(pieces):
            last = number == len(pieces) - 1
            following = 0 if last else number + 1 if indirect else ids[number + 1]
            at = place + 16 * (number if indirect else ids[number])
            struct.pack_into("<QIHH", self._memory, at, address, length, NEXT * (not last) | WRITE * write, following)
        if indirect:
            table = self._base + place
            struct.pack_into("<QIHH", self._memory, self._desc + 16 * ids[0], table, 16 * len(pieces), INDIRECT, 0)
        self._enter(ids[0], ids)
        return ids[0]

    def _enter(self, head: int, ids: list[int]) -> None:
        struct.pack_into("<H", self._memory, self._avail + 4 + 2 * (self.published % self.size), head)
        self._held[head] = ids
        self.published = self.published + 1 & 0xFFFF

    def table_address(self, descriptor: int) -> int:
        """Bus address of a descriptor's indirect table."""
        return self._base + self._tables + 16 * TABLE_ENTRIES * descriptor

    def write_raw(self, ids: list[int], ring: Iterable[tuple[int, ...]], table: Iterable[tuple[int, ...]]) -> None:
        """Descriptors as given, at their places in the ring and in the first one's indirect table."""
        for descriptor, fields in zip(ids, ring, strict=False):
            struct.pack_into("<QIHH", self._memory, self._desc + 16 * descriptor, *fields)
        for place, fields in enumerate(table):
            struct.pack_into("<QIHH", self._memory, self._tables + 16 * (TABLE_ENTRIES * ids[0] + place), *fields)

    def offer_raw(self, head: int, ids: list[int]) -> None:
        """Put a head into the available ring; these descriptors come back with it."""
        for descriptor in ids:
            self.free.remove(descriptor)
        self._enter(head, ids)

    def publish(self, ahead: int = 0) -> None:
        """Store the index that makes everything offered available, or one so far ``ahead`` of it."""
        struct.pack_into("<H", self._memory, self._avail + 2, self.published + ahead & 0xFFFF)

    def want(self, mode: int, ahead: int) -> None:
        """``used_event`` so far behind the last buffer taken back, or bit 0 of ``mode``: no interrupt."""
        if self.event_idx:
            value = self._seen + ahead & 0xFFFF
            struct.pack_into("<H", self._memory, self._avail + 4 + 2 * self.size, value)
        else:
            struct.pack_into("<H", self._memory, self._avail, mode & 1)

    @property
    def counted(self) -> bool:
        """How many interrupts there are does not depend on how publications are bundled."""
        return self.event_idx

    def forget(self) -> None:
        """Wipe what may have been on its way when the ring broke: the device's event index."""
        struct.pack_into("<H", self._memory, self._used + 4 + 8 * self.size, 0)

    @property
    def outstanding(self) -> bool:
        """The device holds something, whether it has been told of it or not."""
        return bool(self._held)

    def reclaim(self) -> list[tuple[int, int]]:
        """(head, bytes written) of everything that came back since, in order."""
        (index,) = struct.unpack_from("<H", self._memory, self._used + 2)
        done: list[tuple[int, int]] = []
        while self._seen != index and len(done) <= self.size:
            head, length = struct.unpack_from("<II", self._memory, self._used + 4 + 8 * (self._seen % self.size))
            done.append((head, length))
            self.free += self._held.pop(head, [])
            self._seen = self._seen + 1 & 0xFFFF
        return done
