# SPDX-License-Identifier: Apache-2.0
"""A guest: a Linux kernel of its own in processes of ours, whose only network interface is the card."""

from __future__ import annotations

import contextlib
import shlex
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ferrule.guest.errors import GuestError, GuestHung
from ferrule.guest.line import Line, Result
from ferrule.guest.process import Kept

INIT = Path(__file__).with_name("init.sh")
INTERFACE = "eth0"
OFF_S = 5.0  # for a guest to power off by itself
CONSOLE_LINES = 40

NETWORK = """\
set -e
for module in {modules}; do insmod "$module"; done
echo guest{number} >/proc/sys/kernel/hostname
ip link set lo up
[ {card} = no ] && exit
echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad
[ {mtu} = 0 ] || ip link set {interface} mtu {mtu}
ip link set {interface} up
for address in {addresses}; do ip addr add $address dev {interface}; done
"""


@dataclass(frozen=True)
class GuestSettings:
    """One guest and its card as the guest sees it."""

    number: int = 1  # its addresses are 10.78.0.N and fd78::N
    card: Path | None = None  # socket of a vhost-user back end; None: no network interface
    mtu: int | None = None  # bytes; None: as the card says
    memory_mb: int = 192
    boot_s: float = 120.0  # from start to the first command
    silence_s: float = 30.0  # without any sign of life, and it counts as hung

    @property
    def ipv4(self) -> str:
        """Address of the guest's interface."""
        return f"10.78.0.{self.number}"

    @property
    def ipv6(self) -> str:
        """Address of the guest's interface."""
        return f"fd78::{self.number}"


class Guest(ABC):
    """``start``, ``run`` commands as often as wanted, ``stop``. A context: nothing of it stays behind.

    ``run_dir`` gets ``guestN.console``, everything the kernel printed.
    """

    def __init__(self, settings: GuestSettings, run_dir: Path) -> None:
        self.settings, self.run_dir = settings, run_dir.resolve()
        self.name = f"guest {settings.number}"
        self.console_file = self.run_dir / f"guest{settings.number}.console"
        self._stack = contextlib.ExitStack()
        self._process: Kept | None = None
        self._line: Line | None = None
        self._error: GuestError | None = None

    @abstractmethod
    def command(self, line_fd: int, terminal_fd: int) -> list[str]:
        """The program and its arguments; what it prints is the console, or it writes the console's file itself."""

    @abstractmethod
    def module_files(self) -> list[str]:
        """Files of the kernel modules to load, in order, as the guest finds them."""

    @property
    @abstractmethod
    def terminal_device(self) -> str:
        """Of the serial line whose other end is ``terminal``."""

    def environment(self) -> Mapping[str, str]:
        """What the program needs in its environment."""
        return {}

    def prepare(self) -> str:
        """Shell commands that come before everything else."""
        return ""

    def __enter__(self) -> Guest:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Boot, and set up the interface. Raises GuestError, GuestHung, PackageMissing."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        ends = [socket.socketpair() for _ in range(2)]
        line_fd, terminal_fd = (theirs.fileno() for _, theirs in ends)
        self.terminal = self._stack.enter_context(ends[1][0])
        try:
            self._process = Kept(
                self.command(line_fd, terminal_fd), self.run_dir / f"guest{self.settings.number}.console",
                [line_fd, terminal_fd], self.environment(),
            )  # fmt: skip
        except BaseException:
            ends[0][0].close()
            raise
        finally:
            for _, theirs in ends:
                theirs.close()
        self._stack.callback(self._process.end)
        self._line = Line(self.name, ends[0][0], self.settings.silence_s, self._give_up)
        self._stack.callback(self._line.close)
        self._boot(self._line)
        self._set_up()

    def _boot(self, line: Line) -> None:
        """Wait for init, as long as the console goes on."""
        deadline = time.monotonic() + self.settings.boot_s
        size = 0
        while not line.wait_ready(0.1):
            self.check()
            now = self.console_file.stat().st_size
            if now != size:
                size = now
                line.touch()
            if time.monotonic() > deadline:
                raise GuestError(f"{self.name} did not boot within {self.settings.boot_s:g} s{self._last_words()}")

    def _set_up(self) -> None:
        settings = self.settings
        script = self.prepare() + NETWORK.format(
            modules=shlex.join(self.module_files()), number=settings.number, card="yes" if settings.card else "no",
            interface=INTERFACE, mtu=settings.mtu or 0, addresses=f"{settings.ipv4}/24 {settings.ipv6}/64",
        )  # fmt: skip
        status, output = self.run(script, settings.boot_s)
        if status:
            raise GuestError(f"{self.name}: its network could not be set up: {output.strip()}{self._last_words()}")

    def _give_up(self) -> None:
        """It gave no sign of life: nothing but SIGKILL would reach it."""
        card, booted = self.settings.card, self._line is not None and self._line.ready
        # User-Mode-Linux talks to the card before it prints anything, so the console alone would not tell
        when = f" while it booted with the card at {card}" if card and not booted else ""
        self._error = GuestHung(
            f"{self.name} hangs: no sign of life for {self.settings.silence_s:g} s{when}; it was killed"
            f"{self._last_words()}"
        )
        if self._process:
            self._process.end()

    def _last_words(self) -> str:
        lines = self.console().splitlines()[-CONSOLE_LINES:]
        return f"\nits console ({self.console_file}) ended with:\n" + "\n".join(lines or ["(nothing)"])

    def check(self) -> None:
        """Raise what ended the guest, if it has ended."""
        if self._error:
            raise self._error
        if self._process is None:
            raise GuestError(f"{self.name} is not there: start it first")
        status = self._process.poll()
        if status is not None:
            raise GuestError(f"{self.name} ended with status {status}{self._last_words()}")

    def run(
        self, command: str | Sequence[str], timeout_s: float | None = 60.0,
        show: Callable[[bytes], None] | None = None,
    ) -> Result:  # fmt: skip
        """Run a command (a shell's if it is one string) to its end, as the guest's root; its status and output.

        Its input is empty. ``show`` gets the output as it comes. Raises CommandTimeout, GuestHung, GuestError.
        """
        self.check()
        assert self._line is not None
        text = command if isinstance(command, str) else shlex.join(command)
        try:
            return self._line.run(text, timeout_s, show)
        except GuestError:
            if self._error:  # the reason why its line is dead
                raise self._error from None
            raise

    def console(self) -> str:
        """What the kernel has printed so far."""
        with contextlib.suppress(FileNotFoundError):
            return self.console_file.read_text(errors="replace")
        return ""

    def stop(self) -> None:
        """Power off, or kill what does not; may be called again."""
        if self._line and self._process and self._process.poll() is None:
            with contextlib.suppress(GuestError):
                self._line.send("off")
                self._process.wait(OFF_S)
        self._stack.close()
