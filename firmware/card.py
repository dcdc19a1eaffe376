# SPDX-License-Identifier: Apache-2.0
"""The firmware of one card: boots it, then serves its events for as long as it runs."""

from __future__ import annotations

from collections.abc import Mapping

from . import regs
from .bus import ManagementBus
from .coalescing import Coalescing
from .commands import CoalescingCommands, MultiqueueCommands, OffloadCommands, ReceiveCommands, Table
from .control import Control
from .faults import Faults
from .features import MULTIQUEUE, bits, impossible, offered
from .filter import ReceiveFilter
from .identity import Card, identify, self_test
from .link import Link
from .log import Log
from .negotiated import Negotiated
from .settings import CardSettings
from .stats import snapshot
from .status import DRIVER_OK, NEEDS_RESET, DeviceStatus
from .steering import Steering
from .vlan import VlanFilter

EVENTS = (
    regs.EVENT_STATUS_STATUS_WRITE | regs.EVENT_STATUS_CTRL_COMMAND | regs.EVENT_STATUS_LINK
    | regs.EVENT_STATUS_QUEUE_ERROR | regs.EVENT_STATUS_WATCHDOG | regs.EVENT_STATUS_HOLD_TIMEOUT
)  # fmt: skip
ALL_EVENTS = EVENTS | regs.EVENT_STATUS_QUEUE_ENABLE | regs.EVENT_STATUS_QUEUE_RESET
BITES_AFTER = 4  # heartbeats missed
IDLE_WAIT_NS = 1_000_000_000


