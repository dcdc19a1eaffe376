# SPDX-License-Identifier: Apache-2.0
"""Numbered frames between our driver and a device in another process, compared byte for byte."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from host_driver import NetDevice
from host_driver.transport.vhost_user import run

OURS, THEIRS = bytes.fromhex("02fe00000001"), bytes.fromhex("02fe00000002")
ETHERTYPE = b"\x88\xb5"  # IEEE 802, for local experiments
SHORTEST = 60
STEP_NS = 100_000_000
LIMIT_S = 20.0


def missing(error: Exception) -> None:
    """A program that is not installed: no test here, a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


@contextmanager
def short_folder() -> Iterator[Path]:
    """For sockets, whose paths have at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="fv-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def numbered(rng: random.Random, count: int, longest: int, pair: int = 0) -> list[bytes]:
    """Frames that tell their number and pair, of random sizes and contents; the extremes are among them."""
    frames = []
    for number in range(count):
        size = (SHORTEST, longest)[number] if number < 2 else rng.randint(SHORTEST, longest)
        head = THEIRS + OURS + ETHERTYPE + number.to_bytes(4, "big") + bytes((pair,))
        frames.append(head + rng.randbytes(size - len(head)))
    return frames


def swapped(frame: bytes) -> bytes:
    """What testpmd's macswap makes of it."""
    return frame[6:12] + frame[:6] + frame[12:]


def unchanged(frame: bytes) -> bytes:
    """What testpmd's io makes of it."""
    return frame


def differ(got: Sequence[bytes], wanted: Sequence[bytes]) -> str:
    """The first difference in words, empty when there is none."""
    for place, (one, other) in enumerate(zip(got, wanted, strict=False)):
        if one != other:
            return f"frame {place} of {len(wanted)} is {len(one)} bytes {one[:24].hex()}, not {other[:24].hex()}"
    return "" if len(got) == len(wanted) else f"{len(got)} frames instead of {len(wanted)}"


class Stream:
    """Frames from one device's pair to another's (or the same), with no more on their way than ``window``."""

    def __init__(
        self, source: NetDevice, sink: NetDevice, frames: Sequence[bytes], pair: int = 0, window: int = 100,
        becomes: Callable[[bytes], bytes] = unchanged,
    ) -> None:  # fmt: skip
        self.source, self.sink, self.frames, self.pair, self.window = source, sink, frames, pair, window
        self.wanted = [becomes(frame) for frame in frames]
        self.got: list[bytes] = []
        self.sent = 0

    def push(self) -> bool:
        """Send what the window allows; whether there was any."""
        before = self.sent
        while self.sent < min(len(self.frames), len(self.got) + self.window):
            if not self.source.transmit(self.frames[self.sent], pair=self.pair, more=True):
                break
            self.sent += 1
        self.source.queues.tx[self.pair].flush()
        return self.sent > before

    def pull(self) -> bool:
        """Take what has come; whether there was any."""
        frames = [received.frame for received in self.sink.poll(pair=self.pair)]
        self.got += frames
        return bool(frames)

    @property
    def done(self) -> bool:
        """Everything has come."""
        return len(self.got) >= len(self.frames)


def carry(*streams: Stream, limit_s: float = LIMIT_S) -> None:
    """Carry all streams to their end, asleep whenever there is nothing to do, and compare."""
    deadline = time.monotonic() + limit_s
    while not all(stream.done for stream in streams):
        moved = False
        for stream in streams:
            moved |= stream.push()
            moved |= stream.pull()
        if not moved:
            assert time.monotonic() < deadline, [(stream.sent, len(stream.got)) for stream in streams]
            run(streams[0].sink.wait(STEP_NS if len(streams) == 1 else 1))
    for stream in streams:
        assert differ(stream.got, stream.wanted) == "", f"pair {stream.pair}"
