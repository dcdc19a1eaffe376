# SPDX-License-Identifier: Apache-2.0
"""A place of the wire where frames are counted, timed and kept."""

from __future__ import annotations

import numpy

from testbench.lib.config import CAPTURE_MODES
from testbench.lib.wire_frames import LOST, RECORD, Captured
from testbench.model.system.timeline import Event

FULL = CAPTURE_MODES["full"]


class Point:
    """Counts and times of the frames that passed, and in mode "full" the frames. Times are -1 until there is one.

    ``reached`` is set once when ``want`` frames in all have passed; -1 wants none.
    """

    NAMED = ("mode", "frames", "bytes", "first_ps", "last_ps", "mark", "mark_ps")
    __slots__ = (*NAMED, "reached", "rows", "want")

    def __init__(self, mode: int, reached: Event) -> None:
        self.mode, self.reached = mode, reached
        self.mark = self.want = -1
        self.rows: list[tuple[int, int, bytes]] = []
        self.clear()

    def clear(self) -> None:
        """Forget frames and counts; the number of the frame to mark stays."""
        self.frames = self.bytes = 0
        self.first_ps = self.last_ps = self.mark_ps = -1
        self.rows.clear()

    def add(self, at_ps: int, flags: int, frame: bytes) -> None:
        """A frame has passed; a LOST one is kept and not counted."""
        if not flags & LOST:
            number = self.frames
            if not number:
                self.first_ps = at_ps
            if number == self.mark:
                self.mark_ps = at_ps
            self.last_ps = at_ps
            self.frames = number = number + 1
            self.bytes += len(frame)
            if 0 <= self.want <= number:
                self.want = -1
                self.reached.set()
        if self.mode == FULL:
            self.rows.append((at_ps, flags, frame))

    def spoil(self, flags: int) -> None:
        """The frame that passed last has met these faults further on."""
        if self.mode == FULL:
            at_ps, seen, frame = self.rows[-1]
            self.rows[-1] = at_ps, seen | flags, frame

    def captured(self, start: int) -> Captured:
        """The frames kept, from number ``start`` on."""
        rows = self.rows[start:]
        records = numpy.empty(len(rows), RECORD)
        if rows:
            times, flags, frames = zip(*rows, strict=True)
            lengths = numpy.fromiter(map(len, frames), numpy.int64, len(rows))
            records["at_ps"], records["flags"], records["length"] = times, flags, lengths
            records["offset"] = numpy.cumsum(lengths) - lengths
        return Captured(records, b"".join([row[2] for row in rows]))

    def values(self) -> dict[str, int]:
        """Setting and counters by name."""
        return {name: getattr(self, name) for name in self.NAMED}
