# SPDX-License-Identifier: Apache-2.0
"""Driver, firmware that may die, and traffic both ways that goes on through it all; a device that asks is reset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from firmware import CardSettings
from host_driver.errors import DriverError
from host_driver.net.header import F_DATA_VALID
from testbench.lib.sim_base import SimBase
from testbench.system.chaos import GuardedMemory
from testbench.system.faults import stream
from testbench.system.faults.frames import Frames
from testbench.system.faults.inward import Inward
from testbench.system.faults.mortal import Lives
from testbench.system.faults.outward import Outward
from testbench.system.rig import OTHER, Rig

STEP_NS = 4_000  # the traffic looks at both ends at least this often
BURST_OUT, BURST_IN = 8, 6  # frames each time, at most
MOST_UNDER_WAY = 16  # on the wire towards the card, to be more would overrun a driver that looks away
LONG_NS = 200_000  # longer than any interrupt may take
ATTEMPTS = 20  # to bring the device back
RESET_LIMIT_NS, COMMAND_LIMIT_NS = 3_000_000, 1_000_000
HEARTBEAT_US, HOLD_LIMIT_US = 40, 60
STREAM_BYTES, STREAM_SIZE, WINDOW, PATIENCE_NS = 2_000_000, 700, 8, 60_000
SMALL = {"rx_size": 64, "tx_size": 64, "medium_slots": 16, "large_slots": 8, "command_limit_ns": COMMAND_LIMIT_NS}
SHAPES: list[dict[str, Any]] = [
    {"options": {}, "unwanted": []},
    {"options": {"tx_descriptors": 2}, "unwanted": ["RING_EVENT_IDX", "MRG_RXBUF"]},
    {"options": {"tx_descriptors": 2, "tx_indirect": True}, "unwanted": []},
]


def nothing() -> None:
    """Nobody wants to know."""


class Traffic:
    """What goes on all the time. Frames are in the books ``out`` and ``inward``, which fill ``violations``."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        # which kind of rings, descriptors and buffers the driver uses is the seed's choice
        shape = SHAPES[args["seed"] % len(SHAPES)]
        options = {**SMALL, **shape["options"]}
        self.sim, self.rig = sim, Rig(sim, {**args, "unwanted": shape["unwanted"], "options": options})
        self.rng, self.device = self.rig.rng, self.rig.device
        self.device.transport.reset_limit_ns = RESET_LIMIT_NS
        self.memory = self.rig.memory = self.device.memory = self.device.queues.memory = GuardedMemory(sim)
        card = {"heartbeat_us": HEARTBEAT_US, "hold_limit_us": HOLD_LIMIT_US, **args.get("card", {})}
        self.lives = Lives(self.rig, CardSettings(**card))
        self.violations: list[str] = []
        self.out, self.inward = Outward(sim, self.violations), Inward(sim, self.violations)
        self.errors: Counter[str] = Counter()
        """What the driver's calls raised, by name."""
        self.resets = 0
        self.turns = 0
        """How often the traffic has looked."""
        self.usable = True
        """The device has been brought up, and nobody is resetting it."""
        self.hold_recovery = False
        """The traffic must not reset the device now, somebody else is talking to it."""
        self.before_reset: Callable[[], object] = nothing
        self.when_fresh: Callable[[], object] = nothing
        """Called before the device is reset, and when it has new queues."""
        self.only_streams = False
        self.step_ns = STEP_NS
        self._frames = Frames(self.rig)
        self._feeding: Any = None
        self._feed = self._idle = False
        self._from_peer = 0
        host, peer = self.rng.randbytes(STREAM_BYTES), self.rng.randbytes(STREAM_BYTES)
        self.host_end = self._end(self.offer, host, lambda: OTHER + self.device.mac)
        self.peer_end = self._end(self._answer, peer, lambda: self.device.mac + OTHER)

    @staticmethod
    def _end(send: Callable[[bytes], bool], data: bytes, addresses: Callable[[], bytes]) -> stream.Endpoint:
        return stream.Endpoint(addresses, send, data, STREAM_SIZE, WINDOW, PATIENCE_NS)

    def begin(self) -> None:
        """From now on there is traffic whenever it is asked for."""
        self._feeding = self.sim.start_soon(self._run())

    def end(self) -> None:
        """No more of it."""
        self._feeding.cancel()

    # ---- frames
    def offer(self, frame: bytes, header: bytes | None = None) -> bool:
        """Give the driver a frame to send, if it has room."""
        return self.out.offer(self.device.queues.tx[0], frame, header)

    def _answer(self, frame: bytes) -> bool:
        self.inward.send([frame])
        return True

    def take(self) -> None:
        """What both ends have got."""
        self.inward.look()
        while frames := self.device.poll():
            for received in frames:
                self.inward.took(received.frame, bool(received.header[0] & F_DATA_VALID))
                if received.frame[12:14] == stream.TYPE:
                    self.host_end.take(received.frame, self.sim.time_ns)
        self.out.look()
        wire = self.sim.wire.received
        for _, frame in wire[self._from_peer :]:
            if frame[12:14] == stream.TYPE:
                self.peer_end.take(frame, self.sim.time_ns)
        self._from_peer = len(wire)

    def give(self) -> None:
        """What the streams have to say, and a burst each way."""
        now = self.sim.time_ns
        self.host_end.pump(now)
        self.peer_end.pump(now)
        if self.only_streams:
            return
        for _ in range(self.rng.randrange(BURST_OUT + 1)):
            header, frame = self._frames.outward()
            self.offer(frame, header)
        if self.inward.under_way < MOST_UNDER_WAY:
            self.inward.send([self._frames.inward() for _ in range(self.rng.randrange(BURST_IN + 1))])

    async def flush(self) -> None:
        """Frames towards the card until every receive buffer that it holds now has been used."""
        left = 2 * self.device.options.rx_size
        while left > 0:
            await self.sim.sleep_ns(STEP_NS)
            if self.inward.under_way < MOST_UNDER_WAY:
                self.inward.send([self.rig.frame(60) for _ in range(MOST_UNDER_WAY)])
                left -= MOST_UNDER_WAY

    # ---- the loop
    async def _run(self) -> None:
        while True:
            if not self._feed:
                self._idle = True
                await self.sim.sleep_ns(STEP_NS // 4)
                continue
            self._idle = False
            if self.device.needs_reset and not self.hold_recovery:
                await self.recover()
            self.turns += 1
            self.take()
            self.give()
            start = self.sim.time_ns
            woken = await self.device.wait(self.step_ns)
            waited = self.sim.time_ns - start
            if not woken and waited > LONG_NS and (waiting := self._finished()):
                self.violations.append(f"{waiting} chains were finished, and no interrupt came for {waited} ns")
            if waited < STEP_NS // 4:
                await self.sim.sleep_ns(STEP_NS // 4)

    def _finished(self) -> int:
        """Chains that the driver has not looked at."""
        queues = self.device.queues
        halves = [half.queue for half in queues.rx] + [half.queue for half in queues.tx]
        return sum(queue.used_pending() for queue in halves)

    async def feed(self, on: bool) -> None:
        """Let the traffic run, or stop it and wait until it has stopped."""
        self._feed = on
        while not on and not self._idle:
            await self.sim.sleep_ns(STEP_NS // 4)

    async def by_interrupt(self, ns: int) -> None:
        """From now on the traffic looks only when there was an interrupt, or when there was none for ``ns``."""
        self.step_ns, turns = ns, self.turns
        while self._feed and self.turns == turns:
            await self.sim.sleep_ns(STEP_NS)

    def fresh(self) -> None:
        """There are new queues."""
        self.out.watch(self.device.queues.tx[0])
        self.when_fresh()

    async def recover(self) -> None:
        """The device is reset and probed until it is there again; what the driver met is counted."""
        self.usable = False
        for _ in range(ATTEMPTS):
            self.resets += 1
            self.before_reset()
            self.take()
            try:
                await self.device.recover()
            except DriverError as error:
                self.errors[type(error).__name__] += 1
                await self.sim.sleep_ns(STEP_NS)
            else:
                self.fresh()
                self.usable = True
                return
        raise AssertionError(f"the device does not come back: {self.errors}")
