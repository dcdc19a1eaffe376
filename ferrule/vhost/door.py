# SPDX-License-Identifier: Apache-2.0
"""How front ends come to the card: they call where it listens, or it calls where one listens, again and again."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path
from typing import Protocol

from ferrule.errors import FerruleError

WAITING = 4


class Door(Protocol):
    """Where the next front end comes from."""

    def fds(self) -> list[int]:
        """To wait for."""

    def visitor(self, occupied: bool) -> socket.socket | None:
        """A front end that is there, or None; with the card ``occupied`` by another one it is sent away."""


class Listening:
    """Front ends call."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener

    def fds(self) -> list[int]:
        """The listening socket."""
        return [self._listener.fileno()]

    def visitor(self, occupied: bool) -> socket.socket | None:
        """Whoever has called."""
        try:
            stream, _ = self._listener.accept()
        except BlockingIOError:
            return None
        if occupied:
            stream.close()
            return None
        return stream


class Calling:
    """A front end listens, and the card calls it whenever it has none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fds(self) -> list[int]:
        """Nothing to wait for: every wait of a live run ends by itself, and then the call is made again."""
        return []

    def visitor(self, occupied: bool) -> socket.socket | None:
        """Whoever answers."""
        if occupied:
            return None
        stream = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            stream.connect(str(self._path))
            return stream
        stream.close()
        return None


def listen_at(path: Path) -> socket.socket:
    """A listening socket at this path; one that nobody listens at is replaced. Raises FerruleError."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            if not probe.connect_ex(str(path)):
                raise FerruleError(f"--socket {path}: somebody listens there already; stop it, or take another path")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        what = "the path is too long for a socket" if error.errno is None else os.strerror(error.errno)
        if error.errno == errno.EADDRINUSE:
            what = "there is something else than a socket"
        raise FerruleError(f"--socket {path}: {what}") from error
    return listener
