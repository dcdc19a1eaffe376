# SPDX-License-Identifier: Apache-2.0
"""A shell of a guest on the user's terminal."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import sys
import termios
import threading
import tty
from collections.abc import Iterator

from ferrule.guest.guest import Guest

# The line forgets its settings when nobody has it open, so the shell's process sets them.
SHELL = """\
export TERM={term}
setsid -c sh -c 'stty sane rows {rows} cols {columns}
cd "$0" 2>/dev/null
command -v bash >/dev/null && exec bash -i
exec sh -i' {folder} <{device} >{device} 2>&1
"""


@contextlib.contextmanager
def _raw(fd: int) -> Iterator[None]:
    """The terminal passes every key on; as it was at the end."""
    before = termios.tcgetattr(fd)
    tty.setraw(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def attend(guest: Guest) -> int:
    """An interactive shell in the guest until it is left; its exit status. Standard input must be a terminal."""
    size = os.get_terminal_size(sys.stdin.fileno())
    command = SHELL.format(
        device=guest.terminal_device, rows=size.lines, columns=size.columns,
        term=shlex.quote(os.environ.get("TERM", "linux")), folder=shlex.quote(os.getcwd()),
    )  # fmt: skip
    over, wake = os.pipe()
    try:
        with _raw(sys.stdin.fileno()):
            pump = threading.Thread(target=_pump, args=(guest, over), daemon=True)
            pump.start()
            try:
                return guest.run(command, timeout_s=None).status
            finally:
                os.close(wake)
                pump.join()
    finally:
        os.close(over)


def _pump(guest: Guest, over: int) -> None:
    """Keys to the guest, its answers to the terminal, until the other end of ``over`` is closed and nothing is left."""
    keys, screen, line = sys.stdin.fileno(), sys.stdout.fileno(), guest.terminal
    with contextlib.suppress(OSError):
        while True:
            readable, _, _ = select.select([line, keys, over], [], [])
            if line in readable:
                data = line.recv(1 << 16)
                if not data:
                    return
                os.write(screen, data)
            elif keys in readable:
                data = os.read(keys, 1024)
                if not data:
                    return
                line.sendall(data)
            else:
                return
