# SPDX-License-Identifier: Apache-2.0
"""Entry: full rings and a full wire both ways, broken into at a random instant, round after round."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

from host_driver.memory import DmaBuffer, DmaMemory
from testbench.lib.sim_base import SimBase
from testbench.lib.wire_frames import FROM_CARD, TO_CARD
from testbench.system.rig import LIMIT_NS, OTHER, Rig

RESTING = 24  # freed buffers that are kept from being used again: more than a probe makes
LONGEST_BEFORE_NS, LONGEST_AFTER_NS = 30_000, 15_000
SIZES = ((60,), (60, 128, 1514), (1514,), (9014, 60), (64, 300, 1514, 9014))
TX_ENDS = ("reset", "close", "reset tx")  # actions that take the transmit queue away
STAMP = slice(14, 18)  # number of the frame, behind the Ethernet header


class GuardedMemory(DmaMemory):
    """Whatever is not allocated right now is out of bounds for the card, also what has only just been freed."""

    def __init__(self, sim: SimBase) -> None:
        super().__init__(sim.host.memory, sim.host.memory_base)
        self._host = sim.host
        self._resting: deque[DmaBuffer] = deque()
        self.forbidden = False
        self.guard()

    def guard(self) -> None:
        """Allow what is live, or nothing while ``forbidden``."""
        self._host.unguard()
        self._host.guard(self.base + self.size - 64, 64)  # with no range at all everything would be allowed
        for address, size in [] if self.forbidden else self.live_ranges():
            self._host.guard(address, size)

    def forbid(self, on: bool) -> None:
        """Allow the card nothing at all, or its buffers again."""
        self.forbidden = on
        self.guard()

    def alloc(self, size: int, align: int = 64, zero: bool = True) -> DmaBuffer:
        """As always; from now on the card may touch it."""
        buffer = super().alloc(size, align, zero)
        self.guard()
        return buffer

    def _release(self, buffer: DmaBuffer) -> None:
        del self._live[buffer.offset]
        self.guard()
        self._resting.append(buffer)
        if len(self._resting) > RESTING:
            oldest = self._resting.popleft()
            self._live[oldest.offset] = oldest.size
            super()._release(oldest)


class Flow:
    """Frames of one direction: each has its number in it, and must arrive whole, at most once, and in order."""

    def __init__(self) -> None:
        self.sent: dict[int, bytes] = {}
        self.last = -1

    def stamp(self, frame: bytes) -> bytes:
        """The frame with the next number."""
        number = len(self.sent)
        self.sent[number] = frame[: STAMP.start] + number.to_bytes(4, "big") + frame[STAMP.stop :]
        return self.sent[number]

    def arrived(self, frame: bytes) -> None:
        """Check one that came out at the other end."""
        number = int.from_bytes(frame[STAMP], "big")
        assert number > self.last, f"frame {number} arrived after {self.last}"
        assert frame == self.sent.get(number), f"frame {number} of {len(frame)} bytes is not the one sent"
        self.last = number


class Chaos:
    """A rig with traffic, and what can happen to it."""

    def __init__(self, rig: Rig, memory: GuardedMemory) -> None:
        self.rig, self.sim, self.device, self.memory = rig, rig.sim, rig.device, memory
        self.out, self.inward = Flow(), Flow()
        self.seen = 0  # of the frames at the other end of the wire
        self.committed = self.received = 0
        self.refused = 0  # frames beyond the MTU, which the driver counts as dropped once their queue is gone
        self.passed = {"out": 0, "out lost": 0, "in": 0, "in lost": 0}
        self.actions: dict[str, Callable[[], Awaitable[None]]] = {
            "reset": self.reset, "close": self.close, "mtu": self.mtu, "flap": self.flap,
            "reset rx": self.reset_rx, "reset tx": self.reset_tx,
        }  # fmt: skip

    # traffic
    def offer(self, size: int) -> bool:
        """One frame into the transmit ring; False: it is full, or the frame is longer than the MTU."""
        device = self.device
        number = len(self.out.sent)
        taken = device.transmit(self.out.stamp(self.rig.frame(size, OTHER)))
        if taken:
            assert size <= device.options.mtu + 14, f"the driver took {size} bytes with MTU {device.options.mtu}"
            self.committed += 1
            return True
        del self.out.sent[number]
        return False

    def take(self) -> None:
        """What both ends have got."""
        while frames := self.device.poll():
            self.received += len(frames)
            for received in frames:
                self.inward.arrived(received.frame)
        wire = self.sim.wire.received
        for _, frame in wire[self.seen :]:
            self.out.arrived(frame)
        self.seen = len(wire)

    async def pump(self, sizes: tuple[int, ...], ns: int) -> None:
        """Keep the transmit ring full for so long, and leave it full."""
        end = self.sim.time_ns + ns
        place = 0
        longest = self.device.options.mtu + 14
        sizes = tuple(min(size, longest) for size in sizes)
        while True:
            self.take()
            while self.offer(sizes[place % len(sizes)]):
                place += 1
            left = end - self.sim.time_ns
            if left <= 0:
                return
            await self.device.wait(left)

    def flood(self, sizes: tuple[int, ...], ns: int) -> None:
        """Frames towards the card, back to back, for so long."""
        frames: list[bytes] = []
        length = 0.0
        while length < ns:
            frames.append(self.inward.stamp(self.rig.frame(max(60, sizes[len(frames) % len(sizes)]))))
            length += (len(frames[-1]) + 24) * 8 / 10
        self.sim.wire.send_frames(frames)

    # what happens
    async def reset(self) -> None:
        """The device is reset with everything still allocated, and left alone with the wire for a while."""
        await self.device.transport.reset()
        self.memory.forbid(True)
        await self.sim.sleep_ns(self.rig.rng.randrange(LONGEST_AFTER_NS))
        self.memory.forbid(False)
        await self.device.close()
        await self.device.probe()

    async def close(self) -> None:
        """Closed, everything freed, and probed again at once."""
        await self.device.close()
        assert self.memory.live_buffers == 0, "close leaves buffers behind"
        await self.device.probe()

    async def mtu(self) -> None:
        """Another MTU, for what is offered from then on."""
        self.device.set_mtu(self.rig.rng.choice((68, 576, 1500, 9000)))

    async def flap(self) -> None:
        """The link goes down and comes back; the driver is told both."""
        for up in (False, True):
            self.sim.wire.link(up)
            end = self.sim.time_ns + LIMIT_NS
            while self.device.link_up != up:
                assert self.sim.time_ns < end, f"the driver does not hear of the link going {'up' if up else 'down'}"
                self.take()
                await self.device.wait(LIMIT_NS)
            if not up:
                await self.sim.sleep_ns(self.rig.rng.randrange(LONGEST_AFTER_NS))

    async def reset_rx(self) -> None:
        """The receive queue alone; what had arrived in it and was not taken is lost."""
        await self.device.queues.reset_rx(0)

    async def reset_tx(self) -> None:
        """The transmit queue alone."""
        await self.device.queues.reset_tx(0)

    # a round
    async def settle(self) -> None:
        """Let everything that is still under way arrive."""
        assert await self.sim.idle(LIMIT_NS), "the card does not come to rest"
        self.take()
        assert await self.sim.idle(LIMIT_NS), "the card does not come to rest"

    async def round(self, action: str) -> dict[str, int]:
        """Traffic, the action, traffic again; then everything must arrive. Returns what the action cost."""
        rig, device = self.rig, self.device
        before, wire_before = await rig.firmware.counters(), self.lines()
        held = self.memory.live_buffers, self.memory.live_bytes
        committed, received = self.committed, self.received
        dropped = device.queues.past["tx_dropped"]
        sizes = rig.rng.choice(SIZES)
        instant = rig.rng.randrange(LONGEST_BEFORE_NS)
        self.flood(sizes, instant + LONGEST_AFTER_NS)
        await self.pump(sizes, instant)
        await self.actions[action]()
        await self.pump(sizes, rig.rng.randrange(LONGEST_AFTER_NS))
        await self.settle()
        lost = device.queues.past["tx_dropped"] - dropped
        if action in TX_ENDS:
            lost, self.refused = lost - self.refused, 0
        moved = {name: value - before[name] for name, value in (await rig.firmware.counters()).items()}
        wire = {name: value - wire_before[name] for name, value in self.lines().items()}
        self.consistent(action, moved, wire, self.committed - committed, self.received - received, lost)
        assert (self.memory.live_buffers, self.memory.live_bytes) == held, "buffers have leaked"
        await self.exact()
        assert not self.sim.host.incidents, f"accesses out of bounds: {self.sim.host.incidents[:3]}"
        return {"lost": lost, "frames": moved["tx_frames"] + moved["rx_frames"]}

    def lines(self) -> dict[str, int]:
        """Frames that passed each direction of the wire so far, and those that met a dead link."""
        for point, name in ((FROM_CARD, "out"), (TO_CARD, "in")):
            rows = self.sim.wire.captured(point, self.passed[name] + self.passed[f"{name} lost"])
            lost = sum(rows.why_lost(index) is not None for index in range(len(rows)))
            self.passed[name] += len(rows) - lost
            self.passed[f"{name} lost"] += lost
        return dict(self.passed)

    def consistent(
        self, action: str, moved: dict[str, int], wire: dict[str, int], committed: int, received: int, lost: int
    ) -> None:
        """Every frame is somewhere: on the wire, in host memory, or under the name of what became of it."""
        drops = {name: value for name, value in moved.items() if name.startswith("rx_drop_") and value}
        assert moved["rx_wire_frames"] == wire["in"] == moved["rx_frames"] + sum(drops.values()), (moved, wire)
        allowed = {"rx_drop_no_buffer", "rx_drop_store_full"}
        if action in ("reset", "close"):
            allowed |= {"rx_drop_disabled", "rx_drop_filter"}
        assert set(drops) <= allowed, drops
        bad = {name for name, value in moved.items() if value and ("_err" in name or name.startswith("tx_drop_"))}
        assert not bad and not moved["hold_timeouts"] and not moved["watchdog_bites"], bad
        left = wire["out"] + wire["out lost"]
        assert moved["tx_frames"] == left, (moved["tx_frames"], wire)
        if action in TX_ENDS:
            # some of those that the driver counts as lost had left already
            assert committed - lost <= left <= committed, (committed, lost, wire)
        else:
            assert lost == 0 and left == committed, (committed, lost, wire)
        if action in ("reset", "close", "reset rx"):
            assert received <= moved["rx_frames"], (received, moved["rx_frames"])
        else:
            assert received == moved["rx_frames"], (received, moved["rx_frames"])
        assert moved["link_changes"] >= 2 * (action == "flap"), moved["link_changes"]
        if action != "flap":
            assert not wire["out lost"] and not wire["in lost"], wire

    async def exact(self) -> None:
        """With nothing in its way every frame arrives, both ways; only one that is longer than the MTU is refused."""
        sizes = [size for size in (60, 61, 1514, 9014, 68) if size <= self.device.options.mtu + 14]
        seen, received = self.seen, self.received
        count = len(sizes)
        for size in sizes:
            self.sim.wire.send(self.inward.stamp(self.rig.frame(size)))
            assert self.offer(size), "an empty ring takes no frame"
        await self.settle()
        assert (self.seen - seen, self.received - received) == (count, count), "frames are missing on an idle card"
        for tx in self.device.queues.tx:
            tx.reclaim()
            assert tx.slots_held == 0, "the device keeps transmit buffers of frames long sent"
        dropped = self.device.queues.tx[0].dropped
        assert not self.offer(self.device.options.mtu + 15), "a frame longer than the MTU goes out"
        assert self.device.queues.tx[0].dropped == dropped + 1, "an empty ring has no room"
        self.refused += 1


async def rounds(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``rounds`` rounds with actions drawn from ``seed``; how often each came and what it cost."""
    rig = Rig(sim, args)
    rig.memory = rig.device.memory = rig.device.queues.memory = memory = GuardedMemory(sim)
    await rig.up(guarded=False)
    if "coalescing" in args:
        await rig.device.settings.set_rx_coalescing(*args["coalescing"])
        await rig.device.settings.set_tx_coalescing(*args["coalescing"])
    chaos = Chaos(rig, memory)
    count: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    frames = 0
    for number in range(args["rounds"]):
        # each as often as the others, in an order of the seed
        action = rig.rng.choice([name for name in chaos.actions if count[name] == min(count[n] for n in chaos.actions)])
        try:
            cost = await chaos.round(action)
        except AssertionError as error:
            raise AssertionError(f"seed {args['seed']}, round {number} ({action}): {error}") from error
        count[action] += 1
        lost[action] += cost["lost"]
        frames += cost["frames"]
    return {"actions": count, "lost": lost, "frames": frames, "counters": await rig.close()}
