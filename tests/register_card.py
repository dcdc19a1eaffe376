# SPDX-License-Identifier: Apache-2.0
"""The management port as docs/contracts.md tells it, with nothing behind it: for tests of firmware without RTL."""

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

    def __init__(self, pairs: int = 1, mac_entries: int = 16, max_frame: int = 9216) -> None:
        self.words = {
            regs.ID: 0x4C524546, regs.VERSION: 0x00010000, regs.PARAM_QUEUES: 1024 << 16 | pairs,
            regs.PARAM_WIDTH: 1 << 16 | 128, regs.PARAM_FRAME: mac_entries << 16 | max_frame, regs.CORE_HZ: 250_000_000,
            regs.LINK: 1,
        }  # fmt: skip
        self.time = 0
        self.writes: list[tuple[int, int]] = []
        self.mac_table: dict[int, tuple[int, int]] = {}
        self.coalescing: dict[int, tuple[int, int]] = {}
        self.queue_state: dict[int, int] = {}
        self.errors: list[int] = []
        self.quiet = True
        self.quiet_after_ns = 0
        self.stuck_bits = 0
        self.notifies = 0
        self.done: list[bytes] = []
        self.limit = 20_000

    def now_ns(self) -> int:
        self.time += 100
        return self.time

    async def sleep_ns(self, ns: int) -> None:
        self.time += ns

    async def wait_event(self, timeout_ns: int) -> bool:
        high = bool(self.words.get(regs.EVENT_STATUS, 0) & self.words.get(regs.EVENT_ENABLE, 0))
        self.time += 0 if high else timeout_ns
        self.limit -= 1
        assert self.limit, "firmware spins"
        return high

    async def read32(self, address: int) -> int:
        self.time += 50
        words = self.words
        if address == regs.ERROR_LOG:
            return self.errors.pop(0) if self.errors else 0
        if address == regs.QUEUE_STATE:
            return self.queue_state.get(words.get(regs.QUEUE_SELECT, 0), 0)
        if address == regs.CYCLES_LO:
            return self.time // 4
        if address == regs.DATAPATH_STATUS:
            busy = words.get(regs.CTRL_STATE, 0) & 1
            return int(self.quiet and not busy and self.time >= self.quiet_after_ns)
        if address in (regs.COAL_PACKETS, regs.COAL_USECS):
            return self.coalescing.get(words[regs.COAL_QUEUE], (0, 0))[address == regs.COAL_USECS]
        if address == regs.SCRATCH:
            return words.get(address, 0) | self.stuck_bits
        return words.get(address, 0)

    def write32(self, address: int, value: int) -> None:
        self.writes.append((address, value))
        words = self.words
        if address == regs.EVENT_STATUS:
            words[address] = words.get(address, 0) & ~value
        elif address == regs.DATAPATH:
            if value & regs.DATAPATH_CLEAR:
                assert value & regs.DATAPATH_QUIESCE and self.quiet, "cleared while something may run"
                self.mac_table.clear()
                self.coalescing.clear()
            words[address] = value & ~regs.DATAPATH_CLEAR
        elif address == regs.MAC_TABLE_HI:
            self.mac_table[words[regs.MAC_TABLE_INDEX]] = (words[regs.MAC_TABLE_LO], value)
        elif address == regs.COAL_USECS:
            self.coalescing[words[regs.COAL_QUEUE]] = (words[regs.COAL_PACKETS], value)
        elif address == regs.CONFIG_NOTIFY:
            self.notifies += 1
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

    def command(self, request: bytes, capacity: int = 1, too_long: bool = False) -> None:
        for at in range(0, len(request), 4):
            self.words[regs.CTRL_RAM + at] = int.from_bytes(request[at : at + 4], "little")
        self.words[regs.CTRL_STATE] = len(request) << 16 | too_long << 1 | 1
        self.words[regs.CTRL_CAPACITY] = capacity
        self.raise_event(regs.EVENT_STATUS_CTRL_COMMAND)

    def valid_macs(self) -> dict[bytes, int]:
        """Addresses in the table, with the queue of those that steer (else -1)."""
        table = {}
        for low, high in self.mac_table.values():
            if high & regs.MAC_TABLE_HI_VALID:
                mac = low.to_bytes(4, "little") + (high & 0xFFFF).to_bytes(2, "little")
                table[mac] = high >> 24 & 15 if high & regs.MAC_TABLE_HI_STEER else -1
        return table
