# SPDX-License-Identifier: Apache-2.0
"""Simulated time: callbacks in the order of their picosecond, and the coroutines that wait for them."""

from __future__ import annotations

from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from heapq import heappop, heappush
from typing import Any

LOOK_EVERY = 1024  # callbacks


class Timer(list[Any]):
    """A callback that is due: [picosecond, number, callback, arguments]. Heaps compare the first two."""

    __slots__ = ()

    def cancel(self) -> None:
        """Not to be called any more."""
        self[2] = None


class Event:
    """Something coroutines wait for: ``set`` resumes all that wait at that moment."""

    __slots__ = ("_timeline", "waiting")

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.waiting: list[Task] = []

    def set(self) -> None:
        """Resume every waiting coroutine, in the order in which they came."""
        if self.waiting:
            self._timeline.ready.extend(self.waiting)
            self.waiting.clear()

    def __await__(self) -> Generator[Event, None, None]:
        yield self


class Task:
    """A coroutine that runs beside others; awaiting it gives its result or raises what it raised."""

    def __init__(self, timeline: Timeline, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._timeline = timeline
        self._finished = Event(timeline)
        self._waits_for: Event | None = None
        self._throw: BaseException | None = None
        self._done = False
        self.watched = False
        """Somebody will ask for its result, though nobody waits for it now."""
        self._result: Any = None
        self._error: BaseException | None = None

    def step(self) -> None:
        """Run to the next wait, or to the end."""
        if self._done:
            return
        self._waits_for, error, self._throw = None, self._throw, None
        try:
            event = self._coroutine.send(None) if error is None else self._coroutine.throw(error)
        except StopIteration as stop:
            self._result = stop.value
        except BaseException as raised:
            self._error = raised
            if not (self.watched or self._finished.waiting or isinstance(raised, CancelledError)):
                self._timeline.failure = self._timeline.failure or raised
        else:
            self._waits_for = event
            event.waiting.append(self)
            return
        self._done = True
        self._finished.set()

    def throw(self, error: BaseException) -> None:
        """Raise ``error`` in it at its next turn, wherever it waits."""
        if self._done:
            return
        if self._waits_for is not None and self in self._waits_for.waiting:
            self._waits_for.waiting.remove(self)
        self._throw = error
        if self not in self._timeline.ready:
            self._timeline.ready.append(self)

    def cancel(self) -> None:
        """Raise CancelledError in it."""
        self.throw(CancelledError())

    def done(self) -> bool:
        """It has returned, raised or been cancelled."""
        return self._done

    def result(self) -> Any:
        """What it returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def __await__(self) -> Generator[Event, None, Any]:
        if not self._done:
            yield self._finished
        return self.result()


class Timeline:
    """The one order of everything that happens in a simulated system."""

    def __init__(self) -> None:
        self.now_ps = 0
        self.ready: deque[Task] = deque()
        self.failure: BaseException | None = None
        """What a task raised that nobody awaits."""
        self._heap: list[Timer] = []
        self._count = 0

    def at(self, ps: int, call: Callable[..., object], *args: Any) -> Timer:
        """Call at this picosecond, or now if it has passed; calls of one instant keep their order."""
        self._count += 1
        timer = Timer((ps if ps > self.now_ps else self.now_ps, self._count, call, args))
        heappush(self._heap, timer)
        return timer

    def after(self, ps: int, call: Callable[..., object], *args: Any) -> Timer:
        """Call in ``ps`` picoseconds."""
        return self.at(self.now_ps + ps, call, *args)

    def start_soon(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """Run a coroutine beside the others, from their next turn on."""
        task = Task(self, coroutine)
        self.ready.append(task)
        return task

    def run(self, coroutine: Coroutine[Any, Any, Any], before: Callable[[int | None], int]) -> Any:
        """Run everything until ``coroutine`` ends; its result, or what it or an unwatched task raised.

        ``before`` is called with the time of the next callback (None: there is none) before time moves on, at least
        every ``LOOK_EVERY`` callbacks; until the time it returns, it need not be called again. What it raises is raised
        in the coroutine.
        """
        main = self.start_soon(coroutine)
        main.watched = True
        ready, heap = self.ready, self._heap
        needless_until, looks = -1, 0
        while True:
            while ready:
                ready.popleft().step()
            if self.failure is not None:
                main.throw(self.failure)
                self.failure = None
                continue
            if main.done():
                return main.result()
            while heap and heap[0][2] is None:
                heappop(heap)
            looks += 1
            if not heap or heap[0][0] >= needless_until or looks >= LOOK_EVERY:
                looks = 0
                try:
                    needless_until = before(heap[0][0] if heap else None)
                except BaseException as error:
                    main.throw(error)
                if ready or not heap:
                    continue
            timer = heappop(heap)
            call = timer[2]
            if call is not None:
                self.now_ps = timer[0]
                timer[2] = None
                call(*timer[3])
