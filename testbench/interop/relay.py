# SPDX-License-Identifier: Apache-2.0
"""Gives a device without a wire one: our driver on a second port of it, frames to and from a descriptor."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Collection
from pathlib import Path

from host_driver import NetDevice, Options
from host_driver.errors import BackEndGone
from host_driver.transport.vhost_user import VhostUserHost, VhostUserTransport, run

WIRE = 1 << 20
"""Vector of the wire's descriptor, beyond all of the device's."""
LOOK_NS = 50_000_000  # between looks at whether to stop
ROOM_MS = 5_000
FRAMES_PER_TURN = 64
LINK = 14  # bytes of an Ethernet header
LARGEST = 1 << 16  # bytes of a frame


class _Host(VhostUserHost):
    """Its waits also end when the wire has a frame."""

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        return await super().wait_interrupt({*vectors, WIRE}, timeout_ns)


class Relay:
    """Runs in a thread of its own from ``start`` to ``stop``; ``error`` is what ended it before."""

    def __init__(self, socket: Path, wire_fd: int, mtu: int) -> None:
        self._socket, self._fd, self._mtu = socket, wire_fd, mtu
        self._stopped = False
        self._waiting: bytes | None = None  # from the wire, no room in the ring yet
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self.error: BaseException | None = None
        self.lost = 0  # frames that the wire did not take
        self.large = 0  # frames to the wire that are longer than its MTU allows

    def start(self, limit_s: float) -> None:
        """Bring the driver up. Raises what went wrong."""
        self._thread.start()
        if not self._ready.wait(limit_s) or self.error:
            raise self.error or TimeoutError(f"the relay's driver is not up after {limit_s:g} s")

    def stop(self) -> None:
        """End it."""
        self._stopped = True
        if self._thread.ident:
            self._thread.join(5.0)

    def _run(self) -> None:
        try:
            with _Host.connect(self._socket) as host:  # type: ignore[attr-defined]
                device = NetDevice(host, options=Options(mtu=self._mtu), transport=VhostUserTransport)
                run(device.probe())
                self._ready.set()
                with contextlib.suppress(BackEndGone):
                    self._serve(host, device)
                    run(device.close())
        except BaseException as error:  # told by ``start`` or ``check``
            self.error = error
        finally:
            self._ready.set()

    def _serve(self, host: VhostUserHost, device: NetDevice) -> None:
        while not self._stopped:
            frames = device.poll(FRAMES_PER_TURN)
            for received in frames:
                self._give(received.frame)
            if not self._take(device) and not frames:
                (host.detach(self._fd) if self._waiting else host.attach(self._fd, WIRE, lasting=True))
                run(device.wait(LOOK_NS))

    def _give(self, frame: bytes) -> None:
        self.large += len(frame) > self._mtu + LINK
        for _ in range(2):
            with contextlib.suppress(BlockingIOError):
                os.write(self._fd, frame)
                return
            poll = select.poll()
            poll.register(self._fd, select.POLLOUT)
            poll.poll(ROOM_MS)
        self.lost += 1

    def _take(self, device: NetDevice) -> bool:
        """Frames of the wire into the ring, as far as there are and go; whether any did."""
        taken = 0
        for _ in range(FRAMES_PER_TURN):
            frame, self._waiting = self._waiting, None
            if frame is None:
                try:
                    frame = os.read(self._fd, LARGEST)
                except BlockingIOError:
                    break
            if not frame:
                break
            if not device.transmit(frame, more=True):
                self._waiting = frame
                break
            taken += 1
        device.queues.tx[0].flush()
        return taken > 0
