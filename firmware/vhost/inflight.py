# SPDX-License-Identifier: Apache-2.0
"""The inflight region (INFLIGHT_SHMFD): what a back end leaves to the next one, in memory that its front end keeps.

A region is read once for each ring, when that first starts after SET_INFLIGHT_FD. Then it counts more than
SET_VRING_BASE: its front end did not see the end of the back end before. From there on the ring and what is said of it
count, and the region follows them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from . import inflight_packed, inflight_split
from .inflight_part import Part
from .memory import GuestMemory
from .message import VhostError
from .port import LAP
from .protocol import INFLIGHT

PAGE = 4096
ALIGN = 64  # of a ring's part: other back ends have it so, whose regions come here
WORD = 8
LARGEST_RING = 32768
NO_FD = -1


class Piece(NamedTuple):
    """A ring's part of the region; the descriptor is not given away."""

    fd: int
    offset: int
    entries: int


class Watched(NamedTuple):
    """The ring, at its place."""

    packed: bool
    address: int
    """In the guest, of the descriptors (packed) or of the device area (split)."""
    size: int
    place: int
    wrap: int


class Keeper(Protocol):
    """Who stores to rings for the card, and to the region with each such store."""

    def keep(self, queue: int, piece: Piece, ring: Watched) -> None:
        """Do so from here on. Raises MemoryError."""

    def end(self, queue: int) -> None:
        """Do so no more."""


def length_of(packed: bool, entries: int) -> int:
    """Bytes of a ring's part."""
    return inflight_packed.bytes_of(entries) if packed else inflight_split.bytes_of(entries)


def stride(packed: bool, entries: int) -> int:
    """Bytes from one ring's part to the next one's."""
    return -(-length_of(packed, entries) // ALIGN) * ALIGN


def judged(what: str, queues: int, size: int, most: int) -> None:
    """Raises VhostError: no region is for so many rings of so many descriptors."""
    if not 0 < queues <= most or not 0 < size <= LARGEST_RING:
        raise VhostError(f"{what}: {queues} queues of {size}; the card has {most}")


def make(payload: tuple[int, int, int, int], queues: int) -> tuple[bytes, int]:
    """A reply to GET_INFLIGHT_FD and its descriptor. Raises VhostError."""
    _, _, wanted, size = payload
    judged("GET_INFLIGHT_FD", wanted, size, queues)
    length = -(-wanted * stride(True, size) // PAGE) * PAGE  # the longer ones: which it is may not be known yet
    fd = os.memfd_create("inflight", os.MFD_CLOEXEC)
    os.ftruncate(fd, length)
    return INFLIGHT.pack(length, 0, wanted, size), fd


class Inflight:
    """The region of one front end, if it gave one."""

    def __init__(self, keeper: Keeper, memory: GuestMemory, queues: int) -> None:
        self._keeper, self._memory, self._most = keeper, memory, queues
        self._fd = NO_FD
        self._length = self._offset = self._queues = self._entries = 0
        self._unread: set[int] = set()
        self._begun: dict[int, Part] = {}

    def take(self, payload: tuple[int, int, int, int], packed: bool, fd: int) -> None:
        """SET_INFLIGHT_FD; the descriptor is this one's. No ring runs. Raises VhostError."""
        self.close()
        self._fd = fd
        self._length, self._offset, self._queues, self._entries = payload
        judged("SET_INFLIGHT_FD", self._queues, self._entries, self._most)
        file, end = os.fstat(fd), self._offset + self._length
        if not stat.S_ISREG(file.st_mode) or file.st_size < end or self._offset % WORD:
            raise VhostError(
                f"SET_INFLIGHT_FD: a file with {self._length:#x} bytes at {self._offset:#x}, a multiple of {WORD}, "
                f"is needed; this one has {file.st_size:#x}"
            )
        self._unread = set(range(self._queues))
        self._part(0, packed)

    def _part(self, index: int, packed: bool) -> Part:
        step = stride(packed, self._entries)
        if index >= self._queues or self._queues * step > self._length:
            raise VhostError(
                f"ring {index}: the inflight region is for {self._queues} queues of {self._entries}, and has "
                f"{self._length} bytes of {self._queues * step}"
            )
        length = length_of(packed, self._entries)
        return Part(self._fd, self._offset + index * step, length, self._entries, index)

    def begin(self, index: int, size: int, packed: bool, areas: Sequence[int], base: int) -> tuple[int, bool]:
        """A ring is to start at ``base``: where it does, and whether a back end before left it. Raises VhostError."""
        if self._fd == NO_FD:
            return base, False
        part = self._part(index, packed)
        if size > self._entries:
            raise part.error(f"it has {self._entries} entries, the ring has {size}")
        left = index in self._unread and part.in_use()
        self._unread.discard(index)
        self._begun[index] = part
        desc, driver, device = areas
        if packed:
            place, wrap = base & ~LAP, int(not base & LAP)
            if left:
                place, wrap = inflight_packed.take_over(part, self._memory, desc, size)
            inflight_packed.renew(part, place, wrap)
            base = place if wrap else place | LAP
            ring = Watched(True, desc, size, place, wrap)
        else:
            if left:
                inflight_split.check(part, self._memory, driver, size, base)
            inflight_split.renew(part, base)
            ring = Watched(False, device, size, base, 0)
        try:
            self._keeper.keep(index, Piece(self._fd, part.offset, self._entries), ring)
        except MemoryError as error:
            raise VhostError(str(error)) from error
        return base, left

    def end(self, index: int) -> None:
        """The ring has stopped."""
        self._keeper.end(index)

    def reset(self) -> None:
        """The driver has reset the device: what was in flight is nobody's any more. Raises VhostError."""
        for index, part in self._begun.items():
            self._keeper.end(index)
            part.forget()
        self._begun.clear()

    def close(self) -> None:
        """The front end, or the region, is another one."""
        for index in self._begun:
            self._keeper.end(index)
        self._begun.clear()
        if self._fd != NO_FD:
            os.close(self._fd)
        self._fd = NO_FD
