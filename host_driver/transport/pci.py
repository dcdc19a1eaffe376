# SPDX-License-Identifier: Apache-2.0
"""The virtio PCI transport (modern): typed access to the structures that the capability list names."""

from __future__ import annotations

from ..bus import HostBus
from ..errors import DeviceTimeout, NotAVirtioDevice, QueueError
from .capabilities import MODERN_BASE, PCI_COMMAND, VIRTIO_VENDOR, Capabilities, read_capabilities
from .interface import NEEDS_RESET

# struct virtio_pci_common_cfg of the standard: name -> (offset, size)
COMMON = {
    "device_feature_select": (0, 4),
    "device_feature": (4, 4),
    "driver_feature_select": (8, 4),
    "driver_feature": (12, 4),
    "config_msix_vector": (16, 2),
    "num_queues": (18, 2),
    "device_status": (20, 1),
    "config_generation": (21, 1),
    "queue_select": (22, 2),
    "queue_size": (24, 2),
    "queue_msix_vector": (26, 2),
    "queue_enable": (28, 2),
    "queue_notify_off": (30, 2),
    "queue_desc": (32, 8),
    "queue_driver": (40, 8),
    "queue_device": (48, 8),
    "queue_notif_config_data": (56, 2),
    "queue_reset": (58, 2),
}
COMMON_MINIMUM = 56  # up to queue_device; the fields after it come with features
NO_VECTOR = 0xFFFF
MSIX_ENABLE, MSIX_FUNCTION_MASK = 1 << 15, 1 << 14
MSI_ADDRESS = 0xFEE0_0000
COMMAND_MEMORY_AND_MASTER = 0x6
RESET_LIMIT_NS = 200_000_000
POLL_NS = 1_000


