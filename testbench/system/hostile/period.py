# SPDX-License-Identifier: Apache-2.0
"""What was sent from one rest to the next, and what may have become of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

HEADER, HASH_HEADER = 12, 20  # bytes of virtio_net_hdr, without and with VIRTIO_NET_F_HASH_REPORT


@dataclass
class Period:
    """From one rest to the next: what was sent, and what may have become of it."""

    seen: int
    """Frames from the card before."""
    reach: frozenset[int]
    """Pairs that frames to the card may be steered to."""
    hashing: tuple[int, bytes] | None
    """Hash types and key for the frames to the card, if they are known and stay."""
    expected: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    """Honest frames from the card, of each transmit queue."""
    sent: list[tuple[bytes, bool]] = field(default_factory=list)
    """Frames to the card that it may deliver, and whether it must."""
    tx_lossy: bool = False
    rx_lossy: bool = False
    """Frames may get lost on the wire, or find no good buffer."""
    tx_doubled: bool = False
    rx_spoiled: bool = False
    """The wire, or a ring that names buffers twice, may double and reorder frames, and spoil those to the card."""
    tx_mixed: bool = False
    """Descriptors change while they are read: a frame may be of parts of others."""
    delivered: list[bytes] = field(default_factory=list)
    """Frames to the card that it has delivered, of all receive queues."""
    unread: bool = False
    """There are others, in buffers of which nothing is known."""


def within(some: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """``some`` are among ``others``, in their order and each once."""
    rest = iter(others)
    return all(any(frame == other for other in rest) for frame in some)
