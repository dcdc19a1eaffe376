# SPDX-License-Identifier: Apache-2.0
"""The guest's memory: which regions the card reaches, and what a front end's addresses mean in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from .message import VhostError
from .protocol import MEMORY_SLOTS

PAGE = 4096
ADDRESSES = 1 << 64


class Region(NamedTuple):
    """One region: bytes ``offset`` to ``offset + size`` of a file."""

    guest: int
    """Address in descriptors, and on the card's bus."""
    size: int
    user: int
    """Address in the front end's own messages."""
    offset: int


class Mapper(Protocol):
    """Who puts files into the card's reach."""

    def map(self, base: int, size: int, fd: int, offset: int) -> None:
        """Put a file there. Raises MemoryError."""

    def unmap(self, base: int) -> None:
        """Take it away again."""

    def read(self, address: int, length: int) -> bytes | None:
        """What is there; None: nothing."""

    def write(self, address: int, data: bytes) -> None:
        """Store there."""


class GuestMemory:
    """The memory table. Every region is checked against the file behind it before anything is mapped."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self.regions: list[Region] = []

    def replace(self, regions: Sequence[Region], fds: Sequence[int]) -> None:
        """A whole new table; the descriptors stay the caller's. Raises VhostError, and then nothing is mapped."""
        self.clear()
        try:
            for region, fd in zip(regions, fds, strict=True):
                self.add(region, fd)
        except VhostError:
            self.clear()
            raise

    def add(self, region: Region, fd: int) -> None:
        """One more region. Raises VhostError."""
        guest, size, user, offset = region
        where = f"memory region at {guest:#x}"
        if len(self.regions) >= MEMORY_SLOTS:
            raise VhostError(f"{where}: there are {MEMORY_SLOTS} already")
        if not size or (guest | size) % PAGE:
            raise VhostError(f"{where}: address and size {size:#x} must be multiples of {PAGE}, and the size not 0")
        if max(guest, user) + size > ADDRESSES or offset + size >= ADDRESSES // 2:
            raise VhostError(f"{where}: it ends beyond the address space")
        for other in self.regions:
            for start, theirs in ((guest, other.guest), (user, other.user)):
                if start < theirs + other.size and theirs < start + size:
                    raise VhostError(f"{where}: it overlaps the one at {other.guest:#x}")
        file = os.fstat(fd)
        if not stat.S_ISREG(file.st_mode):
            raise VhostError(f"{where}: its descriptor is not a file")
        if file.st_size < offset + size:
            raise VhostError(f"{where}: its file has {file.st_size:#x} bytes, {offset + size:#x} are needed")
        try:
            self._mapper.map(guest, size, fd, offset)
        except MemoryError as error:
            raise VhostError(str(error)) from error
        self.regions.append(region)

    def remove(self, region: Region) -> None:
        """Take one away, known by everything but its offset. Raises VhostError."""
        for known in self.regions:
            if known[:3] == region[:3]:
                self.regions.remove(known)
                self._mapper.unmap(known.guest)
                return
        raise VhostError(f"memory region at {region.guest:#x}: there is none of that address and size")

    def word(self, guest: int) -> int:
        """16 bits of it; 0 where there is no memory."""
        return int.from_bytes(self._mapper.read(guest, 2) or b"", "little")

    def write(self, guest: int, data: bytes) -> None:
        """Store in it."""
        self._mapper.write(guest, data)

    def clear(self) -> None:
        """Take everything away."""
        while self.regions:
            self._mapper.unmap(self.regions.pop().guest)

    def guest_address(self, user: int, length: int, what: str) -> int:
        """Where the card finds what the front end has at ``user``. Raises VhostError."""
        for region in self.regions:
            if region.user <= user and user + length <= region.user + region.size:
                return region.guest + user - region.user
        raise VhostError(f"{what}: {length} bytes at {user:#x} are in no memory region")
