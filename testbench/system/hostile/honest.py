# SPDX-License-Identifier: Apache-2.0
"""An honest driver of raw rings, beside the hostile one: frames both ways, buffers for them, commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

from testbench.differential.frames import BROADCAST, PEER
from testbench.lib.sim_base import SimBase
from testbench.system.hostile.descriptors import HostMemory
from testbench.system.hostile.exposure import Exposure
from testbench.system.hostile.judge import HEADER, Period
from testbench.system.hostile.plan import ARENA_BYTES, CONTROL, INDIRECT, LEGAL, NEXT, RX, TX, WRITE, Action, Case
from testbench.system.hostile.ring import Offered, Ring

REST_NS = 1_500_000  # longer than anything the card may wait for
NOTIFY = 0x1000  # of the BAR: four bytes a queue
HONEST = bytes.fromhex("0200600d")  # so begins the sender's address of honest frames; then comes the case
EXPERIMENTAL = b"\x88\xb5"
RX_SLOT = 2048


class Honest(ABC):
    """Three rings on one system. ``World`` brings them up and judges what comes of them."""

    case: Case
    period: Period
    tainted: bool

    def __init__(self, sim: SimBase, less: int) -> None:
        self.sim, self.host, self.wire = sim, sim.host, sim.wire
        self.exposure = Exposure(sim, less)
        self.memory = HostMemory(sim.host)
        self.rings = [Ring(self.memory, self.exposure, index) for index in range(3)]
        self.number = 0  # of honest frames
        self.legal_at = 0

    @abstractmethod
    async def rest(self) -> None:
        """Until nothing is under way, and what came back is judged."""

    def kick(self, index: int) -> None:
        """Ring the doorbell."""
        self.host.bar_write(NOTIFY + 4 * index, index, 2)

    async def go(self, index: int) -> None:
        """Publish, ring, and let a receive queue meet frames."""
        self.rings[index].publish()
        self.kick(index)
        if index == RX:
            self.period.rx_lossy = True
            await self.sim.idle(4000)
            for _ in range(2):
                self.send(self.frame(60 + 7 * (self.number % 30), BROADCAST))

    def legal(self, data: bytes | int) -> int:
        """Address of a buffer of honest traffic, with these bytes or of this size."""
        size = data if isinstance(data, int) else len(data)
        at = self.case.base + LEGAL + self.legal_at
        self.legal_at += (size + 95) & ~31
        assert self.legal_at < ARENA_BYTES - LEGAL, "the case's memory is used up"
        if isinstance(data, bytes):
            self.memory.store(at + self.number % 16, data)
        return at + self.number % 16

    async def traffic(self, action: Action) -> None:
        """Frames both ways and a command, as an honest driver does it on the queues that are not tampered with."""
        if self.tainted:
            return
        if not self.rings[RX].may_break:
            await self.receive(action["rx"], action["buffers"])
        if not self.rings[TX].may_break:
            self.transmit(action["tx"])
        if not self.rings[CONTROL].may_break and action["command"]:
            self.command(bytes((0, 0, action["command"] - 1)))

    @property
    def tag(self) -> bytes:
        """How honest frames from the card begin in this case."""
        return PEER + HONEST + (self.case.index & 0xFFFF).to_bytes(2, "big")

    def frame(self, size: int, to: bytes) -> bytes:
        """The next honest frame: no two are the same."""
        self.number += 1
        mark = self.case.index.to_bytes(4, "big") + self.number.to_bytes(4, "big")
        return (to + self.tag[6:] + EXPERIMENTAL + mark * (size // 8 + 1))[:size]

    def transmit(self, frames: list[list[int]]) -> None:
        """Send: [size, pieces, in an indirect table] each."""
        ring = self.rings[TX]
        for size, pieces, indirect in frames:
            data = bytes(HEADER) + self.frame(size, PEER)
            cuts = [len(data) * place // pieces for place in range(pieces + 1)]
            spans = [(self.legal(data[start:end]), end - start, False) for start, end in pairwise(cuts)]
            if self.offer_spans(ring, spans, bool(indirect)) is None:
                break
            self.period.expected.append(data[HEADER:])
        ring.publish()
        self.kick(TX)

    async def make_room(self, ring: Ring, count: int) -> None:
        """If there are not so many free descriptors, let the card finish what it has."""
        if len(ring.free) < count:
            ring.publish()
            self.kick(ring.index)
            await self.rest()

    def offer_spans(
        self, ring: Ring, spans: list[tuple[int, int, bool]], indirect: bool = False, **what: Any
    ) -> Offered | None:
        """An honest chain of (address, bytes, device writes); None: the ring has no room for it."""
        indirect = indirect and ring.indirect and len(spans) <= ring.size
        slots = ring.take(1 if indirect else len(spans))
        if slots is None:
            return None
        links = [*(range(len(spans)) if indirect else slots), 0]
        chain = [
            (address, length, WRITE * write | NEXT * (place + 1 < len(spans)), links[place + 1])
            for place, (address, length, write) in enumerate(spans)
        ]
        if indirect:
            table = self.legal(16 * len(chain)) & ~15
            ring.table(table, chain)
            ring.descriptor(slots[0], (table, 16 * len(chain), INDIRECT, 0))
        else:
            for slot, fields in zip(slots, chain, strict=True):
                ring.descriptor(slot, fields)
        return ring.offer(slots[0], slots, honest=True, **what)

    def post(self, count: int) -> None:
        """Give the card receive buffers, as far as the ring has room."""
        ring = self.rings[RX]
        for _ in range(count):
            if self.offer_spans(ring, [(self.legal(RX_SLOT), RX_SLOT, True)]) is None:
                break
        ring.publish()
        self.kick(RX)

    async def receive(self, sizes: list[int], buffers: int) -> None:
        """Post buffers, and send frames to the card that find them."""
        self.post(buffers)
        await self.sim.idle(REST_NS)  # a frame waits for a buffer for a bounded time only
        offered = self.rings[RX].offered
        sure = all(buffer.honest for buffer in offered) and len(offered) >= len(self.period.sent) + len(sizes)
        for size in sizes:
            self.send(self.frame(size, BROADCAST), sure)

    def send(self, frame: bytes, must: bool = False) -> None:
        """A frame that the card may deliver, and ``must`` if this period's wire does not lose it."""
        self.period.sent.append((frame, must))
        self.wire.send(frame)

    def command(self, request: bytes, checked: bool = True) -> None:
        """A control command with room for its answer."""
        ring = self.rings[CONTROL]
        spans = [(self.legal(request), len(request), False), (self.legal(1), 1, True)]
        if self.offer_spans(ring, spans, request=request, checked=checked) is not None:
            ring.publish()
            self.kick(CONTROL)
