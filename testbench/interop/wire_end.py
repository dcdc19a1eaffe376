# SPDX-License-Identifier: Apache-2.0
"""The other end of a wire, held by us: numbered frames of random content out, and compared when they come back."""

from __future__ import annotations

import random
import select
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

HERE, CARD = bytes.fromhex("02fe00000002"), bytes.fromhex("02fe00000001")
ETHERTYPE = b"\x88\xb5"  # IEEE 802, for local experiments
HEAD = len(HERE + CARD + ETHERTYPE) + 4  # bytes, the number included
SHORTEST = 60  # bytes without FCS, of a frame of 64
LONGEST_MESSAGE = 1 << 17
QUIET_S = 20.0
AFTER_S = 0.2  # in which a frame that came twice would show
GATHER_S = 0.001  # so that frames come in bursts, and who sends them need not wake us for each


class WireError(Exception):
    """A frame was lost, doubled or changed; the message says which."""


def pair() -> tuple[socket.socket, socket.socket]:
    """A wire: two ends that keep frames apart, lose none and do not block."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
    return ends


def take(end: socket.socket) -> bytes | None:
    """The next frame that waits there, if any. Raises WireError when nobody is at the other end any more."""
    try:
        frame = end.recv(LONGEST_MESSAGE)
    except BlockingIOError:
        return None
    except ConnectionError:
        frame = b""
    if not frame:
        raise WireError("the wire is cut: the card has ended")
    return frame


def give(end: socket.socket, frame: bytes) -> bool:
    """Send a frame; False: there is no room. Raises WireError when nobody is at the other end any more."""
    try:
        end.send(frame)
    except BlockingIOError:
        return False
    except ConnectionError:
        raise WireError("the wire is cut: the card has ended") from None
    return True


def numbered(seed: int, count: int, longest: int, shortest: int = SHORTEST) -> Iterator[bytes]:
    """Frames that tell their number, of random contents and sizes in bytes; both extremes come first."""
    rng = random.Random(seed)
    head = CARD + HERE + ETHERTYPE
    for number in range(count):
        size = (shortest, longest)[number] if number < 2 else rng.randint(shortest, longest)
        yield head + number.to_bytes(4, "big") + rng.randbytes(size - HEAD)


def unchanged(frame: bytes) -> bytes:
    """What a loop makes of a frame."""
    return frame


def one_lane(_: bytes) -> bytes:
    """All frames keep their order."""
    return b""


class WireEnd:
    """Sends frames with no more than ``window`` unanswered, and compares what comes with what is due, in order."""

    def __init__(
        self, end: socket.socket, frames: Iterator[bytes], window: int,
        becomes: Callable[[bytes], bytes] = unchanged, lane: Callable[[bytes], bytes] = one_lane,
    ) -> None:  # fmt: skip
        """``window`` must leave the driver's receive ring some buffers; ``becomes`` is what the other side does.

        Frames of one ``lane`` keep their order; those of several may overtake each other.
        """
        self._end, self._frames, self._window, self._becomes, self._lane = end, frames, window, becomes, lane
        self._due: defaultdict[bytes, deque[bytes]] = defaultdict(deque)
        self._held: bytes | None = None
        self._more = True
        self.sent = self.got = self.bytes = 0

    @property
    def done(self) -> bool:
        """Everything has been sent and has come."""
        return not self._more and self.sent == self.got

    def push(self) -> None:
        """Send what the window allows."""
        end, due, lane = self._end, self._due, self._lane
        while self._more and self.sent - self.got < self._window:
            frame = self._held or next(self._frames, None)
            if frame is None:
                self._more = False
                return
            self._held = None if give(end, frame) else frame
            if self._held:
                return
            self.sent += 1
            back = self._becomes(frame)
            due[lane(back)].append(back)

    def pull(self) -> None:
        """Take what has come. Raises WireError at the first frame that is not the one due."""
        end, lanes, lane = self._end, self._due, self._lane
        while frame := take(end):
            due = lanes[lane(frame)]
            if not due or frame != due[0]:
                raise WireError(self._wrong(frame, due))
            due.popleft()
            self.got += 1
            self.bytes += len(frame)

    def _wrong(self, frame: bytes, due: deque[bytes]) -> str:
        what = f"frame {self.got:,} is {len(frame)} bytes {frame[:24].hex()}"
        if not due:
            return f"{what}, and none was due: it came twice, or by itself"
        for ahead, other in enumerate(due):
            if frame == other:
                return f"{what}: {ahead} before it are lost"
        return f"{what}, not {len(due[0])} bytes {due[0][:24].hex()}"

    def run(self, limit_s: float) -> float:
        """Carry everything; the wall seconds it took. Raises WireError, also when nothing comes for a while."""
        started = heard = time.monotonic()
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        while True:
            self.push()
            before = self.got
            self.pull()
            if self.done:
                break
            now = time.monotonic()
            if self.got != before:
                heard = now
                time.sleep(GATHER_S)
            elif now - heard > QUIET_S or now - started > limit_s:
                raise WireError(f"{self.sent - self.got} frames from number {self.got:,} on have not come back")
            else:
                poll.poll(100)
        seconds = time.monotonic() - started
        if poll.poll(1000 * AFTER_S):
            self.pull()
        return seconds
