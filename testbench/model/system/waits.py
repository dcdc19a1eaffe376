# SPDX-License-Identifier: Apache-2.0
"""Waits of coroutines with their limits, and the ends of a run: nothing moves, or its wall-clock time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from testbench.lib.errors import StalledError, WallTimeError
from testbench.model.system.timeline import Event, Timeline


class Wait:
    """One coroutine's wait, for a diagnosis and for telling a stall."""

    __slots__ = ("length_ps", "passive", "what")

    def __init__(self, what: str, length_ps: int, passive: bool) -> None:
        self.what, self.length_ps, self.passive = what, length_ps, passive


class Waits:
    """``quiet_ns`` is the time without progress, beyond the longest wait with a limit, that means a stall."""

    def __init__(self, timeline: Timeline, quiet_ns: float, wall_limit_s: float, diagnose: Callable[[], str]) -> None:
        self._timeline, self._quiet_ps, self._diagnose = timeline, int(quiet_ns * 1000), diagnose
        self._wall_limit_s = wall_limit_s
        self._wall_end = time.monotonic() + wall_limit_s
        self._waiting: dict[Wait, None] = {}
        self.progress_ps = 0

    def progress(self) -> None:
        """Something moved."""
        self.progress_ps = self._timeline.now_ps

    async def wait(self, what: str, event: Event, timeout_ns: float | None = None, passive: bool = False) -> bool:
        """Wait for an event; False when the time is up. A passive wait (firmware at rest) is never a stall."""
        now = self._timeline.now_ps
        length = 0 if timeout_ns is None else max(int(timeout_ns * 1000), 0)
        timer = None if timeout_ns is None else self._timeline.at(now + length, event.set)
        wait = Wait(what, length, passive)
        if not passive and not self.holds_time:
            self.progress_ps = now  # quiet time before anybody waited does not count
        self._waiting[wait] = None
        try:
            await event
        finally:
            del self._waiting[wait]
            if timer:
                timer.cancel()
        return timer is None or self._timeline.now_ps < now + length

    def pending(self) -> list[str]:
        """What is being waited for."""
        return [wait.what for wait in self._waiting]

    @property
    def holds_time(self) -> bool:
        """Somebody other than firmware at rest waits."""
        return any(not wait.passive for wait in self._waiting)

    @property
    def limited(self) -> bool:
        """Some of these waits ends by the passing of simulated time."""
        return any(not wait.passive and wait.length_ps for wait in self._waiting)

    def check(self, next_ps: int | None) -> int:
        """Called before time moves on to ``next_ps``; raises what ends the run. Until its result nothing can."""
        if time.monotonic() > self._wall_end:
            raise WallTimeError(f"no end after {self._wall_limit_s:g} s of wall time\n{self._diagnose()}")
        calm_until = self.progress_ps + self._quiet_ps
        if next_ps is not None and next_ps < calm_until:
            return calm_until
        lengths = [wait.length_ps for wait in self._waiting if not wait.passive]
        if next_ps is None or (lengths and self._quiet_ps and next_ps >= calm_until + max(lengths)):
            quiet = (self._timeline.now_ps if next_ps is None else next_ps) - self.progress_ps
            raise StalledError(f"nothing moved for {quiet // 1000} ns\n{self._diagnose()}")
        return next_ps
