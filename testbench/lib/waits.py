# SPDX-License-Identifier: Apache-2.0
"""Everything Python can wait for in a simulation, woken by one signal of the servants; nothing runs once a cycle."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from cocotb.triggers import Event, ValueChange

from testbench.lib.errors import SimulationError, StalledError, StoppedError, WallTimeError
from testbench.lib.native import NEVER, Reason, cell, lib


class Waiter:
    """One coroutine's wait: for reasons, or for its deadline."""

    def __init__(self, what: str, reasons: Reason, deadline: int, length: int, passive: bool) -> None:
        self.what, self.reasons, self.deadline, self.length, self.passive = what, reasons, deadline, length, passive
        self.event = Event()
        self.live = True


class Waits:
    """Hands out waits and ends them. ``quiet_ns`` is the time without progress that means a stall."""

    def __init__(self, wake: Any, quiet_ns: float, diagnose: Callable[[], str]) -> None:
        self._wake, self._quiet, self._diagnose = wake, int(quiet_ns * 1000), diagnose
        self._waiters: dict[int, Waiter] = {}
        self._heap: list[tuple[int, int]] = []
        self._numbers = itertools.count()
        self._deadline, self._stall = cell("deadline_ps"), cell("stall_ps")
        self.failure: SimulationError | None = None
        self.hooks: dict[Reason, Callable[[], None]] = {}  # run before the waiters of that reason

    async def run(self) -> None:
        """The one task that listens to the servants."""
        changed = ValueChange(self._wake)
        while True:
            await changed
            reasons = Reason(lib.fr_take_reasons())
            if not reasons:
                continue
            if reasons & (Reason.STALLED | Reason.STOP | Reason.WALL_LIMIT) and not self.failure:
                self.failure = self._failure(reasons)
            for reason, hook in self.hooks.items():
                if reasons & reason:
                    hook()
            now = lib.fr_now_ps()
            for waiter in list(self._waiters.values()):
                if self.failure or waiter.reasons & reasons or waiter.deadline <= now:
                    waiter.event.set()
            self._arm()

    def _failure(self, reasons: Reason) -> SimulationError:
        if reasons & Reason.STOP:
            return StoppedError("the run was asked to stop")
        if reasons & Reason.STALLED:
            return StalledError(
                f"nothing moved for {(lib.fr_now_ps() - cell('progress_ps').value) // 1000} ns\n" + self._diagnose()
            )
        return WallTimeError("the run is out of wall-clock time\n" + self._diagnose())

    def _arm(self) -> None:
        while self._heap and (self._heap[0][1] not in self._waiters or self._waiters[self._heap[0][1]].event.is_set()):
            heapq.heappop(self._heap)
        self._deadline.value = self._heap[0][0] if self._heap else NEVER
        active = [waiter for waiter in self._waiters.values() if not waiter.passive]
        # a wait with a time limit may be quiet for that long without meaning anything
        self._stall.value = self._quiet + max(waiter.length for waiter in active) if active and self._quiet else NEVER

    async def wait(self, what: str, reasons: Reason, timeout_ns: float | None = None, passive: bool = False) -> bool:
        """Wait for one of the reasons; False when the time is up. A passive one (firmware at rest) is never a stall."""
        if self.failure:
            raise self.failure
        now = lib.fr_now_ps()
        length = 0 if timeout_ns is None else max(int(timeout_ns * 1000), 0)
        waiter = Waiter(what, reasons, NEVER if timeout_ns is None else now + length, length, passive)
        number = next(self._numbers)
        self._waiters[number] = waiter
        if timeout_ns is not None:
            heapq.heappush(self._heap, (waiter.deadline, number))
        if not passive and len(self._waiters) == 1 + sum(w.passive for w in self._waiters.values()):
            # quiet time before anybody waited does not count
            cell("progress_ps").value = max(cell("progress_ps").value, now)
        self._arm()
        try:
            await waiter.event.wait()
        finally:
            del self._waiters[number]
            self._arm()
        if self.failure:
            raise self.failure
        return lib.fr_now_ps() < waiter.deadline

    def pending(self) -> list[str]:
        """What is being waited for, for a diagnosis."""
        return [waiter.what for waiter in self._waiters.values()]

    @property
    def holds_time(self) -> bool:
        """A wait is pending that only the passing of simulated time ends."""
        return any(waiter.deadline != NEVER and not waiter.passive for waiter in self._waiters.values())
