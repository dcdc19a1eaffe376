# SPDX-License-Identifier: Apache-2.0
"""Entries: control commands byte by byte to the real firmware, and what becomes of the card."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from firmware import Firmware, regs
from host_driver import Feature
from testbench.lib.sim_base import SimBase
from testbench.system.bare_queue import NEXT, SLOT, WRITE, BareQueue
from testbench.system.firmware_bus import RecordingBus
from testbench.system.rig import LIMIT_NS, STEERING, Rig

ANSWER = 7  # the data buffer that takes it
UNTOUCHED = 0xEE
OK, ERR = b"\0", b"\1"


class Session:
    """A live card, its driver's control queue replaced by one whose commands are bytes. Each step is a method."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.rig = Rig(sim, args)
        self.rig.device.options.unwanted |= STEERING
        self.bus = RecordingBus(sim.mgmt)
        self.rig.firmware = Firmware(self.bus, self.rig.firmware.settings)
        self.queue: BareQueue | None = None
        self._unwanted = self.rig.device.options.unwanted

    async def start(self) -> Session:
        """Firmware and driver."""
        await self.rig.boot()
        await self._up()
        return self

    async def _up(self) -> None:
        await self.rig.device.probe()
        self.rig.guard()
        if self.rig.device.queues.control:
            self.queue = await BareQueue(self.rig, 2 * self.rig.device.options.pairs).install()

    async def down(self) -> None:
        """Everything is given back; firmware goes on."""
        await self.rig.device.close()
        if self.queue:
            self.queue.free()
        self.queue = None
        self.rig.sim.host.unguard()

    async def command(self, request: bytes, capacity: int = 1) -> bytes:
        """Send ``request`` with so many writable bytes; what came back, and nothing else was written."""
        queue, sim = self.queue, self.rig.sim
        assert queue, "no control queue was negotiated"
        parts = [(queue.buffer(at // SLOT), len(request[at : at + SLOT]), 0) for at in range(0, len(request), SLOT)]
        for number in range(len(parts)):
            queue.fill(number, request[SLOT * number : SLOT * (number + 1)])
        queue.fill(ANSWER, bytes((UNTOUCHED,)) * (capacity + 16))
        if capacity:
            parts.append((queue.buffer(ANSWER), capacity, WRITE))
        last = len(parts) - 1
        queue.write({at: (*part[:2], part[2] | NEXT * (at < last), at + 1) for at, part in enumerate(parts)})
        self.bus.writes.clear()
        queue.offer(0)
        end = sim.time_ns + LIMIT_NS
        while not (used := queue.used()):
            assert sim.time_ns < end, f"command {request[:16].hex()} is not answered"
            await sim.sleep_ns(500)
        ((head, length),) = used
        content = queue.content(ANSWER, capacity + 16)
        assert head == 0 and length <= capacity, f"command {request[:16].hex()}: head {head}, {length} bytes"
        assert content[length:] == bytes((UNTOUCHED,)) * (capacity + 16 - length), "more was written than was said"
        return content[:length]

    # ---- steps: arguments and result pass through JSON
    async def send(self, request: str, capacity: int) -> str:
        """A command in hexadecimal; its answer."""
        return (await self.command(bytes.fromhex(request), capacity)).hex()

    async def read(self, name: str) -> int:
        """A register of the management port."""
        return await self.rig.sim.mgmt.read32(getattr(regs, name))

    async def written(self, *names: str) -> list[str]:
        """Which of these registers firmware has written, in order, for the last command."""
        known = {getattr(regs, name): name for name in names}
        return [known[address] for address, _ in self.bus.written(*known)]

    async def table(self) -> dict[str, int]:
        """The card's MAC table: each address with the queue it steers to, -1 for none."""
        return self.bus.mac_table()

    async def hear(self, *macs: str) -> list[int]:
        """A frame to each address; the receive queue each arrives in, -1: in none."""
        rig, pairs = self.rig, {}
        for mac in macs:
            rig.sim.wire.send(rig.frame(64, bytes.fromhex(mac)))
        await rig.sim.idle(LIMIT_NS)
        while frames := rig.device.poll():
            pairs |= {got.frame[:6].hex(): got.pair for got in frames}
        return [pairs.get(mac, -1) for mac in macs]

    async def coalescing(self, *queues: int) -> list[list[int]]:
        """(packets, microseconds) of queues, by global number, as the card has them."""
        mgmt, values = self.rig.sim.mgmt, []
        for gq in queues:
            mgmt.write32(regs.COAL_QUEUE, gq)
            values.append([await mgmt.read32(regs.COAL_PACKETS), await mgmt.read32(regs.COAL_USECS)])
        return values

    async def config_mac(self) -> str:
        """The address in the device configuration."""
        return (await self.rig.device.transport.config_bytes(0, 6)).hex()

    async def counts(self) -> list[int]:
        """Commands and refusals that firmware has counted."""
        return [self.rig.firmware.control.commands, self.rig.firmware.control.refused]

    async def probe(self, *unwanted: int) -> None:
        """Reset, and up again without these feature bits."""
        await self.down()
        self.rig.device.options.unwanted = self._unwanted.union(Feature(bit) for bit in unwanted)
        await self._up()

    async def reset_queue(self, index: int) -> None:
        """Reset a single queue and leave it so."""
        await self.rig.device.transport.reset_queue(index)

    async def reset(self) -> None:
        """Reset the device and leave it so."""
        await self.down()

    async def steer(self, table: dict[str, int], default: int) -> str:
        """Firmware's steering entries; what it says of them."""
        try:
            self.rig.firmware.steer({bytes.fromhex(mac): queue for mac, queue in table.items()}, default)
        except ValueError as error:
            return str(error)
        return ""


async def session(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Steps ``[name, arguments...]`` one after another, and what each gave."""
    session = await Session(sim, args).start()
    results = [await getattr(session, name)(*rest) for name, *rest in args["steps"]]
    counters = await session.rig.firmware.counters()
    await session.down()
    session.rig.forbid()
    return {"results": results, "leaked": session.rig.memory.live_buffers, "counters": counters}


# commands to vary: receive mode, address, table, coalescing of a direction and of a queue, and its question
KNOWN = (
    b"\0\0\1", b"\1\1\2\0\0\0\0\1", b"\1\0\1\0\0\0\2abcde\0\0\0\0", b"\6\0" + bytes(8), b"\6\2" + bytes(12),
    b"\6\3\0\0\0\0",
)  # fmt: skip


def some_command(rng: random.Random) -> bytes:
    """Anything, or one of the known commands, whole or not quite."""
    if rng.random() < 0.5:
        return bytes((rng.randrange(8), rng.randrange(5))) + rng.randbytes(rng.randrange(41))
    request = bytearray(rng.choice(KNOWN))
    if rng.random() < 0.3:
        request += rng.randbytes(rng.randrange(41))
    if rng.random() < 0.5:
        request[rng.randrange(1, len(request))] = rng.randrange(256)
    return bytes(request)


async def anything(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Random commands; after each one firmware must carry out a good one."""
    session = await Session(sim, args).start()
    answers: Counter[str] = Counter()
    for number in range(args["commands"]):
        request, capacity = some_command(session.rig.rng), session.rig.rng.randrange(17)
        answer = await session.command(request, capacity)
        said = f"command {number}, {request.hex()} with room for {capacity}: {answer.hex()}"
        assert answer[-1:] in ((OK, ERR) if capacity else (b"",)), said
        answers[answer[-1:].hex()] += 1
        good = await session.command(b"\0\0\1")
        assert good == OK, f"{said}; then a good one: {good.hex()}"
    await session.probe()
    await session.down()
    return {"answers": answers, "counts": await session.counts()}
