# SPDX-License-Identifier: Apache-2.0
"""A vhost-user back end in a few lines, written from the protocol's text, for tests of the front end.

It shares nothing with the front end: messages are numbers and struct formats. It moves no frame; what it is told it
keeps, and an answer can be replaced by any other.
"""

from __future__ import annotations

import array
import os
import socket
import struct
import threading
from collections.abc import Callable

VERSION, REPLY, NEED_REPLY = 1, 4, 8
PROTOCOL_FEATURES, REPLY_ACK = 1 << 30, 1 << 3
GET_FEATURES, SET_FEATURES, SET_MEM_TABLE, GET_VRING_BASE = 1, 2, 5, 11
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_BACKEND_REQ_FD = 15, 16, 17, 21
GET_CONFIG, GET_INFLIGHT_FD, GET_MAX_MEM_SLOTS, ADD_MEM_REG, SET_STATUS, GET_STATUS = 24, 31, 36, 37, 39, 40
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR = 12, 13, 14

Answer = bytes | tuple[bytes, tuple[int, ...]] | None
"""A body, with file descriptors, or nothing at all."""


class BackEnd(threading.Thread):
    """Serves one connection until that is closed. ``front`` is the socket for the front end."""

    def __init__(self, features: int = 1 << 32 | PROTOCOL_FEATURES, protocol: int = 0, config: bytes = b"") -> None:
        super().__init__(daemon=True)
        self.front, self.socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.features, self.protocol, self.config = features, protocol, bytearray(config)
        self.accepted = self.status = 0
        self.log: list[tuple[int, int, bytes]] = []
        """(request, flags, body) of every message."""
        self.fds: dict[tuple[int, int], int] = {}
        """What came with a message, by its number and the ring's."""
        self.answers: dict[int, Callable[[bytes], Answer]] = {}
        """Replaced answers."""
        self.error: Exception | None = None

    def bodies(self, request: int) -> list[bytes]:
        """Of every message of this number."""
        return [body for number, _, body in self.log if number == request]

    def run(self) -> None:
        """Until the connection ends."""
        try:
            while message := self._receive():
                self._serve(*message)
        except OSError as error:
            self.error = error
        for fd in self.fds.values():
            os.close(fd)
        self.socket.close()

    def _receive(self) -> tuple[int, int, bytes, list[int]] | None:
        head, ancillary, _, _ = self.socket.recvmsg(12, socket.CMSG_LEN(8 * 4))
        if not head:
            return None
        fds = array.array("i")
        for _, _, data in ancillary:
            fds.frombytes(data)
        request, flags, size = struct.unpack("III", head)
        body = b""
        while len(body) < size:
            body += self.socket.recv(size - len(body))
        return request, flags, body, list(fds)

    def send(self, request: int, flags: int, body: bytes, fds: tuple[int, ...] = (), on: socket.socket | None = None):
        """Any message."""
        socket.send_fds(on or self.socket, [struct.pack("III", request, flags, len(body)) + body], fds)

    def _serve(self, request: int, flags: int, body: bytes, fds: list[int]) -> None:
        self.log.append((request, flags, body))
        for fd in fds:
            rings = (SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR)
            key = (request, struct.unpack("Q", body)[0] & 0xFF if request in rings else 0)
            if key in self.fds:
                os.close(self.fds.pop(key))
            self.fds[key] = fd
        if request == SET_PROTOCOL_FEATURES:
            (self.accepted,) = struct.unpack("Q", body)
        elif request == SET_STATUS:
            (self.status,) = struct.unpack("Q", body)
        replace = self.answers.get(request)
        answer = replace(body) if replace else self._answer(request, body)
        if answer is None and not replace and flags & NEED_REPLY:
            answer = struct.pack("Q", 0)
        if answer is not None:
            words, with_fds = answer if isinstance(answer, tuple) else (answer, ())
            self.send(request, VERSION | REPLY, words, with_fds)
            if not replace:
                for fd in with_fds:
                    os.close(fd)

    def _answer(self, request: int, body: bytes) -> Answer:
        numbers = {
            GET_FEATURES: self.features, GET_PROTOCOL_FEATURES: self.protocol, GET_QUEUE_NUM: 4,
            GET_MAX_MEM_SLOTS: 8, GET_STATUS: self.status,
        }  # fmt: skip
        if request in numbers:
            return struct.pack("Q", numbers[request])
        if request == GET_VRING_BASE:
            return struct.pack("II", struct.unpack("II", body)[0], 77)
        if request == GET_CONFIG:
            offset, size, _ = struct.unpack_from("III", body)
            return body[:12] + bytes(self.config[offset : offset + size])
        if request == GET_INFLIGHT_FD:
            fd = os.memfd_create("books")
            os.ftruncate(fd, 4096)
            return struct.pack("QQHH4x", 4096, 0, *struct.unpack_from("HH", body, 16)), (fd,)
        return None

    @property
    def requests(self) -> socket.socket:
        """The channel for requests of ours, a new object each time."""
        return socket.socket(fileno=os.dup(self.fds[SET_BACKEND_REQ_FD, 0]))

    def ask(self, request: int, flags: int = VERSION | NEED_REPLY, fds: tuple[int, ...] = ()) -> int | None:
        """Send the front end a request; its answer, if it has to give one."""
        with self.requests as channel:
            channel.settimeout(5)
            self.send(request, flags, b"", fds, channel)
            if not flags & NEED_REPLY:
                return None
            number, answer_flags, size, value = struct.unpack("=IIIQ", channel.recv(20))
            assert (number, answer_flags, size) == (request, VERSION | REPLY, 8)
            return value
