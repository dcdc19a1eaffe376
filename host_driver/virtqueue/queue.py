# SPDX-License-Identifier: Apache-2.0
"""What the ring formats have in common: memory, buffers by their ids, indirect tables, when to notify whom.

Order on memory: everything that a batch of buffers is made of, then one 16-bit store that shows it to the device. Such
a store is a single machine store (a memoryview of 16-bit items), and CPython neither merges nor reorders them; the host
must be little-endian and keep stores in order (x86). Where a load must not pass an earlier store (the other side's
event after what was published, what is used after our event) there is a fence, because the device may be another
process; an acquire is not needed, since loads keep their order too. For a device that does not see our memory at once
there is ``noncoherent.py``.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ..errors import QueueError
from ..memory import DmaMemory
from .fence import full_fence
from .ledger import Ledger

F_NEXT = 1
F_WRITE = 2
F_INDIRECT = 4

DESCRIPTOR_BYTES = 16
LARGEST = 32768
ANY = 65535  # as many chains as there are
pack_descriptor = struct.Struct("<QIHH").pack_into

Part = tuple[int, int, int]
"""Address, length and flags of a descriptor."""


def _aligned(value: int, align: int = 64) -> int:
    return -(-value // align) * align


class Virtqueue(ABC):
    """One queue of ``size`` descriptors, driver side. A chain is known by the token its owner gave with it.

    With ``in_order`` (VIRTIO_F_IN_ORDER) one used element may stand for several chains. What the device gives back is
    checked for ids that it does not hold; the lengths are its word, which the buffer's owner holds against the buffer.
    """

    def __init__(
        self, memory: DmaMemory, index: int, size: int, event_idx: bool, indirect_entries: int, in_order: bool,
        avail_bytes: int, used_bytes: int,
    ) -> None:  # fmt: skip
        """In memory: descriptors, driver area, device area, then a table of ``indirect_entries`` for each id."""
        self.index, self.size, self.event_idx = index, size, event_idx
        self._indirect_entries, self._area_bytes = indirect_entries, (avail_bytes, used_bytes)
        avail = _aligned(DESCRIPTOR_BYTES * size)
        used = _aligned(avail + avail_bytes)
        self._indirect_at = _aligned(used + used_bytes)
        self.buffer = memory.alloc(self._indirect_at + size * indirect_entries * DESCRIPTOR_BYTES, align=64)
        self.desc_address = self.buffer.address
        self.avail_address, self.used_address = self.buffer.address + avail, self.buffer.address + used
        self._views: list[memoryview] = []
        self._desc = self.buffer.view
        self._avail = self._cast(avail, avail_bytes, "H")
        self._used = self._cast(used, 4, "H")
        self._ledger = ledger = Ledger(index, size, in_order)
        self._free, self._held, self._take = ledger.free, ledger.held, ledger.take  # the data path's
        self._added = 0  # chains not yet published
        self._exposed = 0  # chains published and not yet finished
        self._finished: list[tuple[Any, int]] = []
        self.kicks = 0

    def _cast(self, at: int, size: int, items: str) -> memoryview:
        view = self.buffer.view[at : at + size].cast(items)  # type: ignore[call-overload]
        self._views.append(view)
        return view

    @property
    def areas(self) -> dict[str, tuple[int, int]]:
        """Bus address and bytes of the standard's three areas, of the indirect tables (0 bytes: none), and of ``used``:
        where the device writes what it has used.
        """
        descriptors = DESCRIPTOR_BYTES * self.size
        return {
            "descriptors": (self.desc_address, descriptors),
            "driver": (self.avail_address, self._area_bytes[0]),
            "device": (self.used_address, self._area_bytes[1]),
            "used": self._used_area,
            "tables": (self.buffer.address + self._indirect_at, descriptors * self._indirect_entries),
        }

    @property
    def free_descriptors(self) -> int:
        """Descriptors that can still be used."""
        return len(self._free)

    @property
    def in_flight(self) -> int:
        """Chains given to the device and not yet popped."""
        return self._added + self._exposed + len(self._finished)

    def add(self, segments: Sequence[tuple[int, int]], writable: int, token: Any, indirect: bool = False) -> bool:
        """Offer a chain of (address, length), the last ``writable`` of which the device may write. False: no room."""
        count = len(segments)
        if count < 1 or not 0 <= writable <= count:
            raise QueueError(f"queue {self.index}: {count} segments with {writable} writable")
        if min(length for _, length in segments) <= 0:
            raise QueueError(f"queue {self.index}: a descriptor of zero length")
        readable = count - writable
        parts: list[Part] = [(*segment, F_WRITE if place >= readable else 0) for place, segment in enumerate(segments)]
        capacity = sum(length for _, length in segments[readable:])
        table = indirect and self._indirect_entries > 0
        if table and count > min(self._indirect_entries, self.size):
            raise QueueError(f"queue {self.index}: {count} segments in a table of {self._indirect_entries}")
        if count > self.size:
            raise QueueError(f"queue {self.index}: {count} segments in a queue of {self.size}")
        needed = 1 if table else count
        if needed > len(self._free):
            return False
        ids = self._ledger.hold(needed, token, capacity)
        if table:
            offset = self._indirect_at + ids[0] * self._indirect_entries * DESCRIPTOR_BYTES
            self._write_table(offset, parts)
            parts = [(self.buffer.address + offset, DESCRIPTOR_BYTES * count, F_INDIRECT)]
        self._added += 1
        self._write_chain(ids, parts)
        return True

    @property
    def _used_area(self) -> tuple[int, int]:
        return self.used_address, self._area_bytes[1]

    @abstractmethod
    def add_one(self, address: int, length: int, flags: int, token: Any) -> bool:
        """The data path's ``add``: one descriptor, ``flags`` 0 or F_WRITE. The caller publishes."""

    @abstractmethod
    def _write_table(self, offset: int, parts: Sequence[Part]) -> None:
        """Write an indirect table at ``offset`` of the memory."""

    @abstractmethod
    def _write_chain(self, ids: Sequence[int], parts: Sequence[Part]) -> None:
        """Write the descriptors of a chain; the device must not see it before ``publish``."""

    def publish(self) -> bool:
        """Let the device see what was added. True: it wants to be notified (the caller writes the doorbell)."""
        if not self._added:
            return False
        self._show()
        full_fence()  # the device asks for a notification, then looks at the ring once more; so do we, the other way
        wanted = self._is_asked_for()
        self._exposed += self._added
        self._added = 0
        self.kicks += wanted
        return wanted

    @abstractmethod
    def _show(self) -> None:
        """Make the chains that were added available, by a single store."""

    @abstractmethod
    def _is_asked_for(self) -> bool:
        """Whether the device asks to be told of what was just shown."""

    def used_pending(self, limit: int = ANY) -> int:
        """Chains the device has finished and nobody has popped; looks for no more than ``limit``."""
        if len(self._finished) < limit:
            self._collect(limit, self._finished)
        return len(self._finished)

    def pop(self, limit: int = ANY) -> list[tuple[Any, int]]:
        """Up to ``limit`` finished chains as (token, bytes written), oldest first.

        A chain for which an in-order device wrote no used element of its own counts as written to its end.
        """
        done, self._finished = self._finished, []
        if len(done) < limit:
            self._collect(limit, done)
        if len(done) > limit:
            self._finished = done[limit:]
            del done[limit:]
        return done

    @abstractmethod
    def _collect(self, limit: int, done: list[tuple[Any, int]]) -> None:
        """Append finished chains to ``done`` until it has ``limit``, or more where one used element is for several."""

    def enable_interrupts(self, after: int = 1) -> bool:
        """Ask for an interrupt when ``after`` more chains are finished. False: they are already, so poll again."""
        waiting = len(self._finished)
        if waiting < after:
            self._ask_for_interrupt(after - waiting)
        # re-check after the request: what finished before it was seen causes no interrupt
        full_fence()
        return self.used_pending(after) < after

    @abstractmethod
    def _ask_for_interrupt(self, after: int) -> None:
        """Tell the device after how many more finished chains an interrupt is wanted."""

    @abstractmethod
    def disable_interrupts(self) -> None:
        """Ask for none. It is only a hint."""

    def detach(self) -> list[Any]:
        """Tokens of all chains not popped; to be called when the device has been reset and touches none."""
        tokens = [token for token, _ in self._finished] + self._ledger.clear()
        self._finished = []
        self._added = self._exposed = 0
        return tokens

    def free(self) -> None:
        """Give the rings' memory back."""
        for view in self._views:
            view.release()
        self.buffer.free()
