# SPDX-License-Identifier: Apache-2.0
"""Entries: host memory answers one access of each kind with SLVERR or DECERR; each case returns what came of it."""

from __future__ import annotations

from typing import Any

from host_driver import tso_request
from host_driver.errors import ControlError
from host_driver.net.options import COMMAND_BYTES
from testbench.lib.bus_types import DECERR, READ, SLVERR
from testbench.lib.bus_types import WRITE as WRITES
from testbench.lib.oracle_tso import NetHeader, expected
from testbench.system.bare_queue import (
    AVAIL,
    INDIRECT,
    NEXT,
    SIZE,
    SLOT,
    USED,
    WRITE,
    BareQueue,
    broken,
    difference,
    errors_of,
    recover,
)
from testbench.system.driver_card import tcp_frame
from testbench.system.rig import LIMIT_NS, OTHER, Rig

RESPONSES = {"SLVERR": SLVERR, "DECERR": DECERR}
# in the rings' memory: offset, bytes, kind of access
RING = {
    "avail index": (AVAIL + 2, 2, READ),
    "avail entry": (AVAIL + 4, 2, READ),
    "used element": (USED + 4, 8, WRITES),
    "used index": (USED + 2, 2, WRITES),
    "used_event": (AVAIL + 4 + 2 * SIZE, 2, READ),
    "avail_event": (USED + 4 + 8 * SIZE, 2, WRITES),
}
HEADER = 12
FRAME = 700


class Fault:
    """One failing access, at a bare queue that carries a frame in its direction."""

    def __init__(self, rig: Rig, queue: BareQueue) -> None:
        self.rig, self.queue, self.index = rig, queue, queue.index
        self._flags = 0 if queue.index else WRITE

    def chains(self) -> None:
        """A chain of two descriptors from 0, one through the indirect table at 2, and a single one at 3."""
        flags, queue = self._flags, self.queue
        length = HEADER + FRAME if self.index else SLOT
        two = {0: (queue.buffer(0), 300, flags | NEXT, 1), 1: (queue.buffer(0) + 300, length - 300, flags, 0)}
        queue.write(two, table=True)
        queue.write({**two, 2: (queue.table, 32, INDIRECT, 0), 3: (queue.buffer(3), length, flags, 0)})

    async def carry(self, *heads: int) -> list[bool]:
        """One frame for each head; which of them arrived, in its buffer or on the wire."""
        sim, queue = self.rig.sim, self.queue
        frames = [self.rig.frame(FRAME, OTHER if self.index else None) for _ in heads]
        places = [0 if head == 2 else head for head in heads]
        sent = len(sim.wire.received)
        for place, frame in zip(places, frames, strict=True):
            queue.fill(place, bytes(HEADER) + frame if self.index else bytes(HEADER + FRAME))
        queue.offer(*heads)
        if self.index:
            await sim.idle(LIMIT_NS)
            wire = [data for _, data in sim.wire.received[sent:]]
            return [frame in wire for frame in frames]
        sim.wire.send_frames(frames)
        await sim.idle(LIMIT_NS)
        return [
            queue.content(place, HEADER + FRAME)[HEADER:] == frame
            for place, frame in zip(places, frames, strict=True)
        ]  # fmt: skip


