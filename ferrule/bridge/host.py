# SPDX-License-Identifier: Apache-2.0
"""The host's side of a card on a board: what the driver is given (``host_driver.bus.HostBus``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

from ferrule.bridge import regs
from ferrule.bridge.board import Board
from ferrule.bridge.bone import Bone
from ferrule.bridge.errors import BridgeTimeout
from ferrule.bridge.management import poll
from ferrule.bridge.mirror import MemoryMirror

CONFIG_SPACE = 0x10000  # in the host window, behind the BAR
WINDOW_BYTES = 0x20000
VECTORS = 32  # bits of MSIX_PENDING
HELD_WORD = 0xFFFF_FFFF  # what a held read gives, and some others
HELD_LIMIT_S = 30.0
HELD_POLL_S = 0.001


class BoardHost:
    """Registers by messages, memory by a mirror, interrupts by asking. To be used in one event loop."""

    def __init__(self, board: Board, slowness: float = 1.0) -> None:
        """``slowness``: as that of BoardManagement."""
        self._board, self._slowness = board, slowness
        self.memory_base = board.memory_base
        self._mirror = MemoryMirror(board)
        self.memory = self._mirror.array
        self.dma_sync_for_device = self._mirror.push
        self.dma_sync_for_cpu = self._mirror.fetch
        self._fired: set[int] = set()
        self._reading = asyncio.Lock()

    # registers
    async def _read(self, offset: int, size: int) -> int:
        word = offset & ~3
        if offset + size > word + 4:
            raise ValueError(f"a read of {size} bytes at {offset:#x} goes over a word's end")
        # a held read must be over before the next begins; firmware on this loop goes on meanwhile
        async with self._reading:
            value = await self._word(word)
        return value >> 8 * (offset - word) & ((1 << 8 * size) - 1)

    async def _word(self, word: int) -> int:
        end = time.monotonic() + HELD_LIMIT_S
        while time.monotonic() < end:
            value = self._board.read32(regs.HOST_WINDOW + word)
            await asyncio.sleep(0)
            if value != HELD_WORD:
                return value
            held = self._board.read32(regs.HELD)
            while held & regs.HELD_PENDING and time.monotonic() < end:
                await asyncio.sleep(HELD_POLL_S)
                held = self._board.read32(regs.HELD)
            if not held & (regs.HELD_DONE | regs.HELD_PENDING):
                return value  # it did read so
            # of a client before us there may have been a read still held: that was not ours
            if held & regs.HELD_DONE and held & regs.HELD_ADDRESS == word:
                return self._board.read32(regs.HELD_DATA)
        raise BridgeTimeout(f"the card holds a read of {word:#x} for {HELD_LIMIT_S:g} s: firmware is silent")

    def _write(self, offset: int, value: int, size: int) -> None:
        word, lane = offset & ~3, offset & 3
        if lane + size > 4:
            raise ValueError(f"a write of {size} bytes at {offset:#x} goes over a word's end")
        left_out = 0xF & ~(((1 << size) - 1) << lane)
        at = regs.HOST_WINDOW + left_out * WINDOW_BYTES + word
        self._board.write32(at, (value & ((1 << 8 * size) - 1)) << 8 * lane)

    async def bar_read(self, offset: int, size: int) -> int:
        """Read 1, 2 or 4 bytes of the BAR."""
        return await self._read(offset, size)

    def bar_write(self, offset: int, value: int, size: int) -> None:
        """Write 1, 2 or 4 bytes of the BAR; posted."""
        self._write(offset, value, size)

    async def config_read(self, offset: int, size: int) -> int:
        """Read 1, 2 or 4 bytes of PCI configuration space."""
        return await self._read(CONFIG_SPACE + offset, size)

    def config_write(self, offset: int, value: int, size: int) -> None:
        """Write 1, 2 or 4 bytes of PCI configuration space; posted."""
        self._write(CONFIG_SPACE + offset, value, size)

    # interrupts
    def _look(self) -> None:
        self._board.locked(self._take_pending)

    def _take_pending(self, bone: Bone) -> None:
        before = self._fired
        self._fired = set(range(VECTORS))  # if an answer is lost, so are the bits: whoever waits looks for himself
        (pending,), complete = bone.read_clearing(regs.MSIX_PENDING, 1)
        if complete:
            self._fired = before | {vector for vector in range(VECTORS) if pending >> vector & 1}

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        """Vectors that fired since they were last returned; empty when the time is up."""
        wanted = set(vectors)

        def fired() -> bool:
            if not self._fired & wanted:
                self._look()
            return bool(self._fired & wanted)

        await poll(fired, timeout_ns * self._slowness)
        found = self._fired & wanted
        self._fired -= found
        return found

    def take_interrupts(self) -> set[int]:
        """The same for all vectors, without waiting."""
        self._look()
        found, self._fired = self._fired, set()
        return found

    def now_ns(self) -> int:
        """Time of this machine."""
        return int(time.monotonic_ns() / self._slowness)

    async def sleep_ns(self, ns: int) -> None:
        """Wait."""
        await asyncio.sleep(ns * self._slowness / 1e9)
