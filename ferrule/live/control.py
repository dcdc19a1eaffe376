# SPDX-License-Identifier: Apache-2.0
"""The control socket of a running ``ferrule serve``: one request and one answer, a line of JSON each, a connection."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ferrule.errors import FerruleError
from testbench.lib.errors import SimulationError

NAME = "control.sock"
LONGEST_REQUEST, LONGEST_ANSWER = 4096, 1 << 20
REQUEST_TIMEOUT_S = 2.0  # for the line to arrive: one client at a time is heard
ANSWER_TIMEOUT_S = 60.0

Handler = Callable[[str, Sequence[str]], str]


class ControlError(FerruleError):
    """No run answers, or it refuses; the message says which."""


@contextlib.contextmanager
def _short(path: Path):
    """Another name of ``path``, through a descriptor of its folder: addresses of sockets hold 107 bytes."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _line(connection: socket.socket, limit: int) -> bytes:
    """Bytes up to the end of the line or of the stream; ValueError beyond ``limit``."""
    data = b""
    while b"\n" not in data:
        part = connection.recv(4096)
        if not part:
            break
        data += part
        if len(data) > limit:
            raise ValueError(f"more than {limit} bytes")
    return data


def _parse(data: bytes) -> tuple[str, list[str]]:
    """Verb and words of a request; ValueError if it is none."""
    try:
        request = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(request, dict) or set(request) != {"op", "verb", "words"} or request["op"] != "ethtool":
        raise ValueError('expected an object with "op": "ethtool", "verb" and "words"')
    verb, words = request["verb"], request["words"]
    if not isinstance(verb, str) or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError('expected "verb" to be a string and "words" a list of strings')
    return verb, words


class ControlSocket:
    """Listens at ``path`` while open, for the owner only; ``handle(verb, words)`` gives the text or FerruleError."""

    def __init__(self, path: Path, handle: Handler) -> None:
        self.path, self._handle = path, handle
        self._closing = False

    def __enter__(self) -> ControlSocket:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(os.lstat(self.path).st_mode):
                raise ControlError(f"{self.path} is in the way of the control socket: remove it")
            if _answers(self.path):
                raise ControlError(f"another run is using {self.path.parent}: give this one a folder with --out")
            self.path.unlink()  # of a run that was killed
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(self._listener.fileno(), 0o600)  # the file gets this mode, so it is never open to others
            with _short(self.path) as name:
                self._listener.bind(name)
            self._listener.listen(8)
        except OSError as error:
            self._listener.close()
            raise ControlError(f"cannot listen on {self.path}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        self._thread.join(2 * REQUEST_TIMEOUT_S)
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._closing:
                    return
                continue
            with connection, contextlib.suppress(OSError):  # the client is gone
                connection.settimeout(REQUEST_TIMEOUT_S)
                connection.sendall(json.dumps(self._answer(connection)).encode() + b"\n")

    def _answer(self, connection: socket.socket) -> dict[str, str]:
        try:
            verb, words = _parse(_line(connection, LONGEST_REQUEST))
        except TimeoutError:
            return {"error": f"no request came within {REQUEST_TIMEOUT_S:g} s"}
        except ValueError as error:
            return {"error": f"malformed request: {error}"}
        try:
            return {"text": self._handle(verb, words)}
        except (FerruleError, SimulationError, OSError, ValueError) as error:  # the last two: it is being closed
            return {"error": str(error)}


def _answers(path: Path) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, _short(path) as name:
        probe.settimeout(REQUEST_TIMEOUT_S)
        return probe.connect_ex(name) == 0


def request(run_dir: Path, verb: str, words: Sequence[str]) -> str:
    """Ask the run in ``run_dir``; returns its text. Raises ControlError."""
    path = run_dir / NAME
    message: dict[str, Any] = {"op": "ethtool", "verb": verb, "words": list(words)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            with _short(path) as name:
                connection.connect(name)
        except PermissionError as error:
            raise ControlError(f"{path} belongs to another user") from error
        except OSError as error:
            raise ControlError(
                f"no run in {run_dir}: start one with 'ferrule serve', or name its folder with --run"
            ) from error
        try:
            connection.sendall(json.dumps(message).encode() + b"\n")
            answer = json.loads(_line(connection, LONGEST_ANSWER))
        except (OSError, ValueError) as error:
            raise ControlError(f"the run in {run_dir} ended or gave no answer: {error}") from error
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer["text"]
