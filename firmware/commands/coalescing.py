# SPDX-License-Identifier: Apache-2.0
"""Commands of VIRTIO_NET_CTRL_NOTF_COAL: coalescing of a direction or of one queue (virtio 1.3, 5.1.6.5.9)."""

from __future__ import annotations

import struct
from functools import partial

from .. import features as feature
from ..coalescing import Coalescing
from ..negotiated import Negotiated
from .command import Command, Table

CLASS_NOTF_COAL = 6
VALUES = struct.Struct("<II")
QUEUE = struct.Struct("<HH")
QUEUE_VALUES = struct.Struct("<HHII")


class CoalescingCommands:
    """Of a card with ``pairs`` queue pairs."""

    def __init__(self, coalescing: Coalescing, pairs: int, negotiated: Negotiated) -> None:
        self._coalescing, self._pairs, self._negotiated = coalescing, pairs, negotiated

    def table(self) -> Table:
        """Every command of the class."""
        return {
            (CLASS_NOTF_COAL, 0): Command(feature.NOTF_COAL, partial(self._set_all, True)),
            (CLASS_NOTF_COAL, 1): Command(feature.NOTF_COAL, partial(self._set_all, False)),
            (CLASS_NOTF_COAL, 2): Command(feature.VQ_NOTF_COAL, self._set_queue),
            # the values are command-specific data, which in struct virtio_net_ctrl stands before the ack
            (CLASS_NOTF_COAL, 3): Command(feature.VQ_NOTF_COAL, self._get_queue, VALUES.size),
        }

    async def _set_all(self, transmit: bool, data: bytes) -> bytes | None:
        if len(data) != VALUES.size:
            return None
        return b"" if self._coalescing.set_all(transmit, *VALUES.unpack(data)) else None

    async def _set_queue(self, data: bytes) -> bytes | None:
        if len(data) != QUEUE_VALUES.size:
            return None
        index, _, packets, usecs = QUEUE_VALUES.unpack(data)
        return b"" if await self._coalescing.set_queue(self._queue_number(index), packets, usecs) else None

    async def _get_queue(self, data: bytes) -> bytes | None:
        if len(data) != QUEUE.size:
            return None
        values = await self._coalescing.get_queue(self._queue_number(QUEUE.unpack(data)[0]))
        return None if values is None else VALUES.pack(*values)

    def _queue_number(self, index: int) -> int:
        """Global number of a virtqueue index that is a receive or transmit queue, else -1."""
        return index if index < 2 * (self._pairs if self._negotiated.multi_pair else 1) else -1
