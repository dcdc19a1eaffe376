# SPDX-License-Identifier: Apache-2.0
"""Commands of VIRTIO_NET_CTRL_MQ: queue pairs, receive-side scaling, hashes (virtio 1.2, 5.1.6.5.5 to 5.1.6.5.7)."""

from __future__ import annotations

import struct

from .. import features as feature
from ..steering import HASH_TYPES, KEY_BYTES, TABLE_ENTRIES, HashConfig, Steering
from .command import Command, Table

CLASS_MQ = 4
RSS_HEAD = struct.Struct("<IHH")  # hash_types, indirection_table_mask, unclassified_queue
RSS_TAIL = struct.Struct("<HB")  # max_tx_vq, hash_key_length
HASH_HEAD = struct.Struct("<I8xB")  # hash_types, reserved, hash_key_length


def hash_config(types: int, key_length: int, key: bytes) -> HashConfig | None:
    """Types and key of a command; None: the card cannot, or the bytes are not those that are promised.

    A key may be shorter than the longest; bits that it does not have are 0.
    """
    if types & ~HASH_TYPES or not len(key) == key_length <= KEY_BYTES:
        return None
    return HashConfig(types, key.ljust(KEY_BYTES, b"\0"))


class MultiqueueCommands:
    """Of ``pairs`` queue pairs."""

    def __init__(self, steering: Steering, pairs: int) -> None:
        self._steering, self._pairs = steering, pairs

    def table(self) -> Table:
        """Every command of the class."""
        return {
            (CLASS_MQ, 0): Command(feature.MQ, self._pairs_set),
            (CLASS_MQ, 1): Command(feature.RSS, self._rss_config),
            (CLASS_MQ, 2): Command(feature.HASH_REPORT, self._hash_config),
        }

    async def _pairs_set(self, data: bytes) -> bytes | None:
        pairs = int.from_bytes(data, "little")
        if len(data) != 2 or not 1 <= pairs <= self._pairs:
            return None
        await self._steering.automatic(pairs)
        return b""

    async def _rss_config(self, data: bytes) -> bytes | None:
        if len(data) < RSS_HEAD.size:
            return None
        types, mask, unclassified = RSS_HEAD.unpack_from(data)
        entries = mask + 1
        end = RSS_HEAD.size + 2 * entries
        if mask & entries or entries > TABLE_ENTRIES or len(data) < end + RSS_TAIL.size:
            return None
        table = struct.unpack_from(f"<{entries}H", data, RSS_HEAD.size)
        transmit_queues, key_length = RSS_TAIL.unpack_from(data, end)
        hashing = hash_config(types, key_length, data[end + RSS_TAIL.size :])
        if hashing is None or not 1 <= transmit_queues <= self._pairs or max(unclassified, *table) >= self._pairs:
            return None
        await self._steering.rss(hashing, table, unclassified)
        return b""

    async def _hash_config(self, data: bytes) -> bytes | None:
        # not looked at: what is reserved. Linux 6.1 leaves there what stands there in a command of RSS
        if len(data) < HASH_HEAD.size:
            return None
        types, key_length = HASH_HEAD.unpack_from(data)
        hashing = hash_config(types, key_length, data[HASH_HEAD.size :])
        if hashing is None:
            return None
        await self._steering.hash(hashing)
        return b""
