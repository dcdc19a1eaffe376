# SPDX-License-Identifier: Apache-2.0
"""The wire of the model as a bench sees it, with the surface of testbench/lib/wire.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import numpy

from testbench.lib.config import WireConfig
from testbench.lib.wire_frames import (
    AT_PEER,
    BAD_FCS,
    ERROR_CHAR,
    LONGEST,
    POINTS,
    SIZE_ERROR,
    TO_CARD,
    Captured,
    batch,
    checked_batch,
    read_pcap,
)
from testbench.model.system.timeline import Timeline
from testbench.model.wire.line import Line


class Wire(Line):
    """The far end of the card's wire.

    ``wait(what, event, timeout_ns)`` is awaited until the event or the end of the time; ``on_progress`` is called
    whenever a frame moves.
    """

    def __init__(
        self, timeline: Timeline, config: WireConfig, wait: Callable[..., Awaitable[bool]],
        on_progress: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(timeline, config, on_progress)
        self._wait = wait
        self._received: list[tuple[int, bytes]] = []
        for direction, impairments in (("tx", config.tx), ("rx", config.rx)):
            if impairments:
                self.impair(direction, impairments)

    # towards the card
    def send(self, frame: bytes, at_ns: float | None = None, bad_fcs: bool = False, error: bool = False) -> None:
        """Send a frame (without FCS) as soon as the line is free, not before ``at_ns``; ValueError for a bad length."""
        if not 1 <= len(frame) <= LONGEST:
            raise ValueError(SIZE_ERROR)
        at = -1 if at_ns is None else int(at_ns * 1000)
        flags = BAD_FCS * bad_fcs | ERROR_CHAR * error
        self._inward.queue([(self._timeline.now_ps if at < 0 else at, flags, bytes(frame))])

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """Send frames back to back; ValueError, and none is sent, if one has a bad length."""
        if not all(1 <= len(frame) <= LONGEST for frame in frames):
            raise ValueError(SIZE_ERROR)
        now = self._timeline.now_ps
        self._inward.queue([(now, 0, bytes(frame)) for frame in frames])

    def send_batch(
        self, data: numpy.ndarray, offsets: numpy.ndarray, lengths: numpy.ndarray,
        times_ns: numpy.ndarray | None = None, flags: numpy.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Send many frames out of one buffer, back to back or each not before its time; the buffer is copied.

        ValueError, and none is sent, unless every frame is whole, of a good length and with all its arguments.
        """
        sent = checked_batch(data, offsets, lengths, times_ns, flags)
        whole, now, number = sent.data.tobytes(), self._timeline.now_ps, len(sent.lengths)
        times = [-1] * number if sent.times_ps is None else sent.times_ps.tolist()
        marks = [0] * number if sent.flags is None else sent.flags.tolist()
        rows = zip(times, marks, sent.offsets.tolist(), sent.lengths.tolist(), strict=True)
        self._inward.queue(
            [(now if at < 0 else at, mark, whole[start : start + size]) for at, mark, start, size in rows]
        )

    def replay(self, path: str | Path, start_ns: float | None = None) -> int:
        """Send a capture file with its own spacing. Result: number of frames."""
        frames, times = read_pcap(path)
        if frames:
            start = self._timeline.now_ps / 1000 if start_ns is None else start_ns
            self.send_batch(*batch(frames), times_ns=numpy.array(times, numpy.float64) + start)
        return len(frames)

    # from the card
    @property
    def received(self) -> list[tuple[int, bytes]]:
        """Frames that have reached the other end, (start in ns, bytes without FCS): always the same list, grown."""
        rows, taken = self._at_peer.rows, len(self._received)
        if len(rows) > taken:
            self._received += [(at // 1000, frame) for at, _, frame in rows[taken:]]
        return self._received

    async def wait_received(self, count: int, timeout_ns: float | None = None) -> bool:
        """Wait until so many frames in all have reached the other end; False when the time is up."""
        return await self._wait_count(AT_PEER, count, timeout_ns)

    async def wait_sent(self, count: int, timeout_ns: float | None = None) -> bool:
        """Wait until so many frames in all have gone into the card; False when the time is up."""
        return await self._wait_count(TO_CARD, count, timeout_ns)

    async def _wait_count(self, number: int, count: int, timeout_ns: float | None) -> bool:
        point, end = self._points[number], None if timeout_ns is None else self._timeline.now_ps + timeout_ns * 1000
        while point.frames < count:
            left = None if end is None else (end - self._timeline.now_ps) / 1000
            if left is not None and left <= 0:
                return False
            point.want = count if point.want < 0 else min(point.want, count)
            await self._wait(f"{POINTS[number]}.frames to reach {count} (is {point.frames})", self._moved, left)
        return True

    # tap points
    def captured(self, point: int, start: int = 0) -> Captured:
        """Frames captured at a tap point (FROM_CARD, TO_CARD, AT_PEER) from number ``start`` on."""
        return self._points[point].captured(start)

    def clear(self) -> None:
        """Forget all captures and counts."""
        for point in self._points:
            point.clear()
        self._received.clear()

    def mark(self, point: int, number: int) -> None:
        """Note the start time of frame ``number`` (the first is 0); ``span_ps`` uses it."""
        self._points[point].mark = number

    def span_ps(self, point: int) -> tuple[int, int]:
        """Start times of the marked and of the last frame (-1: there was none)."""
        return self._points[point].mark_ps, self._points[point].last_ps

    def frames(self, point: int) -> int:
        """Number of frames so far."""
        return self._points[point].frames

    def counters(self) -> dict[str, int]:
        """Settings and counters under the names the simulation harness has for them."""
        groups = {POINTS[number]: point.values() for number, point in enumerate(self._points)}
        groups |= {"impair_tx": self._peer.faults.values(), "impair_rx": self._rx.values()}
        groups["wire"] = {
            "byte_ps": self.byte_ps, "pad": 1, "link": int(self._asked), **self._peer.values(),
            "want_received": self._at_peer.want, "want_sent": self._into.want,
        }  # fmt: skip
        groups["tx"] |= {"gap_cycles": 0, "oversize": 0}
        return {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}
