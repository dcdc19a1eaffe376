# SPDX-License-Identifier: Apache-2.0
"""A run with guests: cards, guests, and a server on the other end of the wire."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ferrule.errors import FerruleError
from ferrule.guest.cards import Cards
from ferrule.guest.errors import GuestError
from ferrule.guest.guest import Guest, GuestSettings
from ferrule.guest.line import Result
from ferrule.guest.servers import default_server
from ferrule.guest.uml import UmlGuest
from ferrule.live.namespace import Namespace, NamespaceError, ServerFailed
from ferrule.vhost.settings import VhostSettings

FAR_IPV4, FAR_IPV6 = "10.78.0.2", "fd78::2"  # also of the second guest: the same commands find the server there
SERVER_START_S = 30.0
LISTENING = "grep -qs ' 0A ' /proc/net/tcp /proc/net/tcp6"


@dataclass(frozen=True)
class SessionSettings:
    """How many guests, what they are, and what the second one or its substitute serves."""

    guests: int = 1  # or 2
    mtu: int = 1500
    memory_mb: int = 192
    server: str | None = None  # shell command; None: the default server; "": none
    card: VhostSettings = field(default_factory=VhostSettings)


class GuestSession:
    """Open it, ``run`` commands, close it; ``cards.records`` is then what the cards have counted.

    With one guest the other end of the wire is a network namespace of this host. ``run_dir`` gets the consoles, the
    server's log, and a folder for each card.
    """

    def __init__(self, settings: SessionSettings, run_dir: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.settings, self.run_dir, self._say = settings, run_dir.resolve(), say
        self.guests: list[Guest] = []
        self.records: list[dict[str, Any]] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> GuestSession:
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
        self.run_dir.mkdir(parents=True, exist_ok=True)
        server = default_server(self.run_dir)[0] if settings.server is None else settings.server
        wire_fd, far = -1, None
        if settings.guests == 1:
            far, wire_fd = self._far_end()
        self.cards = self._stack.enter_context(Cards(settings.guests, settings.card, self.run_dir, wire_fd, self._say))
        for number, path in enumerate(self.cards.paths, 1):
            guest = UmlGuest(GuestSettings(number, path, settings.mtu, settings.memory_mb), self.run_dir)
            self._stack.callback(guest.stop)
            self.guests.append(guest)
        with ThreadPoolExecutor(len(self.guests)) as pool:
            list(pool.map(self._boot, self.guests))
        if server:
            self._serve_in_namespace(far, server) if far else self._serve_in_guest(server)

    def _boot(self, guest: Guest) -> None:
        started = time.monotonic()
        guest.start()
        self._say(f"{guest.name} is up after {time.monotonic() - started:.1f} s, {guest.settings.ipv4}")

    def _far_end(self) -> tuple[Namespace, int]:
        try:
            far = self._stack.enter_context(Namespace("far end"))
            fd = far.make_tap(
                "wire0", vnet_hdr=False, offload=0, mac=None, mtu=self.settings.mtu,
                addresses=[f"{FAR_IPV4}/24", f"{FAR_IPV6}/64"],
            )  # fmt: skip
        except NamespaceError as error:
            raise NamespaceError(f"{error}; or take --guests 2, which needs no network namespace") from error
        self._stack.callback(os.close, fd)
        return far, fd

    def _serve_in_namespace(self, far: Namespace, server: str) -> None:
        try:
            far.serve(["sh", "-c", server], self.run_dir / "server.log", SERVER_START_S)
        except ServerFailed as error:
            raise self._no_server(str(error)) from error

    def _serve_in_guest(self, server: str) -> None:
        log = shlex.quote(str(self.run_dir / "server.log"))
        attempts = int(SERVER_START_S / 0.1)
        status, _ = self.guests[1].run(
            f"sh -c {shlex.quote(server)} >{log} 2>&1 & pid=$!\n"
            f"for attempt in $(seq {attempts}); do {LISTENING} && exit; kill -0 $pid || break; sleep 0.1; done\n"
            f"wait $pid",
            SERVER_START_S + 30.0,
        )
        if status:
            raise self._no_server(f"ended with status {status}")

    def _no_server(self, what: str) -> GuestError:
        log = self.run_dir / "server.log"
        words = "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""
        return GuestError(f"the server on the other end {what}: {self.settings.server or 'default server'}\n{words}")

    def run(
        self, command: str | Sequence[str], timeout_s: float | None = 60.0, show: Callable[[bytes], None] | None = None
    ) -> Result:
        """``Guest.run`` in the first guest; where its card has ended, that is the error that is raised."""
        try:
            return self.guests[0].run(command, timeout_s, show)
        except GuestError:
            self.cards.check()
            raise

    def close(self) -> None:
        """Power everything off; nothing stays behind. ``records`` is what each card had to say before."""
        with contextlib.suppress(FerruleError, OSError, AttributeError):  # it may not have come so far
            self.records = self.cards.record()
        self._stack.close()
