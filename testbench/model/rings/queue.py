# SPDX-License-Identifier: Apache-2.0
"""Device side of one virtqueue (virtio 1.2, 2.6): its life, chains ahead of the consumer, publication, interrupts.

What stands where in memory is the ring's: split.py and packed.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from testbench.model.host.memory import HostMemory
from testbench.model.rings import errors
from testbench.model.rings.chain import Chain
from testbench.model.rings.packed import PackedRing
from testbench.model.rings.ring import Ring, Used
from testbench.model.rings.split import SplitRing
from testbench.model.system.timeline import Timeline

AHEAD = 64  # chains fetched and not yet taken
BURST = 16  # chains asked for at once when the queue is full of them


class Virtqueue:
    """One queue. ``chains`` is what the consumer takes from; everything it takes it gives back with ``complete``."""

    def __init__(
        self, timeline: Timeline, memory: HostMemory, later: Callable[..., object], number: int,
        on_chain: Callable[[int], object], on_error: Callable[[int, int], object],
        on_published: Callable[[int, int], object],
    ) -> None:  # fmt: skip
        """``later(ps, call, *args)`` schedules work that keeps the card busy. ``number`` is given to the callbacks."""
        self.timeline, self.memory, self._later, self.number = timeline, memory, later, number
        self.on_chain, self._on_error, self._on_published = on_chain, on_error, on_published
        self.packed = self.event_idx = self.indirect = False
        """Negotiated."""
        self.running = self.broken = False
        self.chains: deque[Chain] = deque()
        self.taken = 0
        """Chains with the consumer."""
        self.ring: Ring = SplitRing(self, 0, (0, 0, 0), 0)
        self._outstanding = 0  # accesses of memory under way
        self._life = 0  # counts starts and stops, so that an answer of an earlier life is known
        self._kicked = False
        self._armed = False  # the driver has been told when to notify
        self._polling = False  # the ring is being looked at, or the wish written before it is looked at again
        self._used: deque[Used] = deque()  # given back and not in the ring
        self._used_due = 0
        self._writing = False  # a publication is under way, or waits for its elements
        self._asking = self._ask_again = False

    # ---- driver's side
    def start(self, size: int, addresses: tuple[int, int, int], index: int) -> None:
        """The driver has enabled the queue. ``addresses``: descriptors, driver area, device area."""
        self.ring = (PackedRing if self.packed else SplitRing)(self, size, addresses, index)
        self.chains.clear()
        self._life += 1
        self.running, self.broken = True, False
        self._armed = not (self.event_idx or self.packed)
        self.poll()

    def stop(self) -> None:
        """Fetch no more, forget what was fetched; what the consumer holds is still completed."""
        self.running = self.broken = False
        self._life += 1
        self.chains.clear()
        self.ring.coming = 0
        self._polling = False

    @property
    def busy(self) -> bool:
        """It may still touch memory."""
        return bool(self._outstanding or self.taken or self._used)

    @property
    def dry(self) -> bool:
        """No chain is here and none is on its way."""
        return not self.chains and (not self.running or self.broken or not (self.ring.coming or self._polling))

    @property
    def room(self) -> int:
        """How many chains may still be fetched."""
        return AHEAD - len(self.chains) - self.ring.coming

    def kick(self) -> None:
        """The driver's notification."""
        self._kicked = True
        if self.running and not self.broken and not self._polling:
            self.poll()

    # ---- fetching
    def access(self, latency_ps: int, call: Callable[..., object], *args: object) -> None:
        """Call when an access of memory is answered, if this life of the queue then still goes on."""
        self._outstanding += 1
        self._later(latency_ps, self._answered, self._life, call, args)

    def _answered(self, life: int, call: Callable[..., object], args: tuple[object, ...]) -> None:
        self._outstanding -= 1
        if life == self._life and not self.broken:
            call(*args)

    def fail(self, code: int) -> None:
        """Stop for an error that no chain can be completed with."""
        if not self.broken:
            self.broken = True
            if self.packed:
                self.chains.clear()  # the card gives no more of a ring in which it has lost its place
            self._on_error(self.number, code)

    def poll(self) -> None:
        """Look at the ring."""
        self._polling, self._kicked = True, False
        self.access(self.memory.read_latency(), self.ring.look)

    def looked(self, new: bool) -> None:
        """The ring has been looked at: look again, rest, or wait for room. Before a rest the driver is told its end."""
        if new and self.event_idx:
            self._armed = False
        if self.ring.starved:
            self._polling = False  # goes on when the consumer takes a chain
        elif new or (self._kicked and self._armed):
            self.poll()
        elif not self._armed:
            # the look that follows must not miss what the driver published before it could see the wish
            self.access(self.memory.write_latency(), self._wished)
        else:
            self._polling = False

    def _wished(self) -> None:
        if self.ring.wish():
            self._armed = True
            self.poll()
        else:
            self.fail(errors.RING_DMA)

    # ---- consumer
    def take(self) -> Chain:
        """The oldest chain; a bad one is reported, and must be completed all the same."""
        chain = self.chains.popleft()
        self.taken += 1
        if self.ring.starved and not self._polling and not self.broken and len(self.chains) <= AHEAD - BURST:
            self.ring.refill()
        if chain.error:
            self._on_error(self.number, chain.error)
        return chain

    def complete(self, chain: Chain, length: int, more: bool = False, after_ps: int = 0) -> None:
        """Give a buffer back in ``after_ps``; ``more``: the next one is of the same frame and is published with it."""
        self.taken -= 1
        now = self.timeline.now_ps
        # answers of writes keep their order, whatever each one's latency
        due = self._used_due = max(now + self.memory.write_latency(after_ps), self._used_due)
        self._used.append((due, chain, length, more))
        if not more and not self._writing:
            self._publish()

    def _publish(self) -> None:
        """Publish when the oldest frame's elements are in memory; frames that finish meanwhile share it."""
        self._writing = True
        now = self.timeline.now_ps
        wait = max(self._used[0][0] - now, 0)
        self._later(self.memory.write_latency(wait), self._published, now + wait)

    def _published(self, asked: int) -> None:
        # What publishes covers elements whose answer was in when it was asked for. Nobody can see an element before
        # that, so both are stored now.
        frames = ready = 0
        for place, (due, _, _, more) in enumerate(self._used):
            if due > asked and frames:
                break
            if not more:
                frames, ready = frames + 1, place + 1
        self._writing = False
        if self.ring.store(self._used, ready):
            self._on_published(self.number, frames)
        else:
            self.fail(errors.RING_DMA)
        if self._used:
            self._publish()

    # ---- does the driver want to know
    def ask(self, answer: Callable[[int, bool], object]) -> None:
        """Read what the driver asked for; ``answer(number, wanted)`` gets the verdict."""
        if not self.running:
            return
        if self._asking:
            self._ask_again = True
            return
        self._asking = True
        self._outstanding += 1
        self._later(self.memory.read_latency(), self._told, self.ring, self.ring.mark(), answer)

    def _told(self, ring: Ring, mark: int, answer: Callable[[int, bool], object]) -> None:
        self._outstanding -= 1
        self._asking = False
        wanted = ring.wanted(mark)
        if wanted is None:
            self.fail(errors.RING_DMA)
        answer(self.number, wanted is not False)
        if self._ask_again:
            self._ask_again = False
            self.ask(answer)
