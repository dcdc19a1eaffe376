# SPDX-License-Identifier: Apache-2.0
"""The card with firmware, and its driver's way from a reset to queues that work."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from firmware import CardSettings, Firmware, regs
from host_driver.transport.pci import PciTransport
from testbench.lib.sim_base import SimBase
from testbench.system.hostile.honest import REST_NS, Honest
from testbench.system.hostile.packed import PackedRing
from testbench.system.hostile.period import Period
from testbench.system.hostile.plan import (
    CONTROL,
    EVENT_IDX,
    INDIRECT_DESC,
    LEGAL,
    MQ,
    RING_PACKED,
    RSS,
    RX,
    TX,
    Case,
    Rings,
    pair,
    role,
)
from testbench.system.hostile.ring import Ring, RuleBroken
from testbench.system.hostile.split import SplitRing

ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
RESET_NS = 40_000_000


class BringUp(Honest):
    """One system, and the case that is on it."""

    def __init__(self, sim: SimBase, less: int = 0) -> None:
        super().__init__(sim, less)
        self.transport = PciTransport(sim.host)
        self.transport.reset_limit_ns = RESET_NS
        self.firmware_error = ""
        self.task: Any = None
        self._begin()

    def _begin(self) -> None:
        self.tainted = False
        """Device status, registers or firmware have been tampered with: nothing need work until the reset."""
        self.may_ask = False
        """The device may ask for a reset though none of its rings is bad."""
        self.endless = False
        """The rings may feed themselves, so that the card need not come to rest."""
        self.tasks: list[Any] = []
        self.number = 0
        self.honest: set[bytes] = set()  # those from the card, of earlier periods
        self.legal_at = 0
        self.reach = frozenset((0,))
        """Pairs that received frames may be steered to."""
        self.hashing: tuple[int, bytes] | None = (0, b"")
        """Hash types and key that the card has; None: not known."""
        self.period = Period(len(self.wire.received), self.reach, self.hashing)

    @abstractmethod
    async def finish(self) -> None:
        """Let what still changes memory come to its end."""

    @abstractmethod
    def check_memory(self, when: str) -> None:
        """Raises RuleBroken for an access to memory that the card had not been given."""

    # ---- firmware
    async def boot(self) -> None:
        """New firmware, whatever was before."""
        self.firmware = Firmware(
            self.sim.mgmt, CardSettings(hold_limit_us=2000, rx_wait_cycles=self.case.rx_wait_cycles)
        )
        await self.firmware.boot()
        self.task = self.sim.start_soon(self._serve(self.firmware))

    async def _serve(self, firmware: Firmware) -> None:
        try:
            await firmware.run()
        except Exception as error:
            self.firmware_error = f"firmware ended with {type(error).__name__}: {error}"

    def kill(self) -> None:
        """End firmware wherever it is."""
        self.task.cancel()

    def live(self) -> None:
        """Raises RuleBroken when firmware has ended by itself."""
        if self.firmware_error or self.task.done():
            raise RuleBroken(self.firmware_error or "firmware has ended")

    # ---- bring-up
    async def power_up(self, case: Case) -> None:
        """Once, before the first case."""
        self.case = case
        await self.boot()
        await self.transport.discover()

    async def bring_up(self, case: Case, msix: bool = True) -> None:
        """Reset the device, give it the rings of this case, and see that it works. Raises RuleBroken."""
        transport = self.transport
        self.live()
        await transport.reset()
        self.check_memory("until its reset")
        self.exposure.forbid()
        await self.finish()
        if not await self.sim.idle(REST_NS):
            raise RuleBroken("the card does not come to rest after its reset")
        self.wire.clear()
        self.case = case
        self._begin()
        self._set_up_memory(case)
        self.memory.store(case.base, bytes(LEGAL))
        self.sim.mgmt.write32(regs.RX_WAIT_CYCLES, case.rx_wait_cycles)
        transport.write("device_status", ACKNOWLEDGE)
        transport.write("device_status", ACKNOWLEDGE | DRIVER)
        self.features = self.firmware.offer & ~sum(1 << bit for bit in case.withheld)
        transport.write_features(self.features)
        await self._status(ACKNOWLEDGE | DRIVER | FEATURES_OK)
        if msix:
            await transport.enable_vectors(transport.caps.msix_size)
        transport.write("config_msix_vector", 0)
        self.rings = self._rings(case)
        await self._start_indices(case)
        for ring in self.rings:
            self.set_up(ring, case)
        await self._status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
        self.host.take_interrupts()
        await self.traffic(case.opening)
        await self.rest()
        used = {RX + 1, *(ring.index + 1 for ring in self.for_role(TX))}
        if not used <= self.host.take_interrupts():
            raise RuleBroken("the device does not interrupt for frames after a reset")

    def _set_up_memory(self, case: Case) -> None:
        """Latencies, seeded so that a case alone meets the same as among others."""
        for name, value in (("latency", case.latency_ns), ("jitter", case.jitter_ns)):
            for way in ("read", "write"):
                self.sim.cell(f"memory.{way}_{name}_ps").value = value * 1000
        seed = case.seed * 1_000_003 + case.index & 0x7FFF_FFFF
        if self.sim.device == "rtl":
            self.sim.cell("memory.seed").value = seed
        else:
            self.sim.memory.seed(seed)  # type: ignore[attr-defined]

    async def _status(self, status: int) -> None:
        self.transport.write("device_status", status)
        found = await self.transport.read("device_status")
        if found != status:
            raise RuleBroken(f"device_status is {found:#x} after {status:#x} was written")

    async def _start_indices(self, case: Case) -> None:
        if any(case.starts):
            for ring, index in zip(self.rings, case.starts, strict=False):
                gq = self.firmware.card.control_queue if ring.role == CONTROL else ring.number
                await self.firmware.set_start_index(gq, index)
            await self.sim.mgmt.read32(regs.SCRATCH)  # now they are written

    @property
    def pairs(self) -> int:
        """Queue pairs that the card has for this driver."""
        return self.case.pairs if self.has(MQ) or self.has(RSS) else 1

    def _rings(self, case: Case) -> list[Ring]:
        """One for each queue that this driver uses: with MQ or RSS the control queue stands behind all pairs."""
        several, control = self.pairs > 1, 2 * self.pairs
        kind = PackedRing if self.has(RING_PACKED) else SplitRing
        return [
            kind(
                self.memory, self.exposure, index, control if role(index) == CONTROL else 2 * pair(index) + role(index)
            )
            for index in range(len(case.sizes) if several else 3)
        ]

    def set_up(self, ring: Ring, case: Case) -> None:
        """Give the card a queue, new and empty, and expose it."""
        index = ring.index
        ring.place(
            case.rings[index], case.sizes[index], self.has(EVENT_IDX), self.has(INDIRECT_DESC), case.starts[index]
        )
        ring.expose_rings()
        self.write_queue(index, ring.rings, ring.size)

    def write_queue(self, index: int, rings: Rings, size: int) -> None:
        """A queue's registers, and enable it."""
        transport = self.transport
        transport.write("queue_select", self.rings[index].number)
        transport.write("queue_size", size)
        for field, address in zip(("queue_desc", "queue_driver", "queue_device"), rings, strict=True):
            transport.write(field, address)
        transport.write("queue_msix_vector", index + 1)
        transport.write("queue_enable", 1)
