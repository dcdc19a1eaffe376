# SPDX-License-Identifier: Apache-2.0
"""DPDK's dpdk-testpmd: started, driven by commands, read, and always stopped.

It is the device of our driver (``vhost``) or the driver of our card (``virtio_user``). While it forwards it polls
without pause, so it forwards nothing until ``start``, and should ``stop_forwarding`` when the test has what it wanted.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = "dpdk-testpmd"
PACKAGE = "dpdk-dev"
PROMPT = b"testpmd> "
START_LIMIT_S = 30.0
COMMAND_LIMIT_S = 10.0
QUIT_LIMIT_S = 10.0
LOOK_S = 0.05
MODES = ("io", "mac", "macswap", "flowgen", "rxonly", "txonly", "csum", "icmpecho", "noisy", "5tswap")


class TestpmdMissingError(Exception):
    """The program is not installed."""

    __test__ = False


class TestpmdError(Exception):
    """It did not start, did not answer, or ended by itself."""

    __test__ = False


@dataclass(frozen=True)
class PortStats:
    """``show port stats``, since the port was started or cleared."""

    rx_packets: int
    rx_missed: int
    rx_bytes: int
    rx_errors: int
    rx_nombuf: int
    tx_packets: int
    tx_errors: int
    tx_bytes: int


def vhost(socket: Path, pairs: int = 1, client: bool = False, tso: bool = False, number: int = 0) -> str:
    """A device for a vhost-user front end: it listens at ``socket``, or connects there as a client."""
    return f"net_vhost{number},iface={socket},queues={pairs},client={client:d},tso={tso:d}"


def virtio_user(
    socket: Path,
    pairs: int = 1,
    packed: bool = False,
    server: bool = False,
    mac: str | None = None,
    queue_size: int = 256,
    number: int = 0,
    **others: int,
) -> str:
    """A driver for a vhost-user back end at ``socket``; with ``server`` it listens and the back end connects.

    ``others`` are further device arguments, such as ``mrg_rxbuf=0`` or ``in_order=0``.
    """
    words = [f"net_virtio_user{number}", f"path={socket}", f"queues={pairs}", f"queue_size={queue_size}"]
    words += ["packed_vq=1"] * packed + ["server=1"] * server + [f"mac={mac}"] * (mac is not None)
    return ",".join(words + [f"{name}={value}" for name, value in others.items()])


def program() -> str:
    """Path of dpdk-testpmd; TestpmdMissingError says where to get it."""
    found = shutil.which(PROGRAM)
    if not found:
        raise TestpmdMissingError(
            f"{PROGRAM} is not installed: Debian package {PACKAGE} (apt-get install --no-install-recommends "
            f"{PACKAGE}), which brings the librte-* packages of all devices used here (net-vhost, net-virtio)"
        )
    return found


class Testpmd:
    """One process. ``with Testpmd([vhost(path)]) as pmd: pmd.start("macswap")``."""

    __test__ = False

    def __init__(
        self,
        devices: Sequence[str],
        pairs: int = 1,
        topology: str = "paired",
        memory_mb: int = 512,
        cpus: str | None = None,
        arguments: Sequence[str] = (),
        log: Path | None = None,
    ) -> None:
        """``topology``: "paired" joins ports 0 and 1, "loop" sends what a port receives back to it.

        ``cpus`` is a list in ``taskset``'s form for both of its threads (all by default): one answers commands, the
        other polls while forwarding. ``arguments`` are further ones of testpmd; ``log`` takes what it says on stderr.
        """
        if topology not in ("paired", "loop", "chained"):
            raise ValueError(f"topology {topology!r} is none of: paired, loop, chained")
        allowed = cpus or ",".join(map(str, sorted(os.sched_getaffinity(0))))
        self._log_path = log
        self._name = f"ferrule{os.getpid()}_{time.monotonic_ns()}"
        self.command_line = [
            # lines must come when they are written, though nobody's terminal reads them
            "stdbuf", "-oL", program(), f"--lcores=0@({allowed}),1@({allowed})", "--no-huge", "-m", str(memory_mb),
            "--no-pci", "--no-telemetry", f"--file-prefix={self._name}",
            *(f"--vdev={device}" for device in devices),
            "--", "--interactive", f"--rxq={pairs}", f"--txq={pairs}", f"--port-topology={topology}",
            "--total-num-mbufs=16384", *arguments,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._output = b""

    def launch(self) -> Testpmd:
        """Start the process without waiting until it is ready, as ``with`` does.

        A driver that listens (``virtio_user`` with ``server``) is not ready before its back end has come.
        """
        if self._process:
            raise TestpmdError("testpmd is running already")
        self._output = b""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log_path.open("wb")) if self._log_path else subprocess.DEVNULL
            self._process = subprocess.Popen(
                self.command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        return self

    def __enter__(self) -> Testpmd:
        if not self._process:
            self.launch()
        try:
            self._until_prompt(START_LIMIT_S, "start")
        except BaseException:
            self.quit(0)
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.quit()

    # commands
    def command(self, text: str, limit_s: float = COMMAND_LIMIT_S) -> str:
        """Give one command; what it printed."""
        process = self._running()
        assert process.stdin
        try:
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise TestpmdError(f"testpmd has ended before {text!r}\n{self.log()}") from None
        answer = self._until_prompt(limit_s, text)
        if "Bad arguments" in answer or "Command not found" in answer:
            raise TestpmdError(f"testpmd does not understand {text!r}:\n{answer}")
        return answer

    def start(self, mode: str = "io", tx_first: bool = False) -> None:
        """Begin to forward."""
        if mode not in MODES:
            raise ValueError(f"forwarding mode {mode!r} is none of: {', '.join(MODES)}")
        self.command(f"set fwd {mode}")
        self.command("start tx_first" if tx_first else "start")

    def stop_forwarding(self) -> str:
        """End it; testpmd's own account of what it forwarded."""
        return self.command("stop")

    @contextlib.contextmanager
    def forwarding(self, mode: str = "io", tx_first: bool = False) -> Iterator[None]:
        """Forward during a block, and not a moment longer."""
        self.start(mode, tx_first)
        try:
            yield
        finally:
            self.stop_forwarding()

    def stats(self) -> dict[int, PortStats]:
        """Of every port, by number."""
        return parse_stats(self.command("show port stats all"))

    def taken_by_queue(self, port: int = 0) -> list[int]:
        """Frames that each receive queue of a port has taken."""
        found = re.findall(r"rx_q(\d+)_good_packets: (\d+)", self.command(f"show port xstats {port}"))
        return [int(count) for _, count in sorted((int(queue), count) for queue, count in found)]

    def clear_stats(self) -> None:
        """From 0 again."""
        self.command("clear port stats all")

    def link_up(self, port: int = 0) -> bool:
        """A device's link is up while a driver uses it."""
        return bool(re.search(r"Link status: up", self.command(f"show port info {port}")))

    def wait_link(self, up: bool = True, port: int = 0, limit_s: float = COMMAND_LIMIT_S) -> None:
        """Until the link is so."""
        deadline = time.monotonic() + limit_s
        while self.link_up(port) != up:
            if time.monotonic() > deadline:
                raise TestpmdError(f"port {port} is not {'up' if up else 'down'} after {limit_s:g} s\n{self.log()}")
            time.sleep(LOOK_S)

    # the process
    @property
    def pid(self) -> int:
        """Its process."""
        return self._running().pid

    def log(self) -> str:
        """The end of what it has said on stderr."""
        return self._log_path.read_text(errors="replace")[-3000:] if self._log_path else ""

    def quit(self, limit_s: float = QUIT_LIMIT_S) -> int:
        """Ask it to end, kill it when it does not; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin and process.stdout
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(b"quit\n")
                process.stdin.close()
            # it must not wait for us to read what it says while it ends
            process.stdout.close()
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(QUIT_LIMIT_S)
        finally:
            # where DPDK keeps what it would share with other processes of its kind
            base = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
            shutil.rmtree(f"{base}/dpdk/{self._name}", ignore_errors=True)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise TestpmdError("testpmd is not running")
        return self._process

    def _until_prompt(self, limit_s: float, what: str) -> str:
        """What is said up to the next prompt. What comes after that unasked (events) stands before the next answer."""
        process = self._running()
        assert process.stdout
        fd = process.stdout.fileno()
        deadline = time.monotonic() + limit_s
        while PROMPT not in self._output:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TestpmdError(
                    f"testpmd has not answered {what!r} within {limit_s:g} s; it said: "
                    f"{self._output.decode(errors='replace')[-2000:]}\n{self.log()}"
                )
            if not select.select([fd], [], [], left)[0]:
                continue
            part = os.read(fd, 65536)
            if not part:
                raise TestpmdError(
                    f"testpmd has ended where an answer to {what!r} was expected; it said: "
                    f"{self._output.decode(errors='replace')[-2000:]}\n{self.log()}"
                )
            self._output += part
        text, _, self._output = self._output.partition(PROMPT)
        return text.decode(errors="replace")


FIELDS: Mapping[str, str] = {
    "rx_packets": "RX-packets", "rx_missed": "RX-missed", "rx_bytes": "RX-bytes", "rx_errors": "RX-errors",
    "rx_nombuf": "RX-nombuf", "tx_packets": "TX-packets", "tx_errors": "TX-errors", "tx_bytes": "TX-bytes",
}  # fmt: skip


def parse_stats(text: str) -> dict[int, PortStats]:
    """What ``show port stats all`` prints; TestpmdError when a number is missing."""
    ports = {}
    pieces = re.split(r"NIC statistics for port (\d+)", text)
    for number, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        values = {name: re.search(rf"{label}:\s*(\d+)", piece) for name, label in FIELDS.items()}
        missing = [FIELDS[name] for name, found in values.items() if not found]
        if missing:
            raise TestpmdError(f"no {', '.join(missing)} in the statistics of port {number}:\n{piece}")
        ports[int(number)] = PortStats(**{name: int(found[1]) for name, found in values.items() if found})
    if not ports:
        raise TestpmdError(f"no statistics of any port in:\n{text}")
    return ports
