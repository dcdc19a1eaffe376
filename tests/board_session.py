# SPDX-License-Identifier: Apache-2.0
"""Firmware and driver on a simulated board, through its serial port, in one event loop."""

import asyncio
import random
import time

from ferrule.bridge import BoardHost, BoardManagement, board_options, board_settings
from firmware import Firmware
from host_driver import NetDevice

OTHER = bytes.fromhex("02aabbccddee")
PAUSE = bytes.fromhex("8808")  # EtherType of MAC control
SLOWNESS = 500.0  # of the simulation, about
STEP_NS = 200_000
LIMIT_S = 60.0  # of anything a test waits for, on a machine that is busy otherwise


class Session:
    """``async with``: firmware runs, the driver is up; afterwards nothing of it is allocated."""

    def __init__(self, sim, board, seed=1, **options):
        self.sim, self.board, self.rng = sim, board, random.Random(seed)
        self.firmware = Firmware(BoardManagement(board, SLOWNESS), board_settings())
        self.host = BoardHost(board, SLOWNESS)
        self.device = NetDevice(self.host, options=board_options(**options))

    async def __aenter__(self):
        await self.firmware.boot()
        self._before = await self.firmware.counters()  # an earlier test may have left some
        self.task = asyncio.create_task(self.firmware.run())
        await self.device.probe()
        return self

    async def __aexit__(self, kind, *_):
        try:
            if kind is None:
                await self.device.close()
                assert self.device.memory.live_buffers == 0
        finally:
            self.task.cancel()

    async def errors(self):
        """Counters of the card, since then, that say that something went wrong."""
        counters = await self.firmware.counters()
        grown = {name: value - self._before[name] for name, value in counters.items()}
        return {name: value for name, value in grown.items() if value and ("_drop_" in name or "_err" in name)}

    def frame(self, size, to=None):
        """Ethernet header of an experimental type and random bytes."""
        return ((to or self.device.mac) + OTHER + b"\x88\xb5" + self.rng.randbytes(max(size - 14, 0)))[:size]

    async def send(self, frame, header=None):
        """Give it to the card, which must have room by and by."""
        end = time.monotonic() + LIMIT_S
        while not self.device.transmit(frame, header):
            assert time.monotonic() < end, "the transmit ring stays full"
            await self.device.wait(STEP_NS)

    async def on_wire(self, count):
        """So many frames from the card, without the MAC's own to its neighbour; firmware goes on meanwhile."""
        frames = []
        while len(frames) < count:
            frame = await asyncio.to_thread(self.sim.receive, LIMIT_S)
            assert frame is not None, f"{len(frames)} of {count} frames on the wire"
            if frame[12:14] != PAUSE:
                frames.append(frame)
        return frames

    async def receive(self, count, limit_s=LIMIT_S):
        """So many received frames; fewer when the time is up."""
        got = []
        end = time.monotonic() + limit_s
        while True:
            got += [frame.frame for frame in self.device.poll()]
            left = end - time.monotonic()
            if len(got) >= count or left <= 0:
                return got
            await self.device.wait(int(left * 1e9 / SLOWNESS))

    async def ping_pong(self, *sizes):
        """Each size from the card and to it."""
        for size in sizes:
            out = self.frame(size, OTHER)
            await self.send(out)
            (wire,) = await self.on_wire(1)
            assert wire[:size] == out and not any(wire[size:])
            back = self.frame(max(size, 60))
            self.sim.send(back)
            assert await self.receive(1) == [back]
        assert self.device.queues.tx[0].reclaim() >= 0 and self.device.queues.tx[0].slots_held == 0


def run(sim, board, test, **options):
    """Run ``async def test(session)``."""

    async def main():
        async with Session(sim, board, **options) as session:
            return await test(session)

    return asyncio.run(main())
