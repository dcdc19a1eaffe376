# SPDX-License-Identifier: Apache-2.0
"""Stands in for a host on the card's registers: what a front end says in messages becomes what a driver would write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .. import bar_regs as bar
from .. import regs
from ..bus import ManagementBus
from ..errors import FirmwareError
from ..identity import Card, field
from ..status import ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK

RESET_LIMIT_NS = 100_000_000
STOP_LIMIT_NS = 100_000_000
POLL_NS = 2_000
MESSAGE_ADDRESS = 0xFEE0_0000
LAP = 0x8000  # of a packed ring's index: the wrap counter is 0 (QUEUE_START_INDEX)


class PortError(FirmwareError):
    """The card did not do within a bound what it was told."""


class HostRegisters(Protocol):
    """The two spaces a host reaches."""

    async def bar_read(self, offset: int, size: int) -> int:
        """Read 1, 2, 4 or 8 bytes of the BAR."""

    def bar_write(self, offset: int, value: int, size: int) -> None:
        """Write to the BAR; posted."""

    def config_write(self, offset: int, value: int, size: int) -> None:
        """Write PCI configuration space; posted."""

    def now_ns(self) -> int:
        """The card's time."""

    async def sleep_ns(self, ns: float) -> None:
        """Wait."""


class CardPort:
    """Queues are counted as the front end counts them: 2n receive, 2n + 1 transmit, the last one control."""

    def __init__(self, host: HostRegisters, mgmt: ManagementBus, card: Card) -> None:
        self._host, self._mgmt, self.card = host, mgmt, card
        self.config_vector = 2 * card.pairs + 1
        self.multi_pair = False
        """The control queue is the last of all, not queue 2."""

    def boot(self) -> None:
        """One message for each queue, whose number is its vector, and one for the configuration."""
        for vector in range(self.config_vector + 1):
            entry = bar.BAR_MSIX_TABLE + 16 * vector
            for place, word in enumerate((MESSAGE_ADDRESS, 0, vector, 0)):
                self._host.bar_write(entry + 4 * place, word, 4)
        self._host.config_write(bar.PCI_CAP_MSIX, bar.PCI_CAP_MSIX_ENABLE, 4)

    @property
    def queues(self) -> int:
        """All of them."""
        return 2 * self.card.pairs + 1

    @property
    def control_queue(self) -> int:
        """The control queue's index for the front end."""
        return 2 * self.card.pairs if self.multi_pair else 2

    def gq(self, index: int) -> int:
        """The card's own number of a queue."""
        return 2 * self.card.pairs if index == self.control_queue else index

    async def offered(self) -> int:
        """Feature bits of the card."""
        return await self._features(bar.COMMON_DEVICE_FEATURE_SELECT, bar.COMMON_DEVICE_FEATURE)

    async def _features(self, select: int, window: int) -> int:
        bits = 0
        for word in range(2):
            self._host.bar_write(bar.BAR_COMMON + select, word, 4)
            bits |= await self._host.bar_read(bar.BAR_COMMON + window, 4) << 32 * word
        return bits

    async def status(self) -> int:
        """device_status."""
        return await self._host.bar_read(bar.BAR_COMMON + bar.COMMON_DEVICE_STATUS, 1)

    def _write_status(self, status: int) -> None:
        self._host.bar_write(bar.BAR_COMMON + bar.COMMON_DEVICE_STATUS, status, 1)

    async def reset(self) -> None:
        """As a driver resets; written again where the card could not become quiet in its own time. Raises PortError."""
        limit = self._host.now_ns() + RESET_LIMIT_NS
        while True:
            self._write_status(0)
            if not await self.status():
                return
            if self._host.now_ns() > limit:
                raise PortError("the card does not come out of its reset")

    async def negotiate(self, features: int, multi_pair: bool) -> bool:
        """From reset to FEATURES_OK; False: the card refuses these features."""
        await self.reset()
        self._write_status(ACKNOWLEDGE | DRIVER)
        for word in range(2):
            self._host.bar_write(bar.BAR_COMMON + bar.COMMON_DRIVER_FEATURE_SELECT, word, 4)
            self._host.bar_write(bar.BAR_COMMON + bar.COMMON_DRIVER_FEATURE, features >> 32 * word & 0xFFFF_FFFF, 4)
        self._write_status(ACKNOWLEDGE | DRIVER | FEATURES_OK)
        self.multi_pair = multi_pair
        taken = bool(await self.status() & FEATURES_OK)
        common = bar.BAR_COMMON + bar.COMMON_CONFIG_MSIX_VECTOR
        self._host.bar_write(common, self.config_vector, 2)
        return taken

    def driver_ok(self) -> None:
        """The guest's driver is ready."""
        self._write_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)

    async def start_queue(self, index: int, size: int, areas: Sequence[int], start: int) -> None:
        """Let a queue run from ring index ``start``; ``areas`` are its descriptor, driver and device areas."""
        self._mgmt.write32(regs.QUEUE_SELECT, self.gq(index))
        self._mgmt.write32(regs.QUEUE_START_INDEX, start)
        await self._mgmt.read32(regs.QUEUE_START_INDEX)  # it is there before the other port starts the queue
        self._select(index)
        for register, value, width in (
            (bar.COMMON_QUEUE_SIZE, size, 2),
            (bar.COMMON_QUEUE_MSIX_VECTOR, index, 2),
            (bar.COMMON_QUEUE_DESC, areas[0], 8),
            (bar.COMMON_QUEUE_DRIVER, areas[1], 8),
            (bar.COMMON_QUEUE_DEVICE, areas[2], 8),
            (bar.COMMON_QUEUE_ENABLE, 1, 2),
        ):
            self._host.bar_write(bar.BAR_COMMON + register, value, width)

    async def stop_queue(self, index: int) -> int:
        """Stop a queue; the index of the first buffer it has not used. It touches memory no more. Raises PortError."""
        self._select(index)
        self._host.bar_write(bar.BAR_COMMON + bar.COMMON_QUEUE_RESET, 1, 2)
        limit = self._host.now_ns() + STOP_LIMIT_NS
        while await self._host.bar_read(bar.BAR_COMMON + bar.COMMON_QUEUE_RESET, 2):
            if self._host.now_ns() > limit:
                raise PortError(f"queue {index} does not stop")
            await self._host.sleep_ns(POLL_NS)
        self._mgmt.write32(regs.QUEUE_SELECT, self.gq(index))
        return field(await self._mgmt.read32(regs.QUEUE_INDICES), regs.QUEUE_INDICES_USED)

    def kick(self, index: int) -> None:
        """Notify a queue."""
        self._host.bar_write(bar.BAR_NOTIFY + 4 * index, index, 2)

    async def config(self, offset: int, length: int) -> bytes:
        """Bytes of the device configuration; zeros behind its end."""
        data = bytearray(length)
        for place in range(offset, min(offset + length, bar.BAR_DEVICE_SIZE)):
            data[place - offset] = await self._host.bar_read(bar.BAR_DEVICE + place, 1)
        return bytes(data)

    def _select(self, index: int) -> None:
        self._host.bar_write(bar.BAR_COMMON + bar.COMMON_QUEUE_SELECT, index, 2)
