# SPDX-License-Identifier: Apache-2.0
"""Keeps a program whose processes must not outlive its owner: ``python keeper.py LIFELINE COMMAND...``.

LIFELINE is a pipe's reading end. When the owner closes the other end, or dies in whatever way, or when the program
ends, every process that the program has started is killed. To signal the program alone would not do: User-Mode-Linux
ignores SIGTERM while it hangs, and killed it leaves helper processes behind. So the keeper makes itself the one to
whom orphans go (PR_SET_CHILD_SUBREAPER), and ends only when it has none left. Its exit status is the program's, as a
shell would tell it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
REAP_LIMIT_S = 10.0
NOT_STARTED = 127

libc = ctypes.CDLL(None, use_errno=True)


def children() -> list[int]:
    """Processes whose parent this one is."""
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def end_all() -> None:
    """Kill and bury every descendant; those of a killed one become children here and are found in the next round."""
    deadline = time.monotonic() + REAP_LIMIT_S
    while time.monotonic() < deadline:
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def keep(lifeline: int, command: list[str]) -> int:
    """Run the command to its end or to that of its owner; returns the exit status."""
    os.set_inheritable(lifeline, False)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the program would inherit
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        program = subprocess.Popen(
            command, close_fds=False, start_new_session=True,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
        )  # fmt: skip
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", flush=True)
        return NOT_STARTED
    while program.poll() is None:
        readable, _, _ = select.select([lifeline, woken], [], [])
        if lifeline in readable:
            break
        os.read(woken, 512)
    status = program.poll()
    end_all()
    if status is None:
        return 128 + signal.SIGKILL
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
