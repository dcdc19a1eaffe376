# SPDX-License-Identifier: Apache-2.0
"""Two User-Mode-Linux guests on one wire, a card each: round trips, iperf3, and a file of 10 MB from a web server."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ferrule.demo.plan import make_files
from ferrule.guest.servers import FILES
from ferrule.guest.session import GuestSession, SessionSettings
from ferrule.vhost.settings import VhostSettings
from testbench.interop.cells import CellError

IPERF_BYTES = FILES["10MB.bin"]
PINGS = 20
PING_LIMIT_MS = 1000.0
LIMIT_S = 300.0
RTT = re.compile(r"(\d+) packets transmitted, (\d+) received.*?rtt min/avg/max/mdev = [\d.]+/([\d.]+)/([\d.]+)/", re.S)


@dataclass(frozen=True)
class Measured:
    """Numbers in wall time, of one setting."""

    device: str
    ring: str
    tso: bool
    ping_avg_ms: float
    ping_max_ms: float
    iperf_mbps: float
    curl_s: float
    curl_mbps: float
    super_frames: int
    """Of the sender's card, during the file."""


def measure(device: str, ring: str, iperf_bytes: int = IPERF_BYTES) -> list[Measured]:
    """With TSO and without. Raises CellError when a sum, a counter or the longest round trip is wrong."""
    without = () if ring == "packed" else ("RING_PACKED",)
    settings = SessionSettings(guests=2, card=VhostSettings(device=device, without=without))
    with tempfile.TemporaryDirectory(prefix="fi-") as name, GuestSession(settings, Path(name)) as session:
        return [_measure(session, device, ring, tso, iperf_bytes, Path(name)) for tso in (True, False)]


def _measure(session: GuestSession, device: str, ring: str, tso: bool, iperf_bytes: int, folder: Path) -> Measured:
    (file,) = make_files(folder / "expected", FILES)
    server = session.guests[1].settings.ipv4
    _command(session, 1, f"ethtool -K eth0 tso {'on' if tso else 'off'}")
    pings = RTT.search(_command(session, 0, f"ping -c {PINGS} -i 0.2 {server}"))
    if not pings or pings[1] != pings[2]:
        raise CellError(f"not every ping was answered: {pings and pings[0]}")
    average, longest = float(pings[3]), float(pings[4])
    if longest > PING_LIMIT_MS:
        raise CellError(f"a round trip took {longest} ms")
    iperf = json.loads(_command(session, 0, f"iperf3 -c {server} -R -n {iperf_bytes} -J"))
    before = session.cards.record()[1]["counters"]["tx_super_frames"]
    fetch = f"curl -sS -o /tmp/got -w '%{{time_total}} ' http://{server}/{file.name} && sha256sum </tmp/got"
    seconds, digest, *_ = _command(session, 0, fetch).split()
    if digest != file.sha256:
        raise CellError(f"{file.name} arrived as {digest}, not {file.sha256}")
    super_frames = session.cards.record()[1]["counters"]["tx_super_frames"] - before
    if bool(super_frames) != tso:
        raise CellError(f"{super_frames} super-frames with TSO {'on' if tso else 'off'}")
    return Measured(
        device, ring, tso, average, longest, iperf["end"]["sum_received"]["bits_per_second"] / 1e6, float(seconds),
        8e-6 * file.size / float(seconds), super_frames,
    )  # fmt: skip


def _command(session: GuestSession, guest: int, command: str) -> str:
    status, output = session.guests[guest].run(command, LIMIT_S)
    if status:
        raise CellError(f"in guest {guest + 1}: {command!r} ended with status {status}: {output.strip()[-300:]}")
    return output
