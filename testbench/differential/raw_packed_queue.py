# SPDX-License-Identifier: Apache-2.0
"""One packed virtqueue written by hand (virtio 1.2, 2.8), with what ``RawQueue`` can do.

A position counts the places of two rounds: its place is the position modulo the size, its wrap counter 1 in the first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from testbench.differential.raw_queue import INDIRECT, NEXT, TABLE_ENTRIES, WRITE

AVAIL, USED = 1 << 7, 1 << 15
ENABLE, DISABLE, DESC = 0, 1, 2  # of an event suppression structure
AREA = 64  # bytes apart from everything else that each event suppression structure has
LENGTH_AT, FLAGS_AT = 8, 14  # bytes into a descriptor
ID_STEP = 40503  # odd, so that as many buffer ids as there are descriptors are different ones of all 65,536
NO_ID = 0xDEAD  # in descriptors whose id does not count
Row = tuple[int, int, int]  # address, length, flags
READ_ERROR, WRITE_ERROR = 1, 2  # of ``inject``


class RawPackedQueue:
    """Ring at ``offset`` of host memory. Places come back only when ``reclaim`` is called, with all at rest."""

    def __init__(self, host: Any, offset: int, size: int) -> None:
        self._memory, self._base, self.size = host.memory.data, host.memory_base, size
        self._desc = offset
        self._driver_area = -(-(offset + 16 * size) // AREA) * AREA
        self._device_area = self._driver_area + AREA
        self._tables = self._device_area + AREA
        self.end = self._tables + 16 * TABLE_ENTRIES * size
        self.event_idx = False
        self.restart()

    def restart(self, before_wrap: int = 0) -> int:
        """As before the queue is enabled, so far before the first round ends; QUEUE_START_INDEX of it."""
        index = (self.size - before_wrap) % self.size if before_wrap < self.size else 0
        self.begin(index)
        return index

    def begin(self, index: int) -> None:
        """A ring at QUEUE_START_INDEX, otherwise zeros."""
        self._memory[self._desc : self.end] = bytes(self.end - self._desc)
        start = (index & 0x7FFF) + (self.size if index & 0x8000 else 0)
        for position in range(start, start + self.size):  # as the round before would have left it
            self._set_flags(position, 0 if self._wrap(position) else AVAIL | USED)
        self.ids = [number * ID_STEP & 0xFFFF for number in range(self.size)]
        self.room = self.size
        self._avail = self._used = start
        self._fresh: list[tuple[int, int]] = []  # positions of first descriptors, and the flags that publish them
        self._held: dict[int, int] = {}  # places of each buffer id
        self._mode = ENABLE

    # ---- places
    def _wrap(self, position: int) -> bool:
        return not position // self.size & 1

    def _at(self, position: int) -> int:
        return self._desc + 16 * (position % self.size)

    def _set_flags(self, position: int, flags: int) -> None:
        struct.pack_into("<H", self._memory, self._at(position) + FLAGS_AT, flags)

    def _step(self, position: int, places: int) -> int:
        return (position + places) % (2 * self.size)

    @property
    def free(self) -> list[int]:
        """Places of the next descriptors."""
        return [(self._avail + number) % self.size for number in range(self.room)]

    @property
    def addresses(self) -> tuple[int, int, int]:
        """Bus addresses of descriptor ring, driver area, device area."""
        return self._base + self._desc, self._base + self._driver_area, self._base + self._device_area

    def fault(self, what: str) -> tuple[int, int, int]:
        """Bus address, bytes and accesses that fail of the next "avail index", "used element" or "used index".

        What stands for the indices are flags. A place is read and written, and only one of them is meant.
        """
        if what == "avail index":
            return self._base + self._at(self._avail) + FLAGS_AT, 2, READ_ERROR
        used = self._base + self._at(self._used)
        return (used + LENGTH_AT, 6, WRITE_ERROR) if what == "used element" else (used + FLAGS_AT, 2, WRITE_ERROR)

    def table_address(self, place: int) -> int:
        """Bus address of the indirect table that belongs to a place."""
        return self._base + self._tables + 16 * TABLE_ENTRIES * place

    # ---- making available
    def add(self, pieces: list[tuple[int, int, bool]], indirect: bool = False) -> int:
        """Offer a chain of (address, length, device writes); its buffer id. There must be room: see ``room``."""
        buffer_id = self.ids.pop(0)
        rows = [(address, length, WRITE * write) for address, length, write in pieces]
        if indirect:
            # id and all other flags are reserved in a table: the device must not look at them
            table = self.write_table((*row[:2], row[2] | NEXT) for row in rows)
            rows = [(table, 16 * len(rows), INDIRECT)]
        self.add_raw(buffer_id, rows)
        return buffer_id

    def write_table(self, rows: Iterable[Row]) -> int:
        """Fill the table of the next place; its bus address."""
        place = self._avail % self.size
        for number, (address, length, flags) in enumerate(rows):
            at = self._tables + 16 * (TABLE_ENTRIES * place + number)
            struct.pack_into("<QIHH", self._memory, at, address, length, 0xFFFF, flags)
        return self.table_address(place)

    def add_raw(self, buffer_id: int, rows: list[Row], chained: bool = True, marked: bool = True) -> None:
        """Offer descriptors as they are: NEXT is set in all but the last one, and all but the first are ``marked``."""
        for number, (address, length, flags) in enumerate(rows):
            position, last = self._avail, number == len(rows) - 1
            flags |= NEXT * (chained and not last)
            shown = flags | (AVAIL if self._wrap(position) else USED)
            struct.pack_into("<QIH", self._memory, self._at(position), address, length, buffer_id if last else NO_ID)
            if number:
                hidden = flags | (0 if self._wrap(position) else AVAIL | USED)
                self._set_flags(position, shown if marked else hidden)
            else:
                self._fresh.append((position, shown))
            self._avail = self._step(position, 1)
        self._held[buffer_id] = len(rows)
        self.room -= len(rows)

    def mark_wrongly(self, address: int, length: int, flags: int) -> None:
        """A descriptor at the next place with these flags, marks and all, that is not available by them."""
        struct.pack_into("<QIHH", self._memory, self._at(self._avail), address, length, NO_ID, flags)

    @property
    def wrap(self) -> bool:
        """Wrap counter of the next place."""
        return self._wrap(self._avail)

    def publish(self) -> bool | None:
        """Make everything offered available, the first flags last; None: whether to notify is the caller's business."""
        for position, flags in reversed(self._fresh):
            self._set_flags(position, flags)
        self._fresh.clear()
        return None

    # ---- events
    def want(self, mode: int, ahead: int = 0) -> None:
        """Which interrupts the driver wants: DESC is the one for the descriptor ``ahead`` of the next used one."""
        position = self._step(self._used, ahead)
        word = position % self.size | self._wrap(position) << 15
        struct.pack_into("<HH", self._memory, self._driver_area, word, mode)
        self._mode = mode

    @property
    def counted(self) -> bool:
        """How many interrupts there are does not depend on how publications are bundled."""
        return self.event_idx and self._mode == DESC

    def forget(self) -> None:
        """Wipe what may have been on its way when the ring broke: the device's event, what was being used."""
        struct.pack_into("<I", self._memory, self._device_area, 0)
        for number in range(self.size - self.room):
            at = self._at(self._used + number)
            self._memory[at : at + 16] = bytes(16)

    # ---- taking back
    @property
    def outstanding(self) -> bool:
        """The device holds something, whether it has been told of it or not."""
        return bool(self._held)

    def reclaim_one(self) -> tuple[int, int] | None:
        """(buffer id, bytes written) of the next buffer, where its chain began; None: it has not come back."""
        at, wrap = self._at(self._used), self._wrap(self._used)
        (flags,) = struct.unpack_from("<H", self._memory, at + FLAGS_AT)
        if not self._held or bool(flags & AVAIL) != wrap or bool(flags & USED) != wrap:
            return None
        length, buffer_id = struct.unpack_from("<IH", self._memory, at + LENGTH_AT)
        if buffer_id in self._held:  # or nobody knows where the next one stands
            places = self._held.pop(buffer_id)
            self.ids.append(buffer_id)
            self.room += places
            self._used = self._step(self._used, places)
        return buffer_id, length

    def reclaim(self) -> list[tuple[int, int]]:
        """Everything that came back since, in order."""
        done: list[tuple[int, int]] = []
        while (came := self.reclaim_one()) and len(done) <= self.size:
            done.append(came)
        return done
