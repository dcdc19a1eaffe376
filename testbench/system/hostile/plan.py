# SPDX-License-Identifier: Apache-2.0
"""A case as plain data: what it does, and the memory in which it does it."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

RX, TX, CONTROL = 0, 1, 2
# two pairs, of those that a card may have: the last two only where MQ or RSS is negotiated
QUEUES = ("receive", "transmit", "control", "receive of pair 1", "transmit of pair 1")
NEXT, WRITE, INDIRECT = 1, 2, 4
MRG_RXBUF, CTRL_VQ, CTRL_RX, CTRL_VLAN, MQ = 15, 17, 18, 19, 22
INDIRECT_DESC, EVENT_IDX, RING_PACKED, IN_ORDER, HASH_REPORT, RSS = 28, 29, 34, 35, 57, 60

MEMORY_BASE, MEMORY_BYTES = 0x1000_0000, 64 << 20  # what a run has unless it is told otherwise
MEMORY_END = MEMORY_BASE + MEMORY_BYTES
TOP = 1 << 64  # of the bus
LARGEST = 1024  # descriptors, what a queue has after its reset

# Two arenas, which cases use in turn: what a device does after its reset to memory it was given before is seen.
ARENA_BYTES = 0x18_0000
RINGS_BYTES, AVAIL, USED = 0x8000, 0x4000, 0x5000  # of each queue, and its rings' places in them
HOSTILE, LEGAL = 0x3_0000, 0xC_0000  # buffers that hostile descriptors mean, and those of honest traffic
APART = 2048  # more than the frames that are sent to hostile buffers

Action = dict[str, Any]
Rings = tuple[int, int, int]  # bus addresses of descriptor table, available and used ring


def role(queue: int) -> int:
    """RX, TX or CONTROL: what one of QUEUES is for."""
    return queue % len((RX, TX, CONTROL))


def pair(queue: int) -> int:
    """Number of the pair that a receive or transmit queue belongs to."""
    return queue // len((RX, TX, CONTROL))


def arena(index: int) -> int:
    """Bus address of the memory that case ``index`` plays in."""
    return MEMORY_BASE + 0x10_0000 + (index & 1) * 0x30_0000


@dataclass(frozen=True)
class Case:
    """One case. ``sizes``, ``rings`` and ``starts`` are those of the queues, in the order of QUEUES.

    ``pairs``: what the card has. ``starts``: first ring index, as QUEUE_START_INDEX has it.
    ``hard``: it ends by a reset in the middle of what is under way.
    """

    seed: int
    index: int
    pairs: int
    withheld: tuple[int, ...]
    sizes: tuple[int, ...]
    rings: tuple[Rings, ...]
    starts: tuple[int, ...]
    hard: bool
    latency_ns: int
    jitter_ns: int
    rx_wait_cycles: int
    opening: Action
    actions: tuple[Action, ...]

    @property
    def base(self) -> int:
        """Bus address of its memory."""
        return arena(self.index)

    @property
    def packed(self) -> bool:
        """Format of its rings."""
        return RING_PACKED not in self.withheld

    @property
    def kinds(self) -> list[str]:
        """Of its hostile actions."""
        return [action["kind"] for action in self.actions if action["kind"] != "traffic"]

    def as_data(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)


class Draft:
    """A case being drawn: its random numbers, what was negotiated, and memory handed out so far."""

    def __init__(
        self, rng: random.Random, index: int, pairs: int, sizes: tuple[int, ...], withheld: tuple[int, ...]
    ) -> None:
        self.rng, self.pairs, self.sizes, self.withheld = rng, pairs, sizes, withheld
        self.packed = self.has(RING_PACKED)
        self.base = arena(index)
        self._next = self.base + HOSTILE
        self.rings: tuple[Rings, ...] = tuple(self._rings(queue) for queue in range(len(sizes)))

    def queue(self, *roles: int) -> int:
        """One of the queues that are for this."""
        chosen = self.rng.choice(roles)
        return self.rng.choice([queue for queue in range(len(self.sizes)) if role(queue) == chosen])

    def has(self, feature: int) -> bool:
        """Whether the driver accepts a feature that the card offers."""
        return feature not in self.withheld

    def _rings(self, queue: int) -> Rings:
        at, jitter = self.base + queue * RINGS_BYTES, self.rng.randrange(16)
        return at + 16 * jitter, at + AVAIL + 2 * jitter, at + USED + 4 * jitter

    def buffer(self, size: int) -> int:
        """Address of so many bytes that nothing else of this case uses, even if its length is then made a frame's."""
        if self._next + size > self.base + LEGAL - 3 * APART:
            self._next = self.base + HOSTILE
        at = self._next + self.rng.randrange(16)
        self._next = (at + size + APART) & ~31
        return at

    def address(self) -> int:
        """Where a descriptor or a ring may point that is meant badly."""
        rng, own = self.rng, self.rings[self.rng.randrange(len(self.rings))]
        near = rng.choice((0, 1, 2, 8, 15, 16, 17, 4096))
        return rng.choice((
            lambda: self.buffer(64),
            lambda: self.buffer(4096) | 4095,
            lambda: MEMORY_END - near,
            lambda: MEMORY_END + near,
            lambda: (MEMORY_BASE - near) % TOP,
            lambda: near,
            lambda: TOP - 1 - near,
            lambda: rng.choice(own) + rng.randrange(64),
            lambda: self.base + ARENA_BYTES + rng.randrange(0x10_0000),
            lambda: rng.getrandbits(64),
            lambda: MEMORY_BASE | rng.getrandbits(32) << 32,
        ))()  # fmt: skip

    def length(self) -> int:
        """A length that is meant badly."""
        rng = self.rng
        if rng.random() < 0.7:
            return rng.choice((0, 1, 2, 11, 12, 13, 15, 16, 17, 25, 26, 60, 256, 511, 513, 1526))
        return rng.choice((
            4095, 4097, 9212, 9300, 65535, 65536, 65579, 65580, 1 << 20, 1 << 31, (1 << 32) - 16, (1 << 32) - 1,
            rng.getrandbits(32),
        ))  # fmt: skip
