# SPDX-License-Identifier: Apache-2.0
"""What is looked at when everything is at rest, and only what no device's pace can change."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any

from firmware import regs
from testbench.differential.raw_packed_queue import RawPackedQueue
from testbench.differential.raw_queue import RawQueue

if TYPE_CHECKING:
    from testbench.differential.bed import Bed

BLOCK = 256  # bytes of memory with a checksum of their own
# counters that depend on how a device's pace bundles accesses and publications, not on what it does
PACED = {
    "busy_cycles", "dma_read_bursts", "dma_read_bytes", "dma_write_bursts", "dma_write_bytes",
    "irq_messages", "irq_suppressed", "irq_masked", "irq_by_packets", "irq_by_time",
}  # fmt: skip
# what is met beside the chains, at a moment of the device's own: which of two errors is a queue's last depends on it
RING_ERRORS = {"vq_err_head", "vq_err_ring_dma", "vq_err_avail_index"}
COMMON_WORDS = range(0, 0x3C, 4)
DEVICE_WORDS = range(0x3000, 0x3018, 4)
ISR, PBA, TABLE = 0x2000, 0x5000, 0x4000
GENERATION = 0x15
ZERO_BLOCK = zlib.crc32(bytes(BLOCK))
SOURCE_AT = 11  # the byte of a frame that tells its transmit queue


def digest(data: bytes) -> str:
    """Short name of a frame's bytes, with their number."""
    return f"{len(data)}:{hashlib.blake2b(data, digest_size=6).hexdigest()}"


class Observer:
    """Collects one record a barrier in ``seen``."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self.seen: list[dict[str, Any]] = []
        self._counters: dict[str, int] = {}
        self._messages = self._received = self._generation = 0
        self._done: dict[int, list[tuple[int, int]]] = {}
        self._bundled: set[int] = set()
        self._code_open: set[int] = set()  # queues of whose errors any may have been the last

    def came_back(self, queue: RawQueue | RawPackedQueue, done: list[tuple[int, int]]) -> None:
        """Buffers that the device gave back since everything was at rest the last time."""
        index = self._bed.queues.index(queue)
        self._done.setdefault(index, []).extend(done)
        if len(done) > 1 and not queue.counted:
            self._bundled.add(index)  # as one publication or as several: each has an interrupt of its own

    async def begin(self) -> None:
        """Compare from here on."""
        sim = self._bed.sim
        self._counters = await self._bed.firmware.counters()
        self._generation = await self._bed.sim.host.bar_read(GENERATION, 1)
        self._messages, self._received = len(sim.host.messages), len(sim.wire.received)
        self._done = {}
        self._bundled = set()

    async def look(self, quiet: bool) -> None:
        """One record."""
        bed, sim = self._bed, self._bed.sim
        counters = await bed.firmware.counters()
        moved = {
            name: value - self._counters[name]
            for name, value in counters.items()
            if name not in PACED and value != self._counters[name]
        }
        errors = {name: count for name, count in moved.items() if name.startswith("vq_err_")}
        states = await self._queues(raced=sum(errors.values()) > 1 and not RING_ERRORS.isdisjoint(errors))
        record = {
            "quiet": quiet,
            "counters": moved,
            "wire": self._wire(),
            "used": {str(index): done for index, done in sorted(self._done.items()) if done},
            "interrupts": self._interrupts(),
            "memory": self._memory(),
            "registers": await self._registers(),
            "queues": states,
            "incidents": [(row["address"], row["length"], row["write"]) for row in sim.host.forgive()],
        }
        self.seen.append(record)
        await self.begin()

    def _wire(self) -> dict[str, list[str]]:
        """Frames that reached the other end, in their order for each transmit queue."""
        frames: dict[str, list[str]] = {}
        for _, frame in self._bed.sim.wire.received[self._received :]:
            frames.setdefault(str(frame[SOURCE_AT]), []).append(digest(frame))
        return frames

    def _interrupts(self) -> dict[str, Any]:
        """Messages by vector: their number; of publications that may be bundled, whether there were any."""
        messages = self._bed.sim.host.messages[self._messages :]
        found: dict[str, Any] = {}
        for index in range(len(self._bed.queues)):
            count = int((messages["vector"] == index + 1).sum())
            found[str(index + 1)] = min(count, 1) if index in self._bundled else count
        found["0"] = int((messages["vector"] == 0).sum())
        return found

    def _memory(self) -> str:
        """Checksums of all blocks, as one text that tells the block that differs."""
        memory = self._bed.sim.host.memory.data
        sums = []
        for at in range(0, self._bed.end, BLOCK):
            block = memory[at : at + BLOCK]
            value = zlib.crc32(block)
            if value != ZERO_BLOCK:
                sums.append(f"{at:#x}={value:08x}")
        return " ".join(sums)

    async def _registers(self) -> dict[str, int]:
        """The host's registers; of config_generation, which no reset takes back, how far it has moved."""
        host = self._bed.sim.host
        table = range(TABLE, TABLE + 16 * (len(self._bed.queues) + 1), 4)
        words = {at: await host.bar_read(at, 4) for at in (*COMMON_WORDS, *DEVICE_WORDS, ISR, PBA, *table)}
        moved = (words[GENERATION & ~3] >> 8) - self._generation & 0xFF
        words[GENERATION & ~3] = words[GENERATION & ~3] & ~0xFF00 | moved << 8
        return {f"{at:#x}": word for at, word in words.items()}

    async def _queues(self, raced: bool) -> list[tuple[int, int]]:
        """State and indices of every queue as firmware reads them. ``raced``: a broken one's last may be any."""
        mgmt, rows = self._bed.sim.mgmt, []
        for gq, queue in enumerate(self._bed.queues):
            mgmt.write32(regs.QUEUE_SELECT, gq)
            state = await mgmt.read32(regs.QUEUE_STATE)
            if state & regs.QUEUE_STATE_BROKEN:
                queue.forget()  # it may have been on its way when the ring broke, or not
                if raced:
                    self._code_open.add(gq)
            if not state & regs.QUEUE_STATE_ERROR:  # enabled since
                self._code_open.discard(gq)
            if gq in self._code_open:
                state &= ~regs.QUEUE_STATE_ERROR
            rows.append((state, await mgmt.read32(regs.QUEUE_INDICES)))
        return rows
