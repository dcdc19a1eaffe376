# SPDX-License-Identifier: Apache-2.0
"""Control queue: takes a command from the command RAM, checks it, carries it out, answers. Nothing in it is trusted."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from functools import partial

from . import features as feature
from . import regs
from .bus import ManagementBus
from .coalescing import Coalescing
from .filter import ReceiveFilter
from .identity import Card, field

OK, ERR = b"\x00", b"\x01"
CLASS_RX, CLASS_MAC, CLASS_NOTF_COAL = 0, 1, 6
RAM_BYTES = 4096
COAL_VALUES = struct.Struct("<II")
COAL_QUEUE = struct.Struct("<HH")
COAL_QUEUE_VALUES = struct.Struct("<HHII")

Handler = Callable[[bytes], Awaitable[bytes | None]]


class Control:
    """One command at a time. A handler returns the bytes that precede the ack, or None to refuse."""

    def __init__(
        self, bus: ManagementBus, card: Card, filters: ReceiveFilter, coalescing: Coalescing, multi_pair: bool,
        set_mac: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        self._bus, self._card, self._filter, self._coalescing = bus, card, filters, coalescing
        self._multi_pair, self._set_mac = multi_pair, set_mac
        self.active = 0
        """Feature bits negotiated: a command whose feature is not among them is refused."""
        self.commands = self.refused = 0
        self._handlers: dict[tuple[int, int], tuple[int, Handler]] = {
            (CLASS_MAC, 0): (feature.CTRL_RX, self._mac_table),
            (CLASS_MAC, 1): (feature.CTRL_MAC_ADDR, self._mac_address),
            (CLASS_NOTF_COAL, 0): (feature.NOTF_COAL, partial(self._coalesce, True)),
            (CLASS_NOTF_COAL, 1): (feature.NOTF_COAL, partial(self._coalesce, False)),
            (CLASS_NOTF_COAL, 2): (feature.VQ_NOTF_COAL, self._coalesce_queue),
            (CLASS_NOTF_COAL, 3): (feature.VQ_NOTF_COAL, self._coalescing_of),
        }
        modes = (
            (regs.RX_MODE_PROMISC, feature.CTRL_RX),
            (regs.RX_MODE_ALLMULTI, feature.CTRL_RX),
            (regs.RX_MODE_ALLUNI, feature.CTRL_RX_EXTRA),
            (regs.RX_MODE_NOMULTI, feature.CTRL_RX_EXTRA),
            (regs.RX_MODE_NOUNI, feature.CTRL_RX_EXTRA),
            (regs.RX_MODE_NOBCAST, feature.CTRL_RX_EXTRA),
        )
        for command, (bit, needed) in enumerate(modes):
            self._handlers[(CLASS_RX, command)] = (needed, partial(self._rx_mode, bit))

    async def serve(self) -> None:
        """Answer the command that waits, if one does."""
        state = await self._bus.read32(regs.CTRL_STATE)
        if not state & regs.CTRL_STATE_PENDING:
            return
        self.commands += 1
        capacity = await self._bus.read32(regs.CTRL_CAPACITY)
        request = b""
        if not state & regs.CTRL_STATE_TOO_LONG:
            request = await self._read(field(state, regs.CTRL_STATE_LENGTH))
        answer = await self.answer(request, capacity)
        self._write(answer)
        self._bus.write32(regs.CTRL_DONE, len(answer))

    async def refuse_begun(self) -> bool:
        """Refuse a command that an earlier firmware has begun; False: there is none. What was done of it is not known.

        Its own words are gone where an answer has been written over them, so all there is room for says ERR.
        """
        if not await self._bus.read32(regs.CTRL_STATE) & regs.CTRL_STATE_PENDING:
            return False
        # looked at after the command: the event of one that nobody has begun is there still
        if await self._bus.read32(regs.EVENT_STATUS) & regs.EVENT_STATUS_CTRL_COMMAND:
            return False
        answer = ERR * min(await self._bus.read32(regs.CTRL_CAPACITY), RAM_BYTES)
        self._write(answer)
        self._bus.write32(regs.CTRL_DONE, len(answer))
        return True

    async def abandon(self) -> None:
        """Let go of a command that waits, without an answer: its queue is being reset."""
        if await self._bus.read32(regs.CTRL_STATE) & regs.CTRL_STATE_PENDING:
            self._bus.write32(regs.CTRL_DONE, 0)

    async def answer(self, request: bytes, capacity: int) -> bytes:
        """The bytes for the device-writable part, which has room for ``capacity``."""
        if capacity < len(OK):
            self.refused += 1
            return b""
        result = None
        needed, handler = self._handlers.get((request[0], request[1]) if len(request) >= 2 else (-1, -1), (-1, None))
        # VQ_GET's values are command-specific data, which in struct virtio_net_ctrl stands before the ack
        before_ack = COAL_VALUES.size if handler == self._coalescing_of else 0
        if handler and feature.has(self.active, needed) and capacity > before_ack:
            result = await handler(request[2:])
        if result is None:
            self.refused += 1
            return bytes(before_ack) + ERR if capacity > before_ack else ERR
        return result + OK

    async def _read(self, length: int) -> bytes:
        words = [await self._bus.read32(regs.CTRL_RAM + at) for at in range(0, length, 4)]
        return struct.pack(f"<{len(words)}I", *words)[:length]

    def _write(self, answer: bytes) -> None:
        padded = answer + bytes(-len(answer) % 4)
        for place, word in enumerate(struct.unpack(f"<{len(padded) // 4}I", padded)):
            self._bus.write32(regs.CTRL_RAM + 4 * place, word)

    async def _rx_mode(self, bit: int, data: bytes) -> bytes | None:
        if len(data) != 1 or data[0] > 1:
            return None
        self._filter.set_mode(bit, bool(data[0]))
        return b""

    async def _mac_table(self, data: bytes) -> bytes | None:
        tables = []
        for _ in range(2):
            if len(data) < 4:
                return None
            end = 4 + 6 * int.from_bytes(data[:4], "little")
            if end > len(data):
                return None
            tables.append([data[at : at + 6] for at in range(4, end, 6)])
            data = data[end:]
        if data:
            return None
        self._filter.set_table(*tables)
        return b""

    async def _mac_address(self, data: bytes) -> bytes | None:
        if len(data) != 6 or data[0] & 1 or not any(data):
            return None
        self._set_mac(data)
        return b""

    async def _coalesce(self, transmit: bool, data: bytes) -> bytes | None:
        if len(data) != COAL_VALUES.size:
            return None
        return b"" if self._coalescing.set_all(transmit, *COAL_VALUES.unpack(data)) else None

    async def _coalesce_queue(self, data: bytes) -> bytes | None:
        if len(data) != COAL_QUEUE_VALUES.size:
            return None
        index, _, packets, usecs = COAL_QUEUE_VALUES.unpack(data)
        return b"" if await self._coalescing.set_queue(self._queue_number(index), packets, usecs) else None

    async def _coalescing_of(self, data: bytes) -> bytes | None:
        if len(data) != COAL_QUEUE.size:
            return None
        values = await self._coalescing.get_queue(self._queue_number(COAL_QUEUE.unpack(data)[0]))
        return None if values is None else COAL_VALUES.pack(*values)

    def _queue_number(self, index: int) -> int:
        """Global number of a virtqueue index that is a receive or transmit queue, else -1."""
        pairs = self._card.pairs if self._multi_pair else 1
        return index if index < 2 * pairs else -1
