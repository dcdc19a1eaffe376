# SPDX-License-Identifier: Apache-2.0
"""One live run: two namespaces, the simulated card between them, and the commands that run on both sides."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ferrule.errors import FerruleError
from ferrule.live import tap
from ferrule.live.namespace import Namespace, ServerFailed

SERVER_IPV4, CLIENT_IPV4 = "10.77.0.1", "10.77.0.2"
SERVER_IPV6, CLIENT_IPV6 = "fd77::1", "fd77::2"
INTERFACE = "card0"  # of the card, as the server's kernel and ethtool call it
CARD_MAC = "52:54:00:fe:12:01"
START_TIMEOUT_S = 300.0  # the first start builds the simulator
ANSWER_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 60.0


class LiveError(FerruleError):
    """The live run could not start or broke; the message says what, where and what to do."""


@dataclass
class LiveSettings:
    """What the card, its driver and the two kernels are set to."""

    name: str = "live"
    device: str = "rtl"  # or "model"
    mtu: int = 1500
    checksum: bool = True
    tso: bool = True
    coalesce_packets: int = 0
    coalesce_usecs: int = 0
    data_width: int = 128
    wire_gbps: int = 10
    host_latency_ns: int = 500
    seed: int = 1
    capture: bool = True
    capture_host: bool = False
    waves: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def tap_offload(self) -> int:
        """What the server's kernel may leave to the card."""
        return tap.offload_mask(self.checksum, self.tso, self.tso, self.tso)


class LiveSession:
    """Open it, run commands in ``.server`` and ``.client``, ask for ``counters()``, close it; nothing stays behind."""

    def __init__(self, settings: LiveSettings, run_dir: Path) -> None:
        self.settings, self.run_dir = settings, run_dir
        self.result: dict[str, Any] | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._asking = threading.Lock()  # answers carry no name: one request at a time
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> LiveSession:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        settings = self.settings
        self.server = self._stack.enter_context(Namespace("server"))
        self.client = self._stack.enter_context(Namespace("client"))
        host_fd = self.server.make_tap(
            INTERFACE, vnet_hdr=True, offload=settings.tap_offload(), mac=CARD_MAC, mtu=settings.mtu,
            addresses=[f"{SERVER_IPV4}/24", f"{SERVER_IPV6}/64"],
        )  # fmt: skip
        self._stack.callback(os.close, host_fd)
        wire_fd = self.client.make_tap(
            "wire0", vnet_hdr=False, offload=0, mac=None, mtu=settings.mtu,
            addresses=[f"{CLIENT_IPV4}/24", f"{CLIENT_IPV6}/64"],
        )  # fmt: skip
        self._stack.callback(os.close, wire_fd)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._stack.callback(ours.close)
        fds = {"control_fd": theirs.fileno(), "host_fd": host_fd, "wire_fd": wire_fd}
        self._thread = threading.Thread(target=self._simulate, args=(theirs, fds), daemon=True)
        self._thread.start()
        self._answer(START_TIMEOUT_S)

    def _simulate(self, theirs: socket.socket, fds: dict[str, int]) -> None:
        from ferrule.live.simulate import simulate

        try:
            self.result = simulate(
                self.settings, fds, asdict(self.settings) | {"mac": CARD_MAC, "interface": INTERFACE}, self.run_dir
            )
        except BaseException as error:  # handed to the thread that waits for the simulator
            self._error = error
        finally:
            theirs.close()

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        """Next message from the simulator; raises LiveError when it ended or says nothing for ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if select.select([self._control], [], [], 0.2)[0]:
                data = self._control.recv(1 << 18)
                if data:
                    return json.loads(data)
                break
            if self._thread is None or not self._thread.is_alive():
                break
        if self._thread is not None:
            self._thread.join(5.0)
        if self._error is not None:
            raise self._error
        raise LiveError(f"the simulator said nothing for {timeout_s:.0f} s; its log is in {self.run_dir}")

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """Send a request to the simulated side and wait for its answer."""
        with self._asking:
            self._control.send(json.dumps({"op": op, **request}).encode())
            return self._answer(ANSWER_TIMEOUT_S)

    def counters(self) -> dict[str, int]:
        """All of the card's counters, at one instant, with ``sim_ns``."""
        return self.ask("counters")["counters"]

    def ethtool(self, verb: str, words: Sequence[str] = ()) -> str:
        """One of ethtool's command lines on the card; returns its text. Raises LiveError with what was wrong."""
        answer = self.ask("ethtool", verb=verb, words=list(words))
        if "error" in answer:
            raise LiveError(answer["error"])
        return answer["text"]

    def check(self) -> None:
        """Raise what ended the simulator, if it has ended."""
        if self._thread is not None and not self._thread.is_alive():
            raise self._error or LiveError(f"the simulator ended early; its log is in {self.run_dir}")

    def start_server(self, argv: Sequence[str], output: Path | None = None, timeout_s: float = 20.0) -> int:
        """Run a server and wait until it listens on a TCP port; raises LiveError if it ends or does not."""
        try:
            return self.server.serve(argv, output, timeout_s)
        except ServerFailed as error:
            raise LiveError(f"the server command {error}: {' '.join(argv)}") from error

    def run_client(self, argv: Sequence[str], output: Path | None = None, timeout_s: float = 300.0) -> int:
        """Run a command on the other end of the wire to its end; returns its exit status."""
        pid = self.client.run(argv, output)
        deadline = time.monotonic() + timeout_s
        while True:
            status = self.client.poll(pid, 0.1)
            if status is not None:
                return status
            self.check()
            if time.monotonic() > deadline:
                self.client.stop(pid)
                raise LiveError(f"the client command did not end within {timeout_s:.0f} s: {' '.join(argv)}")

    def close(self) -> None:
        """Stop the simulator in order (its captures are written), then everything else."""
        if self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"op": "stop"}).encode())
            self._thread.join(STOP_TIMEOUT_S)
        self._stack.close()
