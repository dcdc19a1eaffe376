# SPDX-License-Identifier: Apache-2.0
"""The host's registers (virtio 1.2, 4.1.4): common and device configuration, notification, ISR, MSI-X, vendor block."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.offload.steering import TABLE_ENTRIES
from testbench.model.offload.toeplitz import KEY_BYTES
from testbench.model.registers import regs
from testbench.model.registers.msix import Msix
from testbench.model.registers.queue_registers import QueueControl
from testbench.model.registers.statistics import Snapshots
from testbench.model.registers.status import DeviceStatus

PAGE = 0x1000
NO_VECTOR = 0xFFFF
HASH_TYPES = 0x1FF  # VIRTIO_NET_HASH_TYPE_* that the card can calculate
DRIVER_AREAS = regs.COMMON_QUEUE_DESC, regs.COMMON_QUEUE_NOTIF_CONFIG_DATA  # from, to before


def word_of(offset: int) -> int:
    """The 32-bit word in which a narrower register stands."""
    return offset & ~3


class Bar:
    """32-bit words; ``mask`` of a write are the bits whose byte lanes are strobed."""

    def __init__(
        self, queues: QueueControl, msix: Msix, status: DeviceStatus, snapshots: Snapshots, pairs: int,
        count: Callable[[str], object],
    ) -> None:  # fmt: skip
        self._queues, self._msix, self._status, self._snapshots = queues, msix, status, snapshots
        self._pairs, self._count = pairs, count
        self.multi_pair = False
        self.device_features = 0
        self.config = dict.fromkeys(("mac_lo", "mac_hi", "status", "mtu", "speed", "duplex"), 0)
        self._generation = self._isr = 0
        self._unseen = False
        self.clear()

    def clear(self) -> None:
        """What a driver had written is forgotten."""
        self._device_select = self._driver_select = 0
        self.driver_features = 0
        self._queue_select = 0
        self._isr = 0

    # ---- what the card tells
    def config_changed(self) -> None:
        """Firmware wrote a field of the device configuration."""
        self._unseen = True

    def announce(self) -> None:
        """A configuration change is announced to the driver."""
        self._isr |= regs.ISR_ISR_CONFIG
        self._count("irq_config")
        self._msix.raise_vector(self._msix.config_vector)

    def notify_config(self) -> None:
        """Firmware announces what it changed."""
        self._generation = self._generation + 1 & 0xFF
        self._unseen = False
        self.announce()

    def queue_interrupt(self, gq: int) -> None:
        """A queue has something for the driver."""
        if self._msix.enabled:
            self._msix.raise_vector(self._msix.queue_vector[gq])
        else:
            self._isr |= regs.ISR_ISR_QUEUE

    # ---- reads
    def read(self, address: int) -> int:
        """A word; what nobody has is 0."""
        page, offset = address & ~(PAGE - 1), address & (PAGE - 1)
        if page == regs.BAR_COMMON:
            return self._read_common(offset)
        if page == regs.BAR_DEVICE:
            return self._read_device(offset)
        if page == regs.BAR_ISR and not offset:
            isr, self._isr = self._isr, 0
            return isr
        if page == regs.BAR_MSIX_TABLE:
            return self._msix.read(offset)
        if page == regs.BAR_MSIX_PBA:
            return self._msix.pending_word(offset)
        if page == regs.BAR_VENDOR:
            return self._read_vendor(offset)
        return 0

    def _selected(self) -> int | None:
        """Global number of the selected queue; without MQ the control queue has index 2."""
        return self._number(self._queue_select)

    def _number(self, index: int) -> int | None:
        control = 2 * self._pairs
        if self.multi_pair:
            return index if index <= control else None
        return (index, index, control)[index] if index < 3 else None

    def _read_common(self, offset: int) -> int:
        gq = self._selected()
        row = None if gq is None else self._queues.registers[gq]
        if offset == regs.COMMON_DEVICE_FEATURE_SELECT:
            return self._device_select
        if offset == regs.COMMON_DEVICE_FEATURE:
            return self.device_features >> 32 * self._device_select & 0xFFFF_FFFF if self._device_select < 2 else 0
        if offset == regs.COMMON_DRIVER_FEATURE_SELECT:
            return self._driver_select
        if offset == regs.COMMON_DRIVER_FEATURE:
            return self.driver_features >> 32 * self._driver_select & 0xFFFF_FFFF if self._driver_select < 2 else 0
        if offset == word_of(regs.COMMON_CONFIG_MSIX_VECTOR):
            return (2 * self._pairs + 1 if self.multi_pair else 3) << 16 | self._msix.config_vector
        if offset == word_of(regs.COMMON_DEVICE_STATUS):
            return self._queue_select << 16 | self._generation << 8 | self._status.device_status
        if row is None or gq is None:
            return 0
        if offset == word_of(regs.COMMON_QUEUE_SIZE):
            return self._msix.queue_vector[gq] << 16 | row.size
        if offset == word_of(regs.COMMON_QUEUE_ENABLE):
            return self._queue_select << 16 | row.enabled
        if offset == word_of(regs.COMMON_QUEUE_RESET):
            return row.resetting << 16
        if DRIVER_AREAS[0] <= offset < DRIVER_AREAS[1]:
            place = offset - DRIVER_AREAS[0]
            return row.addresses[place >> 3] >> 8 * (place & 4) & 0xFFFF_FFFF
        return 0

    def _read_device(self, offset: int) -> int:
        if self._unseen:
            self._generation = self._generation + 1 & 0xFF
            self._unseen = False
        config = self.config
        return {
            regs.DEVCFG_MAC_STATUS: config["mac_lo"],
            regs.DEVCFG_MAC_STATUS + 4: config["mac_hi"] | config["status"] << 16,
            regs.DEVCFG_MAX_VIRTQUEUE_PAIRS: self._pairs | config["mtu"] << 16,
            regs.DEVCFG_SPEED: config["speed"],
            regs.DEVCFG_DUPLEX: config["duplex"] | KEY_BYTES << 8 | TABLE_ENTRIES << 16,
            regs.DEVCFG_SUPPORTED_HASH_TYPES: HASH_TYPES,
        }.get(offset, 0)

    def _read_vendor(self, offset: int) -> int:
        place = offset - regs.VENDOR_STATS_WINDOW
        if 0 <= place < 8 * len(regs.STATS):
            return self._snapshots.host_word(place)
        return {
            regs.VENDOR_ID: regs.VENDOR_ID_RESET,
            regs.VENDOR_VERSION: regs.MGMT_VERSION_RESET,
            regs.VENDOR_STATS_COUNT: len(regs.STATS),
        }.get(offset, 0)

    # ---- writes
    def write(self, address: int, value: int, mask: int) -> None:
        """Part of a word, by byte lanes."""
        page, offset = address & ~(PAGE - 1), address & (PAGE - 1)
        if page == regs.BAR_NOTIFY:
            gq = self._number(offset >> 2)
            if gq is not None:
                self._queues.kick(gq)
        elif page == regs.BAR_COMMON:
            self._write_common(offset, value, mask)
        elif page == regs.BAR_MSIX_TABLE and mask == 0xFFFF_FFFF:
            self._msix.write(offset, value)
        elif page == regs.BAR_VENDOR and offset == regs.VENDOR_STATS_SNAPSHOT and value & mask & 1:
            self._snapshots.take_host()

    def _write_common(self, offset: int, value: int, mask: int) -> None:
        if offset == regs.COMMON_DEVICE_FEATURE_SELECT:
            self._device_select = self._device_select & ~mask | value & mask
        elif offset == regs.COMMON_DRIVER_FEATURE_SELECT:
            self._driver_select = self._driver_select & ~mask | value & mask
        elif offset == regs.COMMON_DRIVER_FEATURE:
            if self._driver_select < 2:
                shift = 32 * self._driver_select
                self.driver_features = self.driver_features & ~(mask << shift) | (value & mask) << shift
        elif offset == word_of(regs.COMMON_CONFIG_MSIX_VECTOR):
            if mask & 0xFFFF == 0xFFFF:
                self._msix.config_vector = self._msix.legal(value & 0xFFFF)
        elif offset == word_of(regs.COMMON_DEVICE_STATUS):
            self._queue_select = (self._queue_select & ~(mask >> 16) | (value & mask) >> 16) & 0xFFFF
            if mask & 0xFF:
                self._status.host_write(value & 0xFF)
        elif (gq := self._selected()) is not None:
            self._write_queue(gq, offset, value, mask)

    def _write_queue(self, gq: int, offset: int, value: int, mask: int) -> None:
        queues, low, high = self._queues, mask & 0xFFFF == 0xFFFF, mask >> 16 == 0xFFFF
        if offset == word_of(regs.COMMON_QUEUE_SIZE):
            if high:
                queues.set_vector(gq, value >> 16)
            if low:
                queues.set_size(gq, value & 0xFFFF)
        elif offset == word_of(regs.COMMON_QUEUE_ENABLE):
            if low and value & 0xFFFF == 1:
                queues.enable(gq)
        elif offset == word_of(regs.COMMON_QUEUE_RESET):
            if high and value >> 16 == 1:
                queues.reset(gq)
        elif DRIVER_AREAS[0] <= offset < DRIVER_AREAS[1]:
            queues.set_address(gq, (offset - DRIVER_AREAS[0]) >> 2, value, mask)
