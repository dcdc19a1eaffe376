# SPDX-License-Identifier: Apache-2.0
"""Entries: what the card promises about interrupts, with times and messages counted one by one."""

from __future__ import annotations

from typing import Any

from host_driver.transport.pci import MSIX_ENABLE, MSIX_FUNCTION_MASK
from testbench.lib.wire_frames import TO_CARD
from testbench.system.rig import LIMIT_NS, OTHER, Rig

CONTROL_WORD = 12  # of an entry of the MSI-X table
PBA_AT = 8  # in the MSI-X capability
WAITED_NS = 20_000


class Vectors:
    """The card's messages and masks as a host sees them."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.caps = rig, rig.device.transport.caps
        self._seen = 0

    def __getitem__(self, index: int) -> int:
        return self.rig.device.queues.vectors[index]

    def mask(self, vector: int, on: bool) -> None:
        """One entry of the table."""
        self.rig.sim.host.bar_write(self.caps.msix_table + 16 * vector + CONTROL_WORD, int(on), 4)

    def mask_function(self, on: bool) -> None:
        """All of them."""
        value = MSIX_ENABLE | MSIX_FUNCTION_MASK * on
        self.rig.sim.host.config_write((self.caps.msix_at or 0) + 2, value, 2)

    async def pending(self, vector: int) -> bool:
        """The entry's bit in the pending bit array."""
        at = await self.rig.sim.host.config_read((self.caps.msix_at or 0) + PBA_AT, 4) & ~7
        return bool(await self.rig.sim.host.bar_read(at, 4) >> vector & 1)

    def take(self, vector: int) -> list[int]:
        """Times in ns of the messages with this vector since the last call; forgets those of the others."""
        messages = self.rig.sim.host.messages
        rows, self._seen = messages[self._seen :], len(messages)
        return [int(row["at_ps"]) // 1000 for row in rows if row["vector"] == vector]


async def cause(rig: Rig, index: int, frames: int = 1, after: int = 1) -> None:
    """Frames that complete ``frames`` chains of a data queue; its driver wants to know of the ``after``-th."""
    queue = rig.device.queues.tx[0].queue if index else rig.device.queues.rx[0].queue
    queue.enable_interrupts(after)
    for _ in range(frames):
        if index:
            rig.device.transmit(rig.frame(60, OTHER))
        else:
            rig.sim.wire.send(rig.frame(60))
        await rig.sim.idle(LIMIT_NS)
    if index:
        rig.device.queues.tx[0].reclaim()
    else:
        rig.device.poll()


async def masks(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """A masked vector holds its message back and loses none; then masks come and go at random under traffic."""
    rig = await Rig(sim, args).up()
    vectors = Vectors(rig)
    outcome = {}
    for index in (0, 1):
        vector = vectors[index]
        for name in ("vector", "function"):

            def mask(on: bool, name: str = name, vector: int = vector) -> None:
                if name == "vector":
                    vectors.mask(vector, on)
                else:
                    vectors.mask_function(on)

            vectors.take(vector)
            mask(True)
            await cause(rig, index, 1)
            await cause(rig, index, 3)
            held, pending = vectors.take(vector), await vectors.pending(vector)
            start = sim.time_ns
            mask(False)
            await sim.sleep_ns(2_000)
            released = [at - start for at in vectors.take(vector)]
            left = await vectors.pending(vector)
            mask(True)
            mask(False)
            await sim.sleep_ns(2_000)
            again = vectors.take(vector)
            outcome[f"{name} of queue {index}"] = [len(held), pending, released, left, len(again)]
    works = await _toggled(rig, vectors, args["frames"])
    return {"cases": outcome, "works": works, "counters": await rig.close()}


async def _toggled(rig: Rig, vectors: Vectors, count: int) -> bool:
    """Traffic both ways while masks are switched at random times; a lost interrupt lets ``receive`` run out of time."""
    stop = False

    async def toggle() -> None:
        while not stop:
            vector = vectors[rig.rng.randrange(2)]
            for on in (True, False):
                if rig.rng.randrange(4):
                    vectors.mask(vector, on)
                else:
                    vectors.mask_function(on)
                await rig.sim.sleep_ns(rig.rng.randrange(20, 3_000))
            vectors.mask(vector, False)
            vectors.mask_function(False)

    toggling = rig.sim.start_soon(toggle())
    out = []
    whole = True
    for _ in range(count // 4):
        back = [rig.frame(60 + rig.rng.randrange(200)) for _ in range(4)]
        for frame in back:
            rig.sim.wire.send(frame, rig.sim.time_ns + rig.rng.randrange(4_000))
        out.append(rig.frame(100, OTHER))
        whole &= rig.device.transmit(out[-1])
        got = await rig.receive(4)
        whole &= sorted(frame.frame for frame in got) == sorted(back)
        if not whole:
            break
    stop = True
    await toggling
    # the transmit queue alone now: only its interrupt ends the wait
    await rig.sim.idle(LIMIT_NS)
    rig.device.poll()
    return whole and [data for _, data in rig.sim.wire.received[-len(out) :]] == out


async def shared_vector(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """All queues and configuration changes on one vector; nobody's interrupt is lost in another's."""
    rig = await Rig(sim, args).up()
    transport, queues = rig.device.transport, rig.device.queues
    for index in queues.vectors:
        transport.write("queue_select", index)
        transport.write("queue_msix_vector", 0)
        queues.vectors[index] = 0
    assert queues.control
    queues.control._vector = 0
    before = len(sim.host.messages)
    wrong = late = 0
    for turn in range(args["turns"]):
        out, back = rig.frame(60 + turn, OTHER), rig.frame(60 + turn)
        sim.wire.send(back, sim.time_ns + rig.rng.randrange(1_500))
        rig.device.transmit(out)
        start = sim.time_ns
        got: list[Any] = []
        # until the frame is here and the sent one's slot is back: by interrupts alone
        while not got or queues.tx[0].slots_held:
            got += rig.device.poll()
            if (not got or queues.tx[0].slots_held) and not await rig.device.wait(LIMIT_NS):
                late += 1
                break
        wrong += [frame.frame for frame in got] != [back] or sim.time_ns - start > LIMIT_NS
        if turn % 10 == 0:
            start = sim.time_ns
            await rig.device.settings.set_allmulti(bool(turn % 20))
            late += sim.time_ns - start > LIMIT_NS
        if turn % 25 == 0:
            sim.wire.link(False)
            while rig.device.link_up and await rig.device.wait(LIMIT_NS):
                rig.device.poll()
            wrong += rig.device.link_up
            sim.wire.link(True)
            while not rig.device.link_up and await rig.device.wait(LIMIT_NS):
                rig.device.poll()
            wrong += not rig.device.link_up
    only = {int(row["vector"]) for row in sim.host.messages[before:]}
    return {"wrong": wrong, "late": late, "vectors": sorted(only), "counters": await rig.close()}


async def event_index_wrap(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Indices that start at 65,530: each message where the driver's event index asks for it, also across 65,535."""
    rig = Rig(sim, args)
    outcome: dict[str, Any] = {}
    await rig.boot()
    for plan in args["plans"]:
        await rig.begin_rings_at(65_530)
        sim.host.unguard()
        await rig.device.probe()
        rig.guard()
        vectors = Vectors(rig)
        for index in (0, 1):
            vectors.take(vectors[index])
            counts = []
            for frames, after in plan:
                await cause(rig, index, frames, after)
                counts.append(len(vectors.take(vectors[index])))
            outcome[f"{plan} of queue {index}"] = counts
        await rig.device.close()
    await rig.begin_rings_at(0)
    await rig.device.probe()
    rig.guard()
    return {"cases": outcome, "after": await rig.ping_pong([60]), "counters": await rig.close()}


async def thresholds(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Coalescing values changed while frames wait for the old ones, one by one and then under load."""
    rig = await Rig(sim, args).up()
    vectors, settings = Vectors(rig), rig.device.settings
    released = {}
    for index, change in ((0, settings.set_rx_coalescing), (1, settings.set_tx_coalescing)):
        for values in ((0, 0), (3, 65_535), (65_535, 10), (2, 65_535), (4, 65_535), (0, 65_535), (65_535, 0)):
            await change(65_535, 65_535)
            vectors.take(0)
            await cause(rig, index, 3)
            await sim.sleep_ns(WAITED_NS)
            early = len(vectors.take(vectors[index]))
            await change(*values)
            released[f"{values} of queue {index}"] = [early, len(vectors.take(vectors[index]))]
            await change(0, 0)
    # under load: a loss shows as a receive that runs out of time
    whole = True
    for turn in range(args["turns"]):
        values = ((32, 1000), (1, 1), (4, 50), (65_535, 20), (0, 0), (8, 5))[turn % 6]
        back = [rig.frame(60 + place) for place in range(30)]
        sim.wire.send_frames(back)
        await sim.sleep_ns(rig.rng.randrange(4_000))
        await settings.set_rx_coalescing(*values)
        got: list[bytes] = []
        while len(got) < len(back):
            taken = await rig.receive(1, LIMIT_NS)
            if not taken:
                break
            got += [frame.frame for frame in taken]
        whole &= got == back
    await settings.set_rx_coalescing(0, 0)
    return {"released": released, "whole": whole, "counters": await rig.close()}


async def lone_frame(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Single frames with max_packets 32 and each max_usecs: ns to the message, from used index and from the wire."""
    rig = await Rig(sim, args).up()
    vectors, settings = Vectors(rig), rig.device.settings
    outcome: dict[str, Any] = {}
    for usecs, turns in args["usecs"]:
        await settings.set_rx_coalescing(32, usecs)
        await settings.set_tx_coalescing(32, usecs)
        for index, direction in enumerate(("receive", "transmit")):
            delays, whole = [], []
            for turn in range(turns):
                await sim.sleep_ns(2_000 + 37 * turn)  # at another phase of the card's microsecond
                delay, since_wire = await _lone(rig, vectors, index, usecs)
                delays.append(delay)
                whole.append(since_wire)
            outcome[f"{direction}, {usecs} us"] = {"shortest": min(delays), "longest": max(delays), "whole": max(whole)}
    return {
        "delays": outcome,
        "read_ns": sim.cell("memory.read_latency_ps").value // 1000,
        "counters": await rig.close(),
    }


async def _lone(rig: Rig, vectors: Vectors, index: int, usecs: int) -> tuple[int, int]:
    sim = rig.sim
    queue = rig.device.queues.tx[0].queue if index else rig.device.queues.rx[0].queue
    queue.enable_interrupts()
    vectors.take(0)
    start = sim.time_ns
    if index:
        rig.device.transmit(rig.frame(60, OTHER))
    else:
        sim.wire.send(rig.frame(60))
        await sim.wire.wait_sent(sim.wire.frames(TO_CARD) + 1)
        start = sim.time_ns
    while not queue.used_pending():
        await sim.sleep_ns(4)
    used = sim.time_ns
    assert await sim.host.wait_interrupt([vectors[index]], 2_000 * usecs), "no interrupt"
    (message,) = vectors.take(vectors[index])
    rig.device.poll()
    return message - used, message - start
