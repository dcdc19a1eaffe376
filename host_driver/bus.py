# SPDX-License-Identifier: Apache-2.0
"""What the driver needs of the machine it runs on; the simulation, the model and a board each provide one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, runtime_checkable

import numpy as np


class Host(Protocol):
    """Shared memory, interrupts and time, as seen by the host's processor: what there is whatever the transport."""

    memory: np.ndarray
    memory_base: int

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        """Vectors that fired since they were last returned; empty when the time is up."""

    def take_interrupts(self) -> set[int]:
        """The same for all vectors, without waiting."""

    def now_ns(self) -> int:
        """The bus's time."""

    async def sleep_ns(self, ns: int) -> None:
        """Wait."""


@runtime_checkable
class DmaSync(Protocol):
    """A host whose memory the device sees only when told (Linux: dma_sync_single_for_device, _for_cpu).

    Both are for all of memory. What was stored before the first is seen by the device before what is stored after it;
    what the device wrote before the second is seen by loads after it, and never without what it had written earlier.
    """

    def dma_sync_for_device(self) -> None:
        """Let the device see what was stored."""

    def dma_sync_for_cpu(self) -> None:
        """See what the device has written."""


class HostBus(Host, Protocol):
    """A host with a PCI function's registers."""

    async def bar_read(self, offset: int, size: int) -> int:
        """Read 1, 2 or 4 bytes of the BAR."""

    def bar_write(self, offset: int, value: int, size: int) -> None:
        """Write 1, 2 or 4 bytes of the BAR; posted."""

    async def config_read(self, offset: int, size: int) -> int:
        """Read 1, 2 or 4 bytes of PCI configuration space."""

    def config_write(self, offset: int, value: int, size: int) -> None:
        """Write 1, 2 or 4 bytes of PCI configuration space; posted."""
