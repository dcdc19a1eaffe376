# SPDX-License-Identifier: Apache-2.0
"""The kernel of QEMU guests: Debian's for cloud machines, from /boot or from a package that is unpacked, not installed.

``python -m ferrule.guest.kernel`` fetches the package into the cache if there is no such kernel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ferrule.guest.errors import GuestError
from ferrule.guest.packages import require
from testbench.lib.tools import cache_dir

META_PACKAGE = "linux-image-cloud-amd64"
IMAGES = "vmlinuz-*-cloud-amd64"
FETCH_LIMIT_S = 300.0
KEPT = ("*/boot/vmlinuz-*", "*/modules.builtin*", "*/modules.order", "*/drivers/virtio/*", "*/drivers/net/*failover.ko",
        "*/drivers/net/virtio_net.ko", "*/net/core/failover.ko")  # fmt: skip


@dataclass(frozen=True)
class Kernel:
    """A kernel's image and the folder of its modules."""

    image: Path
    modules: Path


def installed_under(root: Path) -> Kernel | None:
    """The newest such kernel below this root that can be read and has its modules."""
    for image in sorted((root / "boot").glob(IMAGES), key=_age, reverse=True):
        version = image.name.removeprefix("vmlinuz-")
        for modules in (root / "lib" / "modules" / version, root / "usr" / "lib" / "modules" / version):
            if (modules / "kernel").is_dir() and os.access(image, os.R_OK):
                return Kernel(image, modules)
    return None


def _age(image: Path) -> list[int]:
    """The numbers of a version: 6.1.0-9 comes before 6.1.0-56."""
    return [int(number) for number in re.findall(r"\d+", image.name)]


def unpacked() -> Path:
    """Where the package is unpacked to."""
    return cache_dir() / "guest-kernel"


def find_kernel() -> Kernel:
    """The kernel for QEMU guests. Raises GuestError saying how to get one."""
    kernel = installed_under(Path("/")) or installed_under(unpacked())
    if kernel is None:
        raise GuestError(
            f"no kernel for QEMU: 'python -m ferrule.guest.kernel' fetches Debian's {META_PACKAGE} into {unpacked()} "
            "(27 MB, nothing is installed)"
        )
    return kernel


def fetch() -> Kernel:
    """Download the package and unpack it into the cache; its installation scripts do not run. Raises GuestError."""
    target = unpacked()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guest-kernel-", dir=target.parent) as name:
        folder = Path(name)
        shown = _call(["apt-cache", "depends", "--important", META_PACKAGE], folder)
        packages = [line.split()[1] for line in shown.splitlines() if line.strip().startswith("Depends: linux-image-")]
        if not packages:
            raise GuestError(f"apt knows no {META_PACKAGE}: run 'sudo apt-get update' first")
        _call(["apt-get", "-o", "APT::Sandbox::User=root", "download", packages[0]], folder)
        (archive,) = folder.glob("*.deb")
        _unpack(archive, folder / "root")
        shutil.rmtree(target, ignore_errors=True)
        (folder / "root").rename(target)
    kernel = installed_under(target)
    if kernel is None:
        raise GuestError(f"{packages[0]} holds no {IMAGES} with modules; see {target}")
    (depmod,) = require("depmod")
    _call([str(depmod), "-b", str(target), kernel.modules.name], target)
    return kernel


def _unpack(archive: Path, target: Path) -> None:
    """Take what guests need out of a package, 15 MB of 107."""
    with (
        subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as source,
        tarfile.open(fileobj=source.stdout, mode="r|") as packed,
    ):
        for member in packed:
            if member.isfile() and any(fnmatch(member.name, pattern) for pattern in KEPT):
                packed.extract(member, target, filter="data")


def _call(command: list[str], folder: Path) -> str:
    try:
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_LIMIT_S
        ).stdout
    except FileNotFoundError as error:
        raise GuestError(f"{command[0]} not found: this needs a Debian system") from error
    except subprocess.TimeoutExpired as error:
        raise GuestError(f"{' '.join(command)}: not done within {FETCH_LIMIT_S:g} s") from error
    except subprocess.CalledProcessError as error:
        raise GuestError(f"{' '.join(command)}: {error.stderr.strip()}") from error


if __name__ == "__main__":
    try:
        found = installed_under(Path("/")) or installed_under(unpacked()) or fetch()
        print(f"kernel for QEMU guests: {found.image}")
    except GuestError as error:
        sys.exit(f"ferrule: {error}")
