# SPDX-License-Identifier: Apache-2.0
"""A serial port, or a pty in its place: bytes out and in, each with a limit."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Callable
from typing import Any

from ferrule.bridge.errors import BridgeBusy, BridgeClosed, BridgeError, BridgeTimeout

CHUNK = 4096
MOST_NOISE = 1 << 20  # bytes that nobody asked for, until it is no line that one can talk on


class SerialLine:
    """Opened raw, 8 data bits, no parity, one stop bit, no flow control; nobody else may have it meanwhile."""

    def __init__(self, path: str, baud: int = 115200) -> None:
        """``path`` of the device. Raises BridgeError with the reason."""
        self.path, self.baud = path, baud
        speed = getattr(termios, f"B{baud}", None)
        if not speed:  # 0 would hang up
            raise BridgeError(f"{baud} baud: this system has no such rate for a serial port")
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            hint = "; is it in use?" if error.errno == errno.EBUSY else ""
            raise BridgeError(f"{path} cannot be opened: {error.strerror}{hint}") from error
        try:
            self._set_up(speed)
        except BaseException:
            os.close(self._fd)
            raise

    def _set_up(self, speed: int) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BridgeBusy(f"{self.path} is in use by another client: end it first") from error
        try:
            tty.setraw(self._fd, termios.TCSANOW)
            mode = termios.tcgetattr(self._fd)
            mode[4] = mode[5] = speed
            mode[2] = mode[2] & ~(termios.CSTOPB | getattr(termios, "CRTSCTS", 0)) | termios.CLOCAL | termios.CREAD
            termios.tcsetattr(self._fd, termios.TCSANOW, mode)
        except termios.error as error:
            raise BridgeError(f"{self.path} is not a serial port: {error.args[-1]}") from error

    def wire_time(self, size: int) -> float:
        """Seconds that so many bytes take on the line."""
        return size * 10 / self.baud

    def write(self, data: bytes, limit_s: float) -> None:
        """All of it; BridgeTimeout when ``limit_s`` passes without a byte being taken."""
        view = memoryview(data)
        while view:
            if not self._wait(limit_s, to_write=True):
                raise BridgeTimeout(f"{self.path}: nothing is taken for {limit_s:g} s; does the board run?")
            with contextlib.suppress(BlockingIOError):
                view = view[self._call(os.write, view[:CHUNK]) :]

    def read(self, size: int, limit_s: float) -> bytes:
        """Exactly so many bytes, within ``limit_s``."""
        data = bytearray()
        end = time.monotonic() + limit_s
        while len(data) < size:
            left = end - time.monotonic()
            if left <= 0 or not self._wait(left):
                raise BridgeTimeout(
                    f"{self.path}: {len(data)} of {size} bytes of an answer within {limit_s:g} s; "
                    f"is this the board's port, and {self.baud} baud its rate?"
                )
            data += self._take(size - len(data))
        return bytes(data)

    def drain(self) -> int:
        """Throw away what is there to be read; returns how much it was."""
        noise = 0
        while self._wait(0):
            noise += len(self._take(CHUNK))
            if noise > MOST_NOISE:
                raise BridgeError(
                    f"{self.path}: bytes come without an end that nobody asked for: it is no board's line"
                )
        return noise

    def _take(self, size: int) -> bytes:
        try:
            data = self._call(os.read, size)
        except BlockingIOError:
            return b""
        if not data:
            raise BridgeClosed(f"{self.path}: the line was closed at its other end")
        return data

    def _wait(self, limit_s: float, to_write: bool = False) -> bool:
        """Whether there is something to read, or room to write; False when the time is up."""
        if self._fd < 0:
            raise BridgeClosed(f"{self.path} is closed")
        fds = [self._fd]
        return any(select.select([] if to_write else fds, fds if to_write else [], [], limit_s))

    def _call(self, function: Callable[[int, Any], Any], argument: Any) -> Any:
        try:
            return function(self._fd, argument)
        except BlockingIOError:
            raise
        except OSError as error:
            raise BridgeClosed(f"{self.path}: the line is gone ({error.strerror})") from error

    def close(self) -> None:
        """Give the port back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
