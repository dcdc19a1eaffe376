# SPDX-License-Identifier: Apache-2.0
"""A User-Mode-Linux kernel as guest: an ordinary process, whose root is the host's, read-only."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ferrule.guest.errors import GuestError
from ferrule.guest.guest import INIT, Guest
from ferrule.guest.modules import load_order
from ferrule.guest.packages import require

MODULES = Path("/usr/lib/uml/modules")
PRINTABLE = "a path with a comma, a colon, a quote or white space cannot be told to the kernel"


class UmlGuest(Guest):
    """The host's programs run in it unmodified; ``run_dir`` is the one folder of the host it can write to.

    It has the rights of the user who starts it. On top of the host's root it has file systems of its own where servers
    write: /tmp, /run, /var/tmp, and /var/log, /var/lib, /var/cache with the host's folders, empty.
    """

    terminal_device = "/dev/ttyS1"

    def command(self, line_fd: int, terminal_fd: int) -> list[str]:
        """``linux.uml`` and the kernel's command line."""
        program, *_ = require("linux.uml", "insmod", "ip")
        card = self.settings.card
        for path in (INIT, self.run_dir, card):
            if path and any(character in str(path) for character in ",:\"' \t\n"):
                raise GuestError(f"{path}: {PRINTABLE}")
        return [
            str(program), f"mem={self.settings.memory_mb}M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
            "con=null", "con0=null,fd:1", "ssl=null", f"ssl0=fd:{line_fd}", f"ssl1=fd:{terminal_fd}",
            f"uml_dir={self.run_dir}", f"umid=guest{self.settings.number}", "noreboot",
            *([f"virtio_uml.device={card}:1"] if card else []),
            "init=/bin/sh", "FERRULE_LINE=/dev/ttyS0", "--", str(INIT),
        ]  # fmt: skip

    def environment(self) -> Mapping[str, str]:
        """Where it makes the file that is its memory: it must be executable and have room."""
        need = self.settings.memory_mb << 20
        for folder in ("/dev/shm", tempfile.gettempdir()):
            try:
                state = os.statvfs(folder)
            except OSError:
                continue
            if (
                not state.f_flag & os.ST_NOEXEC
                and state.f_bavail * state.f_frsize > need
                and os.access(folder, os.W_OK)
            ):
                return {"TMPDIR": folder}
        raise GuestError(
            f"{self.name}: no folder for {self.settings.memory_mb} MB of memory: /dev/shm and {tempfile.gettempdir()} "
            "are mounted noexec or full; name another one in TMPDIR"
        )

    def module_files(self) -> list[str]:
        """They are read from the host's root."""
        versions = sorted(MODULES.glob("*/modules.dep"))
        if not versions:
            raise GuestError(f"no kernel modules in {MODULES}: reinstall the package user-mode-linux")
        return [str(file) for file in load_order(versions[-1].parent, ("ipv6", "virtio_net"))]

    def prepare(self) -> str:
        """The run's folder, under the same name, to be written to."""
        folder = shlex.quote(str(self.run_dir))
        return f"mkdir -p {folder} && mount -t hostfs -o {folder} hostfs {folder}\n"
