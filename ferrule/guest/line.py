# SPDX-License-Identifier: Apache-2.0
"""The host's end of the serial line on which a guest takes its commands (``init.sh`` is the other end)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from ferrule.guest.errors import CommandTimeout, GuestError

MARK = re.compile(rb"\x1e(?:(ready|alive)|end ([0-9a-f]{16}) ([0-9]{1,3}))\n")
LONGEST_MARK = 32
COMMAND_LIMIT = 2304  # bytes: a line must fit the 4096 of a serial line's input, which User-Mode-Linux loses beyond
OUTPUT_LIMIT = 64 << 20  # bytes kept of one command
HEARTBEAT_S = 2.0
KILL_S = 10.0  # for a killed command to be gone
SEND_S = 10.0


class Result(NamedTuple):
    """How a command ended: 0 to 255 as a shell tells it, and what it printed, both streams in one."""

    status: int
    output: str


class Line:
    """Runs commands one after the other; a thread listens all the time and asks for signs of life."""

    def __init__(self, name: str, sock: socket.socket, silence_s: float, silent: Callable[[], None]) -> None:
        """``silent`` is called, in the thread, when nothing has come for ``silence_s`` although asked for."""
        self._name, self._sock, self._silence_s, self._silent = name, sock, silence_s, silent
        self._changed = threading.Condition()
        self._turn, self._sending = threading.Lock(), threading.Lock()
        self._rest = b""  # received, and perhaps the beginning of a mark
        self._output = bytearray()
        self._token = b""
        self._status: int | None = None
        self._count = 0
        self._heard_at = time.monotonic()
        self.ready = False
        self.closed = False
        sock.settimeout(SEND_S)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def send(self, text: str) -> None:
        """One line to the guest. Raises GuestError when it takes none."""
        try:
            with self._sending:
                self._sock.sendall(text.encode() + b"\n")
        except OSError as error:
            raise GuestError(f"{self._name} takes no command: {error}") from error

    def _listen(self) -> None:
        asked_at = time.monotonic()
        with contextlib.suppress(OSError, ValueError):  # it is being closed
            while True:
                if select.select([self._sock], [], [], HEARTBEAT_S / 2)[0]:
                    data = self._sock.recv(1 << 16)
                    if not data:
                        break
                    self._take(data)
                elapsed = time.monotonic()
                if self.ready and elapsed - asked_at > HEARTBEAT_S:
                    asked_at = elapsed
                    with contextlib.suppress(GuestError):
                        self.send("alive")
                if elapsed - self._heard_at > self._silence_s:
                    self._silent()
                    break
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def touch(self) -> None:
        """Count this moment as a sign of life."""
        self._heard_at = time.monotonic()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self.touch()
            data = self._rest + data
            start = 0
            for mark in MARK.finditer(data):
                if mark[2] and mark[2] != self._token:
                    continue  # it only looks like one
                self._keep(data[start : mark.start()])
                start = mark.end()
                if mark[2]:
                    self._status = int(mark[3])
                elif mark[1] == b"ready":
                    self.ready = True
            rest = data[start:]
            cut = rest.find(b"\x1e", max(0, len(rest) - LONGEST_MARK))
            cut = len(rest) if cut < 0 else cut
            self._keep(rest[:cut])
            self._rest = rest[cut:]
            self._changed.notify_all()

    def _keep(self, data: bytes) -> None:
        if self._token and self._status is None:
            self._output += data[: OUTPUT_LIMIT + 1 - len(self._output)]

    def wait_ready(self, timeout_s: float) -> bool:
        """Whether the guest takes commands before this time is up or its line is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.ready or self.closed, timeout_s)
            return self.ready

    def run(self, command: str, timeout_s: float | None, show: Callable[[bytes], None] | None = None) -> Result:
        """Run a shell command to its end. Raises CommandTimeout, or GuestError when the guest is gone.

        ``show`` gets the output as it comes. What the command leaves running is heard no more after its end.
        """
        with self._turn:
            self._count += 1
            token = hashlib.sha256(f"{self._name} {self._count} {command}".encode()).hexdigest()[:16]
            text = command.encode()
            if len(text) > COMMAND_LIMIT:
                raise GuestError(f"{self._name}: a command of {len(text)} bytes, {COMMAND_LIMIT} go: make it a script")
            with self._changed:
                self._output, self._token, self._status = bytearray(), token.encode(), None
            self.send(f"run {token} {base64.b64encode(text).decode()}")
            try:
                return self._attend(command, timeout_s, show)
            finally:
                self._token = b""

    def _attend(self, command: str, timeout_s: float | None, show: Callable[[bytes], None] | None) -> Result:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        shown = 0
        while True:
            with self._changed:
                if self._status is None and len(self._output) == shown and not self.closed:
                    self._changed.wait(0.5)
                status, output, closed = self._status, self._output, self.closed
                fresh = bytes(output[shown:]) if show else b""
                shown = len(output)
            if show and fresh:
                show(fresh)
            if status is not None:
                return Result(status, output.decode(errors="replace"))
            if closed:
                raise GuestError(f"{self._name} ended while this ran in it: {command}\n{_tail(output)}")
            if shown > OUTPUT_LIMIT:
                self._kill()
                raise GuestError(
                    f"{self._name}: more than {OUTPUT_LIMIT >> 20} MiB of output, write to a file: {command}"
                )
            if deadline is not None and time.monotonic() > deadline:
                self._kill()
                raise CommandTimeout(
                    f"{self._name}: did not end within {timeout_s:g} s and was killed: {command}\n{_tail(output)}"
                )

    def _kill(self) -> None:
        with contextlib.suppress(GuestError):
            self.send("kill")
        with self._changed:
            self._changed.wait_for(lambda: self._status is not None or self.closed, KILL_S)

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(SEND_S)
        self._sock.close()


def _tail(output: bytes | bytearray, lines: int = 10) -> str:
    text = "\n".join(output.decode(errors="replace").splitlines()[-lines:])
    return f"it printed last:\n{text}" if text else "it printed nothing"
