# SPDX-License-Identifier: Apache-2.0
"""Host memory as the card reaches it: regions, latency, guarded ranges, injected errors, and what went wrong.

A request is cut into bursts at multiples of 512 bytes, as the card's DMA masters cut it: errors are injected a burst.
"""

from __future__ import annotations

import bisect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy

from testbench.model.wire.impair import Random

BURST_BITS = 9
BURST = 1 << BURST_BITS
READ, WRITE = 1, 2
SLVERR, DECERR = 2, 3
OUTSIDE_MEMORY, OUTSIDE_GUARD = 1, 2
KEPT = 10_000
MILLION = 1_000_000


@dataclass
class Rule:
    """Answer bursts that touch ``base`` to ``base + size`` with an error, ``count`` more times (negative: always).

    ``ppm``: of a million of them only so many, drawn at random.
    """

    base: int
    size: int
    kinds: int
    response: int
    count: int
    ppm: int = MILLION


class HostMemory:
    """One flat array at ``base``, and what a test turns on it. The card calls ``read`` and ``write``."""

    def __init__(self, base: int, size: int, now_ps: Callable[[], int]) -> None:
        self.base = base
        self.array = numpy.zeros(size, numpy.uint8)
        self._regions: list[tuple[int, int, memoryview]] = [(base, size, self.array.data)]
        self._home = self._regions[0]
        """The region that was last asked for: most accesses go where the one before went."""
        self._now_ps = now_ps
        self._starts: dict[int, list[int]] = {READ: [], WRITE: []}
        self._ends: dict[int, list[int]] = {READ: [], WRITE: []}
        self._guarded = False
        self.rules: list[Rule] = []
        self.witness: Callable[[int, bytes | memoryview], Callable[[], None] | None] | None = None
        """Told of every store before it; what it returns is called when all of it is in memory."""
        self.beat = 16
        """Bytes of a bus word: a burst touches whole ones."""
        self.incidents: list[tuple[int, int, int, int]] = []
        """(picosecond, address, bytes, OUTSIDE_* + 16 for writes)."""
        self.latency_ps = self.write_latency_ps = 0
        self.read_jitter_ps = self.write_jitter_ps = 0
        self.spike_ppm = self.spike_ps = self.spikes = 0
        self.errors = 0
        """Bursts answered with an error."""
        self._spikes, self._reads, self._writes, self._errors = (Random() for _ in range(4))
        self._read_due = self._write_due = 0
        kinds = [f"{way}_{what}" for way in ("read", "write") for what in ("bursts", "bytes", "errors")]
        self.counts: dict[str, int] = dict.fromkeys(kinds, 0)
        """Of what the card asked for; errors are counted once a request."""

    def seed(self, seed: int) -> None:
        """Of all that is drawn: each use has a generator of its own, so that changing one does not shift the others."""
        for place, random in enumerate((self._spikes, self._reads, self._writes, self._errors)):
            random.seed(seed + (place << 32))

    def add(self, base: int, size: int) -> numpy.ndarray:
        """A further region, zeroed."""
        array = numpy.zeros(size, numpy.uint8)
        self.insert(base, array)
        return array

    def insert(self, base: int, array: numpy.ndarray) -> None:
        """A further region, which is this array."""
        self._regions.append((base, len(array), array.data))

    def remove(self, base: int) -> None:
        """Take a further region away."""
        self._regions[1:] = [region for region in self._regions[1:] if region[0] != base]
        self._home = self._regions[0]

    def peek(self, address: int, length: int) -> bytes | None:
        """A copy of what is there, for a look from outside; None: it is not in memory."""
        found = self._region(address, length)
        return None if found is None else bytes(found)

    def poke(self, address: int, data: bytes) -> None:
        """Store from outside, if there is memory."""
        found = self._region(address, len(data))
        if found is not None:
            found[:] = data

    # ---- what the card does
    def read_latency(self, after_ps: int = 0) -> int:
        """Picoseconds until a read is answered that is asked for now, or ``after_ps`` from now.

        Reads are answered in order: one that is late delays those asked for behind it.
        """
        now = self._now_ps()
        jitter = self._reads.below(self.read_jitter_ps + 1) if self.read_jitter_ps else 0
        due = max(now + after_ps + self.latency_ps + jitter + self._spike(), self._read_due)
        if not after_ps:
            self._read_due = due
        return due - now

    def write_latency(self, after_ps: int = 0) -> int:
        """The same for a write; reads and writes do not wait for each other."""
        now = self._now_ps()
        jitter = self._writes.below(self.write_jitter_ps + 1) if self.write_jitter_ps else 0
        due = max(now + after_ps + self.write_latency_ps + jitter + self._spike(), self._write_due)
        if not after_ps:
            self._write_due = due
        return due - now

    def _spike(self) -> int:
        if not self.spike_ppm or self._spikes.below(MILLION) >= self.spike_ppm:
            return 0
        self.spikes += 1
        return self.spike_ps

    def safe(self, address: int, length: int) -> bool:
        """No burst of this range can be answered with an error."""
        return not self.rules and self._region(address, length) is not None

    def read(self, address: int, length: int) -> memoryview | None:
        """The bytes as they are now; None: some burst is answered with an error."""
        counts = self.counts
        counts["read_bursts"] += (address + length - 1 >> BURST_BITS) - (address >> BURST_BITS) + 1
        counts["read_bytes"] += length
        if self._guarded and not self._allowed(address, length, READ):
            self._incident(OUTSIDE_GUARD, address, length, False)
        if not self.rules and (found := self._region(address, length)) is not None:
            return found
        bursts = [self._burst(start, end, READ) for start, end in self._cut(address, length)]
        found = self._region(address, length)
        if found is None or None in bursts:
            counts["read_errors"] += 1
            return None
        return found

    def write(self, address: int, data: bytes | memoryview) -> bool:
        """Store, and have ``witness`` take note."""
        done = self.witness(address, data) if self.witness else None
        good = self._store(address, data)
        if done and good:
            done()
        return good

    def _store(self, address: int, data: bytes | memoryview) -> bool:
        """Store, burst by burst; False: some were answered with an error, and of these nothing is stored."""
        length = len(data)
        counts = self.counts
        counts["write_bursts"] += (address + length - 1 >> BURST_BITS) - (address >> BURST_BITS) + 1
        counts["write_bytes"] += length
        if self._guarded and not self._allowed(address, length, WRITE):
            self._incident(OUTSIDE_GUARD, address, length, True)
        if not self.rules and (found := self._region(address, length)) is not None:
            _put(found, data)
            return True
        good = True
        for start, end in self._cut(address, length):
            burst = self._burst(start, end, WRITE)
            if burst is None:
                good = False
            else:
                _put(burst, data[start - address : end - address])
        counts["write_errors"] += not good
        return good

    @staticmethod
    def _cut(address: int, length: int) -> Iterator[tuple[int, int]]:
        """The bursts of a request, (first byte, behind the last)."""
        end = address + length
        while address < end:
            stop = min(end, (address // BURST + 1) * BURST)
            yield address, stop
            address = stop

    def _burst(self, start: int, end: int, kind: int) -> memoryview | None:
        """Where a burst goes; None: it is answered with an error."""
        found = self._region(start, end - start)
        if found is None:
            self._incident(OUTSIDE_MEMORY, start, end - start, kind == WRITE)
            return None
        first, behind = start // self.beat * self.beat, -(-end // self.beat) * self.beat
        for rule in self.rules:
            if rule.kinds & kind and rule.count and first < rule.base + rule.size and behind > rule.base:
                if rule.ppm < MILLION and self._errors.below(MILLION) >= rule.ppm:
                    continue
                rule.count -= rule.count > 0
                self.errors += bool(rule.response)
                return found if not rule.response else None
        return found

    def _region(self, address: int, length: int) -> memoryview | None:
        base, size, view = self._home
        at = address - base
        if 0 <= at <= size - length:
            return view[at : at + length]
        for region in self._regions:
            base, size, view = region
            at = address - base
            if 0 <= at <= size - length:
                self._home = region
                return view[at : at + length]
        return None

    def _incident(self, kind: int, address: int, length: int, write: bool) -> None:
        if len(self.incidents) < KEPT:
            self.incidents.append((self._now_ps(), address, length, kind + 16 * write))

    # ---- guard
    def guard(self, base: int, size: int, kinds: int) -> None:
        """Allow a range; from the first call on everything else is an incident. Neighbours are joined."""
        self._guarded = True
        for kind in (READ, WRITE):
            if kinds & kind:
                starts, ends = self._starts[kind], self._ends[kind]
                first = bisect.bisect_left(ends, base)
                last = bisect.bisect_right(starts, base + size)
                lowest, highest = min([base, *starts[first:last]]), max([base + size, *ends[first:last]])
                starts[first:last], ends[first:last] = [lowest], [highest]

    def unguard(self) -> None:
        """Allow everything."""
        self._guarded = False
        for kind in (READ, WRITE):
            self._starts[kind], self._ends[kind] = [], []

    def _allowed(self, address: int, length: int, kind: int) -> bool:
        place = bisect.bisect_right(self._starts[kind], address) - 1
        return place >= 0 and address + length <= self._ends[kind][place]


def _put(to: memoryview, data: bytes | memoryview) -> None:
    """Copy, a ring index or flags in one store: memcpy may write two bytes twice, over what a driver wrote between."""
    if len(data) == 2:
        to.cast("H")[0] = int.from_bytes(data, sys.byteorder)
    else:
        to[:] = data
