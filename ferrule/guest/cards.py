# SPDX-License-Identifier: Apache-2.0
"""The cards of a run with guests: one behind a vhost-user socket for each guest, and what is on their wire."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings

MAC_PREFIX = "52:54:00:fe:78"  # the last byte is the guest's number


def mac(number: int) -> str:
    """Address of a guest's card."""
    return f"{MAC_PREFIX}:{number:02x}"


class Cards:
    """``start``; then ``paths`` are the sockets, one a guest, ``record`` is what each card says of itself; ``stop``.

    With one card, frames come from and go to ``wire_fd`` (-1: nowhere); two are joined by their wire. A context.
    """

    def __init__(
        self, count: int, settings: VhostSettings, run_dir: Path, wire_fd: int = -1,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._count, self._settings, self._run_dir, self._wire_fd, self._say = count, settings, run_dir, wire_fd, say
        self._cards: list[VhostCard] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Cards:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Switch the cards on."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ferrule-")))
        joined = self._count == 2
        fds = [self._wire_fd]
        if joined:
            ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in ends:
                end.setblocking(False)
            fds = [self._stack.enter_context(end).fileno() for end in ends]
        for number, fd in enumerate(fds, 1):
            run_dir = self._run_dir / f"card{number}"
            run_dir.mkdir(parents=True, exist_ok=True)
            said = partial(self._speak, number)
            settings = replace(self._settings, mac=mac(number))
            card = VhostCard(folder / f"card{number}", settings, run_dir, fd, joined, said)
            self._cards.append(card)
            card.start()

    def _speak(self, number: int, text: str) -> None:
        self._say(f"card {number}: {text}")

    @property
    def paths(self) -> list[Path]:
        """Where each card listens, in the order of the guests."""
        return [card.path for card in self._cards]

    def record(self) -> list[dict[str, Any]]:
        """What each card has to say now: counters, negotiated features, rings."""
        return [card.record() for card in self._cards]

    def check(self) -> None:
        """Raise what ended a card, if one has ended."""
        for card in self._cards:
            card.check()

    def stop(self) -> None:
        """Switch the cards off; may be called again."""
        for card in self._cards:
            card.stop()
        self._stack.close()
