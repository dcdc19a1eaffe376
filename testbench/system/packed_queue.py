# SPDX-License-Identifier: Apache-2.0
"""A packed virtqueue by hand that also judges: what the device asks for, and where and how buffers come back."""

from __future__ import annotations

import struct

from testbench.differential.raw_packed_queue import DESC, ENABLE, FLAGS_AT, RawPackedQueue
from testbench.differential.raw_queue import WRITE


class PackedQueue(RawPackedQueue):
    """What is offered counts from ``publish`` on."""

    def begin(self, index: int) -> None:
        """A ring at QUEUE_START_INDEX, otherwise zeros."""
        super().begin(index)
        self._told = self._avail

    def publish(self) -> bool:
        """Make everything offered available; whether the device wants to be notified of it."""
        super().publish()
        before, self._told = self._told, self._avail
        word, flags = self.wish
        if flags != DESC:
            return flags == ENABLE
        event = (word & 0x7FFF) + self.size * (not word >> 15)
        return (event - before) % (2 * self.size) < (self._avail - before) % (2 * self.size)

    @property
    def wish(self) -> tuple[int, int]:
        """Device event suppression: word and flags."""
        word, flags = struct.unpack_from("<HH", self._memory, self._device_area)
        return word, flags

    @property
    def indices(self) -> tuple[int, int]:
        """Next available and next used place, as QUEUE_INDICES has them."""
        avail, used = (at % self.size | 0x8000 * (not self._wrap(at)) for at in (self._avail, self._used))
        return avail, used

    def reclaim(self) -> list[tuple[int, int]]:
        """(buffer id, bytes written) of everything that came back since, each one's flags saying whether any were."""
        done, at = [], self._used
        while came := self.reclaim_one():
            (flags,) = struct.unpack_from("<H", self._memory, self._at(at) + FLAGS_AT)
            assert bool(flags & WRITE) == bool(came[1]), f"flags {flags:#x} with {came[1]} bytes written"
            assert self._used != at, f"buffer {came[0]} is not with the device"
            done.append(came)
            at = self._used
        return done