async def rings(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Every access to a ring, on both queues: the queue stops, the device asks for its reset, and then all is well."""
    rig = await Rig(sim, args).up()
    outcome = {}
    for index, direction in enumerate(("receive", "transmit")):
        for name, (at, size, kinds) in RING.items():
            for response, code in RESPONSES.items():
                queue = await BareQueue(rig, index).install()
                fault = Fault(rig, queue)
                fault.chains()
                await sim.idle(LIMIT_NS)
                before = await errors_of(rig)
                sim.host.inject(queue.address + at, size, kinds, code, 1)
                arrived = await fault.carry(3)
                result = {"needs_reset": await broken(rig), "idle": await sim.idle(LIMIT_NS), "used": queue.used()}
                result["moved"] = difference(await errors_of(rig), before)
                sim.host.inject_clear()
                result["after"] = await recover(rig)
                queue.free()
                outcome[f"{direction}: {name}, {response}"] = {**result, "arrived": arrived}
    return {"cases": outcome, "counters": await rig.close()}


async def chains(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Descriptors, indirect tables and frame data: the frame is lost, its chain comes back, not the next."""
    rig = await Rig(sim, args).up()
    outcome = {}
    for index, direction in enumerate(("receive", "transmit")):
        queue = await BareQueue(rig, index).install()
        fault = Fault(rig, queue)
        fault.chains()
        data = WRITES if index == 0 else READ
        places = {
            "descriptor": (0, queue.address, 1, READ),
            "second descriptor": (0, queue.address + 16, 1, READ),
            "reference": (2, queue.address + 32, 1, READ),
            "indirect table": (2, queue.table, 1, READ),
            "first data": (0, queue.buffer(0), 1, data),
            "data of the second descriptor": (0, queue.buffer(0) + 300, 1, data),
            "last data": (2, queue.buffer(0) + HEADER + FRAME - 1, 1, data),
        }
        for name, (head, at, size, kinds) in places.items():
            for response, code in RESPONSES.items():
                before = await errors_of(rig)
                sim.host.inject(at, size, kinds, code, 1)
                arrived = await fault.carry(head, 3)
                sim.host.inject_clear()
                outcome[f"{direction}: {name}, {response}"] = {
                    "moved": difference(await errors_of(rig), before), "used": queue.used(), "arrived": arrived,
                    "idle": await sim.idle(LIMIT_NS),
                }  # fmt: skip
        await queue.remove()
    needs_reset = rig.device.needs_reset
    return {
        "cases": outcome, "needs_reset": needs_reset, "after": await rig.ping_pong([60, 1514]),
        "counters": await rig.close(),
    }  # fmt: skip


async def super_frames(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """A read fails at each of these bytes of a super-frame: only segments made of what was read before may leave."""
    rig = await Rig(sim, args).up()
    tx = rig.device.queues.tx[0]
    outcome = {}
    for at in args["offsets"]:
        frame, start = tcp_frame(rig, 4, args["payload"])
        request = tso_request(1, start + 20, args["mss"], start).pack()
        want = expected(NetHeader.unpack(request), frame).frames
        slot = tx.reserve(len(frame))
        assert slot
        slot.view[:HEADER], slot.frame[: len(frame)] = request, frame
        sim.host.inject(slot.address + HEADER + at, 1, READ, SLVERR, 1)
        before, sent = await errors_of(rig), len(sim.wire.received)
        tx.commit(slot, len(frame))
        await sim.idle(LIMIT_NS)
        sim.host.inject_clear()
        got = [data for _, data in sim.wire.received[sent:]]
        outcome[str(at)] = {
            "left": len(got), "right": got == want[: len(got)], "moved": difference(await errors_of(rig), before),
        }  # fmt: skip
    return {
        "cases": outcome, "needs_reset": rig.device.needs_reset, "after": await rig.ping_pong([60, 1514]),
        "counters": await rig.close(),
    }  # fmt: skip


async def commands(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """A command that cannot be read or answered: the driver is told that it failed, and the next one is carried out."""
    rig = await Rig(sim, args).up()
    outcome = {}
    for name, offset, kinds in (("command", 0, READ), ("answer", COMMAND_BYTES, WRITES)):
        for response, code in RESPONSES.items():
            control = rig.device.queues.control
            assert control
            before = await errors_of(rig)
            sim.host.inject(control._buffer.address + offset, 1, kinds, code, 1)
            result: dict[str, Any] = {}
            try:
                await rig.device.settings.set_promisc(True)
            except ControlError as error:
                result["error"] = str(error)
            result["moved"] = difference(await errors_of(rig), before)
            result["next"] = await rig.device.settings.get_queue_coalescing(0)
            outcome[f"{name}, {response}"] = result
    return {
        "cases": outcome, "needs_reset": rig.device.needs_reset, "after": await rig.ping_pong([60, 1514]),
        "counters": await rig.close(),
    }  # fmt: skip
