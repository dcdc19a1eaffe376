# SPDX-License-Identifier: Apache-2.0
"""Carries a sequence out on a simulated system, whichever device is in it, and looks at every barrier.

What is done next never depends on how far the device has come: an operation whose outcome would depend on that first
waits until everything is at rest. So a difference between two devices is a difference between their behaviours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from testbench.differential import commands
from testbench.differential import frames as frame_bytes
from testbench.differential.bed import REST_LIMIT_NS, RX_SLOT, TX_AREA, Bed
from testbench.differential.misuse import misuse
from testbench.differential.misuse_packed import misuse_packed
from testbench.differential.operations import (
    Barrier,
    Events,
    Fail,
    Impair,
    Kick,
    Link,
    Mask,
    Misuse,
    Operation,
    Poke,
    Receive,
    Reconfigure,
    Refill,
    Reset,
    Sequence,
    Transmit,
)
from testbench.differential.raw_packed_queue import RawPackedQueue
from testbench.lib.bus_types import BOTH
from testbench.lib.config import Impairments
from testbench.lib.sim_base import SimBase

MSIX_TABLE, MSIX_CONTROL_AT = 0x4000, 0x96
MSIX_ENABLE, FUNCTION_MASK = 1 << 15, 1 << 14
TX_LARGEST = 70_000
IN_STORE = 24 * 1024  # bytes sent to the card without a rest: fewer than its frame store holds, so that none is full
FAIL_BYTES = 64
LINK_NS = 2_000  # for the card to see that its link has changed
PAIR_MAC = bytes.fromhex("0200000000")


class Runner(Bed):
    """One sequence on one system. ``salt`` makes the seeds of its impairments its own."""

    def __init__(self, sim: SimBase, sequence: Sequence, salt: int) -> None:
        super().__init__(sim, sequence)
        self.salt = salt
        self._do: dict[type, Callable[[Any], Awaitable[None]]] = {
            Transmit: self._transmit, Refill: self._refill, Receive: self._receive, Kick: self._kick,
            Reconfigure: self._reconfigure, Events: self._events, Reset: self._reset, Mask: self._mask,
            Impair: self._impair, Link: self._link, Poke: self._poke, Misuse: self._misuse, Fail: self._fail,
            Barrier: self._barrier,
        }  # fmt: skip

    async def run(self) -> list[dict[str, Any]]:
        """What was seen at each barrier, the last one after all operations."""
        sim = self.sim
        sim.host.memory[: self.end] = 0
        sim.host.unguard()
        sim.host.guard(sim.host.memory_base, self.end)
        sim.wire.clear()
        await self.firmware.boot()
        task = sim.start_soon(self.firmware.run())
        try:
            if self.addressed:
                self.firmware.steer({PAIR_MAC + bytes((pair,)): pair for pair in range(1, self.sequence.pairs)})
            await self.transport.discover()
            await self.bring_up(self.sequence.withheld)
            await self.observer.begin()
            for operation in (*self.sequence.operations, Barrier()):
                await self.apply(operation)
            return self.observer.seen
        finally:
            sim.host.inject_clear()
            for direction in ("tx", "rx"):
                sim.wire.impair(direction, None)
            sim.wire.link(True)
            await self.transport.reset()
            self.firmware.stop()
            task.cancel()
            await sim.idle(REST_LIMIT_NS)

    async def apply(self, operation: Operation) -> None:
        """Carry one operation out."""
        if self.learns or self.one_by_one:
            await self.rest()  # where a frame goes depends on what was sent before, and on whether its ring broke
        await self._do[type(operation)](operation)

    # ---- operations
    async def _barrier(self, operation: Barrier) -> None:
        await self.observer.look(await self.rest())

    async def _transmit(self, operation: Transmit) -> None:
        index = self.index_of("tx", operation.pair)
        queue = self.queues[index]
        if not operation.kick:
            await self.rest()
        for frame in operation.frames:
            source = b"\x02\x00\x00\x00\x01" + bytes((operation.pair,))
            data = b"".join(frame_bytes.tx_bytes(frame, source, self.header_bytes))
            pieces = frame_bytes.cuts(frame, len(data), self.header_bytes)[: self.sequence.size]
            indirect = frame.layout == "indirect"
            if self._tx_full(operation.pair, data) or len(queue.free) < len(pieces):
                await self.rest()
            if len(queue.free) < (1 if indirect else len(pieces)) or self._tx_full(operation.pair, data):
                continue
            at = self.tx_at[operation.pair] + self.tx_used[operation.pair] + frame.seed % 64
            self.tx_used[operation.pair] += -(-(len(data) + 64) // 64) * 64
            self.sim.host.memory.data[at : at + len(data)] = data
            chain, place = [], self.sim.host.memory_base + at
            for length in pieces:
                chain.append((place, length, False))
                place += length
            queue.add(chain, indirect)
            if self.one_by_one:
                await self._offered(index)
        queue.publish()
        if operation.kick:
            self.ring(index)

    async def _offered(self, index: int) -> None:
        self.queues[index].publish()
        self.ring(index)
        await self.rest()

    def _tx_full(self, pair: int, data: bytes) -> bool:
        return self.tx_used[pair] + len(data) > TX_AREA - TX_LARGEST

    async def _refill(self, operation: Refill) -> None:
        index = self.index_of("rx", operation.pair)
        queue = self.queues[index]
        await self.rest()
        for sizes in operation.buffers:
            indirect = operation.indirect
            if len(queue.free) < (1 if indirect else len(sizes)):
                break
            base = self.sim.host.memory_base + self.rx_at[operation.pair]
            if indirect:
                # all pieces lie in the one slot of the table's descriptor, behind each other
                place = base + RX_SLOT * queue.free[0]
                chain = []
                for size in sizes:
                    chain.append((place, min(size, RX_SLOT // len(sizes)), True))
                    place += RX_SLOT // len(sizes)
            else:
                chain = [
                    (base + RX_SLOT * slot + size % 64, min(size, RX_SLOT - 64), True)
                    for slot, size in zip(queue.free, sizes, strict=False)
                ]
            queue.add(chain, indirect)
        queue.publish()
        if operation.kick:
            self.ring(index)

    async def _receive(self, operation: Receive) -> None:
        wire = self.sim.wire
        for frame in operation.frames:
            own = PAIR_MAC + bytes((frame.pair,)) if frame.pair and self.addressed else self.own_mac
            data = frame_bytes.rx_bytes(frame, own)
            if self.in_store + len(data) > IN_STORE:
                await self.rest()
            self.in_store += len(data)
            wire.send(data, bad_fcs=frame.mark == "fcs", error=frame.mark == "error")
            if self.one_by_one:
                await self.rest()

    async def _kick(self, operation: Kick) -> None:
        self.ring(self.index_of(operation.queue, operation.pair))

    async def _reconfigure(self, operation: Reconfigure) -> None:
        await self.rest()
        queue = self.queues[-1]
        if len(queue.free) < 2:
            return
        what = operation.what
        request = commands.request(what, operation.value, self.sequence.pairs)[:2048]
        if what.endswith("coal"):
            self.coalescing_us = max(self.coalescing_us, operation.value[1])
        self.learns |= request[:1] == bytes((commands.MQ_CLASS,))
        at = self.command_at
        self.sim.host.memory.data[at : at + len(request)] = request
        base = self.sim.host.memory_base + at
        chain = [(base, len(request), False)] if request else []
        queue.add([*chain, (base + 2048, 16, True)])
        queue.publish()
        self.ring(2 * self.sequence.pairs)
        await self.rest()
        if what == "mac" and self.sim.host.memory[at + 2048] == 0:
            self.own_mac = request[2:8]

    async def _events(self, operation: Events) -> None:
        await self.rest()
        self.queues[self.index_of(operation.queue, operation.pair)].want(operation.mode, operation.ahead)

    async def _reset(self, operation: Reset) -> None:
        # whether a fault still strikes before the reset is a matter of pace, and a queue's reset does not undo it
        hard = operation.hard and not self.tampered
        if not hard:
            await self.rest()
        if operation.what == "device":
            await self.bring_up(operation.withheld)
        else:
            index = self.index_of(operation.what, operation.pair)
            await self.transport.reset_queue(index)
            await self.start_queue(index, self.queues[index])
        if hard:
            # what was lost with it, and what had got into memory before, is a matter of pace: comparing begins anew
            await self.rest()
            for start in self.rx_at:
                self.sim.host.memory[start : start + RX_SLOT * self.sequence.size] = 0
            await self.observer.begin()

    async def _mask(self, operation: Mask) -> None:
        await self.rest()
        host = self.sim.host
        if operation.vector < 0:
            host.config_write(MSIX_CONTROL_AT, MSIX_ENABLE | FUNCTION_MASK * operation.on, 2)
        elif operation.vector < self.transport.caps.msix_size:
            host.bar_write(MSIX_TABLE + 16 * operation.vector + 12, int(operation.on), 4)

    async def _impair(self, operation: Impair) -> None:
        await self.rest()
        shares = dict(operation.shares)
        faults = Impairments(**shares, seed=operation.seed + 1009 * self.salt) if shares else None  # type: ignore[arg-type]
        self.sim.wire.impair(operation.direction, faults)

    async def _link(self, operation: Link) -> None:
        await self.rest()
        self.sim.wire.link(operation.up)
        await self.sim.sleep_ns(LINK_NS)
        await self.rest()

    async def _poke(self, operation: Poke) -> None:
        await self.rest()
        self.sim.host.bar_write(operation.offset, operation.value, operation.size)
        await self.rest()

    async def _misuse(self, operation: Misuse) -> None:
        await self.rest()
        index = self.index_of(operation.queue, operation.pair)
        queue = self.queues[index]
        if len(queue.free) < 2:
            return
        self.tampered = True
        area = self.rx_at if operation.queue == "rx" else self.tx_at
        buffer = self.sim.host.memory_base + area[operation.pair]
        writes = operation.queue == "rx"
        if isinstance(queue, RawPackedQueue):
            misuse_packed(queue, operation.what, buffer, writes)
        else:
            misuse(queue, operation.what, buffer, writes)
        self.ring(index)

    async def _fail(self, operation: Fail) -> None:
        await self.rest()
        host = self.sim.host
        self.tampered = True
        host.inject_clear()
        if operation.what == "data":
            receive = operation.queue == "rx"
            area = self.rx_at if receive else self.tx_at
            start = host.memory_base + area[operation.pair]
            place = start, RX_SLOT * self.sequence.size if receive else TX_AREA, BOTH
            if operation.at is not None:
                place = start + operation.at, FAIL_BYTES, BOTH
        else:
            index = self.index_of(operation.queue, operation.pair)
            if self.sequence.packed:
                # how far one access reads is the device's choice: it must begin where the fault is
                self.ring(index)
                await self.rest()
                self.one_by_one = True
            place = self.queues[index].fault(operation.what)
        host.inject(*place, count=1)
