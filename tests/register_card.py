# SPDX-License-Identifier: Apache-2.0
"""The management port with nothing behind it, for what neither the RTL nor the model can do.

That is: another identity, parameters that cannot be, scratch bits that are stuck, DMA and snapshots that never end, a
command that outlives its queue, more errors than the card's log holds, counters beyond 32 bits. What a card can do is
tested on cards.
"""

from __future__ import annotations

from typing import Any

from firmware import regs


def run(coroutine: Any) -> Any:
    """Run control-path code to its end; on this bus nothing ever really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the code waits for something other than its bus")


class RegisterCard:
    """A management bus. The driver's side is played by ``driver_writes_status`` and ``command``."""

    def __init__(self) -> None:
        self.words = {
            regs.ID: 0x4C524546, regs.VERSION: 0x00010000, regs.PARAM_QUEUES: 1024 << 16 | 1,
            regs.PARAM_WIDTH: 1 << 16 | 128, regs.PARAM_FRAME: 16 << 16 | 9216, regs.CORE_HZ: 250_000_000,
            regs.CAPABILITIES: 64 << 8 | 0xF, regs.LINK: 1,
        }  # fmt: skip
        self.time = 0
        self.errors: list[int] = []
        self.quiet = self.rx_idle = True
        self.stuck_bits = 0
        self.done: list[bytes] = []

    def now_ns(self) -> int:
        self.time += 100
        return self.time

    async def sleep_ns(self, ns: int) -> None:
        self.time += ns

    async def read32(self, address: int) -> int:
        self.time += 50
        words = self.words
        if address == regs.ERROR_LOG:
            return self.errors.pop(0) if self.errors else 0
        if address == regs.CYCLES_LO:
            return self.time // 4
        if address == regs.DATAPATH_STATUS:
            quiet = self.quiet and not words.get(regs.CTRL_STATE, 0) & 1
            return quiet * regs.DATAPATH_STATUS_QUIET | self.rx_idle * regs.DATAPATH_STATUS_RX_IDLE
        if address == regs.SCRATCH:
            return words.get(address, 0) | self.stuck_bits
        return words.get(address, 0)

    def write32(self, address: int, value: int) -> None:
        words = self.words
        if address == regs.EVENT_STATUS:
            words[address] = words.get(address, 0) & ~value
        elif address == regs.DATAPATH:
            if value & regs.DATAPATH_CLEAR:
                assert value & regs.DATAPATH_QUIESCE and self.quiet, "cleared while something may run"
            words[address] = value & ~regs.DATAPATH_CLEAR
        elif address == regs.CTRL_DONE:
            assert words[regs.CTRL_STATE] & 1, "an answer without a command"
            ram = b"".join(words.get(regs.CTRL_RAM + 4 * i, 0).to_bytes(4, "little") for i in range(-(-value // 4)))
            self.done.append(ram[:value])
            words[regs.CTRL_STATE] = 0
        elif address != regs.STATS_SNAPSHOT:
            words[address] = value

    # --- what the rest of the card does ------------------------------------------------------------------------------

    def raise_event(self, bit: int) -> None:
        self.words[regs.EVENT_STATUS] = self.words.get(regs.EVENT_STATUS, 0) | bit

    def driver_writes_status(self, status: int) -> None:
        count = (self.words.get(regs.HOST_STATUS, 0) >> 16) + 1 & 0xFFFF
        self.words[regs.HOST_STATUS] = count << 16 | status
        if not status:
            self.words[regs.DATAPATH] = self.words.get(regs.DATAPATH, 0) | regs.DATAPATH_QUIESCE
        self.raise_event(regs.EVENT_STATUS_STATUS_WRITE)

    def driver_features(self, features: int) -> None:
        self.words[regs.DRIVER_FEATURES_LO] = features & 0xFFFFFFFF
        self.words[regs.DRIVER_FEATURES_HI] = features >> 32

    def device_status(self) -> int:
        """The status the driver reads: the answer must be to its last write."""
        word = self.words[regs.DEVICE_STATUS]
        assert word >> 16 == self.words.get(regs.HOST_STATUS, 0) >> 16, "the last write is not answered"
        return word & 0xFF

    def command(self, request: bytes) -> None:
        """A control command with room for its ack."""
        for at in range(0, len(request), 4):
            self.words[regs.CTRL_RAM + at] = int.from_bytes(request[at : at + 4], "little")
        self.words[regs.CTRL_STATE] = len(request) << 16 | 1
        self.words[regs.CTRL_CAPACITY] = 1
        self.raise_event(regs.EVENT_STATUS_CTRL_COMMAND)