class Firmware:
    """``await boot()``, then ``await run()`` until ``stop()``."""

    def __init__(self, bus: ManagementBus, settings: CardSettings | None = None) -> None:
        self.bus = bus
        self.settings = settings or CardSettings()
        self.log = Log()
        self._running = self._more_faults = False

    async def boot(self) -> Card:
        """Check the card, offer its features, and put it into a known state, or take it over from a driver's midst.

        Named errors say what is wrong with the card.
        """
        bus, settings = self.bus, self.settings
        self.card = card = await identify(bus)
        await self_test(bus)
        bus.write32(regs.EVENT_ENABLE, 0)
        # what they tell is looked at below; only whether a command has been begun is told by nothing else
        bus.write32(regs.EVENT_STATUS, ALL_EVENTS & ~regs.EVENT_STATUS_CTRL_COMMAND)
        self.filter = ReceiveFilter(bus, card.mac_entries)
        self.coalescing = Coalescing(bus, card)
        self.link = Link(bus, card, settings)
        self.negotiated = Negotiated(settings.multi_pair_test)
        self.vlans = VlanFilter(bus)
        self.steering = Steering(bus, card.pairs, self.negotiated)
        self.control = Control(bus, self._commands(), self.negotiated)
        self.offer = offered(settings.withheld | self._impossible())
        self.status = DeviceStatus(
            bus, self.log, self.offer, self.negotiated, self._features_accepted, self.control.abandon, self._was_reset
        )
        self.faults = Faults(bus, card, self.log, self.status)
        await self.status.take_over()
        accepted = self.negotiated.features
        if accepted:
            await self.filter.take_over()
            await self.steering.take_over()
            self.vlans.take_over()
        else:
            self.steering.reset()
        bus.write32(regs.DEVICE_FEATURES_LO, self.offer & 0xFFFF_FFFF)
        bus.write32(regs.DEVICE_FEATURES_HI, self.offer >> 32)
        bus.write32(regs.HOLD_LIMIT_US, settings.hold_limit_us)
        bus.write32(regs.RX_WAIT_CYCLES, settings.rx_wait_cycles)
        # firmware before this one may have left these, and neither a driver's reset nor CLEAR takes them back
        bus.write32(regs.RX_STEER, 0)
        for gq in range(card.control_queue + 1):
            await self.set_start_index(gq, 0)
        await self.link.start(taken_over=bool(accepted))
        # a driver may have written before we were there, and then waits
        await self.status.serve()
        if accepted and self.status.status & DRIVER_OK:
            await self._carry_on(accepted)
        # the log may hold errors whose event an earlier firmware has cleared
        self._more_faults = True
        bus.write32(regs.HEARTBEAT, 1)
        bus.write32(regs.WATCHDOG_US, BITES_AFTER * settings.heartbeat_us)
        bus.write32(regs.EVENT_ENABLE, EVENTS)
        self.log.add(bus.now_ns(), "boot", f"version {card.version}, {card.pairs} pairs, {card.data_width} bits")
        return card

    def _impossible(self) -> int:
        """Features that this card cannot offer: the test mode is a map of the queues without MQ and RSS."""
        test_mode = bits(MULTIQUEUE) if self.settings.multi_pair_test else 0
        return impossible(self.card) | test_mode

    def _commands(self) -> Table:
        return {
            **ReceiveCommands(self.filter, self.vlans, self.link.set_mac).table(),
            **MultiqueueCommands(self.steering, self.card.pairs).table(),
            **OffloadCommands(self.bus, self.negotiated).table(),
            **CoalescingCommands(self.coalescing, self.card.pairs, self.negotiated).table(),
        }

    async def _carry_on(self, accepted: int) -> None:
        """A driver is live. What cannot be known or kept for it is for a reset, which only the driver can begin."""
        reason = ""
        if await self.control.refuse_begun():
            reason = "a control command was cut off"
        elif queue := await self.faults.broken():
            reason = f"{queue} has stopped"
        elif accepted & ~self.offer or await self.link.told_mtu() != self.link.mtu:
            reason = "the driver was told something else than this firmware offers"
        kept = "a driver waits to be reset" if self.status.status & NEEDS_RESET else "a driver is live, and is kept"
        self.log.add(self.bus.now_ns(), "take over", reason or kept)
        if reason:
            self.status.fail(reason)
        # whatever was to be announced may not have been
        self.bus.write32(regs.CONFIG_NOTIFY, 1)

    async def run(self) -> None:
        """Serve events until ``stop``."""
        self._running = True
        beat_ns = self.settings.heartbeat_us * 1000 or IDLE_WAIT_NS
        next_beat = 0
        while self._running:
            now = self.bus.now_ns()
            if now >= next_beat:
                self.bus.write32(regs.HEARTBEAT, 1)
                next_beat = now + beat_ns
            if self._more_faults or await self.bus.wait_event(max(next_beat - now, 1)):
                await self.serve()

    def stop(self) -> None:
        """Let ``run`` end after what it is doing."""
        self._running = False

    async def serve(self) -> None:
        """Handle everything that is pending now."""
        bus = self.bus
        events = await bus.read32(regs.EVENT_STATUS) & EVENTS
        # cleared before it is handled: what happens meanwhile raises it again
        bus.write32(regs.EVENT_STATUS, events)
        if events & regs.EVENT_STATUS_WATCHDOG:
            # before a status write: the reset that a driver may have asked for since ends this too
            self.log.add(bus.now_ns(), "watchdog", "a heartbeat came too late")
            self.status.fail("the watchdog expired")
        if events & regs.EVENT_STATUS_STATUS_WRITE:
            await self.status.serve()
        if events & regs.EVENT_STATUS_CTRL_COMMAND:
            await self.control.serve()
        if events & regs.EVENT_STATUS_LINK and (change := await self.link.serve()):
            self.log.add(bus.now_ns(), "link", change)
        if events & regs.EVENT_STATUS_QUEUE_ERROR or self._more_faults:
            self._more_faults = await self.faults.serve()
        if events & regs.EVENT_STATUS_HOLD_TIMEOUT:
            self.log.add(bus.now_ns(), "hold timeout", "a driver's read of device_status was not answered in time")

    def _features_accepted(self, accepted: int) -> None:
        self.link.features_accepted(accepted)
        self.filter.features_accepted(accepted)
        self.vlans.features_accepted(accepted)

    def _was_reset(self) -> None:
        self.link.reset()
        self.coalescing.reset()
        self.filter.reset()
        self.vlans.reset()
        self.steering.reset()

    def steer(self, table: Mapping[bytes, int], default: int = 0) -> None:
        """Vendor test mode: frames to these addresses go to these receive queues, all others to ``default``."""
        self.filter.steer(table)
        self.bus.write32(regs.RX_STEER, default)

    async def set_start_index(self, gq: int, index: int) -> None:
        """Tests: the ring index at which a queue begins when it is next enabled."""
        self.bus.write32(regs.QUEUE_SELECT, gq)
        self.bus.write32(regs.QUEUE_START_INDEX, index)

    async def counters(self) -> dict[str, int]:
        """Every counter by name, of one instant."""
        return await snapshot(self.bus)
