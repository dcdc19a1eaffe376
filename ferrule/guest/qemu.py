# SPDX-License-Identifier: Apache-2.0
"""A machine of QEMU's as guest, without KVM: Debian's kernel for cloud machines, with programs of the host."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ferrule.guest.guest import INIT, Guest, GuestSettings
from ferrule.guest.initramfs import Archive, libraries
from ferrule.guest.kernel import find_kernel
from ferrule.guest.modules import load_order
from ferrule.guest.packages import require

PROGRAMS = ("curl", "ethtool", "iperf3")
BUSYBOX = "/busybox/busybox"  # the folder comes last on PATH: programs of the host go first
LIST_LIMIT_S = 10.0
PCI_MODULES = ("virtio_pci", "virtio_net")


@dataclass(frozen=True)
class QemuCard:
    """What QEMU itself must be told about the card: configuration space and control queue end there."""

    mac: str = "52:54:00:fe:12:01"
    pairs: int = 1
    packed: bool = False
    max_mtu: int | None = None  # bytes; None: VIRTIO_NET_F_MTU is not offered


class QemuGuest(Guest):
    """Its root is an archive made for it: busybox for everything, besides it the ``programs`` of the host."""

    terminal_device = "/dev/ttyS2"

    def __init__(
        self, settings: GuestSettings, run_dir: Path, card: QemuCard = QemuCard(), programs: Sequence[str] = PROGRAMS,
        files: Mapping[str, Path] | None = None,
    ) -> None:  # fmt: skip
        """``files``: places in the guest, and what of the host is copied there."""
        super().__init__(settings, run_dir)
        self._card, self._programs, self._files = card, programs, files or {}
        self._modules: list[Path] = []

    def module_files(self) -> list[str]:
        """They are in the archive, under the host's names."""
        return [f"/modules/{file.name}" for file in self._modules]

    def command(self, line_fd: int, terminal_fd: int) -> list[str]:
        """Make the archive; QEMU with three serial lines: console, commands, terminal."""
        (qemu,) = require("qemu-system-x86_64")
        kernel = find_kernel()
        self._modules = load_order(kernel.modules, PCI_MODULES)
        archive = self.run_dir / f"guest{self.settings.number}.cpio"
        self._root().write(archive)
        return [
            str(qemu), "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "q35,accel=tcg,memory-backend=memory", "-m", f"{self.settings.memory_mb}M",
            "-object", f"memory-backend-memfd,id=memory,size={self.settings.memory_mb}M,share=on",
            "-kernel", str(kernel.image), "-initrd", str(archive),
            "-append", "console=ttyS0 panic=-1 random.trust_cpu=on FERRULE_LINE=/dev/ttyS1",
            "-chardev", f"file,id=console,append=on,path={_quoted(self.console_file)}", "-serial", "chardev:console",
            "-chardev", f"socket,id=line,fd={line_fd}", "-serial", "chardev:line",
            "-chardev", f"socket,id=terminal,fd={terminal_fd}", "-serial", "chardev:terminal",
            *(self._network(self.settings.card) if self.settings.card else []),
        ]  # fmt: skip

    def _network(self, socket: Path) -> list[str]:
        card = self._card
        device = [
            "virtio-net-pci", "netdev=net", "romfile=", f"mac={card.mac}", "vectors=0",
            f"packed={'on' if card.packed else 'off'}", f"mq={'on' if card.pairs > 1 else 'off'}",
            *([f"host_mtu={card.max_mtu}"] if card.max_mtu else []),
        ]  # fmt: skip
        return [
            "-chardev", f"socket,id=card,path={_quoted(socket)},reconnect=1",
            "-netdev", f"vhost-user,id=net,chardev=card,queues={card.pairs}",
            "-device", ",".join(device),
        ]  # fmt: skip

    def _root(self) -> Archive:
        (busybox,) = require("busybox")
        root = Archive()
        for folder in ("/dev", "/proc", "/sys", "/tmp", "/run", "/modules"):
            root.folder(folder)
        names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True, timeout=LIST_LIMIT_S)
        for name in names.stdout.split():
            root.link(f"/busybox/{name}", BUSYBOX)
        root.data(BUSYBOX, busybox.read_bytes(), 0o755)  # in the place of one of these names
        for library in libraries(busybox):  # none, if it is the static one
            root.host_file(library)
        root.link("/bin/sh", BUSYBOX)
        root.data("/init", INIT.read_bytes(), 0o755)
        root.programs(require(*self._programs))
        for file in self._modules:
            root.data(f"/modules/{file.name}", file.read_bytes())
        for place, path in self._files.items():
            root.data(place, path.read_bytes(), path.stat().st_mode & 0o777)
        return root


def _quoted(path: Path) -> str:
    """As QEMU's option parser wants it."""
    return str(path).replace(",", ",,")
