# SPDX-License-Identifier: Apache-2.0
"""Programs that guests are made of, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ferrule.guest.errors import PackageMissing

PACKAGES = {
    "linux.uml": "user-mode-linux",
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "insmod": "kmod",
    "depmod": "kmod",
    "ip": "iproute2",
    "curl": "curl",
    "ethtool": "ethtool",
    "iperf3": "iperf3",
    "ping": "iputils-ping",
}
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # not on every user's PATH


def find(program: str) -> Path | None:
    """Where a program is, also where an ordinary user's PATH does not look."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def require(*programs: str) -> list[Path]:
    """Where these programs are. Raises PackageMissing with the packages of all that are not installed."""
    found = {program: find(program) for program in programs}
    missing = [program for program, path in found.items() if path is None]
    if missing:
        packages = " ".join(dict.fromkeys(PACKAGES.get(program, program) for program in missing))
        raise PackageMissing(
            f"{', '.join(missing)} not installed: 'sudo apt-get install --no-install-recommends {packages}'"
        )
    return [path for path in found.values() if path is not None]
