# SPDX-License-Identifier: Apache-2.0
"""``ferrule serve``: any server command behind the card, in a namespace whose only interface it is."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import time
from pathlib import Path

from rich.console import Console

from ferrule.live.control import NAME, ControlSocket
from ferrule.live.session import CLIENT_IPV4, SERVER_IPV4, SERVER_IPV6, LiveError, LiveSession, LiveSettings


class Interrupted(Exception):
    """The user asked to stop (Ctrl-C or SIGTERM)."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def serve(settings: LiveSettings, server: list[str], client: str | None, run_dir: Path) -> int:
    """Run ``server`` behind the card until it ends, the client ends, or Ctrl-C; returns the exit status."""
    console = Console(stderr=True)
    for command in (server, shlex.split(client) if client else None):
        if (
            command is not None
            and shutil.which(command[0], path=None) is None
            and shutil.which(command[0], path="/usr/sbin:/sbin") is None
        ):
            raise LiveError(f"command not found: {command[0]}")
    run_dir.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    status = 0
    with contextlib.suppress(Interrupted):
        hint = " (the first start builds its simulator)" if settings.device == "rtl" else ""
        with console.status(f"starting the card{hint}"):
            session = LiveSession(settings, run_dir).__enter__()
        try:
            with ControlSocket(run_dir / NAME, session.ethtool):
                status = _attend(session, server, client, console)
        except Interrupted:
            console.print("stopping")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            session.close()
        if session.result is not None:
            console.print(f"the run's record is in {run_dir}")
    return status


def _attend(session: LiveSession, server: list[str], client: str | None, console: Console) -> int:
    pid = session.start_server(server)
    console.print(
        f"serving on {SERVER_IPV4} and {SERVER_IPV6} behind the card; the other end of the wire is {CLIENT_IPV4}"
    )
    if client:
        return session.run_client(shlex.split(client), timeout_s=float("inf"))
    while True:
        session.check()
        ended = session.server.poll(pid, 0.5)
        if ended not in (None, 0):
            return ended if ended > 0 else 128 - ended
        if ended == 0:
            if not session.server.listening():
                return 0
            time.sleep(0.5)
