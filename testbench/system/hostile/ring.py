# SPDX-License-Identifier: Apache-2.0
"""One virtqueue in host memory, whatever its format: what was offered, what came back, and what that may be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from testbench.system.hostile.descriptors import DESCRIPTOR, HostMemory, Walk, sweep
from testbench.system.hostile.exposure import Exposure
from testbench.system.hostile.offered import Offered, Returned
from testbench.system.hostile.plan import QUEUES, TX, Rings, role

Span = tuple[int, int, bool]  # address, bytes, whether the device writes


class RuleBroken(Exception):
    """The device did what it must not do, or did not do what it must; the message says what."""


class Ring(ABC):
    """One of QUEUES. What is offered is exposed at that moment, exactly as far as its chain is good.

    ``number``: index of the virtqueue.
    """

    packed: ClassVar[bool]

    def __init__(self, memory: HostMemory, exposure: Exposure, index: int, number: int) -> None:
        self.memory, self.exposure, self.index, self.number = memory, exposure, index, number
        self.role, self.name = role(index), QUEUES[index]
        self.place((0, 0, 0), 2, False, False)

    def place(self, rings: Rings, size: int, event_idx: bool, indirect: bool, start: int = 0) -> None:
        """As before it is enabled: zeros, of which the caller has taken care, and the first index."""
        self.rings, self.size, self.event_idx, self.indirect = rings, size, event_idx, indirect
        self.offered: deque[Offered] = deque()
        self.returned: list[Returned] = []
        self.may_break = False
        """A hostile action may have stopped it: then it needs no answer once the device asks for its reset."""
        self.sloppy = False
        """Its entries may name a chain twice, or another than was meant.

        Any descriptor of the table may be met; order and content of what comes back are open.
        """
        self.wild = False
        """Its rings stand where nothing can be told of them, or nobody knows how far the device has come in them."""
        self.lost = False
        """Its available index ran ahead: the device must ask for a reset, and may use what it had fetched before."""
        self.stopped = False
        """It did not give back what it had to."""
        self.begin(start)

    @abstractmethod
    def begin(self, start: int) -> None:
        """Nothing is offered; the first index is ``start``, as QUEUE_START_INDEX has it."""

    @property
    @abstractmethod
    def areas(self) -> list[tuple[int, int]]:
        """Address and bytes of descriptors, driver area and device area."""

    # ---- the driver's part
    @property
    @abstractmethod
    def room(self) -> int:
        """Descriptors that nothing uses."""

    @abstractmethod
    def chain(self, spans: Sequence[Span], table: int | None = None, **what: Any) -> Offered | None:
        """Offer an honest chain, in an indirect table if that has an address; None: there is no room for it."""

    @abstractmethod
    def publish(self) -> None:
        """Make everything offered available."""

    @abstractmethod
    def want(self, flags: int, event: int) -> None:
        """Write what says when the driver is to be told."""

    @abstractmethod
    def confuse(self) -> None:
        """From here on the card may meet any descriptor of the ring."""

    def table(self, address: int, descriptors: Iterable[Sequence[int]]) -> None:
        """Write an indirect table."""
        self.memory.store(address, b"".join(DESCRIPTOR.pack(*fields) for fields in descriptors))

    def expose(self, offered: Offered) -> None:
        """Give the card what the chain gives it."""
        for piece in offered.chain.pieces:
            self.exposure.add(*piece)
        if self.sloppy or self.wild:
            self.expose_all()

    def expose_all(self) -> None:
        """Give the card what any descriptor of the table gives it."""
        for piece in sweep(self.memory.load, self.rings[0], self.size, self.packed):
            self.exposure.add(*piece)

    def expose_rings(self) -> None:
        """Give the card the rings themselves."""
        self.exposure.add_ring(self.rings, self.size, self.event_idx, self.packed)

    # ---- what came back
    @property
    @abstractmethod
    def complete(self) -> bool:
        """Everything offered has come back."""

    @abstractmethod
    def used(self) -> Iterator[tuple[int, int]]:
        """(head or buffer id, bytes written) of what came back since. Raises RuleBroken."""

    @abstractmethod
    def release(self, offered: Offered) -> None:
        """Its descriptors are free again, and nothing old can be reached through them."""

    @property
    def told(self) -> bool:
        """What comes back can be told."""
        return not (self.wild or self.lost)

    def collect(self) -> None:
        """Take back what the device has used. Raises RuleBroken."""
        if not self.told:
            return
        for head, length in self.used():
            offered = self.offered.popleft()
            self._check(offered, head, length)
            data = b"" if self.sloppy else self._content(offered.chain, length)
            self.returned.append(Returned(offered, length, data))
            self.release(offered)

    def _check(self, offered: Offered, head: int, length: int) -> None:
        name, chain = self.name, offered.chain
        if self.sloppy:
            if head >= self.size:
                raise RuleBroken(f"{name}: buffer {head} came back, beyond a ring of {self.size}")
        elif head != offered.head:
            raise RuleBroken(f"{name}: buffer {head} came back where {offered.head} was offered")
        elif self.role == TX and length:
            raise RuleBroken(f"{name}: {length} bytes said to be written into buffer {head}")
        elif length > chain.room or (length and chain.fault):
            raise RuleBroken(
                f"{name}: {length} bytes said to be written into buffer {head}, which has room for {chain.room}"
                f"{' and is bad: ' if chain.fault else ''}{chain.fault}"
            )

    def _content(self, chain: Walk, length: int) -> bytes:
        if self.role == TX:
            return b""
        parts = []
        for address, room, write in chain.segments:
            part = min(room, length) if write else 0
            parts.append(self.memory.load(address, part) or b"")
            length -= part
        return b"".join(parts)

    def settle(self) -> None:
        """Nothing is outstanding: what comes back from now on is known."""
        self.offered.clear()
        self.sloppy = False

    def restrict(self) -> None:
        """With everything at rest: only the rings and what has not come back belong to the card."""
        self.expose_rings()
        for offered in self.offered:
            self.expose(offered)
