# SPDX-License-Identifier: Apache-2.0
"""Firmware's registers: the management port, word by word, with its events and its log of queue errors."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from testbench.model.registers import regs
from testbench.model.registers.management_map import COALESCING_DEFAULTS, CONFIG, PLAIN, READERS, WRITERS, mac_of

if TYPE_CHECKING:
    from testbench.model.card import Card

EVENTS = (
    "status_write", "queue_enable", "queue_reset", "ctrl_command", "link", "queue_error", "watchdog", "hold_timeout",
)  # fmt: skip
LOGGED = 16  # errors that wait for firmware; later ones are only counted
PAGE, WORDS = 0xF000, 0xFFC


class Management:
    """Reads and writes of 32-bit words. ``on_interrupt`` is called when ``mgmt_irq`` rises."""

    events: int
    cycles_high: int

    def __init__(self, card: Card, on_interrupt: Callable[[], object]) -> None:
        self._card, self._on_interrupt = card, on_interrupt
        self.plain = {address: reset for address, (_, reset) in PLAIN.items()}
        """Registers that read as they were written."""
        self.events = 0
        self.cycles_high = self.coal_packets = 0
        self._errors: deque[tuple[int, int]] = deque()
        card.bar.config.update(speed=regs.MGMT_CONFIG_SPEED_RESET, duplex=regs.MGMT_CONFIG_DUPLEX_RESET)

    # ---- events
    @property
    def irq(self) -> bool:
        """Some enabled event waits."""
        return bool(self.events & self.plain[regs.MGMT_EVENT_ENABLE])

    def announce(self) -> None:
        """Tell firmware, if there is something to tell."""
        if self.irq:
            self._on_interrupt()

    def raise_event(self, name: str) -> None:
        """Set a bit of EVENT_STATUS."""
        self.events |= 1 << EVENTS.index(name)
        self.announce()

    def clear_events(self, bits: int) -> None:
        """Firmware has seen these."""
        self.events &= ~bits

    def log_error(self, gq: int, code: int) -> None:
        """A queue error, for firmware to read."""
        if len(self._errors) < LOGGED:
            self._errors.append((gq, code))
        self.raise_event("queue_error")

    def next_error(self) -> int:
        """The oldest error as ERROR_LOG shows it, which takes it out; 0: there is none."""
        if not self._errors:
            return 0
        gq, code = self._errors.popleft()
        return regs.MGMT_ERROR_LOG_VALID | code << regs.MGMT_ERROR_LOG_CODE_SHIFT | gq

    # ---- words
    def read(self, address: int) -> int:
        """A word; what nobody has is 0."""
        card, page, offset = self._card, address & PAGE, address & WORDS
        if page == regs.MGMT_CTRL_RAM:
            return int.from_bytes(card.control.ram[offset : offset + 4], "little")
        if page == regs.MGMT_STATS_WINDOW:
            return card.snapshots.firmware_word(offset)
        if address in READERS:
            return READERS[address](card, self)
        if address in CONFIG:
            return card.bar.config[CONFIG[address][0]]
        if address in COALESCING_DEFAULTS:
            return card.coalescer.defaults[COALESCING_DEFAULTS[address]]
        return self.plain.get(address, 0)

    def write(self, address: int, value: int) -> None:
        """A whole word."""
        card, page, offset = self._card, address & PAGE, address & WORDS
        if page == regs.MGMT_CTRL_RAM:
            card.control.ram[offset : offset + 4] = value.to_bytes(4, "little")
        elif address in CONFIG:
            name, bits = CONFIG[address]
            card.bar.config[name] = value & bits
            card.bar.config_changed()
            card.filter.mac = mac_of(card.bar.config["mac_lo"], card.bar.config["mac_hi"])
        elif address in COALESCING_DEFAULTS:
            card.coalescer.defaults[COALESCING_DEFAULTS[address]] = value & 0xFFFF
        else:
            if address in PLAIN:
                self.plain[address] = value & PLAIN[address][0]
            if address in WRITERS:
                WRITERS[address](card, self, value)
