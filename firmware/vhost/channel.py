# SPDX-License-Identifier: Apache-2.0
"""The socket to a front end: messages in as they become whole, replies out; it never waits for a slow peer."""

from __future__ import annotations

import contextlib
import os
import socket

from .backend import Answer
from .message import Message, VhostError, reply
from .protocol import HEADER, MAX_FDS, MAX_PAYLOAD, U64


class Channel:
    """Takes over the socket. A message is never read past its end, so descriptors stay with theirs."""

    def __init__(self, stream: socket.socket) -> None:
        stream.setblocking(False)
        self._socket = stream
        self._bytes = b""
        self._fds: list[int] = []

    def fileno(self) -> int:
        """To wait for."""
        return self._socket.fileno()

    def receive(self) -> Message | None:
        """The next whole message, None: not yet. Raises VhostError, EOFError when the front end has gone."""
        while True:
            missing = self._missing()
            if not missing:
                request, flags, _ = HEADER.unpack_from(self._bytes)
                message = Message(request, flags, self._bytes[HEADER.size :], self._fds)
                self._bytes, self._fds = b"", []
                return message
            try:
                data, fds, flags, _ = socket.recv_fds(self._socket, missing, MAX_FDS)
            except BlockingIOError:
                return None
            except OSError as error:
                raise EOFError from error
            self._fds += fds
            if flags & socket.MSG_CTRUNC or len(self._fds) > MAX_FDS:
                raise VhostError(f"a message came with more than {MAX_FDS} descriptors")
            if not data:
                raise EOFError
            self._bytes += data

    def _missing(self) -> int:
        """Bytes until the message is whole."""
        if len(self._bytes) < HEADER.size:
            return HEADER.size - len(self._bytes)
        request, _, size = HEADER.unpack_from(self._bytes)
        if size > MAX_PAYLOAD:
            raise VhostError(f"{Message(request, 0).name}: a payload of {size} bytes, at most {MAX_PAYLOAD} are taken")
        return HEADER.size + size - len(self._bytes)

    def send(self, message: Message, answer: Answer) -> None:
        """Reply to a message. Raises VhostError: the front end does not read its answers, or has gone."""
        data = reply(message, answer.payload)
        try:
            sent = socket.send_fds(self._socket, [data], answer.fds) if answer.fds else self._socket.send(data)
        except OSError as error:
            raise VhostError(f"{message.name}: the reply cannot be sent: {error.strerror}") from error
        finally:
            for fd in answer.fds:
                os.close(fd)
        if sent != len(data):
            raise VhostError(f"{message.name}: the front end does not read its replies")

    def refuse(self, message: Message) -> None:
        """Say of a message that asked for it that it failed."""
        with contextlib.suppress(OSError):
            self._socket.send(reply(message, U64.pack(1)))

    def close(self) -> None:
        """End the connection."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []
        with contextlib.suppress(OSError):
            self._socket.close()
