# SPDX-License-Identifier: Apache-2.0
"""Device status: what the driver writes step by step, what the card answers, and reset in the middle of anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from . import features as feature
from . import regs
from .bus import ManagementBus, wait_for
from .errors import RegisterTimeout
from .identity import field
from .log import Log
from .negotiated import Negotiated

ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, NEEDS_RESET, FAILED = 1, 2, 4, 8, 64, 128
QUIET_LIMIT_NS = 15_000_000
CLEAR_LIMIT_NS = 1_000_000


class DeviceStatus:
    """Keeps ``status`` as the driver sees it. ``on_reset`` and ``on_features`` do what other modules must do then."""

    def __init__(
        self, bus: ManagementBus, log: Log, offer: int, negotiated: Negotiated,
        on_features: Callable[[int], None], abandon: Callable[[], Awaitable[None]], on_reset: Callable[[], None],
    ) -> None:  # fmt: skip
        self._bus, self._log, self._offer, self._negotiated = bus, log, offer, negotiated
        self._on_features, self._abandon, self._on_reset = on_features, abandon, on_reset
        self.status = 0
        self.resets = 0
        self._count: int | None = None
        """Of the write that was served last."""
        self._interrupted = False

    async def take_over(self) -> None:
        """What an earlier firmware has answered still holds, and so do the features in force after FEATURES_OK."""
        bus = self._bus
        self.status = field(await bus.read32(regs.DEVICE_STATUS), regs.DEVICE_STATUS_STATUS)
        wanted = field(await bus.read32(regs.HOST_STATUS), regs.HOST_STATUS_STATUS)
        # a driver takes no bit back but by a reset: so there was one, and it was not finished
        self._interrupted = bool(self.status & ~NEEDS_RESET & ~wanted)
        if self.status & FEATURES_OK and not self._interrupted:
            self._negotiated.features = await self._in_force()
        switches = await bus.read32(regs.DATAPATH)
        if switches & regs.DATAPATH_MULTI_PAIR != self._base:
            # only then, because a write takes back the QUIESCE of a reset that comes in this moment
            bus.write32(regs.DATAPATH, switches & ~regs.DATAPATH_MULTI_PAIR | self._base)

    async def _in_force(self) -> int:
        low = await self._bus.read32(regs.ACTIVE_FEATURES_LO)
        accepted = low | await self._bus.read32(regs.ACTIVE_FEATURES_HI) << 32
        if feature.has(accepted, feature.CTRL_GUEST_OFFLOADS):
            # an offload that the driver has switched off is in force no more, but it may switch it on again
            negotiated = self._offer & await self._bus.read32(regs.DRIVER_FEATURES_LO)
            accepted |= negotiated & feature.bits(feature.GUEST_OFFLOADS)
        return accepted

    @property
    def _base(self) -> int:
        """DATAPATH bits that stay set whatever the driver does, until its next reset."""
        return regs.DATAPATH_MULTI_PAIR if self._negotiated.multi_pair else 0

    async def serve(self) -> None:
        """The driver wrote the status: act, then answer with the count of the write that was seen."""
        word = await self._bus.read32(regs.HOST_STATUS)
        wanted = field(word, regs.HOST_STATUS_STATUS)
        served, self._count = self._count, field(word, regs.HOST_STATUS_COUNT)
        # a write of 0 sets QUIESCE: so a reset is seen even when the driver has already written again
        stopped = await self._bus.read32(regs.DATAPATH) & regs.DATAPATH_QUIESCE
        # an event may come of a write that was served with the one before it: a driver that has read 0 goes on at once,
        # and a second reset would take from it what it has written since
        asked = wanted == 0 and served != self._count
        if (asked or stopped or self._interrupted) and not await self._reset():
            return
        if wanted:
            await self._advance(wanted)
        self._answer()

    async def _reset(self) -> bool:
        bus = self._bus
        self._negotiated.features = 0
        bus.write32(regs.DATAPATH, self._base | regs.DATAPATH_QUIESCE)
        try:
            await self._quiet()
            bus.write32(regs.DATAPATH, self._base | regs.DATAPATH_QUIESCE | regs.DATAPATH_CLEAR)
            await wait_for(bus, regs.DATAPATH, regs.DATAPATH_CLEAR, 0, CLEAR_LIMIT_NS, "CLEAR does not finish")
        except RegisterTimeout as error:
            # memory may still be written, so 0 must not be answered: the driver would reuse it
            self._log.add(bus.now_ns(), "reset failed", str(error))
            self.status |= NEEDS_RESET
            self._answer()
            return False
        bus.write32(regs.ACTIVE_FEATURES_LO, 0)
        bus.write32(regs.ACTIVE_FEATURES_HI, 0)
        self.status = 0
        self._interrupted = False
        self._on_reset()
        bus.write32(regs.DATAPATH, self._base)
        self.resets += 1
        return True

    async def _quiet(self) -> None:
        deadline = self._bus.now_ns() + QUIET_LIMIT_NS
        while True:
            # a command nobody will answer keeps its queue busy, and one may come until the queues have stopped
            await self._abandon()
            try:
                await wait_for(
                    self._bus, regs.DATAPATH_STATUS, regs.DATAPATH_STATUS_QUIET, regs.DATAPATH_STATUS_QUIET,
                    100_000, "DMA does not become quiet",
                )  # fmt: skip
                return
            except RegisterTimeout:
                if self._bus.now_ns() >= deadline:
                    raise

    async def _advance(self, wanted: int) -> None:
        # NEEDS_RESET is the card's, and a driver must not clear a bit but by reset
        new = (wanted & ~NEEDS_RESET) & ~self.status
        self.status |= new & (ACKNOWLEDGE | DRIVER | FAILED)
        if new & FEATURES_OK and await self._features_ok():
            self.status |= FEATURES_OK
        if new & DRIVER_OK:
            if self.status & FEATURES_OK:
                self.status |= DRIVER_OK
                self._switch(on=True)
            else:
                self.fail("DRIVER_OK without FEATURES_OK")
        if new & FAILED:
            self._switch(on=False)

    async def _features_ok(self) -> bool:
        low = await self._bus.read32(regs.DRIVER_FEATURES_LO)
        accepted = low | await self._bus.read32(regs.DRIVER_FEATURES_HI) << 32
        problems = feature.problems(accepted, self._offer)
        for problem in problems:
            self._log.add(self._bus.now_ns(), "features", problem)
        if problems:
            return False
        self._bus.write32(regs.ACTIVE_FEATURES_LO, accepted & 0xFFFF_FFFF)
        self._bus.write32(regs.ACTIVE_FEATURES_HI, accepted >> 32)
        self._negotiated.features = accepted
        self._on_features(accepted)
        if accepted & feature.bits(feature.MULTIQUEUE):
            self._switch(on=False)  # with the queues where the driver looks for them next
        return True

    def _switch(self, on: bool) -> None:
        enable = regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE if on else 0
        self._bus.write32(regs.DATAPATH, self._base | enable)

    def fail(self, reason: str) -> None:
        """The card cannot go on without a reset: say so, and interrupt a driver that is live."""
        self._log.add(self._bus.now_ns(), "needs reset", reason)
        if self.status & NEEDS_RESET:
            return
        self.status |= NEEDS_RESET
        self._answer()
        if self.status & DRIVER_OK:
            self._bus.write32(regs.CONFIG_NOTIFY, 1)

    def _answer(self) -> None:
        self._bus.write32(regs.DEVICE_STATUS, (self._count or 0) << regs.DEVICE_STATUS_COUNT_SHIFT | self.status)
