# SPDX-License-Identifier: Apache-2.0
"""Card, firmware and driver brought up together, and the traffic that system benches send through them."""

from __future__ import annotations

import random
from typing import Any

from firmware import CardSettings, Firmware
from host_driver import DmaMemory, Feature, NetDevice, Options, RxFrame
from host_driver.net.options import CONTROL_SIZE
from testbench.lib.sim_base import SimBase

OTHER = bytes.fromhex("02aabbccddee")
LIMIT_NS = 5_000_000
JUMBO = 9194  # the driver takes the device's limit if that is less
# what the driver takes of a ring format; benches that fill rings and headers by hand do so in the plainest way
NOT_TAKEN = {
    "split": frozenset({Feature.RING_PACKED, Feature.IN_ORDER, Feature.HASH_REPORT}),
    "packed": frozenset({Feature.HASH_REPORT}),
    "any": frozenset(),
}
STEERING = frozenset({Feature.MQ, Feature.RSS})
"""With these the driver gives a command as soon as the device is up: not for benches that count or replace it."""
WRAP_BIT, PLACE = 0x8000, 0x7FFF  # of a packed ring's index


class Rig:
    """One card with everything that belongs to it.

    ``ring`` among the arguments: rings are "split" (unless it is said) or "packed", with "any" as the card offers them.
    """

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.ring = args.get("ring", "split")
        unwanted = NOT_TAKEN[self.ring].union(Feature[name] for name in args.get("unwanted", ()))
        self.sim = sim
        self.rng = random.Random(args.get("seed", 1))
        self.firmware = Firmware(sim.mgmt, CardSettings(**args.get("card", {})))
        self.memory = DmaMemory(sim.host.memory, sim.host.memory_base)
        options = Options(**{"mtu": JUMBO, "unwanted": unwanted, **args.get("options", {})})
        self.device = NetDevice(sim.host, self.memory, options)
        self.task: Any = None

    async def boot(self) -> None:
        """Firmware only."""
        await self.firmware.boot()
        self.start()

    def start(self) -> None:
        """Let firmware run."""
        self.task = self.sim.start_soon(self.firmware.run())

    def stop(self) -> None:
        """End firmware wherever it is, as a crash would."""
        self.task.cancel()

    async def up(self, guarded: bool = True) -> Rig:
        """Firmware and driver; with ``guarded`` any access outside the driver's buffers ends the run."""
        await self.boot()
        await self.device.probe()
        packed = Feature.RING_PACKED in self.device.features
        assert self.ring == "any" or packed == (self.ring == "packed"), f"the card's rings are not {self.ring}"
        if guarded:
            self.guard()
        return self

    async def begin_rings_at(self, first: int) -> None:
        """The next probe's rings begin at this index, in packed rings modulo their size; firmware is told the same."""
        options, control = self.device.options, self.firmware.card.control_queue
        options.ring_start = first
        for gq in range(control + 1):
            size = CONTROL_SIZE if gq == control else options.tx_size if gq % 2 else options.rx_size
            place = first if self.ring == "split" else first & WRAP_BIT | (first & PLACE) % size
            await self.firmware.set_start_index(gq, place)

    def guard(self) -> None:
        """Allow the card the driver's buffers, and nothing else."""
        self.sim.host.unguard()
        for address, size in self.memory.live_ranges():
            self.sim.host.guard(address, size)

    def forbid(self) -> None:
        """Allow the card nothing at all."""
        self.sim.host.unguard()
        self.sim.host.guard(self.memory.base + self.memory.size - 64, 64)

    def frame(self, size: int, to: bytes | None = None) -> bytes:
        """Ethernet header of an experimental type and random bytes."""
        body = self.rng.randbytes(max(size - 14, 0))
        return ((to or self.device.mac) + OTHER + b"\x88\xb5" + body)[:size]

    async def receive(self, count: int, limit_ns: int = LIMIT_NS) -> list[RxFrame]:
        """So many received frames, by interrupts; fewer when the time is up."""
        got: list[RxFrame] = []
        end = self.sim.time_ns + limit_ns
        while True:
            got += self.device.poll()
            left = end - self.sim.time_ns
            if len(got) >= count or left <= 0:
                return got
            await self.device.wait(left)

    async def send(self, frames: list[bytes], header: bytes | None = None, pair: int = 0) -> list[bytes]:
        """Transmit all, waiting for room; returns what the other end of the wire has got since."""
        before = len(self.sim.wire.received)
        for frame in frames:
            dropped = self.device.queues.tx[pair].dropped
            while not self.device.transmit(frame, header, pair):
                assert self.device.queues.tx[pair].dropped == dropped, f"the driver drops a frame of {len(frame)} bytes"
                assert await self.device.wait(LIMIT_NS), "the transmit ring stays full"
        await self.sim.idle(LIMIT_NS)
        return [data for _, data in self.sim.wire.received[before:]]

    async def reclaim(self) -> int:
        """Let the driver see that all is sent; returns the slots it still holds."""
        await self.sim.idle(LIMIT_NS)
        for tx in self.device.queues.tx:
            tx.reclaim()
        return sum(tx.slots_held for tx in self.device.queues.tx)

    async def ping_pong(self, sizes: list[int], pair: int = 0) -> bool:
        """Each size to the card and from it, one at a time; whether every byte arrived."""
        for size in sizes:
            out = self.frame(size, OTHER)
            wire = await self.send([out], pair=pair)
            if [frame[:size] for frame in wire] != [out] or any(wire[0][size:]):
                return False
            back = self.frame(max(size, 60))
            self.sim.wire.send(back)
            got = await self.receive(1)
            if [received.frame for received in got] != [back]:
                return False
        return await self.reclaim() == 0

    async def close(self) -> dict[str, int]:
        """The card's counters, then the end of everything; nothing may stay allocated."""
        counters = await self.firmware.counters()
        await self.device.close()
        self.forbid()
        self.firmware.stop()
        counters["leaked"] = self.memory.live_buffers
        return counters
