# SPDX-License-Identifier: Apache-2.0
"""Cells whose driver is ours: numbered frames to the wire and from it at once, and super-frames in one direction."""

from __future__ import annotations

import socket
import time
from collections import deque
from functools import partial

from host_driver import Feature, NetDevice, Options, tso_request
from host_driver.transport.vhost_user import VhostUserHost, VhostUserTransport
from host_driver.transport.vhost_user import run as finish
from testbench.interop import segments
from testbench.interop.card import Device
from testbench.interop.cells import Amount, Cell, CellError, Traffic
from testbench.interop.wire_end import WireError, give, numbered, take

SEGMENTATION = frozenset({Feature.HOST_TSO4, Feature.HOST_TSO6, Feature.HOST_ECN})
ON_THEIR_WAY = {1500: 100, 9000: 30}
LIMIT_S, QUIET_S = 200.0, 20.0
STEP_NS = 1_000_000
SUPER_BYTES = 60_000  # of a super-frame


def options(cell: Cell) -> Options:
    """The driver's, for the cell's features."""
    unwanted: frozenset[Feature] = frozenset() if cell.tso else SEGMENTATION
    if not cell.packed:
        unwanted |= {Feature.RING_PACKED}
    return Options(mtu=cell.mtu, unwanted=unwanted)


def run(cell: Cell, device: Device, end: socket.socket, much: Amount, seed: int) -> Traffic:
    """Frames both ways, compared; with TSO then super-frames, whose segments are checked."""
    with VhostUserHost.connect(device.path) as host:
        transport = partial(VhostUserTransport, mtu=cell.mtu)
        ours = NetDevice(host, options=options(cell), transport=transport)
        finish(ours.probe())
        if ours.queues.control:
            finish(ours.settings.set_promisc(True))  # the frames are addressed to somebody else
        device.wait_running()
        both_ways(cell, ours, end, much.frames, seed)
        if cell.tso:
            _super_frames(cell, ours, device, end, much.super_frames, seed)
        device.check()
        traffic = device.traffic()
        interrupts = ours.interrupts
        finish(ours.close())
        if ours.memory.live_buffers:
            raise CellError(f"the driver has left {ours.memory.live_buffers} buffers behind")
    traffic.interrupts = interrupts
    if cell.tso and not device.segments:
        traffic.super_frames = much.super_frames
    return traffic


class Direction:
    """What is due at its end, in order."""

    def __init__(self, what: str, seed: int, cell: Cell, count: int) -> None:
        self.what, self.count, self.window = what, count, ON_THEIR_WAY[cell.mtu]
        self._frames = numbered(seed, count, cell.longest)
        self._due: deque[bytes] = deque()
        self._next: bytes | None = next(self._frames, None)
        self.got = 0

    @property
    def done(self) -> bool:
        """All have come."""
        return self._next is None and not self._due

    def ready(self) -> bytes | None:
        """The next frame to send, if one may be."""
        return self._next if len(self._due) < self.window else None

    def sent(self) -> None:
        """That one is on its way."""
        assert self._next is not None
        self._due.append(self._next)
        self._next = next(self._frames, None)

    def came(self, frame: bytes) -> None:
        """One has come. Raises WireError if it is not the one due."""
        if not self._due or self._due[0] != frame:
            due = self._due[0][:24].hex() if self._due else "none"
            raise WireError(f"{self.what}: frame {self.got} is {len(frame)} bytes {frame[:24].hex()}, due was {due}")
        self._due.popleft()
        self.got += 1


def both_ways(cell: Cell, ours: NetDevice, end: socket.socket, count: int, seed: int) -> None:
    """``count`` frames in each direction at the same time."""
    out, back = Direction("to the wire", seed, cell, count), Direction("from the wire", seed + 1, cell, count)
    deadline = time.monotonic() + LIMIT_S
    heard = time.monotonic()
    while not (out.done and back.done):
        before = out.got + back.got
        while (frame := out.ready()) and ours.transmit(frame, more=True):
            out.sent()
        ours.queues.tx[0].flush()
        while (frame := back.ready()) and give(end, frame):
            back.sent()
        for received in ours.poll():
            back.came(received.frame)
        while frame := take(end):
            out.came(frame)
        now = time.monotonic()
        if out.got + back.got != before:
            heard = now
        elif now - heard > QUIET_S or now > deadline:
            raise WireError(f"{out.got} of {count} frames have come out, {back.got} in, and then none")
        else:
            finish(ours.wait(STEP_NS))


def _super_frames(cell: Cell, ours: NetDevice, device: Device, end: socket.socket, count: int, seed: int) -> None:
    for frame in segments.tcp_frames(seed, count, SUPER_BYTES):
        version = 4 if frame[12:14] == b"\x08\x00" else 6
        start = segments.HEADERS[version] - 20
        mss = cell.longest - segments.HEADERS[version]
        header = tso_request(1 if version == 4 else 4, segments.HEADERS[version], mss, start)
        if not ours.transmit(segments.unsummed(frame, start), header.pack()):
            raise CellError("no room for a super-frame in an empty ring")
        segments.answer(end, frame, mss if device.segments else len(frame))
        ours.poll()
