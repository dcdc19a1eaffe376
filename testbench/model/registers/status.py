# SPDX-License-Identifier: Apache-2.0
"""device_status between driver and firmware (virtio 1.2, 2.1): held reads, their limit, and firmware's watchdog."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.system.timeline import Event, Timeline, Timer

FEATURES_OK, NEEDS_RESET = 0x08, 0x40
PS_PER_US = 1_000_000


class DeviceStatus:
    """The driver's last write, firmware's answer to it, and what happens when there is none."""

    def __init__(
        self, timeline: Timeline, count: Callable[[str], object], raise_event: Callable[[str], object]
    ) -> None:
        self._timeline, self._count, self._raise = timeline, count, raise_event
        self.answered = Event(timeline)
        self.host_status = self.host_writes = 0
        self.device_status = 0
        self.unanswered = False
        self.hold_limit_us = 0
        self.watchdog_us = 0
        self.on_host_reset: Callable[[], object] = lambda: None
        self.on_needs_reset: Callable[[], object] = lambda: None
        self._hold: Timer | None = None
        self._watchdog: Timer | None = None

    # ---- the driver
    def host_write(self, value: int) -> None:
        """The driver wrote device_status: the next read of it waits for firmware."""
        self.host_status = value
        self.host_writes = self.host_writes + 1 & 0xFFFF
        self.unanswered = True
        self._raise("status_write")
        if not value:
            self.on_host_reset()

    def hold(self) -> None:
        """A read waits: from now on the limit runs."""
        if self._hold is None:
            self._hold = self._timeline.after(self.hold_limit_us * PS_PER_US, self._expire)

    def _expire(self) -> None:
        self._hold = None
        self.device_status = self.device_status & ~FEATURES_OK | NEEDS_RESET
        self._count("hold_timeouts")
        self._raise("hold_timeout")
        self._release()
        self.on_needs_reset()

    def _release(self) -> None:
        self.unanswered = False
        if self._hold:
            self._hold.cancel()
            self._hold = None
        self.answered.set()

    # ---- firmware
    def firmware_write(self, value: int, count: int) -> None:
        """What the driver shall read; it releases a held read if ``count`` is that of the driver's last write."""
        self.device_status = value
        if count == self.host_writes and self.unanswered:
            self._release()

    def heartbeat(self) -> None:
        """Firmware lives."""
        if self._watchdog:
            self._watchdog.cancel()
            self._watchdog = None
        if self.watchdog_us:
            self._watchdog = self._timeline.after(self.watchdog_us * PS_PER_US, self._bite)

    def _bite(self) -> None:
        self._watchdog = None
        self.device_status |= NEEDS_RESET
        self._count("watchdog_bites")
        self._raise("watchdog")
        self.on_needs_reset()
