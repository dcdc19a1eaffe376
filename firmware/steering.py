# SPDX-License-Identifier: Apache-2.0
"""Which receive queue a frame goes to: queue pairs in use, receive-side scaling, and the hashes that are reported."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from . import features as feature
from . import regs
from .bus import ManagementBus
from .identity import field
from .negotiated import Negotiated

FIXED, AUTOMATIC, RSS = range(3)  # STEERING.mode
HASH_TYPES = 0x1FF  # VIRTIO_NET_HASH_TYPE_* that the card can calculate
KEY_BYTES, TABLE_ENTRIES = 40, 128
DRAIN_LIMIT_NS, DRAIN_STEP_NS = 100_000, 2_000  # a full frame store is through in a third of it


class HashConfig(NamedTuple):
    """VIRTIO_NET_HASH_TYPE_* enabled, and the whole key."""

    types: int
    key: bytes


class Steering:
    """Of a card with ``pairs`` queue pairs. In the test mode all of them are in use from the beginning."""

    def __init__(self, bus: ManagementBus, pairs: int, negotiated: Negotiated) -> None:
        self._bus, self._pairs, self._negotiated = bus, pairs, negotiated
        self._mode, self._active = FIXED, 1

    async def take_over(self) -> None:
        """The driver of an earlier firmware goes on with what it has set."""
        self._mode = field(await self._bus.read32(regs.STEERING), regs.STEERING_MODE)
        self._active = await self._bus.read32(regs.ACTIVE_PAIRS)

    def reset(self) -> None:
        """Only the first pair, no hash: CLEAR has done it."""
        self._mode, self._active = FIXED, 1
        if self._negotiated.test_mode:
            self._bus.write32(regs.ACTIVE_PAIRS, self._pairs)

    async def automatic(self, pairs: int) -> None:
        """A flow returns on the pair it was last sent from, and no frame goes to a pair beyond the first ``pairs``."""
        await self._switch(AUTOMATIC, pairs)

    async def rss(self, hashing: HashConfig, table: Sequence[int], unclassified: int) -> None:
        """Frames go where ``table`` says for their hash, those without one to ``unclassified``."""
        bus = self._bus
        self._set_hash(hashing)
        for place, pair in enumerate(table):
            bus.write32(regs.RSS_TABLE_INDEX, place)
            bus.write32(regs.RSS_TABLE_ENTRY, pair)
        bus.write32(regs.RSS_TABLE_MASK, len(table) - 1)
        bus.write32(regs.RSS_UNCLASSIFIED, unclassified)
        await self._switch(RSS, self._pairs)

    async def hash(self, hashing: HashConfig) -> None:
        """Only what is reported with a frame. The last command decides how frames are steered, so RSS ends with it."""
        self._set_hash(hashing)
        if self._mode == RSS:
            automatic = self._negotiated.has(feature.MQ)
            await self._switch(AUTOMATIC if automatic else FIXED, self._active if automatic else 1)

    def _set_hash(self, hashing: HashConfig) -> None:
        for place, word in enumerate(struct.unpack(f"<{KEY_BYTES // 4}I", hashing.key)):
            self._bus.write32(regs.RSS_KEY + 4 * place, word)
        self._bus.write32(regs.RSS_HASH_TYPES, hashing.types)

    async def _switch(self, mode: int, pairs: int) -> None:
        self._bus.write32(regs.ACTIVE_PAIRS, pairs)
        self._bus.write32(regs.STEERING, mode)
        fewer, self._mode, self._active = pairs < self._active, mode, pairs
        if fewer:
            await self._drain()

    async def _drain(self) -> None:
        """Let frames that were steered before go through: once the command is used no queue may get one that it loses.

        A frame that waits for a buffer may take longer, and a driver that takes a queue away gives it none.
        """
        deadline = self._bus.now_ns() + DRAIN_LIMIT_NS
        while self._bus.now_ns() < deadline:
            if await self._bus.read32(regs.DATAPATH_STATUS) & regs.DATAPATH_STATUS_RX_IDLE:
                return
            await self._bus.sleep_ns(DRAIN_STEP_NS)
