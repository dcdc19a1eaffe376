# SPDX-License-Identifier: Apache-2.0
"""Cells whose driver is Linux's own, in a guest: a file from the other end of the wire, and the same file back."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ferrule.guest.guest import Guest, GuestSettings
from ferrule.guest.qemu import QemuCard, QemuGuest
from ferrule.guest.uml import UmlGuest
from ferrule.live.namespace import Namespace, NamespaceError, ServerFailed
from testbench.interop import file_server
from testbench.interop.accounts import balance
from testbench.interop.card import Device
from testbench.interop.cells import Amount, Cell, CellError, Traffic

MAC = "52:54:00:fe:78:01"
FAR_IPV4, FAR_IPV6 = "10.78.0.2", "fd78::2"
INTERFACE, WIRE = "eth0", "wire0"
SERVER_S, TRANSFER_S, COMMAND_S, BOOT_S = 20.0, 180.0, 30.0, 120.0
FETCHED = "/tmp/fetched"


class FarEnd:
    """A network namespace on the other end of the wire, with the file server in it; ``wire_fd`` is its TAP."""

    def __init__(self, folder: Path, mtu: int, size: int, seed: int, vnet: bool = False, offload: int = 0) -> None:
        """``size`` bytes are in the file. ``vnet``: each frame on the wire has a virtio_net_hdr before it."""
        self._folder = folder
        content = random.Random(seed).randbytes(size)
        self.file, self.sha256 = folder / "file.bin", hashlib.sha256(content).hexdigest()
        self.file.write_bytes(content)
        self.space = Namespace("far end")
        try:
            self.wire_fd = self.space.make_tap(
                WIRE, vnet_hdr=vnet, offload=offload, mac=None, mtu=mtu,
                addresses=[f"{FAR_IPV4}/24", f"{FAR_IPV6}/64"],
            )  # fmt: skip
        except NamespaceError:
            self.space.close()
            raise

    def serve(self) -> None:
        """Start the server and wait until it listens."""
        log = self._folder / "server.log"
        argv = [sys.executable, file_server.__file__, str(self.file)]
        try:
            self.space.serve(argv, log, SERVER_S)
        except ServerFailed as error:
            raise CellError(f"the file server {error}: {log.read_text(errors='replace')[-500:]}") from error

    def close(self) -> None:
        """Nothing of it stays."""
        self.space.close()


@contextlib.contextmanager
def far_end(folder: Path, mtu: int, size: int, seed: int, vnet: bool = False, offload: int = 0) -> Iterator[FarEnd]:
    """Open and closed."""
    end = FarEnd(folder, mtu, size, seed, vnet, offload)
    try:
        yield end
    finally:
        end.close()


def guest(cell: Cell, path: Path, folder: Path) -> Guest:
    """The driver's guest, not yet started."""
    settings = GuestSettings(card=path, mtu=cell.mtu, boot_s=BOOT_S)
    if cell.driver == "uml":
        return UmlGuest(settings, folder / "guest")
    return QemuGuest(settings, folder / "guest", QemuCard(MAC, packed=cell.packed, max_mtu=cell.mtu))


def run(cell: Cell, device: Device, far: FarEnd, folder: Path, much: Amount) -> Traffic:
    """Fetch the file, look at its sum, send it back, and have the other end say the sum of that."""
    with guest(cell, device.path, folder) as linux:
        device.wait_running()
        far.serve()
        if not cell.tso:
            _command(linux, f"ethtool -K {INTERFACE} tso off")
        state = _command(linux, f"ethtool -k {INTERFACE}")
        if not re.search(rf"tcp-segmentation-offload: {'on' if cell.tso else 'off'}", state):
            raise CellError(f"the guest's TSO is not {'on' if cell.tso else 'off'}")
        url = f"http://{FAR_IPV4}/file.bin"
        got = _command(linux, f"curl -sS -o {FETCHED} {url} && sha256sum <{FETCHED}", TRANSFER_S).split()[0]
        if got != far.sha256:
            raise CellError(f"the guest got {got} instead of {far.sha256}, a file of {much.file_bytes} bytes")
        url = f"http://[{FAR_IPV6}]/file.bin"
        answer = _command(linux, f"curl -sS -T {FETCHED} {url}", TRANSFER_S).strip()
        if answer != far.sha256:
            raise CellError(f"the other end got {answer[-200:]} instead of {far.sha256}")
        balance(linux, INTERFACE, device, far.space, WIRE, folder)
        interrupts = linux_interrupts(_command(linux, "cat /proc/interrupts"))
        device.check()
        traffic = device.traffic()
        traffic.details["kernel"] = _command(linux, "uname -r").strip()
        traffic.details["retransmitted"] = retransmitted(_command(linux, "grep Tcp: /proc/net/snmp"))
    traffic.interrupts = interrupts
    return traffic


def linux_interrupts(table: str) -> int:
    """Those of virtio in /proc/interrupts, all processors and queues together."""
    total = 0
    for line in table.splitlines():
        if "virtio" in line:
            total += sum(int(word) for word in line.split()[1:] if word.isdigit())
    return total


def retransmitted(table: str) -> int:
    """TCP segments that the guest had to send again, of /proc/net/snmp: TCP hides a loss, this shows it."""
    names, values = (line.split() for line in table.strip().splitlines())
    return int(values[names.index("RetransSegs")])


def _command(linux: Guest, command: str, limit_s: float = COMMAND_S) -> str:
    status, output = linux.run(command, limit_s)
    if status:
        raise CellError(f"in the guest: {command!r} ended with status {status}: {output.strip()[-300:]}")
    return output
