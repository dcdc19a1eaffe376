# SPDX-License-Identifier: Apache-2.0
"""Guest memory in a memfd: the host sees it as an array, the back end maps it."""

from __future__ import annotations

import mmap
import os

import numpy as np

from .protocol import Region

PAGE = mmap.PAGESIZE
SIZE = 64 << 20
BASE = 0x1_8000_0000
HOLE = 16 * PAGE


class GuestMemory:
    """``size`` bytes at guest address ``base``, told to the back end as ``regions`` equal pieces.

    Guest address, user address and place in the file of a byte all differ, and not by the same amount: a back end that
    takes the one for the other fails at once.
    """

    def __init__(self, size: int = SIZE, base: int = BASE, regions: int = 1, hole: int = HOLE) -> None:
        """The file begins with ``hole`` bytes that are not the guest's."""
        if size <= 0 or size % (regions * PAGE) or base % PAGE or hole % PAGE:
            raise ValueError(f"{size} bytes at {base:#x} in {regions} regions are not multiples of {PAGE}")
        self.base, self.size = base, size
        self.fd = os.memfd_create("guest-memory", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, hole + size)
        # the mapping lives as long as the array or a view of it does
        self.array = np.frombuffer(mmap.mmap(self.fd, size, offset=hole), np.uint8)
        self.user_base = self.array.ctypes.data
        piece = size // regions
        self.regions = tuple(
            Region(base + at, piece, self.user_base + at, hole + at) for at in range(0, size, piece)
        )  # fmt: skip

    def user_address(self, guest_address: int) -> int:
        """Where the byte at a guest address is in this process, as SET_VRING_ADDR wants it."""
        offset = guest_address - self.base
        if not 0 <= offset < self.size:
            raise ValueError(f"{guest_address:#x} is outside {self.size} bytes at {self.base:#x}")
        return self.user_base + offset

    def close(self) -> None:
        """Close the file; whoever has mapped it keeps it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
