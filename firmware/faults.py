# SPDX-License-Identifier: Apache-2.0
"""Queue errors that the ring engines report, under readable names; a queue that stopped asks for a reset."""

from __future__ import annotations

from . import regs
from .bus import ManagementBus
from .identity import Card, field
from .log import Log
from .status import DeviceStatus

READ_AT_ONCE = 64  # so that a driver that makes errors without end cannot keep firmware from its other duties
CODES = {
    1: "head beyond the ring",
    2: "descriptor index beyond the table",
    3: "chain longer than the queue",
    4: "bad indirect descriptor",
    5: "descriptor of length 0",
    6: "host memory error on a descriptor",
    7: "host memory error on a ring",
    8: "readable descriptor after a writable one",
    9: "available index ran ahead by more than the queue size",
}


def queue_name(gq: int, card: Card) -> str:
    """A queue as the standard calls it."""
    if gq == card.control_queue:
        return "controlq"
    return f"{'transmitq' if gq % 2 else 'receiveq'}{gq // 2 + 1}"


class Faults:
    """Empties the card's error log."""

    def __init__(self, bus: ManagementBus, card: Card, log: Log, status: DeviceStatus) -> None:
        self._bus, self._card, self._log, self._status = bus, card, log, status

    async def broken(self) -> str | None:
        """The first queue that has stopped, if one has."""
        for gq in range(self._card.control_queue + 1):
            self._bus.write32(regs.QUEUE_SELECT, gq)
            if await self._bus.read32(regs.QUEUE_STATE) & regs.QUEUE_STATE_BROKEN:
                return queue_name(gq, self._card)
        return None

    async def serve(self) -> bool:
        """Read what there is, up to a bound; True: there may be more."""
        for _ in range(READ_AT_ONCE):
            entry = await self._bus.read32(regs.ERROR_LOG)
            if not entry & regs.ERROR_LOG_VALID:
                return False
            gq, code = field(entry, regs.ERROR_LOG_GQ), field(entry, regs.ERROR_LOG_CODE)
            text = f"{queue_name(gq, self._card)}: {CODES.get(code, f'code {code}')}"
            self._log.add(self._bus.now_ns(), "queue error", text)
            self._bus.write32(regs.QUEUE_SELECT, gq)
            if await self._bus.read32(regs.QUEUE_STATE) & regs.QUEUE_STATE_BROKEN:
                self._status.fail(text)
        return True
