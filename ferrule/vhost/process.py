# SPDX-License-Identifier: Apache-2.0
"""The process of one card behind a vhost-user socket, as its owner sees it: started, asked for its record, stopped."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ferrule.errors import FerruleError
from ferrule.vhost.door import listen_at
from ferrule.vhost.settings import VhostSettings
from testbench.lib.config import HostConfig, WireConfig
from testbench.lib.runtime import run_simulation
from testbench.lib.sim_build import build_simulator

START_TIMEOUT_S = 120.0
ANSWER_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 60.0
WALL_LIMIT_S = 7 * 24 * 3600.0


class VhostError(FerruleError):
    """The card could not start or ended early; the message says what, where and what to do."""


class VhostCard:
    """``start``, give ``path`` to a front end, ``record``, ``stop``. A context: nothing of it stays behind."""

    def __init__(
        self, path: Path, settings: VhostSettings, run_dir: Path, wire_fd: int = -1, joined: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """``wire_fd``: where frames come from and go to, one each read and write, another card if ``joined``.

        The caller closes it. ``say`` is told in words what happens, in a thread of its own.
        """
        self.path, self.settings, self.run_dir = path, settings, run_dir
        self._wire_fd, self._joined, self._say = wire_fd, joined, say
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._asking = threading.Lock()  # answers carry no name: one request at a time
        self._stack = contextlib.ExitStack()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self.result: dict[str, Any] | None = None

    def __enter__(self) -> VhostCard:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Build the simulator if need be, listen, and wait until the card is there."""
        self.settings.withheld()  # wrong settings are told here, not from the card's process
        self.settings.address()
        if self.settings.device == "rtl":
            build_simulator(self.settings.card(), self.settings.with_waves)
        listen_fd = -1
        if not self.settings.client:
            listen_fd = self._stack.enter_context(listen_at(self.path)).fileno()
            self._stack.callback(self.path.unlink, missing_ok=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = self._stack.enter_context(ours)
        fds = {"control_fd": theirs.fileno(), "listen_fd": listen_fd, "wire_fd": self._wire_fd}
        self._thread = threading.Thread(target=self._simulate, args=(theirs, fds), daemon=True)
        self._thread.start()
        threading.Thread(target=self._listen, daemon=True).start()
        self._next(START_TIMEOUT_S)

    def _simulate(self, theirs: socket.socket, fds: dict[str, int]) -> None:
        settings = self.settings
        try:
            self.result = run_simulation(
                "ferrule.vhost.server:run",
                card=settings.card(),
                host=HostConfig(latency_ns=settings.host_latency_ns, memory_size=0),
                wire=WireConfig(
                    gbps=settings.wire_gbps, loopback=settings.loopback, capture="full" if settings.capture else "off"
                ),
                args={
                    "settings": asdict(settings),
                    **fds,
                    "joined": self._joined,
                    "out": str(self.run_dir),
                    "path": str(self.path.absolute()),
                },
                run_dir=self.run_dir,
                waves=settings.with_waves,
                wall_limit_s=WALL_LIMIT_S,
                capture_file=settings.capture,
                pass_fds=[fd for fd in fds.values() if fd >= 0],
                own_session=True,
                device=settings.device,
            )
        except BaseException as error:  # handed to the thread that waits for the card
            self._error = error
        finally:
            theirs.close()

    def _listen(self) -> None:
        """Sort what the card says: events to ``say``, answers to whoever asked."""
        with contextlib.suppress(OSError):
            while data := self._control.recv(1 << 18):
                message = json.loads(data)
                if "event" in message:
                    self._say(message["event"])
                else:
                    self._answers.put(message)
        self._answers.put(None)

    def _next(self, timeout_s: float) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise VhostError(f"the card said nothing for {timeout_s:.0f} s; its log is in {self.run_dir}") from None
        if answer is None:
            self.check()
            raise VhostError(f"the card has ended; its log is in {self.run_dir}")
        return answer

    def check(self) -> None:
        """Raise what ended the card, if it has ended."""
        thread = self._thread
        if thread is None or self._control.fileno() < 0:
            raise VhostError("the card is not there: start it first")
        if self._error is None and thread.is_alive():
            return
        thread.join(5.0)
        raise self._error or VhostError(f"the card has ended; its log is in {self.run_dir}")

    def record(self) -> dict[str, Any]:
        """Counters, features and rings as they are now (``Server.record``)."""
        return self._ask("record")["record"]

    def dump_rings(self) -> None:
        """Have the rings written down as they are now, for ``ferrule rings``."""
        self._ask("rings")

    def _ask(self, op: str) -> dict[str, Any]:
        with self._asking:
            self._control.send(json.dumps({"op": op}).encode())
            return self._next(ANSWER_TIMEOUT_S)

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], what: str, timeout_s: float) -> dict[str, Any]:
        """Ask until the record meets a condition. Raises VhostError saying ``what`` did not come."""
        end = time.monotonic() + timeout_s
        while not condition(record := self.record()):
            if time.monotonic() > end:
                raise VhostError(f"{what}: not within {timeout_s:.0f} s; last record {record}")
            time.sleep(0.05)
        return record

    def stop(self) -> None:
        """Switch the card off; ``result`` is its last record."""
        if self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"op": "stop"}).encode())
            self._thread.join(STOP_TIMEOUT_S)
        self._stack.close()
