# SPDX-License-Identifier: Apache-2.0
"""Live runs on the model: descriptors are looked at between callbacks, and with nothing in flight poll() blocks."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterable

from testbench.model.host.guest_port import GuestPort
from testbench.model.system.timeline import Event, Timeline
from testbench.model.system.waits import Waits
from testbench.model.wire.wire import Wire

LOOK_EVERY = 64  # callbacks between two looks at the descriptors
POLLED_S = 0.001  # a look lasts no longer while the guest wants a queue to be looked at
ALWAYS = -1
PS_PER_S = 10**12


class Live:
    """Idle in runs without live waits; then ``before`` only checks for the ends of the run."""

    def __init__(
        self, timeline: Timeline, waits: Waits, wire: Wire, guest: GuestPort, quiet: Callable[[], bool],
        armed: Callable[[], bool],
    ) -> None:  # fmt: skip
        """``quiet()``: nothing is in flight; ``armed()``: an interrupt waits for its time."""
        self._timeline, self._waits, self._wire, self._guest = timeline, waits, wire, guest
        self._quiet, self._armed = quiet, armed
        self._event: Event | None = None
        self._fds: set[int] = set()
        self._readable: set[int] = set()
        self._block_s = 0.0
        self._looks = self._lost = 0
        self.blocks = self.blocked_us = 0

    def watch(self, fds: Iterable[int]) -> None:
        """Descriptors of the host's side."""
        self._fds = set(fds)
        self._readable &= self._fds

    def take_readable(self) -> set[int]:
        """Those of them that can be read."""
        readable, self._readable = self._readable, set()
        return readable

    async def wait(self, event: Event, block_ms: int) -> None:
        """Until ``event``, or a descriptor can be read, or ``block_ms`` of standing still have passed."""
        self._block_s = block_ms / 1000
        self._event = event
        try:
            await self._waits.wait("live traffic", event, passive=True)
        finally:
            self._event = None

    def before(self, next_ps: int | None) -> int:
        """Called before simulated time moves on; how long it need not be called again."""
        if self._event is None:
            return self._waits.check(next_ps)
        self._looks += 1
        now = next_ps is not None and next_ps <= self._timeline.now_ps  # the last of what kept the card busy
        if self._quiet() and not self._waits.limited and not now:
            self._stand(next_ps)
        elif self._looks % LOOK_EVERY == 0:
            self._look(0)
        return ALWAYS

    def _stand(self, next_ps: int | None) -> None:
        """Nothing is in flight: wait for something to do."""
        if next_ps is not None and self._armed():
            # as long as it takes on a card: what comes meanwhile shares the interrupt
            self._look((next_ps - self._timeline.now_ps) / PS_PER_S)
            return
        if not self._look(self._block_s) and self._event is not None:
            self._event.set()  # the caller may have something else to look at

    def _look(self, timeout_s: float) -> bool:
        """Look at the descriptors, for up to ``timeout_s``; True: something is to be done now."""
        tap = self._wire.tap_fd
        guest = self._guest
        watched = {*self._fds, *guest.kick_fds} if tap < 0 else {*self._fds, *guest.kick_fds, tap}
        if guest.polled:
            timeout_s = min(timeout_s, POLLED_S)
        start = time.perf_counter_ns()
        ready = set(select.select(watched, (), (), timeout_s)[0])  # of all ways to wait the one that takes microseconds
        if timeout_s:
            self.blocks += 1
            self.blocked_us += (time.perf_counter_ns() - start) // 1000
        if tap in ready and tap not in self._fds:
            self._wire.poll_tap()
        guest.look(ready)
        self._readable |= ready & self._fds
        if (self._readable or guest.lost != self._lost) and self._event is not None:
            self._lost = guest.lost
            self._event.set()
        return bool(ready) or guest.polled

    def counters(self) -> dict[str, int]:
        """Under the names of the RTL's harness."""
        return {"live.blocks": self.blocks, "live.blocked_us": self.blocked_us}
