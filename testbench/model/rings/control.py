# SPDX-License-Identifier: Apache-2.0
"""Control virtqueue's consumer (virtio 1.2, 5.1.6.5): gathers a command for firmware, scatters firmware's answer."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.host.memory import HostMemory
from testbench.model.rings.chain import Chain
from testbench.model.rings.queue import Virtqueue

RAM_BYTES = 4096
WRITABLE = 64  # writable descriptors of a command that are used
LARGEST = 0xFFFF_FFFF


class Control:
    """One command at a time. ``pending`` until firmware writes the length of its answer, or the queue is stopped."""

    def __init__(
        self, memory: HostMemory, queue: Virtqueue, later: Callable[..., object], period_ps: int,
        count: Callable[[str], object], announce: Callable[[], object],
    ) -> None:  # fmt: skip
        self._memory, self._queue, self._later, self._period = memory, queue, later, period_ps
        self._count, self._announce = count, announce
        self.ram = bytearray(RAM_BYTES)
        self.pending = self.too_long = self.stopped = False
        self.length = self.capacity = 0
        self._chain = Chain(0, [], 0)
        self._writable: list[tuple[int, int]] = []
        self._busy = False

    def turn(self) -> None:
        """Take the next command, if there is one and none is under way."""
        if self._busy or self.stopped or not self._queue.chains:
            return
        self._busy = True
        chain = self._queue.take()
        self._chain, self._writable, self.too_long, self.capacity = chain, [], False, 0
        failed, at = bool(chain.error), 0
        for address, length, write in chain.segments:
            if write:
                if len(self._writable) < WRITABLE:
                    self._writable.append((address, length))
                    self.capacity = min(self.capacity + length, LARGEST)
                continue
            room = min(length, RAM_BYTES - at)
            self.too_long |= length > room
            if room and not failed:
                failed, at = self._gather(address, room, at)
        self.length = at
        # the RAM takes a byte a cycle
        self._later(self._memory.read_latency() + at * self._period, self._gathered, failed)

    def _gather(self, address: int, room: int, at: int) -> tuple[bool, int]:
        data = self._memory.read(address, room)
        if data is None:
            return True, at
        self.ram[at : at + room] = data
        return False, at + room

    def _gathered(self, failed: bool) -> None:
        if failed or self.stopped:
            self._end(0)
            return
        self.pending = True
        self._announce()

    def done(self, length: int) -> None:
        """Firmware's answer is in the RAM: so many bytes of it go to the driver."""
        self._count("ctrl_commands")
        if self.too_long:
            self._count("ctrl_too_long")
        if not self.pending:
            return
        self.pending = False
        total = min(length, self.capacity, RAM_BYTES)
        at = 0
        for address, room in self._writable:
            part = self.ram[at : min(at + room, total)]
            if part and not self._memory.write(address, bytes(part)):
                self._later(self._memory.write_latency(), self._end, 0)
                return
            at += len(part)
        self._later(self._memory.write_latency() + total * self._period, self._end, total)

    def stop(self, stopped: bool) -> None:
        """Level: the queue is being stopped; a command that waits is given back without an answer."""
        self.stopped = stopped
        if stopped and self.pending:
            self.pending = False
            self._end(0)

    def _end(self, total: int) -> None:
        self._queue.complete(self._chain, total)
        self._busy = False
        self.turn()
