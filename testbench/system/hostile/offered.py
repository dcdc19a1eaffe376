# SPDX-License-Identifier: Apache-2.0
"""A chain on its way: how a driver offered it, and as what it came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from testbench.system.hostile.descriptors import Walk


class Effect(NamedTuple):
    """Of a command about steering that is carried out.

    ``reach``: pairs that frames may go to from then on. ``hashing``: hash types and key, unless they stay as they are.
    """

    reach: frozenset[int]
    hashing: tuple[int, bytes] | None


@dataclass
class Offered:
    """A chain that was made available. ``head`` is what it comes back as: index of its head, or buffer id.

    ``used_at``: where that is written, in a packed ring. ``checked``: nothing else is in its buffers.
    ``answer``: what comes back of a command, if that is known; ``effect``: what it changes, if anything.
    """

    head: int
    chain: Walk
    used_at: int = 0
    honest: bool = False
    checked: bool = True
    answer: bytes = b""
    effect: Effect | None = None


@dataclass
class Returned:
    """A buffer that came back: how it was offered, and the bytes written into it."""

    offered: Offered
    length: int
    data: bytes
