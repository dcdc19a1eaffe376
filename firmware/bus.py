# SPDX-License-Identifier: Apache-2.0
"""What firmware needs of the machine it runs on, and the one way it waits for a register."""

from __future__ import annotations

from typing import Protocol

from .errors import RegisterTimeout


class ManagementBus(Protocol):
    """32-bit registers, the event line and time."""

    async def read32(self, address: int) -> int:
        """Read a register."""

    def write32(self, address: int, value: int) -> None:
        """Write a register; posted."""

    async def wait_event(self, timeout_ns: int) -> bool:
        """True: ``mgmt_irq`` is high. False: the time is up."""

    def now_ns(self) -> int:
        """The card's time."""

    async def sleep_ns(self, ns: int) -> None:
        """Wait."""


async def wait_for(bus: ManagementBus, address: int, mask: int, value: int, limit_ns: int, what: str) -> None:
    """Read ``address`` until its ``mask`` bits are ``value``; ``RegisterTimeout`` says ``what`` did not happen."""
    deadline = bus.now_ns() + limit_ns
    step = 500
    while (read := await bus.read32(address)) & mask != value:
        if bus.now_ns() >= deadline:
            raise RegisterTimeout(f"{what}: register {address:#05x} reads {read:#010x} after {limit_ns / 1000:g} us")
        await bus.sleep_ns(step)
        step = min(2 * step, 20_000)
