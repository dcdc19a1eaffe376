# SPDX-License-Identifier: Apache-2.0
"""A network namespace as an object: make its TAP, run commands in it, and leave nothing behind on exit."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ferrule.errors import FerruleError

ANSWER_TIMEOUT_S = 15.0


class NamespaceError(FerruleError):
    """The namespace, its interface or a command in it failed; the message says why and what to do."""


class ServerFailed(FerruleError):
    """A server "ended with status N" or "listens on no TCP port after N s"; who started it says which."""


class Namespace:
    """An anonymous network (and process) namespace; it exists exactly as long as this object is open."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.exited: dict[int, int] = {}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock = ours
        self._agent = subprocess.Popen(
            [sys.executable, "-m", "ferrule.live.agent", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip
        theirs.close()
        try:
            self._answer()
        except NamespaceError:
            self.close()
            raise

    def _receive(self, timeout_s: float) -> tuple[dict[str, Any], int | None] | None:
        if not select.select([self._sock], [], [], timeout_s)[0]:
            return None
        data, fds, _, _ = socket.recv_fds(self._sock, 1 << 16, 1)
        if not data:
            raise NamespaceError(f"the {self.label} namespace's process ended unexpectedly")
        return json.loads(data), (fds[0] if fds else None)

    def _answer(self) -> tuple[dict[str, Any], int | None]:
        """Next answer; notes ends of commands that come in between."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            received = self._receive(max(0.0, deadline - time.monotonic()))
            if received is None:
                raise NamespaceError(f"the {self.label} namespace did not answer within {ANSWER_TIMEOUT_S:.0f} s")
            message, fd = received
            if "exited" in message:
                self.exited[message["exited"]] = message["status"]
            elif "error" in message:
                raise NamespaceError(f"{self.label}: {message['error']}")
            else:
                return message, fd

    def _ask(self, **request: Any) -> tuple[dict[str, Any], int | None]:
        self._sock.send(json.dumps(request).encode())
        return self._answer()

    def make_tap(
        self, name: str, *, vnet_hdr: bool, offload: int, mac: str | None, mtu: int, addresses: Sequence[str]
    ) -> int:
        """Create and configure the namespace's interface; returns the descriptor of its far end."""
        _, fd = self._ask(
            op="tap", name=name, vnet_hdr=vnet_hdr, offload=offload, mac=mac, mtu=mtu, addresses=list(addresses)
        )
        if fd is None:
            raise NamespaceError(f"{self.label}: no descriptor came with interface {name}")
        return fd

    def run(self, argv: Sequence[str], output: Path | None = None) -> int:
        """Start a command in the namespace; returns its number there."""
        message, _ = self._ask(op="run", argv=list(argv), output=str(output) if output else None)
        return int(message["pid"])

    def poll(self, pid: int, timeout_s: float = 0.0) -> int | None:
        """Exit status of a command (negative: signal), or None while it runs."""
        if pid not in self.exited:
            received = self._receive(timeout_s)
            if received and "exited" in received[0]:
                self.exited[received[0]["exited"]] = received[0]["status"]
        return self.exited.get(pid)

    def stop(self, pid: int, grace_s: float = 2.0) -> None:
        """End a command: SIGTERM, then SIGKILL."""
        for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 2.0)):
            if self.poll(pid) is not None:
                return
            self._ask(op="signal", pid=pid, signal=int(number))
            deadline = time.monotonic() + patience_s
            while self.poll(pid, 0.1) is None and time.monotonic() < deadline:
                pass

    def listening(self) -> bool:
        """Somebody in the namespace listens on a TCP port."""
        return bool(self._ask(op="listening")[0]["listening"])

    def serve(self, argv: Sequence[str], output: Path | None, timeout_s: float) -> int:
        """Run a server and wait until it listens on a TCP port; returns its number. Raises ServerFailed."""
        pid = self.run(argv, output)
        deadline = time.monotonic() + timeout_s
        while not self.listening():
            status = self.poll(pid, 0.05)
            if status not in (None, 0):  # 0: it has put itself into the background
                raise ServerFailed(f"ended with status {status}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"listens on no TCP port after {timeout_s:g} s")
        return pid

    def close(self) -> None:
        """End every process in the namespace; its interfaces go with it."""
        self._sock.close()
        try:
            self._agent.wait(3.0)
        except subprocess.TimeoutExpired:
            os.kill(self._agent.pid, signal.SIGKILL)
            self._agent.wait()

    def __enter__(self) -> Namespace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
