# SPDX-License-Identifier: Apache-2.0
"""The management port of a card on a board: what firmware is given (``firmware.bus.ManagementBus``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ferrule.bridge import regs
from ferrule.bridge.board import Board

FIRST_POLL_S, LONGEST_POLL_S = 0.001, 0.02


class BoardManagement:
    """Every access is a message on the line; between two others may run."""

    def __init__(self, board: Board, slowness: float = 1.0) -> None:
        """``slowness``: how much slower time passes for the board than here: 1, but for one in simulation."""
        self._board, self._slowness = board, slowness

    async def read32(self, address: int) -> int:
        """Read a register."""
        value = self._board.read32(regs.MGMT_WINDOW + address)
        await asyncio.sleep(0)
        return value

    def write32(self, address: int, value: int) -> None:
        """Write a register; posted."""
        self._board.write32(regs.MGMT_WINDOW + address, value)

    async def wait_event(self, timeout_ns: int) -> bool:
        """True: ``mgmt_irq`` is high. False: the time is up."""
        return await poll(lambda: bool(self._board.read32(regs.IRQ) & regs.IRQ_MGMT), timeout_ns * self._slowness)

    def now_ns(self) -> int:
        """Time of this machine: the card's would be a message each time."""
        return int(time.monotonic_ns() / self._slowness)

    async def sleep_ns(self, ns: int) -> None:
        """Wait."""
        await asyncio.sleep(ns * self._slowness / 1e9)


async def poll(ready: Callable[[], bool], timeout_ns: float) -> bool:
    """Ask ``ready`` until it says yes, ever less often; False when the time is up."""
    end = time.monotonic_ns() + timeout_ns
    pause = FIRST_POLL_S
    while not ready():
        left = (end - time.monotonic_ns()) / 1e9
        if left <= 0:
            return False
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_POLL_S)
    return True
