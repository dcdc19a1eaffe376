# SPDX-License-Identifier: Apache-2.0
"""The books that a back end keeps of what it works on (INFLIGHT_SHMFD), in memory that outlives it at its front end.

This card returns the buffers of a ring in the order in which they were offered, so a split ring's used index says what
had not been returned. Where a packed ring goes on, its front end has to know. The memory is made and taken as the
protocol asks, and stays empty.
"""

from __future__ import annotations

import os

from .message import VhostError
from .protocol import INFLIGHT

PAGE = 4096
HEAD_BYTES, ENTRY_BYTES = 40, 32  # the longer ones of the two formats
LARGEST_RING = 32768


def make(payload: tuple[int, int, int, int], queues: int) -> tuple[bytes, int]:
    """A reply to GET_INFLIGHT_FD and its descriptor. Raises VhostError."""
    _, _, wanted, size = payload
    if not 0 < wanted <= queues or not 0 < size <= LARGEST_RING:
        raise VhostError(f"GET_INFLIGHT_FD: {wanted} queues of {size}; the card has {queues}")
    length = -(-wanted * (HEAD_BYTES + size * ENTRY_BYTES) // PAGE) * PAGE
    fd = os.memfd_create("inflight", os.MFD_CLOEXEC)
    os.ftruncate(fd, length)
    return INFLIGHT.pack(length, 0, wanted, size), fd
