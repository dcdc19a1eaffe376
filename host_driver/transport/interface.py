# SPDX-License-Identifier: Apache-2.0
"""What the network device needs of the way to its device; ``pci.py`` and ``vhost_user/`` are two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..bus import Host

FEATURES_OK, DRIVER_OK = 8, 4  # of the device status
NEEDS_RESET = 64  # DEVICE_NEEDS_RESET of the device status

Notify = Callable[[int, int], object]
"""``Transport.notify``: what the data path keeps of a transport."""


class Transport(Protocol):
    """One virtio device. What is awaited may take as long as the device's answer; what is not is posted."""

    @property
    def bus(self) -> Host:
        """Memory, interrupts and time."""

    async def discover(self) -> None:
        """Find the device; NotAVirtioDevice when it is none of ours."""

    async def reset(self) -> None:
        """Reset it; when this returns, the device touches no memory any more."""

    async def status(self) -> int:
        """Device status."""

    def set_status(self, status: int) -> None:
        """Write it; 0 is ``reset``'s."""

    async def needs_reset(self) -> bool:
        """The device has said that it cannot go on."""

    async def device_features(self) -> int:
        """The 64 bits offered."""

    def write_features(self, features: int) -> None:
        """The bits accepted; FEATURES_OK of the status tells whether the device takes them."""

    async def config_bytes(self, offset: int, size: int, width: int = 1) -> bytes:
        """Device configuration, all of one instant; ``width`` is that of its fields."""

    @property
    def vector_count(self) -> int:
        """Interrupts that the device can tell apart."""

    async def enable_vectors(self, count: int) -> None:
        """Let the first ``count`` of them come."""

    def disable_vectors(self) -> None:
        """Let none come."""

    async def set_config_vector(self, vector: int) -> None:
        """Which one tells of configuration changes."""

    async def queue_count(self) -> int:
        """Virtqueues that there are."""

    async def queue_limit(self, index: int) -> int:
        """Largest size of a queue, 0 when it does not exist. Valid before the queue is set up."""

    async def setup_queue(self, index: int, size: int, rings: tuple[int, int, int], vector: int) -> int:
        """Give a queue its size, rings (descriptors, driver, device) and vector; its doorbell for ``notify``."""

    def notify(self, doorbell: int, index: int) -> None:
        """Tell the device that there is something new in queue ``index``."""

    async def reset_queue(self, index: int) -> None:
        """Reset one queue (RING_RESET); when this returns, the device has let go of it."""

    async def agrees(self, queues: int, accepted: int, offered: int) -> bool:
        """The device shows these features, and the first ``queues`` queues as enabled: for a self test."""
