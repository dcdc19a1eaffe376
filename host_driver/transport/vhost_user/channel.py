# SPDX-License-Identifier: Apache-2.0
"""Messages with file descriptors over a Unix stream socket; every wait has a limit."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BackEndGone, BackEndTimeout, ProtocolError
from .protocol import FLAG_NEED_REPLY, FLAG_REPLY, HEADER, MAX_FDS, VERSION, VERSION_MASK, name_of

TIMEOUT_S = 2.0
RETRY_S = 0.02
LONGEST_BODY = 1 << 16  # far beyond any message of the protocol: more means that we read out of step
FDS_HEARD = 2 * MAX_FDS  # so that a message with too many is seen as such


@dataclass(frozen=True)
class Message:
    """One message as it was received. Whoever takes it owns its file descriptors."""

    request: int
    flags: int
    body: bytes = b""
    fds: tuple[int, ...] = ()

    @property
    def is_reply(self) -> bool:
        """Answers a request."""
        return bool(self.flags & FLAG_REPLY)

    @property
    def needs_reply(self) -> bool:
        """Its sender waits for an answer."""
        return bool(self.flags & FLAG_NEED_REPLY)

    def close_fds(self) -> None:
        """Close what came with it."""
        for fd in self.fds:
            os.close(fd)


class Channel:
    """Either end of a connection. Anything at all can be sent, so that tests can."""

    def __init__(self, sock: socket.socket, timeout_s: float = TIMEOUT_S) -> None:
        self.socket, self.timeout_s = sock, timeout_s
        sock.settimeout(timeout_s)

    @classmethod
    def connect(cls, path: str | Path, timeout_s: float = TIMEOUT_S) -> Channel:
        """Connect to a back end that listens, or will within the limit."""
        deadline = time.monotonic() + timeout_s
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(str(path))
                return cls(sock, timeout_s)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                sock.close()
                if time.monotonic() > deadline:
                    raise BackEndTimeout(f"{path}: no back end listens there after {timeout_s:g} s ({error})") from None
                time.sleep(RETRY_S)
            except OSError as error:
                sock.close()
                raise BackEndGone(f"{path}: cannot connect ({error})") from error

    @classmethod
    def accept(cls, path: str | Path, timeout_s: float = TIMEOUT_S) -> Channel:
        """Listen, for a back end that is the one to connect; the socket file is gone afterwards."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            try:
                listener.bind(str(path))
            except OSError as error:
                raise BackEndGone(f"{path}: cannot listen there ({error})") from error
            try:
                listener.listen(1)
                listener.settimeout(timeout_s)
                return cls(listener.accept()[0], timeout_s)
            except TimeoutError:
                raise BackEndTimeout(f"{path}: no back end has connected after {timeout_s:g} s") from None
            finally:
                Path(path).unlink()

    def fileno(self) -> int:
        """For ``poll``."""
        return self.socket.fileno()

    def send_raw(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """Any bytes at all."""
        try:
            sent = socket.send_fds(self.socket, [data], list(fds)) if fds else self.socket.send(data)
            if sent < len(data):
                self.socket.sendall(data[sent:])
        except TimeoutError:
            raise BackEndTimeout(f"the peer has not taken {len(data)} bytes within {self.timeout_s:g} s") from None
        except OSError as error:
            raise BackEndGone(f"the peer has closed the connection ({error})") from error

    def send(
        self,
        request: int,
        body: bytes = b"",
        fds: Sequence[int] = (),
        flags: int = VERSION,
        size: int | None = None,
    ) -> None:
        """One message; ``size`` other than the body's is for tests."""
        self.send_raw(HEADER.pack(request, flags, len(body) if size is None else size) + body, fds)

    def reply(self, message: Message, body: bytes, fds: Sequence[int] = ()) -> None:
        """Answer a request."""
        self.send(message.request, body, fds, VERSION | FLAG_REPLY)

    def receive(self, what: str = "a message", timeout_s: float | None = None) -> Message:
        """The next message, within the limit. ``what`` is said when none comes."""
        limit = self.timeout_s if timeout_s is None else timeout_s
        deadline = time.monotonic() + limit
        fds: list[int] = []
        try:
            head = self._exactly(HEADER.size, deadline, fds)
            request, flags, size = HEADER.unpack(head)
            if flags & VERSION_MASK != VERSION:
                raise ProtocolError(f"{name_of(request)}: version {flags & VERSION_MASK} in its flags, not {VERSION}")
            if size > LONGEST_BODY:
                raise ProtocolError(f"{name_of(request)} with a body of {size} bytes")
            message = Message(request, flags, self._exactly(size, deadline, fds), tuple(fds))
            fds = []
            return message
        except TimeoutError:
            raise BackEndTimeout(f"{what} has not come within {limit:g} s") from None
        except OSError as error:
            raise BackEndGone(f"the peer has closed the connection where {what} was expected ({error})") from error
        finally:
            for fd in fds:
                os.close(fd)

    def _exactly(self, size: int, deadline: float, fds: list[int]) -> bytes:
        data = b""
        try:
            while len(data) < size:
                self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
                part, more_fds, flags, _ = socket.recv_fds(
                    self.socket, size - len(data), FDS_HEARD, socket.MSG_CMSG_CLOEXEC
                )
                fds += more_fds
                if flags & socket.MSG_CTRUNC or len(fds) > MAX_FDS:
                    raise ProtocolError(f"a message with more than {MAX_FDS} file descriptors")
                if not part:
                    raise BackEndGone(f"the peer has closed the connection after {len(data)} of {size} bytes")
                data += part
            return data
        finally:
            self.socket.settimeout(self.timeout_s)

    def closes(self, timeout_s: float | None = None) -> bool:
        """Whether the peer closes the connection within the limit; what it still sends is thrown away."""
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while True:
            try:
                self.receive(timeout_s=max(deadline - time.monotonic(), 0)).close_fds()
            except BackEndGone:
                return True
            except BackEndTimeout:
                return False

    def close(self) -> None:
        """Close it."""
        self.socket.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
