# SPDX-License-Identifier: Apache-2.0
"""The host of a device in another process: guest memory, interrupts from eventfds, and the wall clock as its time."""

from __future__ import annotations

import select
import time
from collections.abc import Collection, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from ...errors import BackEndGone
from .channel import TIMEOUT_S, Channel
from .connection import WANTED
from .front_end import FrontEnd
from .memory import GuestMemory
from .protocol import ProtocolFeature
from .vring import take_event

T = TypeVar("T")
NS_PER_MS = 1_000_000
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
CONFIG_VECTOR = 0


class VhostUserHost:
    """Its waits are system calls, so nothing else of this thread runs meanwhile; ``run`` drives what awaits them."""

    def __init__(self, front_end: FrontEnd, memory: GuestMemory | None = None) -> None:
        """``front_end`` has negotiated. Both belong to the host from here on."""
        self.front_end = front_end
        self.guest_memory = memory or GuestMemory()
        self.memory, self.memory_base = self.guest_memory.array, self.guest_memory.base
        self._events: dict[int, tuple[int, bool]] = {}
        """Of each eventfd its vector, and whether it is taken when it is seen."""

    @classmethod
    def connect(
        cls,
        path: str | Path,
        memory: GuestMemory | None = None,
        listen: bool = False,
        wanted: Collection[ProtocolFeature] = WANTED,
        timeout_s: float = TIMEOUT_S,
    ) -> VhostUserHost:
        """Connect to the back end at a socket, or ``listen`` there for it to come, and negotiate."""
        front_end = FrontEnd((Channel.accept if listen else Channel.connect)(path, timeout_s))
        try:
            front_end.negotiate(wanted)
        except BaseException:
            front_end.close()
            raise
        return cls(front_end, memory)

    def reconnect(self, path: str | Path, listen: bool = False, timeout_s: float = TIMEOUT_S) -> None:
        """To a back end in the place of one that is gone; then its devices ``resume``. The memory stays as it is."""
        wanted = self.front_end.accepted
        self.front_end.close()
        self.front_end = FrontEnd((Channel.accept if listen else Channel.connect)(path, timeout_s))
        self.front_end.negotiate(wanted)

    # interrupts
    def attach(self, fd: int, vector: int, lasting: bool = False) -> None:
        """An eventfd fires a vector; one that lasts is not taken back by being seen."""
        self._events[fd] = (vector, lasting)

    def detach(self, fd: int) -> None:
        """It does no more."""
        self._events.pop(fd, None)

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        """Vectors among these that fired since they were last returned; empty when the time is up."""
        wanted = set(vectors)
        deadline = time.monotonic_ns() + timeout_ns
        while True:
            left = max(deadline - time.monotonic_ns(), 0)
            fired = self._poll(wanted, -(-left // NS_PER_MS))
            if fired or not left:
                return fired

    def take_interrupts(self) -> set[int]:
        """The same for all vectors, without waiting."""
        return self._poll({vector for vector, _ in self._events.values()} | {CONFIG_VECTOR}, 0)

    def _poll(self, wanted: set[int], timeout_ms: int) -> set[int]:
        front_end, requests = self.front_end, self.front_end.requests
        poll = select.poll()
        poll.register(front_end.channel, 0)  # only that it is gone
        for fd, (vector, _) in self._events.items():
            if vector in wanted:
                poll.register(fd, select.POLLIN)
        if requests and not requests.closed:
            poll.register(requests, select.POLLIN)
        fired = set()
        for fd, events in poll.poll(timeout_ms):
            if fd == front_end.channel.fileno() and events & GONE:
                raise BackEndGone("the back end has closed the connection")
            if fd in self._events:
                vector, lasting = self._events[fd]
                if lasting or take_event(fd):
                    fired.add(vector)
            elif requests and fd == requests.fileno():
                requests.serve()
        if requests and requests.config_changed and CONFIG_VECTOR in wanted:
            requests.config_changed = False
            fired.add(CONFIG_VECTOR)
        return fired

    # time
    def now_ns(self) -> int:
        """The wall clock, from some moment on."""
        return time.monotonic_ns()

    async def sleep_ns(self, ns: int) -> None:
        """Wait."""
        time.sleep(ns / 1e9)

    def close(self) -> None:
        """Close connection and memory; devices on it must be closed before."""
        self.front_end.close()
        self.guest_memory.close()

    def __enter__(self) -> VhostUserHost:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the driver's control path on such a host to its end: what it awaits has happened when it goes on."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("the coroutine waits for something other than its host")
