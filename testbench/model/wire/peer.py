# SPDX-License-Identifier: Apache-2.0
"""The other end of the wire: where the card's frames arrive, over a line with faults or without."""

from __future__ import annotations

import os
import select
from collections import deque
from heapq import heappop, heappush
from itertools import count

from testbench.lib.wire_frames import BAD_FCS, LOST
from testbench.model.system.timeline import Timeline
from testbench.model.wire.impair import LOST_CORRUPT, Copy, Impairment
from testbench.model.wire.link import SHORTEST, Link
from testbench.model.wire.points import Point

TAP_BURST, TAP_WAITING = 256, 1024  # frames read from a TAP at once, and waiting at most
NEVER = 2**63 - 1
JOIN_WAIT_MS, JOIN_WAITS = 100, 50


class Peer:
    """Frames that the card has sent. What turns round here, and what a TAP brings, goes ``back`` to the card."""

    def __init__(self, timeline: Timeline, link: Link, out: Point, arrived: Point, loopback: bool) -> None:
        self._timeline, self._link, self._out, self._arrived = timeline, link, out, arrived
        self.back: deque[Copy] = deque()
        self.faults = Impairment()
        self.loopback = loopback
        self.line: list[tuple[int, int, int, bytes]] = []
        """Frames under way on the impaired line, a heap by time and order."""
        self._order = count()
        self.tap_fd = -1
        self.joined = False
        """Behind ``tap_fd`` is another card."""
        self._tap_reads = self._tap_writes = self._tap_full = 0

    @property
    def due(self) -> int:
        """Time of the next arrival over the impaired line, NEVER if there is none."""
        return self.line[0][0] if self.line else NEVER

    def arrive(self, at_ps: int, flags: int, frame: bytes) -> None:
        """A frame is here; ``at_ps`` is the time it is recorded with."""
        self._arrived.add(at_ps, flags, frame)
        if self.loopback:
            self.back.append((self._timeline.now_ps, 0, frame))
        if self.tap_fd >= 0:
            self._write_tap(frame)

    def through_faults(self, start_ps: int, end_ps: int, frame: bytes) -> None:
        """A frame from the card enters the impaired line."""
        self._out.add(start_ps, 0, frame)
        earliest = end_ps - self._link.slot_ps(len(frame))
        for at, flags, data in self.faults.apply(start_ps, 0, frame):
            if flags & BAD_FCS and not flags & LOST:
                flags |= LOST_CORRUPT  # a receiver throws it away
            self._out.spoil(flags)
            if not flags & LOST:
                heappush(self.line, (max(at, earliest), next(self._order), flags, data))

    def advance(self) -> None:
        """Let arrive what has reached its time."""
        now = self._timeline.now_ps
        while self.line and self.line[0][0] <= now:
            at, _, flags, frame = heappop(self.line)
            self.arrive(at, flags, frame)

    def _write_tap(self, frame: bytes) -> None:
        try:
            while not self._written(frame):
                if not self.joined or not self._wait_for_room():
                    self._tap_full += 1
                    return
        except OSError:  # the interface is down, or the other card has gone
            self._tap_full += 1
            return
        self._tap_writes += 1

    def _written(self, frame: bytes) -> bool:
        try:
            return os.write(self.tap_fd, frame) == len(frame)
        except BlockingIOError:
            return False

    def _wait_for_room(self) -> bool:
        """Two joined cards wait for each other, as two ends of a wire have one speed; False: in vain.

        What comes meanwhile is taken in, so that both cannot wait for ever.
        """
        poll = select.poll()
        poll.register(self.tap_fd, select.POLLIN | select.POLLOUT)
        for _ in range(JOIN_WAITS):
            for _, events in poll.poll(JOIN_WAIT_MS):
                if events & (select.POLLHUP | select.POLLERR):
                    return False
                if events & select.POLLIN:
                    self._take()
                if events & select.POLLOUT:
                    return True
        return False

    def _take(self) -> bool:
        """One frame from the other end; False: there is none."""
        try:
            frame = os.read(self.tap_fd, 65536)
        except OSError:
            return False
        if not frame:
            return False
        # the kernel leaves padding to its network card, which here is the wire's other end
        self.back.append((self._timeline.now_ps, 0, frame.ljust(SHORTEST, b"\0")))
        self._tap_reads += 1
        return True

    def read_tap(self) -> None:
        """Send what waits in the TAP, as much as there is room for."""
        for _ in range(TAP_BURST):
            if len(self.back) >= TAP_WAITING or not self._take():
                return

    def values(self) -> dict[str, int]:
        """Settings and counters by name, without the faults'."""
        return {
            "loopback": int(self.loopback), "joined": int(self.joined), "tap": self.tap_fd,
            "tap_reads": self._tap_reads, "tap_writes": self._tap_writes, "tap_full": self._tap_full,
        }  # fmt: skip
