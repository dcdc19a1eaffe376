# SPDX-License-Identifier: Apache-2.0
"""Rounds of traffic with a fault in their midst: it comes, it goes, the card comes to rest, the books are balanced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Container
from typing import Any

from firmware.stats import snapshot
from host_driver.transport.pci import NEEDS_RESET
from testbench.lib.sim_base import SimBase
from testbench.system.faults.frames import GROUP
from testbench.system.faults.traffic import STEP_NS, Traffic
from testbench.system.rig import LIMIT_NS, OTHER

STRANGER = bytes.fromhex("02fe5200beef")
ADDRESS = bytes.fromhex("02fe52abcdef")  # the driver's own, not the card's
COALESCING = (4, 20)
LONGEST_BEFORE_NS = 10_000
SHOWN = 20
# counters that tell of a loss or an error
TOLD_BY = re.compile("_drop_|_err_|_err$|_errors$|_underruns")
TELLING = ("hold_timeouts", "watchdog_bites", "ctrl_too_long", "rx_csum_bad")


class Scene(Traffic):
    """Traffic in rounds. Every scenario is ``up``, some ``round`` and ``close``."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        super().__init__(sim, args)
        self.injected: Counter[str] = Counter()
        self.survived: Counter[str] = Counter()
        self.means: dict[str, Counter[str]] = {}
        """By kind, what told of the faults and what it took to get over them."""
        self.outcomes: Counter[str] = Counter()
        """What a scenario counts besides."""
        self.explained: Counter[str] = Counter()
        """By which counters losses and errors were told."""
        self._before: dict[str, int] = {}
        self._resets_before = 0
        self._held = (0, 0)

    # ---- up and down
    async def up(self) -> Scene:
        """Everything running, with settings made that the card must keep."""
        self.lives.begin()
        await self.lives.wait_up()
        self.device.options.mac = ADDRESS
        await self.device.probe()
        self.fresh()
        await self.device.settings.set_addresses([], [GROUP])
        await self.device.settings.set_rx_coalescing(*COALESCING)
        self._held = (self.memory.live_buffers, self.memory.live_bytes)
        self.begin()
        await self._rest()
        self._before = await snapshot(self.sim.mgmt)
        return self

    async def close(self) -> dict[str, Any]:
        """The end of everything, and the report."""
        await self._end_streams()
        self.end()
        await self.device.close()
        if self.memory.live_buffers:
            self.violations.append(f"{self.memory.live_buffers} buffers have leaked")
        self.memory.forbid(True)
        self.lives.end()
        ends = self.host_end, self.peer_end
        return {
            "injected": self.injected, "survived": self.survived, "unexplained": len(self.violations),
            "violations": self.violations[:SHOWN], "means": self.means, "outcomes": self.outcomes,
            "explained": self.explained, "driver_errors": self.errors, "resets": self.resets,
            "firmware": self.lives.logged(), "boots": self.lives.boots, "ns": self.sim.time_ns,
            "out": self.out.totals(), "in": self.inward.totals(),
            "stream": {"out": len(self.peer_end.received), "in": len(self.host_end.received),
                       "resent": sum(end.resent for end in ends), "refused": sum(end.refused for end in ends)},
        }  # fmt: skip

    async def _end_streams(self) -> None:
        """Every byte that was sent has arrived as it was, and is acknowledged."""
        ends = self.host_end, self.peer_end
        for end in ends:
            end.finish()
        self.only_streams = True
        await self.feed(True)
        last = self.sim.time_ns + LIMIT_NS
        while not all(end.done for end in ends) and self.sim.time_ns < last:
            await self.sim.sleep_ns(STEP_NS)
        await self.settle(())
        for name, end, other in (("to the wire", *ends), ("to the host", *ends[::-1])):
            if not end.done or other.received != end.data:
                self.violations.append(f"stream {name}: {len(other.received)} bytes of {len(end.data)}, or wrong ones")

    def counted(self, *names: str) -> int:
        """What these counters have told so far."""
        return sum(self.explained[name] for name in names)

    # ---- rounds
    async def round(self, kind: str, act: Callable[[], Awaitable[int]], allowed: Container[str]) -> None:
        """Traffic, and in its midst ``act``, which returns how many faults it made; then the books must balance.

        ``allowed``: the counters of losses and errors that may move.
        """
        known, means = len(self.violations), self._means()
        await self.feed(True)
        await self.sim.sleep_ns(self.rng.randrange(LONGEST_BEFORE_NS))
        made = await act()
        self.injected[kind] += made
        await self.settle(allowed)
        self.means.setdefault(kind, Counter()).update(self._means() - means)
        if len(self.violations) == known:
            self.survived[kind] += made
        self.violations[known:] = [f"{kind}: {text}" for text in self.violations[known:]]

    def _means(self) -> Counter[str]:
        resent = self.host_end.resent + self.peer_end.resent
        lost = self.out.lost_on_wire + self.inward.lost_on_wire
        return self.explained + Counter({"resets": self.resets, "resent": resent, "lost on the wire": lost})

    async def settle(self, allowed: Container[str]) -> None:
        """Traffic stops, the device is brought back if it asks for that, and all must be as it should."""
        await self.feed(False)
        await self.lives.wait_up()
        await self._rest()
        if 0 in self.sim.host.take_among({0}):
            await self.device.config_changed()
        elif await self.device.transport.read("device_status") & NEEDS_RESET and not self.device.needs_reset:
            self.violations.append("DEVICE_NEEDS_RESET, and no interrupt has told it")
            self.device.needs_reset = True
        if self.device.needs_reset:
            await self.recover()
            await self._rest()
        await self._balance(allowed)
        await self._exact()

    async def _rest(self) -> None:
        for _ in range(2):
            if not await self.sim.idle(LIMIT_NS):
                self.violations.append("the card does not come to rest")
            self.take()
        for tx in self.device.queues.tx:
            tx.reclaim()

    async def _balance(self, allowed: Container[str]) -> None:
        counters = await snapshot(self.sim.mgmt)
        moved = {name: value - self._before[name] for name, value in counters.items()}
        self._before = counters
        self.out.balance(moved)
        self.inward.balance(moved, (self.resets - self._resets_before) * self.device.options.rx_size)
        self._resets_before = self.resets
        told = {name: value for name, value in moved.items() if value and (name in TELLING or TOLD_BY.search(name))}
        self.explained.update(told)
        if strange := {name: value for name, value in told.items() if name not in allowed}:
            self.violations.append(f"counted for no reason: {strange}")
        if (self.memory.live_buffers, self.memory.live_bytes) != self._held:
            self.violations.append("buffers have leaked, or are missing")
        for incident in self.sim.host.forgive():
            self.violations.append(f"an access out of bounds: {incident}")

    async def _exact(self) -> None:
        """With nothing in its way each frame arrives, both ways; what the driver has set is in force."""
        wire = len(self.sim.wire.received)
        sizes = (60, 1514, 61)
        taken = [self.offer(self.rig.frame(size, OTHER)) for size in sizes]
        back = [self.rig.frame(size, to) for size, to in zip(sizes, (None, GROUP, None), strict=True)]
        self.inward.send([*back, self.rig.frame(60, STRANGER)])
        received, filtered = self.inward.received, self.explained["rx_drop_filter"]
        await self._rest()
        await self._balance({"rx_drop_filter"})
        if self.explained["rx_drop_filter"] != filtered + 1:
            self.violations.append("afterwards the filter takes what nobody asked for")
        self.explained["rx_drop_filter"] = filtered
        if not all(taken) or len(self.sim.wire.received) - wire != len(sizes):
            self.violations.append("afterwards not every frame leaves")
        if self.inward.received - received != len(back):
            self.violations.append("afterwards not every frame is received")
        if await self.device.settings.get_queue_coalescing(0) != COALESCING:
            self.violations.append("afterwards the coalescing is another")
