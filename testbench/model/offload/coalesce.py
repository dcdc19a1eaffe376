# SPDX-License-Identifier: Apache-2.0
"""Interrupt coalescing (virtio 1.3, 5.1.6.5.9): lets a queue's interrupt go after so many frames or so much time."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.system.timeline import Timeline, Timer

PS_PER_US = 1_000_000
MOST = 0xFFFF  # frames and microseconds are counted in 16 bits


class Moderated:
    """One queue: its thresholds, and what waits for them."""

    __slots__ = ("count", "max_packets", "max_usecs", "since_us", "timer")

    def __init__(self) -> None:
        self.max_packets = self.max_usecs = 0
        self.count = self.since_us = 0
        self.timer: Timer | None = None

    def forget(self) -> None:
        """Nothing waits any more."""
        self.count = 0
        if self.timer:
            self.timer.cancel()
            self.timer = None


class Coalescer:
    """``published`` in, ``fire`` out; both in global queue numbers. The last queue (control) is never held back."""

    def __init__(
        self, timeline: Timeline, queues: int, count: Callable[[str], object], fire: Callable[[int], object]
    ) -> None:
        self._timeline, self._count, self._fire = timeline, count, fire
        self.queues = [Moderated() for _ in range(queues)]
        self.defaults = {"rx_packets": 0, "rx_usecs": 0, "tx_packets": 0, "tx_usecs": 0}

    @property
    def armed(self) -> bool:
        """Some queue waits for its time."""
        return any(queue.count for queue in self.queues)

    def started(self, gq: int) -> None:
        """A queue is enabled: it takes its direction's defaults and forgets what it counted."""
        queue, way = self.queues[gq], "tx" if gq % 2 else "rx"
        queue.forget()
        queue.max_packets, queue.max_usecs = self.defaults[f"{way}_packets"], self.defaults[f"{way}_usecs"]

    def set(self, gq: int, max_packets: int, max_usecs: int) -> None:
        """Thresholds of one queue; they act on frames that already wait."""
        if gq < len(self.queues):
            queue = self.queues[gq]
            queue.max_packets, queue.max_usecs = max_packets, max_usecs
            if queue.timer:
                queue.timer.cancel()
                queue.timer = None
            self._look(gq)

    def clear(self) -> None:
        """Reset values."""
        self.defaults = dict.fromkeys(self.defaults, 0)
        for queue in self.queues:
            queue.forget()
            queue.max_packets = queue.max_usecs = 0

    def published(self, gq: int, frames: int) -> None:
        """So many frames of a queue are in the used ring."""
        queue = self.queues[gq]
        if not queue.count:
            queue.since_us = self._timeline.now_ps // PS_PER_US
        queue.count = min(queue.count + frames, MOST)
        self._look(gq)

    def _look(self, gq: int) -> None:
        queue = self.queues[gq]
        if not queue.count:
            return
        if not queue.max_packets or not queue.max_usecs or gq == len(self.queues) - 1:
            self._let_go(gq)
        elif queue.count >= queue.max_packets:
            self._count("irq_by_packets")
            self._let_go(gq)
        elif queue.timer is None:
            # time is counted in whole microseconds of the card's own clock
            due = (queue.since_us + queue.max_usecs) * PS_PER_US
            queue.timer = self._timeline.at(due, self._time_is_up, gq)

    def _time_is_up(self, gq: int) -> None:
        self._count("irq_by_time")
        self._let_go(gq)

    def _let_go(self, gq: int) -> None:
        self.queues[gq].forget()
        self._fire(gq)
