# SPDX-License-Identifier: Apache-2.0
"""``ferrule guest``: a stock Linux kernel whose only interface is the card, for one command or with a shell."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ferrule.guest.errors import CommandTimeout, GuestError
from ferrule.guest.packages import require
from ferrule.guest.session import FAR_IPV4, FAR_IPV6, GuestSession, SessionSettings
from ferrule.guest.terminal import attend

SHOWN = ("tx_frames", "tx_super_frames", "tx_segments", "rx_frames", "rx_drop_no_buffer", "vq_kicks", "irq_messages")
TIMED_OUT = 124  # as the program "timeout" tells it


class Interrupted(Exception):
    """The user asked to stop (Ctrl-C or SIGTERM)."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def guest(settings: SessionSettings, command: list[str], timeout_s: float | None, run_dir: Path) -> int:
    """Run the command in the first guest, or a shell if there is none; returns its exit status."""
    require("linux.uml", "insmod", "ip")
    if not command and not sys.stdin.isatty():
        raise GuestError("no command, and the input is no terminal for a shell: give a command after '--'")
    console = Console(stderr=True)
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:8.2f} s[/dim]  {text}", highlight=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    session = GuestSession(settings, run_dir, say)
    status = 128 + signal.SIGINT
    try:
        with console.status("starting (the first start with the RTL builds its simulator)"):
            session.__enter__()
        say(f"the other end of the wire is {FAR_IPV4} and {FAR_IPV6}")
        status = _shell(session, say) if not command else _command(session, command, timeout_s)
    except Interrupted:
        say("stopping")
    except CommandTimeout:
        console.print(f"the command did not end within {timeout_s:g} s and was killed")
        status = TIMED_OUT
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        session.close()
    if session.records:
        console.print(_table(session.records))
        record = {"settings": asdict(settings), "command": command, "status": status, "cards": session.records}
        (run_dir / "guest.json").write_text(json.dumps(record, indent=1) + "\n")
        console.print(f"the run's record is in {run_dir}")
    return status


def _command(session: GuestSession, command: list[str], timeout_s: float | None) -> int:
    def show(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    text = f"cd {shlex.quote(str(Path.cwd()))} 2>/dev/null\n{shlex.join(command)}"
    return session.run(text, timeout_s, show).status


def _shell(session: GuestSession, say: Callable[[str], None]) -> int:
    say("a shell of the guest; leave it with 'exit'")
    return attend(session.guests[0])


def _table(records: list[dict]) -> Table:
    table = Table("counter", *(f"card {number}" for number in range(1, len(records) + 1)))
    for name in SHOWN:
        table.add_row(name, *(f"{record['counters'][name]:,}" for record in records))
    return table
