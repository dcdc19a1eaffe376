# SPDX-License-Identifier: Apache-2.0
"""The MAC: frames out one after another at the line's pace, frames in checked, flow control (802.3, annex 31B)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from testbench.lib.wire_frames import ERROR_CHAR
from testbench.model.system.timeline import Timeline, Timer
from testbench.model.wire.wire import Wire

SHORTEST, FCS = 60, 4  # bytes: what a frame is padded to, what follows it on the line
PAUSE = bytes.fromhex("0180c2000001")
PAUSE_OPCODE = bytes.fromhex("88080001")
QUANTUM_BYTES = 64
STOP_LEVEL, GO_LEVEL = 10_240, 5_120  # fill of the frame store at which the other end is asked to stop, and to go on
REFRESH_PS = 1_600_000_000  # a request to stop is made again while it holds


class Mac:
    """``receive(frame)`` gets good frames. ``flow_control``: bits of MAC_CONTROL, 1 obey, 2 send.

    ``own``: the card's, which does flow control and tells its reasons, not a vendor's.
    """

    def __init__(
        self, timeline: Timeline, wire: Wire, later: Callable[..., Timer], count: Callable[..., object],
        own: bool, max_frame: int, beat: int, receive: Callable[[bytes], object],
    ) -> None:  # fmt: skip
        self._timeline, self._wire, self._later, self._count = timeline, wire, later, count
        self._own, self._limit, self._beat, self._receive = own, max_frame - FCS, beat, receive
        self.flow_control = 0
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._queued_ps = 0  # what waits occupies the line for so long
        self._end_ps = 0  # of the frame on the line
        self._ready_ps = 0  # when the first byte of what waits is here
        self._paused_ps = 0
        self._timer: Timer | None = None
        self._on_line = self._asked = False

    # ---- to the wire
    @property
    def idle(self) -> bool:
        """No frame waits and none is on the line."""
        return not (self._waiting or self._on_line)

    @property
    def backlog_ps(self) -> int:
        """For how long the line has something to carry, as far as is known now."""
        now = self._timeline.now_ps
        rest = self._end_ps - now if self._on_line else 0
        return max(rest, self._ready_ps - now if self._waiting else 0, 0) + self._queued_ps

    def send(self, frames: list[bytes], ready_ps: int) -> None:
        """Put frames on the line, not before ``ready_ps``."""
        if not frames:
            return
        if not self._waiting and not self._on_line:
            self._ready_ps = ready_ps
        for frame in frames:
            self._waiting.append((frame, False))
            self._queued_ps += self._wire.slot_ps(len(frame))
        self._start()

    def _start(self) -> None:
        if self._on_line or not self._waiting or self._timer:
            return
        now = self._timeline.now_ps
        own = self._waiting[0][1]
        start = max(now, self._ready_ps, 0 if own else self._paused_ps)
        if start > now:
            self._timer = self._later(start - now, self._go_on)
            return
        frame, own = self._waiting.popleft()
        slot = self._wire.slot_ps(len(frame))
        self._queued_ps -= slot
        self._on_line, self._end_ps = True, now + slot
        self._later(slot, self._sent, now, frame, own)

    def _go_on(self) -> None:
        self._timer = None
        self._start()

    def _sent(self, start: int, frame: bytes, own: bool) -> None:
        self._on_line = False
        if not own:  # a pause frame is the MAC's
            self._count("tx_frames")
            self._count("tx_bytes", max(len(frame), SHORTEST))
        self._wire.from_card(start, self._timeline.now_ps, frame)
        self._start()

    # ---- from the wire
    def arrived(self, frame: bytes, marks: int) -> None:
        """A frame's last byte is here; ``marks``: BAD_FCS and ERROR_CHAR of ``wire_frames``."""
        if why := self._drop(frame, marks):
            self._count(why)
        elif self._own and self.flow_control & 1 and frame[:6] == PAUSE and frame[12:16] == PAUSE_OPCODE:
            self._count("rx_pause_frames")
            self._pause(int.from_bytes(frame[16:18], "big"))
        else:
            self._receive(frame)

    def _drop(self, frame: bytes, marks: int) -> str | None:
        length, limit, beat = len(frame), self._limit, self._beat
        giant = length > limit
        # a vendor MAC gives one mark for all that it has found, our own says which it was
        error = marks & ERROR_CHAR if self._own else marks
        # a giant is cut at the limit, before a mark on its last word can be seen
        if error and not (giant and (limit // beat + 1) * beat < length):
            return "rx_drop_wire_error"
        if giant:
            return "rx_drop_giant"
        if length < SHORTEST:
            return "rx_drop_runt"
        return "rx_drop_fcs" if marks else None

    def _pause(self, quanta: int) -> None:
        self._paused_ps = self._timeline.now_ps + quanta * QUANTUM_BYTES * self._wire.byte_ps
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._start()

    # ---- flow control towards the other end
    def pressure(self, level: int) -> None:
        """The frame store holds so many bytes."""
        if not self._own:
            return
        wanted = bool(self.flow_control & 2) and level >= (GO_LEVEL if self._asked else STOP_LEVEL)
        if wanted != self._asked:
            self._asked = wanted
            self._ask()

    def _ask(self) -> None:
        quanta = b"\xff\xff" if self._asked else bytes(2)
        frame = PAUSE + bytes(6) + PAUSE_OPCODE + quanta + bytes(42)
        self._count("tx_pause_frames")
        self._waiting.appendleft((frame, True))
        self._queued_ps += self._wire.slot_ps(len(frame))
        self._start()
        if self._asked:
            self._timeline.after(REFRESH_PS, self._ask_again)

    def _ask_again(self) -> None:
        if self._asked:
            self._ask()
