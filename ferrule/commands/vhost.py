# SPDX-License-Identifier: Apache-2.0
"""``ferrule vhost``: the card as a vhost-user back end, until it is told to stop."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ferrule.errors import FerruleError
from ferrule.live.control import NAME, ControlSocket
from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings
from ferrule.vhost.wire import wire_end

SHOWN = ("tx_frames", "tx_super_frames", "tx_segments", "rx_frames", "rx_drop_no_buffer", "vq_kicks", "irq_messages")


def vhost(path: Path, settings: VhostSettings, wire: str, out: Path) -> int:
    """Serve one front end after another at ``path`` until Ctrl-C; returns the exit status."""
    console = Console(stderr=True)
    out.mkdir(parents=True, exist_ok=True)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:8.2f} s[/dim]  {text}", highlight=False, soft_wrap=True)

    with contextlib.ExitStack() as stack:
        if wire.startswith("join:"):
            say("waiting for the card at the other end of the wire")
        end = stack.enter_context(wire_end(wire))
        with console.status("starting the card (the first start builds its simulator)"):
            settings = replace(settings, loopback=end.loopback)
            card = stack.enter_context(VhostCard(path, settings, out, end.fd, end.joined, say))
        stack.enter_context(ControlSocket(out / NAME, lambda verb, _: _control(card, verb)))
        say(f"listening at {path}")
        while not over.wait(0.5):
            card.check()
        card.stop()
    if card.result is not None:
        console.print(_table(card.result))
        (out / "vhost.json").write_text(json.dumps(card.result, indent=1) + "\n")
        console.print(f"the run's record is in {out}")
    return 0


def _control(card: VhostCard, verb: str) -> str:
    if verb != "rings":
        raise FerruleError(f"{verb}: a card behind vhost-user belongs to its guest; of it you can ask for its rings")
    card.dump_rings()
    return ""


def _table(record: dict) -> Table:
    table = Table("counter", "value")
    for name in SHOWN:
        table.add_row(name, f"{record['counters'][name]:,}")
    for name, value in record["harness"].items():
        table.add_row(name, f"{value:,}")
    return table
