# SPDX-License-Identifier: Apache-2.0
"""A small virtqueue that a test fills byte by byte, in place of one of the driver's: nothing is checked or refused."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from testbench.system.rig import LIMIT_NS, Rig

NEXT, WRITE, INDIRECT = 1, 2, 4
SIZE = 8
SLOT = 4096  # bytes of each data buffer
# Places in the rings' memory. The rings stand such that no bus word holds two kinds of their fields, so that a test can
# have the access to one of them fail. TABLES: indirect tables.
AVAIL, USED, TABLES, RINGS = 256 + 12, 512 + 12, 1024, 2048

Descriptor = tuple[int, int, int, int]  # address, length, flags, next


class BareQueue:
    """Queue ``index`` of one pair, with ``SIZE`` descriptors and as many data buffers of ``SLOT`` bytes."""

    def __init__(self, rig: Rig, index: int) -> None:
        self.rig, self.index = rig, index
        self._rings = rig.memory.alloc(RINGS, align=4096)
        self._data = rig.memory.alloc(SIZE * SLOT, align=4096)
        self._offered = self._taken = 0
        self._doorbell = 0

    async def install(self) -> BareQueue:
        """Take the driver's queue out of the device and put this one in."""
        transport = self.rig.device.transport
        await transport.reset_queue(self.index)
        self.rig.guard()
        at = self.address
        vector = self.rig.device.queues.vectors[self.index]
        self._doorbell = await transport.setup_queue(self.index, SIZE, (at, at + AVAIL, at + USED), vector)
        return self

    async def remove(self) -> None:
        """The driver's queue comes back, new."""
        queues = self.rig.device.queues
        await self.rig.device.transport.reset_queue(self.index)
        self.free()
        self.rig.sim.host.unguard()
        await (queues.reset_tx(0) if self.index % 2 else queues.reset_rx(0))
        self.rig.guard()

    def free(self) -> None:
        """Give the memory back; the device must have let go of it."""
        self._rings.free()
        self._data.free()

    @property
    def address(self) -> int:
        """Bus address of the rings' memory."""
        return self._rings.address

    def buffer(self, number: int) -> int:
        """Bus address of a data buffer."""
        return self._data.address + SLOT * number

    def fill(self, number: int, data: bytes, at: int = 0) -> None:
        """Put bytes into a data buffer."""
        self._data.view[SLOT * number + at : SLOT * number + at + len(data)] = data

    def content(self, number: int, size: int) -> bytes:
        """What is in a data buffer."""
        return bytes(self._data.view[SLOT * number : SLOT * number + size])

    @property
    def table(self) -> int:
        """Bus address of an indirect table of up to 64 descriptors."""
        return self.address + TABLES

    def write(self, descriptors: Mapping[int, Descriptor], table: bool = False) -> None:
        """Write descriptors at their places, in the queue's own table or in the indirect one."""
        for place, descriptor in descriptors.items():
            struct.pack_into("<QIHH", self._rings.view, (TABLES if table else 0) + 16 * place, *descriptor)

    def offer(self, *heads: int, ahead: int = 0) -> None:
        """Put heads into the avail ring, move its index ``ahead`` further than that, and ring the doorbell."""
        for head in heads:
            struct.pack_into("<H", self._rings.view, AVAIL + 4 + 2 * (self._offered % SIZE), head)
            self._offered += 1
        struct.pack_into("<H", self._rings.view, AVAIL + 2, self._offered + ahead & 0xFFFF)
        self.rig.sim.host.bar_write(self._doorbell, self.index, 2)

    def used(self) -> list[tuple[int, int]]:
        """(head, bytes written) of every chain that has come back since the last call."""
        index = struct.unpack_from("<H", self._rings.view, USED + 2)[0]
        done = []
        while self._taken != index:
            done.append(struct.unpack_from("<II", self._rings.view, USED + 4 + 8 * (self._taken % SIZE)))
            self._taken = self._taken + 1 & 0xFFFF
        return done


async def errors_of(rig: Rig) -> dict[str, int]:
    """Counters of errors and drops, those of AXI too."""
    counters = await rig.firmware.counters()
    return {name: value for name, value in counters.items() if "_err" in name or "_drop_" in name}


def difference(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """Counters that have moved, and by how much."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


async def broken(rig: Rig) -> bool:
    """Wait for the device to ask for a reset; the driver learns it by the configuration interrupt."""
    end = rig.sim.time_ns + LIMIT_NS
    while not rig.device.needs_reset and rig.sim.time_ns < end:
        await rig.device.wait(end - rig.sim.time_ns)
    return rig.device.needs_reset


async def recover(rig: Rig) -> bool:
    """Reset and probe as a driver does on DEVICE_NEEDS_RESET; whether traffic then runs both ways."""
    await rig.device.close()
    rig.forbid()
    await rig.sim.sleep_ns(5_000)
    rig.sim.host.unguard()
    await rig.device.probe()
    rig.guard()
    return await rig.ping_pong([60, 1514])
