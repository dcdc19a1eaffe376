# SPDX-License-Identifier: Apache-2.0
"""What one front end has set up, and bringing the card into that state: features, device status, rings that run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from .. import features as feature
from .. import regs
from ..card import Firmware
from ..status import DRIVER_OK, FEATURES_OK, NEEDS_RESET
from .inflight import Inflight, Keeper
from .memory import GuestMemory, Mapper
from .message import VhostError
from .port import CardPort, HostRegisters
from .protocol import F_PROTOCOL_FEATURES, ProtocolFeature
from .requests import Requests
from .rings import Events, Rings

NOT_HERE = feature.bits((feature.ACCESS_PLATFORM, feature.ORDER_PLATFORM, feature.RING_RESET))
"""For drivers on a bus only: behind vhost-user is no IOMMU, and rings are stopped by the front end."""
ONE = (1).to_bytes(8, "little")


class Guest(Mapper, Keeper, Events, Protocol):
    """Who does for a guest in another process what needs no firmware."""


class Session:
    """The card in the hands of one front end, until ``close``."""

    def __init__(self, firmware: Firmware, host: HostRegisters, guest: Guest, say: Callable[[str], None]) -> None:
        """``say`` is told in words what happens."""
        self.firmware, self.events, self.say = firmware, guest, say
        self.port = CardPort(host, firmware.bus, firmware.card)
        self.memory = GuestMemory(guest)
        self.inflight = Inflight(guest, self.memory, self.port.queues)
        self.rings = Rings(self.port, self.memory, self.inflight, guest, lambda: self.packed)
        self.features = 0
        """What the driver accepted, without the protocol's own bit."""
        self.protocol_features = 0
        self.told_status = 0
        """What the front end last said with SET_STATUS."""
        self.requests = Requests()
        self.error_fds: dict[int, int] = {}
        self._mtu = firmware.link.mtu
        """The card's own, until the front end says another."""
        self._in_force: int | None = None
        self._driver_ok = False

    def has(self, bit: ProtocolFeature) -> bool:
        """Whether a protocol feature was negotiated."""
        return bool(self.protocol_features >> bit & 1)

    @property
    def packed(self) -> bool:
        """Rings are packed."""
        return feature.has(self.features, feature.RING_PACKED)

    @property
    def call_vectors(self) -> set[int]:
        """Interrupts that have to go through ``requests``: those of the rings without call descriptors."""
        in_band = self.has(ProtocolFeature.INBAND_NOTIFICATIONS)
        return set(range(self.port.config_vector)) if in_band else set()

    def protocol_names(self) -> list[str]:
        """The protocol features negotiated, in words."""
        return [bit.name for bit in ProtocolFeature if self.has(bit)]

    async def offered(self) -> int:
        """Features for the front end."""
        return await self.port.offered() & ~NOT_HERE | 1 << F_PROTOCOL_FEATURES

    async def negotiate(self) -> bool:
        """Have the card accept the features; rings that ran go on afterwards. False: it refuses them."""
        async with self.paused():
            card = self._for_the_card()
            multi_pair = bool(card & feature.bits((feature.MQ, feature.RSS)))
            self._driver_ok = False
            self._in_force = self.features if await self.port.negotiate(card, multi_pair) else None
        if self._in_force is not None:
            if not feature.has(self.features, feature.CTRL_VQ):
                # the driver's receive modes do not come here
                self.firmware.filter.set_mode(regs.RX_MODE_PROMISC, True)
            self.say(f"features {self.features:#x}: {', '.join(feature.names(self.features))}")
        return self._in_force is not None

    def _for_the_card(self) -> int:
        """A front end may keep the control queue to itself: then what is set through it is its own business.

        But several pairs, and what is in the header of a frame, are the card's.
        """
        if feature.has(self.features, feature.CTRL_VQ):
            return self.features
        commanded = feature.bits(
            tuple(bit for bit, needs in feature.REQUIREMENTS.items() if (feature.CTRL_VQ,) in needs)
        )
        kept = self.features & feature.bits((feature.MQ, feature.RSS, feature.HASH_REPORT))
        control = feature.bits((feature.CTRL_VQ,)) if kept else 0
        return self.features & ~commanded | kept | control

    def _refusal(self) -> str:
        return f"the card refuses the features {self.features:#x}: {self.firmware.log.last('features')}"

    def driver_ok(self) -> None:
        """The driver is there: frames may come."""
        if not self._driver_ok:
            self._driver_ok = True
            self.port.driver_ok()

    async def settle(self) -> None:
        """Start what may run. Without the STATUS protocol feature that is also what tells the card of a driver."""
        ready = self.rings.ready
        if not ready:
            return
        if self._in_force != self.features and not await self.negotiate():
            raise VhostError(self._refusal())
        for ring in self.rings.ready:
            await self.rings.start(ring)
        if not self.has(ProtocolFeature.STATUS):
            self.driver_ok()
        await self._tell_pairs()

    async def _tell_pairs(self) -> None:
        """A front end that keeps the control queue to itself says with its rings how many pairs are in use."""
        if feature.has(self.features, feature.MQ) and not feature.has(self.features, feature.CTRL_VQ):
            await self.firmware.steering.automatic(max(self.rings.pairs, 1))

    async def stop(self, index: int) -> None:
        """Take a ring from the card."""
        await self.rings.stop(self.rings.at(index))
        await self._tell_pairs()

    @contextlib.asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """No ring runs inside; those that did, and still have their memory, run again afterwards."""
        running = self.rings.running
        for ring in running:
            await self.rings.stop(ring)
        yield
        for ring in running:
            await self.rings.start(ring)

    async def set_status(self, status: int) -> None:
        """device_status as the guest's driver writes it."""
        self.told_status = status
        if not status:
            self.rings.forget()
            self._in_force, self._driver_ok = None, False
            await self.port.reset()
            self.inflight.reset()
            return
        if status & FEATURES_OK and self._in_force != self.features and not await self.negotiate():
            self.say(self._refusal())
        if status & DRIVER_OK and self._in_force is not None:
            self.driver_ok()

    async def status(self) -> int:
        """device_status as the driver reads it."""
        if self._in_force is None:
            return self.told_status & ~(FEATURES_OK | DRIVER_OK)
        return await self.port.status()

    async def configuration_changed(self) -> None:
        """The card has a word for the driver: on to the front end."""
        if self.has(ProtocolFeature.CONFIG):
            self.requests.config_change()
        if self._in_force is not None and await self.port.status() & NEEDS_RESET:
            self.say("the card wants to be reset: " + self.firmware.log.last("needs reset"))
            for fd in self.error_fds.values():
                with contextlib.suppress(OSError):
                    os.write(fd, ONE)

    async def close(self) -> None:
        """The front end is gone: the card lets go of everything of it."""
        self.rings.forget()
        self._in_force = None
        await self.port.reset()
        self.firmware.link.set_mtu(self._mtu)
        self.inflight.close()
        self.events.clear()
        self.memory.clear()
        self.requests.close()
        for fd in self.error_fds.values():
            os.close(fd)
        self.error_fds.clear()
