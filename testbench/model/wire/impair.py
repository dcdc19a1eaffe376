# SPDX-License-Identifier: Apache-2.0
"""Seeded faults of one direction of the wire, the same draw for draw as testbench/dpi/impair.h."""

from __future__ import annotations

from testbench.lib.config import Impairments
from testbench.lib.wire_frames import BAD_FCS, DUPLICATE, LOST, REORDERED

MASK = 2**64 - 1
MILLION = 1_000_000
LOST_RANDOM, LOST_CORRUPT, LOST_LINK_DOWN = (LOST | why << 8 for why in (1, 2, 3))
Copy = tuple[int, int, bytes]
"""One copy of a frame: its time in ps, its flags, its bytes."""


class Random:
    """xorshift64*, as class Random of testbench/dpi/harness.h."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = 1

    def seed(self, seed: int) -> None:
        """Start over."""
        self._state = (seed + 1) * 0x9E3779B97F4A7C15 & MASK | 1
        self.next()
        self.next()

    def next(self) -> int:
        """The next 64 bits."""
        state = self._state
        state ^= state >> 12
        state ^= state << 25 & MASK
        state ^= state >> 27
        self._state = state
        return state * 0x2545F4914F6CDD1D & MASK

    def below(self, end: int) -> int:
        """A number from 0 up to ``end``, without it."""
        return self.next() % end if end > 0 else 0


class Impairment:
    """Faults of one direction. Shares are in parts per million, times in ps; the flap schedule only ever grows."""

    SETTINGS = ("enabled", "seed", "loss", "corrupt", "corrupt_payload", "duplicate", "reorder",
                "delay_ps", "jitter_ps", "reorder_ps")  # fmt: skip
    COUNTERS = ("lost", "corrupted", "duplicated", "reordered", "flapped")

    def __init__(self) -> None:
        self.enabled = False
        self.seed = 1
        self.loss = self.corrupt = self.corrupt_payload = self.duplicate = self.reorder = 0
        self.delay_ps = self.jitter_ps = self.reorder_ps = 0
        self.lost = self.corrupted = self.duplicated = self.reordered = self.flapped = 0
        self.flaps: list[tuple[int, int]] = []
        self._random = Random()
        self._seeded = -1

    def configure(self, impairments: Impairments | None) -> list[tuple[int, int]]:
        """Put faults on, or with None take them off. The generator starts over only with another seed.

        Result: what was added to the flap schedule, (link down at, up again at) in ps.
        """
        self.enabled = impairments is not None
        if impairments is None:
            return []
        for share in ("loss", "corrupt", "corrupt_payload", "duplicate", "reorder"):
            setattr(self, share, round(getattr(impairments, share) * MILLION))
        for time in ("delay", "jitter", "reorder"):
            setattr(self, f"{time}_ps", int(getattr(impairments, f"{time}_ns") * 1000))
        self.seed = impairments.seed
        flaps = [(int(start * 1000), int(end * 1000)) for start, end in impairments.flaps_ns]
        self.flaps += flaps
        return flaps

    def down(self, at_ps: int) -> bool:
        """The flap schedule has the link down at that time."""
        return any(start <= at_ps < end for start, end in self.flaps)

    def _hit(self, share: int) -> bool:
        return share > 0 and self._random.next() % MILLION < share

    def _flipped(self, frame: bytes) -> bytes:
        bit = self._random.below(len(frame) * 8)
        spoiled = bytearray(frame)
        spoiled[bit >> 3] ^= 1 << (bit & 7)
        return bytes(spoiled)

    def apply(self, at_ps: int, flags: int, frame: bytes) -> list[Copy]:
        """What becomes of a frame that enters the line at ``at_ps``; a lost one comes out too, marked LOST."""
        if self._seeded != self.seed:
            self._seeded = self.seed
            self._random.seed(self.seed)
        # the order of the draws is part of the promise: the same seed gives the same faults in both simulations
        lose, flip, quiet = self._hit(self.loss), self._hit(self.corrupt), self._hit(self.corrupt_payload)
        twice, late = self._hit(self.duplicate), self._hit(self.reorder)
        arrival = at_ps + self.delay_ps + (self._random.below(self.jitter_ps + 1) if self.jitter_ps else 0)
        if self.flaps and self.down(at_ps):
            self.flapped += 1
            flags |= LOST_LINK_DOWN
        elif lose:
            self.lost += 1
            flags |= LOST_RANDOM
        if late:
            self.reordered += 1
            arrival += self.reorder_ps
            flags |= REORDERED
        if flip or quiet:
            self.corrupted += 1
            frame = self._flipped(frame)
            if flip:
                flags |= BAD_FCS
        if not twice or flags & LOST:
            return [(arrival, flags, frame)]
        self.duplicated += 1
        return [(arrival, flags, frame), (arrival, flags | DUPLICATE, frame)]

    def values(self) -> dict[str, int]:
        """Settings and counters by name."""
        return {name: int(getattr(self, name)) for name in (*self.SETTINGS, *self.COUNTERS)}
