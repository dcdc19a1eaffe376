# SPDX-License-Identifier: Apache-2.0
"""Frames towards the card: queue, line with faults, and the pace at which they arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count

from testbench.lib.wire_frames import BAD_FCS, ERROR_CHAR, LOST
from testbench.model.system.timeline import Timeline, Timer
from testbench.model.wire.impair import LOST_LINK_DOWN, Copy, Impairment
from testbench.model.wire.link import Link, nobody
from testbench.model.wire.peer import NEVER, Peer
from testbench.model.wire.points import Point

PREAMBLE = 8


class Inward:
    """Without faults the next frame is chosen before its time, so that it costs one callback.

    ``_taken`` is when the chosen frame gets on the line; until then it counts as waiting. ``_settled`` is the level of
    the link that it found, once that is known.
    """

    def __init__(
        self, timeline: Timeline, link: Link, peer: Peer, into: Point, faults: Impairment,
        on_progress: Callable[[], object],
    ) -> None:  # fmt: skip
        self._timeline, self._link, self._peer, self._into = timeline, link, peer, into
        self._faults, self._on_progress = faults, on_progress
        self.receive: Callable[[bytes, int], object] = nobody
        self._source: deque[Copy] = peer.back
        self._line: list[tuple[int, int, int, bytes]] = []  # under way on the impaired line, a heap by time and order
        self._order = count()
        self._source_free = self._card_free = 0  # when the impaired line, and the card, can take the next frame
        self._chosen: tuple[Copy, Timer] | None = None  # with its arrival
        self._start = self._taken = 0
        self._settled: bool | None = None
        self._timer: Timer | None = None  # for what is due next on an impaired line
        self._due = NEVER

    @property
    def pending(self) -> int:
        """Frames queued or under way."""
        return len(self._source) + len(self._line) + (self._chosen is not None)

    def queue(self, frames: Iterable[Copy]) -> None:
        """Send frames, each not before its time."""
        self._source.extend(frames)
        if self._chosen is None:
            self.schedule()

    def settle(self) -> None:
        """The link's level is about to change: a frame finds it as it is when its first byte comes."""
        if self._settled is None and self._delivering:
            self._settled = self._link.up_at(self._taken)

    def put_back(self) -> None:
        """The faults are about to change: they are for a frame that is chosen and not on the line yet, too."""
        if self._chosen is not None and not self._delivering:
            frame, arrival = self._chosen
            arrival.cancel()
            self._source.appendleft(frame)
            self._chosen = None

    def advance(self) -> None:
        """Let arrive at the peer, and enter the impaired line, what has reached its time."""
        self._peer.advance()
        now = self._timeline.now_ps
        while self._faults.enabled and self._source:
            start = max(self._source[0][0], self._source_free)
            if start > now:
                return
            _, flags, frame = self._source.popleft()
            self._source_free = start + self._link.slot_ps(len(frame))
            for at, seen, data in self._faults.apply(start, flags, frame):
                if seen & LOST:
                    self._into.add(start, seen, data)
                else:
                    heappush(self._line, (at, next(self._order), seen, data))

    def schedule(self) -> None:
        """Choose the next frame if it is certain already, and act when something is due on an impaired line."""
        due = self._peer.due
        if self._chosen is None:
            if self._line:
                due = min(due, max(self._line[0][0], self._card_free))
            if self._source and self._faults.enabled:
                due = min(due, max(self._source[0][0], self._source_free))
            elif self._source and not self._line:
                self._choose(self._source.popleft())
        if due != self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._due = due
            self._timer = None if due == NEVER else self._timeline.at(due, self._act)

    @property
    def _delivering(self) -> bool:
        return self._chosen is not None and (self._settled is not None or self._taken < self._timeline.now_ps)

    def _act(self) -> None:
        self._due = NEVER
        if self._delivering:
            return  # as in C++, the impaired lines rest until the card has its frame, and then go on
        self.advance()
        if self._chosen is None and self._line and max(self._line[0][0], self._card_free) <= self._timeline.now_ps:
            at, _, flags, frame = heappop(self._line)
            self._choose((at, flags, frame))
            self._settled = self._link.link_up
        self.schedule()

    def _choose(self, frame: Copy) -> None:
        at, now = frame[0], self._timeline.now_ps
        self._start = start = at if at > self._card_free else self._card_free
        self._taken = start if start > now else now
        self._settled = None
        last_byte = start + (PREAMBLE + len(frame[2])) * self._link.byte_ps
        self._chosen = frame, self._timeline.at(last_byte, self._arrived, frame[1], frame[2])

    def _arrived(self, flags: int, frame: bytes) -> None:
        link, start = self._link, self._start
        if not (link.up_at(self._taken) if self._settled is None else self._settled):
            flags |= LOST_LINK_DOWN
        # a frame that was late ends later than the line could have
        free, late = start + link.slot_ps(len(frame)), self._timeline.now_ps - PREAMBLE * link.byte_ps
        self._card_free = free if free > late else late
        self._chosen = None
        self._into.add(start, flags, frame)
        self._on_progress()
        if not flags & LOST:
            self.receive(frame, flags & (BAD_FCS | ERROR_CHAR))
        self.schedule()
