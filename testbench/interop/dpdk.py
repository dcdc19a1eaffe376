# SPDX-License-Identifier: Apache-2.0
"""Cells whose driver is DPDK's virtio_user, in testpmd: it gives back what comes from the wire, or cuts it anew."""

from __future__ import annotations

import socket
from pathlib import Path

from testbench.interop import segments
from testbench.interop.card import Device
from testbench.interop.cells import Amount, Cell, CellError, Traffic
from testbench.interop.testpmd import Testpmd, virtio_user
from testbench.interop.wire_end import WireEnd, give, numbered

BUFFER = 2048  # bytes of a receive buffer, some of them DPDK's own
FREE = 140  # of 256 buffers may be taken by frames on their way
LIMIT_S = 300.0
MAC = "02:fe:00:00:00:01"
MSS = {1500: 500, 9000: 1448}  # bytes that testpmd has the card cut TCP payloads to


def window(longest: int) -> int:
    """Frames that may be on their way at once, bytes of the longest without FCS."""
    return FREE // -(-longest // (BUFFER - 128))


def driver(cell: Cell, path: Path, folder: Path, pairs: int = 1) -> Testpmd:
    """The process, not yet started."""
    port = virtio_user(path, pairs, packed=cell.packed, mac=MAC)
    arguments = ["--max-pkt-len", str(cell.longest + 4), "--enable-scatter"] if cell.mtu > 1500 else []
    arguments.append("--txonly-multi-flow")
    return Testpmd([port], pairs, topology="loop", arguments=arguments, log=folder / "testpmd.log")


def run(cell: Cell, device: Device, end: socket.socket, folder: Path, much: Amount, seed: int) -> Traffic:
    """Frames there and back; with TSO also TCP frames that must come back in segments."""
    with driver(cell, device.path, folder) as pmd:
        device.wait_running()
        frames = numbered(seed, much.frames, cell.longest)
        with pmd.forwarding("io"):
            WireEnd(end, frames, window(cell.longest)).run(LIMIT_S)
        before = device.traffic().super_frames
        if before:
            raise CellError(f"{before} super-frames, though testpmd left none to the device")
        if cell.tso:
            _segment(cell, pmd, device, end, much.super_frames, seed)
        device.check()
        traffic = device.traffic()
    traffic.interrupts = None
    if cell.tso and not device.segments:
        traffic.super_frames = much.super_frames
    return traffic


def segmenting(cell: Cell, pmd: Testpmd) -> None:
    """Have testpmd ask for segmentation of the TCP frames that it gives back in ``csum``. Raises CellError."""
    for command in (
        "port stop 0", "csum set tcp hw 0", "csum set ip sw 0", f"tso set {MSS[cell.mtu]} 0", "port start 0",
    ):  # fmt: skip
        answer = pmd.command(command)
        if "not supported" in answer or "Error" in answer or "not enabled" in answer:
            raise CellError(f"testpmd refuses {command!r}: {answer.strip()}")


def _segment(cell: Cell, pmd: Testpmd, device: Device, end: socket.socket, count: int, seed: int) -> None:
    """TCP frames there, and back in segments."""
    mss = MSS[cell.mtu]
    segmenting(cell, pmd)
    device.wait_running()
    with pmd.forwarding("csum"):
        for frame in segments.tcp_frames(seed, count, cell.longest):
            give(end, frame)
            segments.answer(end, frame, mss if device.segments else len(frame))