class PciTransport:
    """Registers of one device. Reads are awaited, writes are posted."""

    def __init__(self, bus: HostBus) -> None:
        self.bus = bus
        self.caps = Capabilities(0, 0, 0)
        self.reset_limit_ns = RESET_LIMIT_NS
        self._common = self._notify = self._config = 0

    async def discover(self, device_type: int = 1) -> None:
        """Find the structures; refuse what is not a modern device of ``device_type``."""
        self.caps = caps = await read_capabilities(self.bus)
        if (caps.vendor, caps.device) != (VIRTIO_VENDOR, MODERN_BASE + device_type):
            raise NotAVirtioDevice(
                f"PCI identity {caps.vendor:04x}:{caps.device:04x}, "
                f"expected {VIRTIO_VENDOR:04x}:{MODERN_BASE + device_type:04x}"
            )
        if caps.common is None or caps.notify is None or caps.device_config is None:
            raise NotAVirtioDevice("the capability list lacks the common, notify or device configuration structure")
        if caps.common.length < COMMON_MINIMUM:
            raise NotAVirtioDevice(f"common configuration of {caps.common.length} bytes, needs {COMMON_MINIMUM}")
        self._common, self._notify = caps.common.offset, caps.notify.offset
        self._config = caps.device_config.offset
        self.bus.config_write(PCI_COMMAND, COMMAND_MEMORY_AND_MASTER, 2)

    async def read(self, field: str) -> int:
        """A field of the common configuration."""
        offset, size = COMMON[field]
        return await self.bus.bar_read(self._common + offset, size)

    def write(self, field: str, value: int) -> None:
        """Write a field; 64-bit ones as two halves, low first."""
        offset, size = COMMON[field]
        if size == 8:
            self.bus.bar_write(self._common + offset, value & 0xFFFF_FFFF, 4)
            self.bus.bar_write(self._common + offset + 4, value >> 32, 4)
        else:
            self.bus.bar_write(self._common + offset, value, size)

    async def reset(self) -> None:
        """Write 0 to the status and wait until it reads 0: only then has the device let go of memory."""
        self.write("device_status", 0)
        deadline = self.bus.now_ns() + self.reset_limit_ns
        while await self.read("device_status"):
            if self.bus.now_ns() > deadline:
                raise DeviceTimeout(f"device_status is not 0 after {self.reset_limit_ns // 1_000_000} ms of reset")
            await self.bus.sleep_ns(POLL_NS)

    async def status(self) -> int:
        """Device status."""
        return await self.read("device_status")

    def set_status(self, status: int) -> None:
        """Write it."""
        self.write("device_status", status)

    async def needs_reset(self) -> bool:
        """The device has said that it cannot go on."""
        return bool(await self.status() & NEEDS_RESET)

    async def device_features(self) -> int:
        """The 64 bits offered."""
        value = 0
        for half in range(2):
            self.write("device_feature_select", half)
            value |= await self.read("device_feature") << 32 * half
        return value

    def write_features(self, features: int) -> None:
        """The bits accepted."""
        for half in range(2):
            self.write("driver_feature_select", half)
            self.write("driver_feature", features >> 32 * half & 0xFFFF_FFFF)

    async def config_bytes(self, offset: int, size: int, width: int = 1) -> bytes:
        """Device configuration, read until no change came in between, in accesses of its fields' width (4.1.3.1)."""
        length = self.caps.device_config.length if self.caps.device_config else 0
        if offset + size > length:
            raise NotAVirtioDevice(f"device configuration has {length} bytes, {offset + size} are needed")
        for _ in range(100):
            before = await self.read("config_generation")
            places = range(self._config + offset, self._config + offset + size, width)
            data = b"".join([(await self.bus.bar_read(place, width)).to_bytes(width, "little") for place in places])
            if await self.read("config_generation") == before:
                return data
        raise DeviceTimeout("config_generation changed at every one of 100 reads")

    async def setup_queue(self, index: int, size: int, rings: tuple[int, int, int], vector: int) -> int:
        """Give a queue its size, rings and vector, and enable it. Returns the offset of its doorbell."""
        self.write("queue_select", index)
        self.write("queue_size", size)
        for field, address in zip(("queue_desc", "queue_driver", "queue_device"), rings, strict=True):
            self.write(field, address)
        self.write("queue_msix_vector", vector)
        if await self.read("queue_msix_vector") != vector:
            raise QueueError(f"queue {index}: the device does not take MSI-X vector {vector}")
        doorbell = self._notify + await self.read("queue_notify_off") * self.caps.notify_multiplier
        self.write("queue_enable", 1)
        return doorbell

    def notify(self, doorbell: int, index: int) -> None:
        """Write the doorbell of queue ``index``."""
        self.bus.bar_write(doorbell, index, 2)

    async def queue_count(self) -> int:
        """Virtqueues that there are."""
        return await self.read("num_queues")

    async def queue_limit(self, index: int) -> int:
        """Largest size of a queue, 0 when it does not exist. Valid before the queue is set up."""
        self.write("queue_select", index)
        return await self.read("queue_size")

    async def reset_queue(self, index: int) -> None:
        """Reset one queue (RING_RESET) and wait until the device says it is done."""
        self.write("queue_select", index)
        self.write("queue_reset", 1)
        deadline = self.bus.now_ns() + self.reset_limit_ns
        while await self.read("queue_reset"):
            if self.bus.now_ns() > deadline:
                raise DeviceTimeout(f"queue {index} is not reset after {self.reset_limit_ns // 1_000_000} ms")
            await self.bus.sleep_ns(POLL_NS)
        if await self.read("queue_enable"):
            raise QueueError(f"queue {index} is enabled after its reset")

    async def set_config_vector(self, vector: int) -> None:
        """Vector of configuration changes."""
        self.write("config_msix_vector", vector)
        if await self.read("config_msix_vector") != vector:
            raise NotAVirtioDevice(f"the device does not take MSI-X vector {vector} for configuration changes")

    @property
    def vector_count(self) -> int:
        """Entries of the MSI-X table."""
        return self.caps.msix_size

    async def enable_vectors(self, count: int) -> None:
        """Fill and unmask the first ``count`` entries of the table, then switch MSI-X on."""
        caps = self.caps
        if caps.msix_at is None or count > caps.msix_size:
            raise NotAVirtioDevice(f"{count} MSI-X vectors are needed, the device has {caps.msix_size}")
        for vector in range(count):
            entry = caps.msix_table + 16 * vector
            for offset, value in ((0, MSI_ADDRESS), (4, 0), (8, vector), (12, 0)):
                self.bus.bar_write(entry + offset, value, 4)
        self.bus.config_write(caps.msix_at + 2, MSIX_ENABLE, 2)

    def disable_vectors(self) -> None:
        """Switch MSI-X off."""
        if self.caps.msix_at is not None:
            self.bus.config_write(self.caps.msix_at + 2, 0, 2)

    async def agrees(self, queues: int, accepted: int, offered: int) -> bool:
        """Features read back, and the first ``queues`` queues one by one."""
        same = True
        for index in range(queues):
            self.write("queue_select", index)
            same &= await self.read("queue_select") == index and await self.read("queue_enable") == 1
        held = 0
        for half in range(2):
            self.write("driver_feature_select", half)
            held |= await self.read("driver_feature") << 32 * half
        return same and held == accepted and await self.device_features() == offered
