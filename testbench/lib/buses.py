# SPDX-License-Identifier: Apache-2.0
"""The host's and the firmware's way to the card: registers, memory and interrupts, as docs/contracts.md gives them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Set

import numpy

from testbench.lib.bus_types import BOTH, ERRORS, INCIDENT_KINDS, MESSAGE, SLVERR, HostRegisters, Incident
from testbench.lib.config import HostConfig
from testbench.lib.errors import BusError, ReadTimeoutError
from testbench.lib.native import Reason, cell, lib
from testbench.lib.waits import Waits

_INCIDENT = numpy.dtype([("at_ps", "<i8"), ("address", "<u8"), ("length", "<i8"), ("kind", "<i8")])


def structs(pointer: int | None, count: int, dtype: numpy.dtype) -> numpy.ndarray:
    """A copy of an array of C++ structs."""
    if not pointer or not count:
        return numpy.empty(0, dtype)
    return numpy.frombuffer(ctypes.string_at(pointer, count * dtype.itemsize), dtype)


class _Bus:
    """One AXI4-Lite master: posted writes, reads that complete in order."""

    number: int
    name: str

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._answers: dict[int, tuple[int, int]] = {}
        self._limit = cell("mmio.read_limit_ps")

    def collect(self) -> None:
        """Fetch the answers C++ has."""
        ticket, data = ctypes.c_int64(), ctypes.c_uint32()
        while (response := lib.fr_mmio_answer(self.number, ctypes.byref(ticket), ctypes.byref(data))) != -2:
            self._answers[ticket.value] = (response, data.value)

    async def _read(self, address: int) -> int:
        ticket = lib.fr_mmio_push(self.number, 0, address, 0, 0)
        what = f"{self.name} read of {address:#x}"
        while ticket not in self._answers:
            self.collect()
            if ticket in self._answers:
                break
            # C++ ends the read at its limit; the wait here is only longer, so that the error names the read
            await self._waits.wait(what, Reason.READ_DONE, self._limit.value / 1000 + 1_000_000)
        response, data = self._answers.pop(ticket)
        if response == -1:
            raise ReadTimeoutError(
                f"{what}: the bus was not answered within {self._limit.value / 1e9:g} ms of simulated time"
            )
        if response:
            raise BusError(f"{what}: AXI response {response}")
        return data

    def _write(self, address: int, value: int, strobe: int = 15) -> None:
        lib.fr_mmio_push(self.number, 1, address, value & 0xFFFFFFFF, strobe)

    def now_ns(self) -> int:
        """Simulated time."""
        return lib.fr_now_ps() // 1000

    def outstanding(self) -> str:
        """For a diagnosis."""
        write = ctypes.c_int32()
        current = lib.fr_mmio_current(self.number, ctypes.byref(write))
        text = f"{lib.fr_mmio_queued(self.number)} queued"
        return text if current < 0 else f"{'write' if write.value else 'read'} of {current:#x} not answered, {text}"


class ManagementBus(_Bus):
    """What firmware is given."""

    number, name = 1, "management"

    async def read32(self, address: int) -> int:
        """Read a register."""
        return await self._read(address)

    def write32(self, address: int, value: int) -> None:
        """Write a register (posted)."""
        self._write(address, value)

    async def wait_event(self, timeout_ns: float) -> bool:
        """True when ``mgmt_irq`` is high, False when the time is up."""
        end = lib.fr_now_ps() + int(timeout_ns * 1000)
        level = cell("mgmt_irq")
        while not level.value:
            left = (end - lib.fr_now_ps()) / 1000
            if left <= 0:
                return False
            await self._waits.wait("firmware for an event", Reason.MGMT_IRQ, left, passive=True)
        return True

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self._waits.wait("firmware asleep", Reason(0), ns, passive=True)


class HostBus(_Bus, HostRegisters):
    """What the driver's transport is given, and the knobs tests turn on host memory."""

    number, name = 0, "host"

    def __init__(self, waits: Waits, config: HostConfig) -> None:
        super().__init__(waits)
        self.memory_base = config.memory_base
        self.memory = self.map(config.memory_base, config.memory_size) if config.memory_size else numpy.empty(0, "u1")
        self._fired: set[int] = set()
        self._awaited: list[set[int]] = []
        self._vectors = (ctypes.c_int32 * 2048)()
        write_latency = config.latency_ns if config.write_latency_ns is None else config.write_latency_ns
        rate = int(config.bytes_per_cycle * 1000) if config.bytes_per_cycle else 0
        for name, value in {
            "memory.read_latency_ps": config.latency_ns * 1000,
            "memory.write_latency_ps": write_latency * 1000,
            "memory.read_millibytes": rate,
            "memory.write_millibytes": rate,
            "memory.max_reads": config.max_reads,
            "memory.max_writes": config.max_writes,
            "memory.read_jitter_ps": config.read_jitter_ns * 1000,
            "memory.write_jitter_ps": config.write_jitter_ns * 1000,
            "memory.spike_ppm": config.spike_share * 1e6,
            "memory.spike_ps": config.spike_ns * 1000,
            "memory.seed": config.seed,
            "mmio.read_limit_ps": config.read_limit_ns * 1000,
        }.items():
            cell(name).value = int(value)
        for response in ERRORS if config.error_share else ():
            self.inject(config.memory_base, config.memory_size, BOTH, response, share=config.error_share / len(ERRORS))

    @staticmethod
    def map(base: int, size: int) -> numpy.ndarray:
        """Add zeroed memory at bus address ``base``. The array is the memory itself."""
        pointer = lib.fr_mem_add(base, size, -1, 0)
        if not pointer:
            raise MemoryError(f"cannot map {size} bytes of host memory")
        return numpy.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint8)), (size,))

    # registers
    async def _sized_read(self, address: int, size: int) -> int:
        if size == 8:
            low = await self._read(address)
            return low | await self._read(address + 4) << 32
        word = await self._read(address & ~3)
        return word >> 8 * (address & 3) & (1 << 8 * size) - 1

    def _sized_write(self, address: int, value: int, size: int) -> None:
        if size == 8:
            self._write(address, value)
            self._write(address + 4, value >> 32)
        else:
            shift = address & 3
            self._write(address & ~3, value << 8 * shift, ((1 << size) - 1) << shift)

    # interrupts
    def take_interrupts(self) -> set[int]:
        """Vectors that have fired since they were last returned."""
        count = lib.fr_vectors_take(self._vectors)
        self._fired.update(self._vectors[:count])
        fired, self._fired = self._fired, set()
        return fired

    def take_among(self, vectors: Set[int]) -> set[int]:
        """Those of ``vectors`` that have fired since they were last returned."""
        count = lib.fr_vectors_take(self._vectors)
        self._fired.update(self._vectors[:count])
        fired = self._fired & vectors
        self._fired -= fired
        return fired

    async def wait_interrupt(self, vectors: Iterable[int], timeout_ns: float) -> set[int]:
        """Those of ``vectors`` that have fired since they were last returned; empty when the time is up first."""
        wanted = set(vectors)
        end = lib.fr_now_ps() + int(timeout_ns * 1000)
        while True:
            fired = self.take_among(wanted)
            left = (end - lib.fr_now_ps()) / 1000
            if fired or left <= 0:
                return fired
            self.expect(wanted)
            try:
                await self._waits.wait(f"interrupt vectors {sorted(wanted)}", Reason.VECTOR, left)
            finally:
                self.unexpect(wanted)

    def expect(self, vectors: set[int]) -> None:
        """Have the servants wake Python for these vectors."""
        self._awaited.append(vectors)
        self._await()

    def unexpect(self, vectors: set[int]) -> None:
        """Take back one ``expect``."""
        self._awaited.remove(vectors)
        self._await()

    def _await(self) -> None:
        union = sorted(set().union(*self._awaited))
        lib.fr_vector_await((ctypes.c_int32 * len(union))(*union), len(union))

    @property
    def messages(self) -> numpy.ndarray:
        """Every interrupt message so far: at_ps, vector, address, data."""
        count = ctypes.c_int64()
        return structs(lib.fr_messages(ctypes.byref(count)), count.value, MESSAGE)

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self._waits.wait("host asleep", Reason(0), ns)

    # memory
    def guard(self, base: int, size: int, kinds: int = BOTH) -> None:
        """Allow this range. From the first call on, what the card touches outside all ranges is an incident."""
        lib.fr_mem_guard(base, size, kinds)

    def unguard(self) -> None:
        """Forget all ranges and allow everything."""
        lib.fr_mem_unguard()

    def inject(
        self, base: int, size: int, kinds: int = BOTH, response: int = SLVERR, count: int = -1, share: float = 1.0
    ) -> None:
        """Answer bursts that touch this range, or a random ``share`` of them, with an error; ``count`` -1: always."""
        lib.fr_mem_inject(base, size, kinds, response, count, round(share * 1e6))

    def inject_clear(self) -> None:
        """No more injected errors."""
        lib.fr_mem_inject_clear()

    @property
    def incidents(self) -> list[Incident]:
        """Accesses outside memory, outside the guarded ranges, or against the rules of AXI."""
        count = ctypes.c_int64()
        rows = structs(lib.fr_mem_incidents(ctypes.byref(count)), count.value, _INCIDENT)
        return [
            Incident(ns=int(row["at_ps"]) // 1000, address=int(row["address"]), length=int(row["length"]),
                     write=bool(row["kind"] & 16), what=INCIDENT_KINDS[int(row["kind"]) & 15])
            for row in rows
        ]  # fmt: skip

    def forgive(self) -> list[Incident]:
        """The incidents so far, which then do not fail the run: for tests that provoke them."""
        incidents = self.incidents
        lib.fr_mem_incidents_clear()
        return incidents
