# SPDX-License-Identifier: Apache-2.0
"""Fetch every file with every setting and collect what the card counted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ferrule.demo.plan import ServedFile, find_program, server_command
from ferrule.errors import FerruleError
from ferrule.live.session import CLIENT_IPV4, SERVER_IPV4, SERVER_IPV6, LiveError, LiveSession, LiveSettings

Progress = Callable[[str], None]


class DemoError(FerruleError):
    """A page did not arrive, or not as it was sent."""


def fetch(session: LiveSession, served: ServedFile, folder: Path, host: str = SERVER_IPV4) -> dict[str, Any]:
    """Fetch one file with curl and compare its SHA-256; returns bytes and wall seconds. Raises DemoError."""
    target, log = folder / f"fetched-{served.name}", folder / "curl.log"
    target.unlink(missing_ok=True)
    argv = [find_program("curl", "curl"), "--silent", "--show-error", "--fail", "--globoff", "--max-time", "240"]
    started = time.monotonic()
    status = session.run_client([*argv, "--output", str(target), f"http://{host}/{served.name}"], log)
    if status != 0:
        raise DemoError(f"curl ended with status {status} for {served.name}: {log.read_text().strip()}")
    wall_s = time.monotonic() - started
    content = target.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != served.sha256:
        raise DemoError(
            f"{served.name}: SHA-256 is {digest}, sent was {served.sha256} ({len(content)} of {served.size} bytes)"
        )
    target.unlink()
    return {"file": served.name, "bytes": served.size, "sha256": digest, "wall_s": round(wall_s, 3)}


def run_setting(
    settings: LiveSettings, files: list[ServedFile], root: Path, run_dir: Path, progress: Progress
) -> dict[str, Any]:
    """One setting: start card and server, fetch everything, return results and the card's counters for it."""
    run_dir.mkdir(parents=True, exist_ok=True)
    server_name, argv = server_command(root, run_dir / "server")
    started = time.monotonic()
    with LiveSession(settings, run_dir) as session:
        progress(f"card is up, starting {server_name}")
        session.start_server(argv, run_dir / "server.log")
        before = session.counters()
        serving = time.monotonic()
        fetched = []
        for served in files:
            progress(f"fetching {served.name}")
            fetched.append(fetch(session, served, run_dir))
        if settings.extra.get("ipv6", True):
            progress("fetching over IPv6")
            fetched.append(fetch(session, files[0], run_dir, f"[{SERVER_IPV6}]") | {"file": f"{files[0].name} (IPv6)"})
        wall_s = time.monotonic() - serving
        after = session.counters()
    if session.result is None:
        raise LiveError(f"the simulator left no result; its log is in {run_dir}")
    counters = {name: after[name] - before[name] for name in after}
    return {
        "name": settings.name,
        "settings": asdict(settings),
        "server": server_name,
        "client": CLIENT_IPV4,
        "files": fetched,
        "bytes": sum(item["bytes"] for item in fetched),
        "counters": counters,
        "wall_s": round(wall_s, 3),
        "total_wall_s": round(time.monotonic() - started, 3),
        "simulation": session.result,
    }
