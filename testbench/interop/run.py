# SPDX-License-Identifier: Apache-2.0
"""Runs one cell: its device, its driver, its traffic, and what it must then have negotiated and counted."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path

from ferrule.errors import FerruleError
from host_driver.errors import DriverError
from testbench.interop import dpdk, guests, ours, uml_net_vhost
from testbench.interop.card import CardDevice, card_device
from testbench.interop.cells import Amount, Cell, CellError, Impossible, Outcome, Traffic
from testbench.interop.net_vhost import NetVhost, net_vhost
from testbench.interop.testpmd import TestpmdError, TestpmdMissingError
from testbench.interop.wire_end import WireError, pair

FAILURES = (CellError, WireError, FerruleError, DriverError, TestpmdError, TestpmdMissingError, OSError)


def run_cell(cell: Cell, much: Amount, seed: int) -> Outcome:
    """Never raises for what goes wrong in a cell: the outcome tells it."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fi-") as folder:  # short: paths of sockets have at most 107 bytes
        try:
            traffic = _run(cell, Path(folder), much, seed)
            verify(cell, traffic)
            outcome = Outcome(cell, "passed", traffic=traffic)
        except Impossible as error:
            outcome = Outcome(cell, "impossible", str(error))
        except FAILURES as error:
            outcome = Outcome(cell, "failed", f"{type(error).__name__}: {error}")
    outcome.seconds = time.monotonic() - started
    return outcome


def _device(
    cell: Cell, folder: Path, wire_fd: int, joined: bool
) -> AbstractContextManager[CardDevice] | AbstractContextManager[NetVhost]:
    if cell.device == "net_vhost":
        return net_vhost(cell, folder, wire_fd)
    return card_device(cell, folder, wire_fd, joined)


def _run(cell: Cell, folder: Path, much: Amount, seed: int) -> Traffic:
    if cell.driver == "uml" and cell.device == "net_vhost":
        raise Impossible(uml_net_vhost.reason())
    if cell.driver in ("uml", "qemu"):
        with (
            guests.far_end(folder, cell.mtu, much.file_bytes, seed) as far,
            _device(cell, folder, far.wire_fd, False) as device,
        ):
            return guests.run(cell, device, far, folder, much)
    end, theirs = pair()
    with end, theirs, _device(cell, folder, theirs.fileno(), True) as device:
        if cell.driver == "dpdk":
            return dpdk.run(cell, device, end, folder, much, seed)
        return ours.run(cell, device, end, much, seed)


def verify(cell: Cell, traffic: Traffic) -> None:
    """Whether what was asked for is what ran. Raises CellError."""
    if ("RING_PACKED" in traffic.features) != cell.packed:
        raise CellError(f"the rings are not {cell.ring}: {', '.join(traffic.features)}")
    if bool(traffic.super_frames) != cell.tso:
        raise CellError(f"{traffic.super_frames} super-frames with TSO {'on' if cell.tso else 'off'}")
    if not traffic.frames_out or not traffic.frames_in:
        raise CellError(f"{traffic.frames_out} frames out and {traffic.frames_in} in")
    if traffic.interrupts == 0:
        raise CellError("the driver has had no interrupt")


def children() -> dict[int, str]:
    """Processes that this one has started and that still run: their command lines by process number."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                command = (entry.parent / "cmdline").read_bytes()
                found[int(entry.parent.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it has just ended
            continue
    return found
