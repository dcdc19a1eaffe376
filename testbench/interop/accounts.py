# SPDX-License-Identifier: Apache-2.0
"""Whether all that one side of a cell has given the other has got: TCP repairs a loss, counters do not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from ferrule.guest.guest import Guest
from ferrule.live.namespace import Namespace
from testbench.interop.card import Device
from testbench.interop.cells import CellError, Traffic

LIMIT_S, LOOK_S, COMMAND_S = 15.0, 0.2, 10.0


class Packets(NamedTuple):
    """Of one interface, as Linux counts them."""

    received: int
    sent: int


def packets(table: str, interface: str) -> Packets:
    """Of /proc/net/dev. Raises CellError when the interface is not in it."""
    for line in table.splitlines():
        name, _, values = line.partition(":")
        if name.strip() == interface:
            fields = values.split()
            return Packets(int(fields[1]), int(fields[9]))
    raise CellError(f"no interface {interface} in /proc/net/dev: {table.strip()[-200:]}")


def differences(guest: Packets, traffic: Traffic, wire: Packets) -> list[str]:
    """In words: between the guest and its device, and between the device and the wire's other end."""
    drops = sum(count for name, count in traffic.details.get("drops", {}).items() if name.startswith("rx_drop_"))
    pairs = [
        ("frames that the device gave the guest", traffic.frames_in, "those it received", guest.received),
        ("packets that the guest sent", guest.sent, "those the device took", traffic.taken),
        ("frames that the device sent", traffic.frames_out, "those that arrived", wire.received),
        ("frames sent to the device", wire.sent, "those that came", traffic.came),
        ("those that came", traffic.came, "those given on or counted as dropped", traffic.frames_in + drops),
    ]
    return [f"{was}: {a}, {what}: {b}" for was, a, what, b in pairs if None not in (a, b) and a != b]


def balance(linux: Guest, interface: str, device: Device, space: Namespace, wire: str, folder: Path) -> None:
    """Wait until all is at rest and agrees. Raises CellError, with what does not, when the time is up."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        guest = packets(linux.run("cat /proc/net/dev", COMMAND_S).output, interface)
        wrong = differences(guest, device.traffic(), packets(_table(space, folder), wire))
        if not wrong:
            return
        if time.monotonic() > deadline:
            raise CellError(f"frames are missing: {'; '.join(wrong)}")
        time.sleep(LOOK_S)


def _table(space: Namespace, folder: Path) -> str:
    """The other end's /proc/net/dev, which is each namespace's own."""
    output = folder / "net_dev"
    pid = space.run(["cat", "/proc/net/dev"], output)
    if space.poll(pid, COMMAND_S) != 0:
        raise CellError("cat /proc/net/dev failed at the wire's other end")
    return output.read_text()
