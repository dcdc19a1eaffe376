# SPDX-License-Identifier: Apache-2.0
"""Control queue: takes a command from the command RAM, has it carried out, answers. Nothing in it is trusted."""

from __future__ import annotations

import struct

from . import regs
from .bus import ManagementBus
from .commands import Table
from .identity import field
from .negotiated import Negotiated

OK, ERR = b"\x00", b"\x01"
RAM_BYTES = 4096


class Control:
    """One command at a time, of those in ``commands``; one whose feature is not negotiated is refused."""

    def __init__(self, bus: ManagementBus, commands: Table, negotiated: Negotiated) -> None:
        self._bus, self._table, self._negotiated = bus, commands, negotiated
        self.commands = self.refused = 0

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
        command = self._table.get((request[0], request[1])) if len(request) >= 2 else None
        before_ack = command.result_bytes if command else 0
        result = None
        if command and self._negotiated.has(command.feature) and capacity > before_ack:
            result = await command.carry_out(request[2:])
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
