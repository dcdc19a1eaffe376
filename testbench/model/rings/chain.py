# SPDX-License-Identifier: Apache-2.0
"""What a driver offers in one piece, in either ring format."""

from __future__ import annotations

import struct
from typing import NamedTuple

NEXT, WRITE, INDIRECT = 1, 2, 4  # flags of a descriptor
DESCRIPTOR_BYTES = 16
DESCRIPTOR = struct.Struct("<QIHH")
"""Address, length, and flags and next (split), or buffer id and flags (packed)."""


class Segment(NamedTuple):
    """A descriptor of a chain."""

    address: int
    length: int
    write: bool


class Chain(NamedTuple):
    """Descriptors up to the end or the first bad one, and what is wrong (a code of errors.py; 0: nothing).

    ``buffer_id`` names it when it comes back: in a split ring the index of its first descriptor. ``places`` are the
    descriptors of the ring itself that it takes.
    """

    buffer_id: int
    segments: list[Segment]
    error: int
    places: int = 1
