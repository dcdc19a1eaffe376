# SPDX-License-Identifier: Apache-2.0
"""What tests of guests need of the machine, and how they look after what a guest may leave behind."""

import os
from pathlib import Path

import pytest

from ferrule.guest.errors import GuestError
from ferrule.guest.kernel import find_kernel
from ferrule.guest.packages import require


def _or_skip(look, *what):
    """Skip with what is missing; in CI that is a failure."""
    try:
        return look(*what)
    except GuestError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def need_uml():
    """Everything that User-Mode-Linux guests need, the programs of the tests included."""
    _or_skip(require, "linux.uml", "insmod", "ip", "ping", "curl", "iperf3", "ethtool")


def need_qemu():
    """Everything that QEMU guests need."""
    _or_skip(require, "qemu-system-x86_64", "busybox", "curl", "ethtool", "iperf3")
    _or_skip(find_kernel)


def processes(word):
    """Numbers of living processes, but this one, whose command line has this word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, state = (entry / "cmdline").read_bytes(), (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:  # it has just ended
            continue
        if word.encode() in command and state not in "ZX" and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return sorted(found)
