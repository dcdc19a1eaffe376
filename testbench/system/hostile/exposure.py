# SPDX-License-Identifier: Apache-2.0
"""What of memory a driver has given to the card, byte by byte and by direction, and whether the card kept to it."""

from __future__ import annotations

import numpy

from testbench.lib.bus_types import BOTH, READ, WRITE, Incident
from testbench.lib.sim_base import SimBase
from testbench.system.hostile.plan import TOP, Rings

NOWHERE = 0xFFFF_0000_0000_0000  # no memory is there: guarding it allows nothing
OUTSIDE_GUARD, OUTSIDE_MEMORY = "outside the guarded ranges", "outside host memory"


class Exposure:
    """The ranges of one life of the device, kept here exactly and set as the memory's guard.

    ``less``: bytes by which each is held for shorter than it is, so that a card that takes all of them is found out.
    """

    def __init__(self, sim: SimBase, less: int) -> None:
        self._host, self._less = sim.host, less
        # the RTL reads whole words of the bus: a read is right if each word holds a byte that it may read
        self._beat = sim.config.card.data_w // 8 if sim.device == "rtl" else 1
        self.forbid()

    def forbid(self) -> None:
        """Nothing belongs to the card."""
        self._ranges: dict[int, list[tuple[int, int]]] = {READ: [], WRITE: []}
        self._elsewhere: list[tuple[int, int]] = []
        self._arena = 0, 0
        self._host.unguard()
        self._host.guard(NOWHERE, 1, BOTH)

    def add(self, address: int, length: int, kinds: int) -> None:
        """Give so many bytes; addresses wrap at the top of the bus."""
        address %= TOP
        end = address + max(length - self._less, 0)
        if end > TOP:
            self.add(0, end - TOP, kinds)
            end = TOP
        if end == address:
            return
        for kind in (READ, WRITE):
            if kinds & kind:
                self._ranges[kind].append((address, end))
        self._host.guard(address, end - address, kinds)

    def add_arena(self, base: int, size: int) -> None:
        """Descriptors may be made by what card or driver write over them.

        Then all of the arena is given, what has no memory, and what any 16 bytes of the arena give as a descriptor.
        """
        self.add(base, size, BOTH)
        end = self._host.memory_base + len(self._host.memory)
        self._elsewhere = [(0, self._host.memory_base), (end, TOP)]
        self._arena = base - self._host.memory_base, size

    def _stands_in_arena(self, at: int, end: int) -> bool:
        first, size = self._arena
        data = self._host.memory[first : first + size]
        for shift in range(8):
            words = numpy.frombuffer(data[shift : size - 8 + shift].tobytes(), "<u8")
            starts, lengths = words[:-1], words[1:] & numpy.uint64(0xFFFF_FFFF)
            # what lies behind the top of the bus has no memory
            behind = numpy.minimum(lengths, numpy.uint64(TOP - 1) - starts) + starts
            if ((starts <= at + self._beat - 1) & (behind + numpy.uint64(self._beat - 1) >= end) & (lengths > 0)).any():
                return True
        return False

    def add_ring(self, rings: Rings, size: int, event_idx: bool, packed: bool) -> None:
        """Descriptors, driver area and device area of a queue; of a split one event fields only if negotiated.

        What is written into a packed ring's descriptors is given with each chain.
        """
        desc, driver, device = rings
        self.add(desc, 16 * size, READ)
        self.add(driver, 4 if packed else 4 + 2 * size + 2 * event_idx, READ)
        self.add(device, 4 if packed else 4 + 8 * size + 2 * event_idx, WRITE)

    def violations(self) -> list[str]:
        """What the card has touched since the last call that it had not been given."""
        return [
            f"{row['ns']} ns: {'write' if row['write'] else 'read'} of {row['length']} bytes at {row['address']:#x}, "
            f"{row['what']}"
            for row in self._host.forgive()
            if not self._allowed(row)
        ]  # fmt: skip

    def _allowed(self, row: Incident) -> bool:
        outside = row["what"] == OUTSIDE_MEMORY
        if not outside and row["what"] != OUTSIDE_GUARD:
            return False
        # of a write that no memory takes only the words are known, of others the bytes
        beat = self._beat if outside or not row["write"] else 1
        at = row["address"] // beat * beat
        end = -(-(row["address"] + row["length"]) // beat) * beat
        given = self._ranges[WRITE if row["write"] else READ] + self._elsewhere
        ranges = [(first // beat * beat, -(-behind // beat) * beat) for first, behind in given]
        while at < end:
            here = at % TOP
            behind = max((stop for first, stop in ranges if first <= here < stop), default=here)
            if behind == here:
                return self._arena[1] > 0 and self._stands_in_arena(row["address"], row["address"] + row["length"])
            at += behind - here
        return True
