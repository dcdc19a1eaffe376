# SPDX-License-Identifier: Apache-2.0
"""An honest driver of raw rings, beside the hostile one: frames both ways, buffers for them, commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

from testbench.differential.frames import BROADCAST, PEER
from testbench.lib.bus_types import NOTIFY
from testbench.lib.sim_base import SimBase
from testbench.system.hostile.descriptors import HostMemory
from testbench.system.hostile.exposure import Exposure
from testbench.system.hostile.offered import Offered
from testbench.system.hostile.period import HASH_HEADER, HEADER, Period
from testbench.system.hostile.plan import (
    ARENA_BYTES,
    CONTROL,
    CTRL_RX,
    HASH_REPORT,
    LEGAL,
    RX,
    TX,
    Action,
    Case,
    pair,
    role,
)
from testbench.system.hostile.ring import Ring, Span

REST_NS = 1_500_000  # longer than anything the card may wait for
HONEST = bytes.fromhex("0200600d")  # so begins the sender's address of honest frames; then comes the case
EXPERIMENTAL = b"\x88\xb5"
RX_SLOT = 2048


class Honest(ABC):
    """The rings of one system. ``World`` brings them up and judges what comes of them."""

    case: Case
    period: Period
    tainted: bool
    rings: list[Ring]
    """In the order of QUEUES."""
    features: int
    """Negotiated."""
    number: int
    """Of the honest frame that was made last."""
    legal_at: int
    """Bytes of honest traffic's memory that are used."""

    def __init__(self, sim: SimBase, less: int) -> None:
        self.sim, self.host, self.wire = sim, sim.host, sim.wire
        self.exposure = Exposure(sim, less)
        self.memory = HostMemory(sim.host)
        self.rings = []

    @abstractmethod
    async def rest(self) -> None:
        """Until nothing is under way, and what came back is judged."""

    def has(self, feature: int) -> bool:
        """Negotiated."""
        return bool(self.features >> feature & 1)

    @property
    def header(self) -> int:
        """Bytes of struct virtio_net_hdr."""
        return HASH_HEADER if self.has(HASH_REPORT) else HEADER

    def for_role(self, wanted: int) -> list[Ring]:
        """All receive, all transmit, or all control queues."""
        return [ring for ring in self.rings if ring.role == wanted]

    def kick(self, index: int) -> None:
        """Ring the doorbell."""
        number = self.rings[index].number
        self.host.bar_write(NOTIFY + 4 * number, number, 2)

    async def go(self, index: int) -> None:
        """Publish, ring, and let a receive queue meet frames."""
        self.rings[index].publish()
        self.kick(index)
        if role(index) == RX:
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
        if not any(ring.may_break for ring in self.for_role(RX)):
            await self.receive(action["rx"], action["buffers"])
        for ring in self.for_role(TX):
            if not ring.may_break:
                self.transmit(action["tx"], ring.index)
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

    def transmit(self, frames: list[list[int]], queue: int = TX) -> None:
        """Send: [size, pieces, in an indirect table] each."""
        ring = self.rings[queue]
        for size, pieces, indirect in frames:
            frame = self.frame(size, PEER)
            data = bytes(self.header) + frame
            cuts = [len(data) * place // pieces for place in range(pieces + 1)]
            spans = [(self.legal(data[start:end]), end - start, False) for start, end in pairwise(cuts)]
            if self.offer_spans(ring, spans, bool(indirect)) is None:
                break
            self.period.expected[queue].append(frame)
        ring.publish()
        self.kick(queue)

    async def make_room(self, ring: Ring, count: int) -> None:
        """If there are not so many free descriptors, let the card finish what it has."""
        if ring.room < count:
            ring.publish()
            self.kick(ring.index)
            await self.rest()

    def offer_spans(self, ring: Ring, spans: list[Span], indirect: bool = False, **what: Any) -> Offered | None:
        """An honest chain; None: the ring has no room for it."""
        table = self.legal(16 * len(spans)) & ~15 if indirect and ring.indirect and len(spans) <= ring.size else None
        return ring.chain(spans, table, **what)

    def post(self, count: int) -> None:
        """Give the card receive buffers, as far as the rings have room."""
        for ring in self.for_role(RX):
            if ring.index != RX and not ring.told:
                continue
            for _ in range(count):
                if self.offer_spans(ring, [(self.legal(RX_SLOT), RX_SLOT, True)]) is None:
                    break
            ring.publish()
            self.kick(ring.index)

    async def receive(self, sizes: list[int], buffers: int) -> None:
        """Post buffers, and send frames to the card that find them."""
        self.post(buffers)
        await self.sim.idle(REST_NS)  # a frame waits for a buffer for a bounded time only
        needed = len(self.period.sent) + len(sizes)
        good = {
            pair(ring.index)
            for ring in self.for_role(RX)
            if len(ring.offered) >= needed and all(buffer.honest for buffer in ring.offered)
        }
        sure = good >= self.period.reach
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
        answer = b"\x00" if self.has(CTRL_RX) else b"\x01"
        if self.offer_spans(ring, spans, answer=answer, checked=checked) is not None:
            ring.publish()
            self.kick(CONTROL)
