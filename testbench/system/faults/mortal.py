# SPDX-License-Identifier: Apache-2.0
"""Firmware that can die or hang at any access of its bus, and the watch over it that boots it anew."""

from __future__ import annotations

from collections import Counter
from typing import Any

from firmware import CardSettings, Firmware
from testbench.system.rig import Rig

LOOK_NS = 2_000


class Crash(Exception):
    """Firmware ends here, in the middle of what it does."""


class MortalBus:
    """A management bus that counts accesses; at the one it was armed for firmware dies, or hangs until it is let go."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.now_ns, self.sleep_ns = bus.now_ns, bus.sleep_ns
        self.accesses = 0
        self._crash_at = self._hang_at = 0
        self.dead = self.hung = False

    def crash_after(self, accesses: int) -> None:
        """Die at the access that is so many further on."""
        self._crash_at = self.accesses + accesses

    def hang_after(self, accesses: int) -> None:
        """Hang instead."""
        self._hang_at = self.accesses + accesses

    @property
    def armed(self) -> bool:
        """It is still to come."""
        return not self.dead and not self.hung and max(self._crash_at, self._hang_at) > self.accesses

    def disarm(self) -> None:
        """Nothing is to happen, and what hangs goes on."""
        self._crash_at = self._hang_at = 0
        self.hung = False

    def _count(self) -> None:
        self.accesses += 1
        self.dead |= self.accesses == self._crash_at
        self.hung |= self.accesses == self._hang_at
        if self.dead:
            raise Crash

    async def _stay(self) -> None:
        while self.hung:
            await self.sleep_ns(LOOK_NS)

    async def read32(self, address: int) -> int:
        """Read a register."""
        self._count()
        await self._stay()
        return await self._bus.read32(address)

    def write32(self, address: int, value: int) -> None:
        """Write a register; a hang begins at the next read or wait."""
        self._count()
        self._bus.write32(address, value)

    async def wait_event(self, timeout_ns: int) -> bool:
        """Wait for the event line."""
        await self._stay()
        return await self._bus.wait_event(timeout_ns)


class Lives:
    """The firmware of a rig, life after life. ``down_ns`` after an end the next begins."""

    def __init__(self, rig: Rig, settings: CardSettings) -> None:
        self.rig, self.settings = rig, settings
        self.down_ns = 0
        self.bus = MortalBus(rig.sim.mgmt)
        self.next_crash = 0
        """Accesses after which the next life ends, 0: not at all."""
        self.crashes = self.boots = 0
        self._logged: Counter[str] = Counter()
        self._task: Any = None
        self._life: Any = None
        self._alive = False

    def begin(self) -> None:
        """Start the first life, and watch over all of them."""
        self._task = self.rig.sim.start_soon(self._watch())

    @property
    def up(self) -> bool:
        """It has booted, and neither died nor hung since."""
        return self._alive and not self.bus.dead and not self.bus.hung

    def logged(self) -> Counter[str]:
        """What the logs of all lives have said, by kind."""
        return self._logged + self.rig.firmware.log.counts

    def kill(self) -> None:
        """End it wherever it is."""
        self._life.cancel()

    def end(self) -> None:
        """No more lives."""
        self._task.cancel()
        self._life.cancel()

    async def _watch(self) -> None:
        while True:
            self.bus = bus = MortalBus(self.rig.sim.mgmt)
            self.rig.firmware = firmware = Firmware(bus, self.settings)
            if self.next_crash:
                bus.crash_after(self.next_crash)
                self.next_crash = 0
            self._life = self.rig.sim.start_soon(self._live(firmware))
            while not self._life.done():
                await self.rig.sim.sleep_ns(LOOK_NS)
            self._alive = False
            self.crashes += 1
            self._logged.update(firmware.log.counts)
            await self.rig.sim.sleep_ns(self.down_ns)

    async def _live(self, firmware: Firmware) -> None:
        try:
            await firmware.boot()
            self.boots += 1
            self._alive = True
            await firmware.run()
        except Crash:
            return

    async def wait_up(self) -> None:
        """Wait until it has booted."""
        while not self.up:
            await self.rig.sim.sleep_ns(LOOK_NS)
