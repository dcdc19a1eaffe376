# SPDX-License-Identifier: Apache-2.0
"""What the back end asks of its front end, on the socket that came with SET_BACKEND_REQ_FD; it never waits there."""

from __future__ import annotations

import contextlib
import os

from .message import encode
from .protocol import F_NEED_REPLY, HEADER, MAX_PAYLOAD, VRING_STATE, BackendRequest

NO_FD = -1


class Requests:
    """Configuration changes, and with in-band notifications calls, each of which waits for the reply to the one before.

    A call that the front end has not taken up yet covers those that come meanwhile.
    """

    def __init__(self) -> None:
        self.fd = NO_FD
        self._calls: dict[int, None] = {}
        self._replies = 0

    def open(self, fd: int) -> None:
        """Use this socket, which is ours from here on."""
        self.close()
        os.set_blocking(fd, False)
        self.fd = fd

    def close(self) -> None:
        """Forget the socket and what was to be said there."""
        if self.fd != NO_FD:
            os.close(self.fd)
        self.fd = NO_FD
        self._calls.clear()
        self._replies = 0

    def config_change(self) -> None:
        """The device configuration has changed."""
        self._send(encode(BackendRequest.CONFIG_CHANGE_MSG, b""))

    def call(self, index: int) -> None:
        """A ring has used buffers."""
        self._calls[index] = None
        self._next()

    def replied(self) -> None:
        """The socket can be read: replies, of which only the number matters. One that breaks them is not read again."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, HEADER.size + MAX_PAYLOAD):
                self._replies = max(self._replies - len(data) // (HEADER.size + 8), 0)
            self.close()
            return
        self._next()

    def _next(self) -> None:
        if self._calls and not self._replies and self.fd != NO_FD:
            index = next(iter(self._calls))
            del self._calls[index]
            self._replies += self._send(encode(BackendRequest.VRING_CALL, VRING_STATE.pack(index, 0), F_NEED_REPLY))

    def _send(self, data: bytes) -> bool:
        if self.fd == NO_FD:
            return False
        try:
            return os.write(self.fd, data) == len(data)
        except OSError:  # full: a request like this one is in it; or closed, which the main socket tells too
            return False
