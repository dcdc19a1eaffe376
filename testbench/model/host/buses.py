# SPDX-License-Identifier: Apache-2.0
"""The host's and the firmware's way to the model of the card, with the surface of testbench/lib/buses.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

import numpy

from testbench.lib.bus_types import BOTH, CONFIG_SPACE, ERRORS, INCIDENT_KINDS, MESSAGE, SLVERR, HostRegisters, Incident
from testbench.lib.config import HostConfig
from testbench.lib.errors import ReadTimeoutError
from testbench.model.card import Card
from testbench.model.host.memory import HostMemory, Rule
from testbench.model.registers import regs
from testbench.model.system.timeline import Event, Timeline
from testbench.model.system.waits import Waits

READ_PS, WRITE_PS = 40_000, 24_000  # what an access takes on a port
MESSAGES_KEPT = 1 << 20  # a live run may go on for days


class Port:
    """A register port: posted writes and reads take effect one after another, in order."""

    def __init__(self, timeline: Timeline, waits: Waits) -> None:
        self._timeline, self._waits = timeline, waits
        self._free_ps = 0
        self.card: Card

    @property
    def busy(self) -> bool:
        """An access is under way."""
        return self._free_ps > self._timeline.now_ps

    def _post(self, call: Callable[..., object], *args: object) -> None:
        now = self._timeline.now_ps
        self._free_ps = (self._free_ps if self._free_ps > now else now) + WRITE_PS
        self._timeline.at(self._free_ps, call, *args)

    async def _turn(self, what: str) -> None:
        """Wait until everything posted before has taken effect, and for the read itself."""
        now = self._timeline.now_ps
        self._free_ps = max(self._free_ps, now) + READ_PS
        await self._waits.wait(what, Event(self._timeline), (self._free_ps - now) / 1000)

    def now_ns(self) -> int:
        """Simulated time."""
        return self._timeline.now_ps // 1000


class ManagementBus(Port):
    """What firmware is given."""

    def __init__(self, timeline: Timeline, waits: Waits) -> None:
        super().__init__(timeline, waits)
        self._event = Event(timeline)

    def raised(self) -> None:
        """``mgmt_irq`` has gone high."""
        self._waits.progress()
        self._event.set()

    async def read32(self, address: int) -> int:
        """Read a register."""
        await self._turn("management read")
        return self.card.management.read(address)

    def write32(self, address: int, value: int) -> None:
        """Write a register (posted)."""
        self._post(self.card.management.write, address, value & 0xFFFF_FFFF)

    async def wait_event(self, timeout_ns: float) -> bool:
        """True when ``mgmt_irq`` is high, False when the time is up."""
        end = self._timeline.now_ps + int(timeout_ns * 1000)
        while not self.card.management.irq:
            left = (end - self._timeline.now_ps) / 1000
            if left <= 0:
                return False
            await self._waits.wait("firmware for an event", self._event, left, passive=True)
        return True

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self._waits.wait("firmware asleep", Event(self._timeline), ns, passive=True)


class HostBus(Port, HostRegisters):
    """What the driver's transport is given, and the knobs tests turn on host memory."""

    def __init__(self, timeline: Timeline, waits: Waits, memory: HostMemory, config: HostConfig) -> None:
        super().__init__(timeline, waits)
        self._memory = memory
        self.memory, self.memory_base = memory.array, config.memory_base
        self._read_limit_ns = config.read_limit_ns
        self._fired: set[int] = set()
        self._vector = Event(timeline)
        self._messages: list[tuple[int, int, int, int]] = []
        for response in ERRORS if config.error_share else ():
            self.inject(config.memory_base, config.memory_size, BOTH, response, share=config.error_share / len(ERRORS))

    def message(self, vector: int, address: int, data: int) -> None:
        """The card has sent an interrupt message."""
        if len(self._messages) == MESSAGES_KEPT:
            del self._messages[: MESSAGES_KEPT // 2]
        self._messages.append((self._timeline.now_ps, vector, address, data))
        self._fired.add(vector)
        self._waits.progress()
        self._vector.set()

    def map(self, base: int, size: int) -> numpy.ndarray:
        """Add zeroed memory at bus address ``base``. The array is the memory itself."""
        return self._memory.add(base, size)

    # registers
    async def _read(self, address: int) -> int:
        await self._turn(f"host read of {address:#x}")
        card = self.card
        if address & CONFIG_SPACE:
            return card.pci.read(address & 0xFFFF)
        if address == regs.BAR_COMMON + regs.COMMON_DEVICE_STATUS:
            await self._held(address)
        return card.bar.read(address)

    async def _held(self, address: int) -> None:
        """Firmware decides what the driver reads here: wait for it."""
        status, end = self.card.status, self._timeline.now_ps + int(self._read_limit_ns * 1000)
        while status.unanswered:
            status.hold()
            left = (end - self._timeline.now_ps) / 1000
            if left <= 0:
                raise ReadTimeoutError(
                    f"host read of {address:#x}: the bus was not answered within "
                    f"{self._read_limit_ns / 1e6:g} ms of simulated time"
                )
            await self._waits.wait(f"held host read of {address:#x}", status.answered, left)

    async def _sized_read(self, address: int, size: int) -> int:
        if size == 8:
            return await self._read(address) | await self._read(address + 4) << 32
        word = await self._read(address & ~3)
        return word >> 8 * (address & 3) & (1 << 8 * size) - 1

    def _sized_write(self, address: int, value: int, size: int) -> None:
        if size == 8:
            self._sized_write(address, value & 0xFFFF_FFFF, 4)
            self._sized_write(address + 4, value >> 32, 4)
            return
        shift = 8 * (address & 3)
        mask = ((1 << 8 * size) - 1) << shift & 0xFFFF_FFFF
        port = self.card.pci if address & CONFIG_SPACE else self.card.bar
        self._post(port.write, address & 0xFFFC, value << shift & mask, mask)

    # interrupts
    def take_interrupts(self) -> set[int]:
        """Vectors that have fired since they were last returned."""
        fired, self._fired = self._fired, set()
        return fired

    def take_among(self, vectors: Set[int]) -> set[int]:
        """Those of ``vectors`` that have fired since they were last returned."""
        fired = self._fired & vectors
        self._fired -= fired
        return fired

    async def wait_interrupt(self, vectors: Iterable[int], timeout_ns: float) -> set[int]:
        """Those of ``vectors`` that have fired since they were last returned; empty when the time is up first."""
        wanted = set(vectors)
        end = self._timeline.now_ps + int(timeout_ns * 1000)
        while True:
            fired = self.take_among(wanted)
            left = (end - self._timeline.now_ps) / 1000
            if fired or left <= 0:
                return fired
            await self._waits.wait(f"interrupt vectors {sorted(wanted)}", self._vector, left)

    @property
    def vector_event(self) -> Event:
        """Set with every message."""
        return self._vector

    @property
    def messages(self) -> numpy.ndarray:
        """Every interrupt message so far, of millions only the last: at_ps, vector, address, data."""
        return numpy.array(self._messages, MESSAGE)

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self._waits.wait("host asleep", Event(self._timeline), ns)

    # memory
    def guard(self, base: int, size: int, kinds: int = BOTH) -> None:
        """Allow this range. From the first call on, what the card touches outside all ranges is an incident."""
        self._memory.guard(base, size, kinds)

    def unguard(self) -> None:
        """Forget all ranges and allow everything."""
        self._memory.unguard()

    def inject(
        self, base: int, size: int, kinds: int = BOTH, response: int = SLVERR, count: int = -1, share: float = 1.0
    ) -> None:
        """Answer bursts that touch this range, or a random ``share`` of them, with an error; ``count`` -1: always."""
        self._memory.rules.append(Rule(base, size, kinds, response, count, round(share * 1e6)))

    def inject_clear(self) -> None:
        """No more injected errors."""
        self._memory.rules.clear()

    @property
    def incidents(self) -> list[Incident]:
        """Accesses outside memory or outside the guarded ranges."""
        return [
            Incident(
                ns=at // 1000, address=address, length=length, write=bool(kind & 16), what=INCIDENT_KINDS[kind & 15]
            )
            for at, address, length, kind in self._memory.incidents
        ]

    def forgive(self) -> list[Incident]:
        """The incidents so far, which then do not fail the run: for tests that provoke them."""
        incidents = self.incidents
        self._memory.incidents.clear()
        return incidents

    def outstanding(self) -> str:
        """For a diagnosis."""
        return "a read is held for firmware" if self.card.status.unanswered else "nothing"
