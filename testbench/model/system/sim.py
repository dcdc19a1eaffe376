# SPDX-License-Identifier: Apache-2.0
"""The model's simulated system as a bench entry sees it: host bus, management bus, wire, time."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from testbench.lib.config import RunConfig
from testbench.lib.diagnosis import fold
from testbench.lib.sim_base import SimBase
from testbench.model.card import Card
from testbench.model.host.buses import HostBus, ManagementBus
from testbench.model.host.guest_port import GuestPort
from testbench.model.host.memory import HostMemory
from testbench.model.system.live import Live
from testbench.model.system.timeline import Event, Task, Timeline
from testbench.model.system.waits import Waits
from testbench.model.wire.wire import Wire

SETTLE_PS = 64_000  # of rest, until the card counts as idle


class Cell:
    """A named setting or counter; ``value`` is read, and written where that means something."""

    def __init__(self, owner: Any, attribute: str) -> None:
        self._owner, self._attribute = owner, attribute

    @property
    def value(self) -> int:
        """Its value now."""
        return int(getattr(self._owner, self._attribute))

    @value.setter
    def value(self, value: int) -> None:
        setattr(self._owner, self._attribute, value)


class ModelSim(SimBase):
    """One simulated system around the functional model of the card."""

    device = "model"

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        host = config.host
        self.timeline = timeline = Timeline()
        self.waits = Waits(timeline, config.quiet_ns, config.wall_limit_s, self.diagnosis)
        self.memory = HostMemory(host.memory_base, host.memory_size, lambda: timeline.now_ps)
        write_latency = host.latency_ns if host.write_latency_ns is None else host.write_latency_ns
        self.memory.latency_ps, self.memory.write_latency_ps = int(host.latency_ns * 1000), int(write_latency * 1000)
        self.memory.read_jitter_ps, self.memory.write_jitter_ps = (
            int(host.read_jitter_ns * 1000), int(host.write_jitter_ns * 1000),
        )  # fmt: skip
        self.memory.spike_ppm, self.memory.spike_ps = int(host.spike_share * 1e6), int(host.spike_ns * 1000)
        self.memory.seed(host.seed)
        self.memory.beat = config.card.data_w // 8
        self.host = HostBus(timeline, self.waits, self.memory, host)
        self.mgmt = ManagementBus(timeline, self.waits)
        self.wire = Wire(timeline, config.wire, self.waits.wait, self.waits.progress)
        self.guest = GuestPort(self.memory, self.host.bar_write)
        self.card = Card(timeline, config.card, self.memory, self.wire, self._message, self.mgmt.raised)
        self.host.card = self.mgmt.card = self.card
        self.live = Live(
            timeline, self.waits, self.wire, self.guest, lambda: self._quiet, lambda: self.card.coalescer.armed
        )
        self._cells = {
            "memory.read_latency_ps": Cell(self.memory, "latency_ps"),
            "memory.write_latency_ps": Cell(self.memory, "write_latency_ps"),
            "memory.read_jitter_ps": Cell(self.memory, "read_jitter_ps"),
            "memory.write_jitter_ps": Cell(self.memory, "write_jitter_ps"),
            "memory.errors": Cell(self.memory, "errors"),
            "memory.spike_ppm": Cell(self.memory, "spike_ppm"),
            "memory.spike_ps": Cell(self.memory, "spike_ps"),
            "memory.spikes": Cell(self.memory, "spikes"),
        }

    def _message(self, vector: int, address: int, data: int) -> None:
        self.host.message(vector, address, data)
        self.guest.message(vector)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine, and everything it starts, to its end; its result, or what it raised."""
        return self.timeline.run(coroutine, self.live.before)

    @property
    def time_ns(self) -> int:
        """Simulated time."""
        return self.timeline.now_ps // 1000

    @property
    def cycles(self) -> int:
        """Core clock cycles since the start."""
        return self.card.cycles

    def start_soon(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """Run a coroutine beside the entry."""
        return self.timeline.start_soon(coroutine)

    def cell(self, name: str) -> Cell:
        """A setting or counter of the surroundings; KeyError: the model has none of that name."""
        return self._cells[name]

    def counters(self) -> dict[str, int]:
        """Every setting and counter of the surroundings by name."""
        memory = {f"memory.{name}": value for name, value in self.memory.counts.items()}
        cells = {name: cell.value for name, cell in self._cells.items()}
        for part in (self.wire, self.live, self.guest):
            cells |= part.counters()
        return {**cells, **memory, "cycles": self.cycles}

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self.host.sleep_ns(ns)

    @property
    def _quiet(self) -> bool:
        return not (self.card.busy or self.wire.pending or self.host.busy or self.mgmt.busy)

    async def idle(self, timeout_ns: float | None = None) -> bool:
        """Wait until the card is not busy and the wire is empty; False when time is up."""
        end = None if timeout_ns is None else self.timeline.now_ps + timeout_ns * 1000
        step = Event(self.timeline)
        while True:
            if self._quiet:
                await self.waits.wait("the card to be idle", step, SETTLE_PS / 1000)
                # what is due at this very moment may still come
                if self._quiet and self.card.busy_until_ps < self.timeline.now_ps:
                    return True
            if end is not None and self.timeline.now_ps >= end:
                return False
            rest = max(self.card.busy_until_ps - self.timeline.now_ps, SETTLE_PS)
            await self.waits.wait("the card to be idle", step, rest / 1000)

    def watch(self, fds: Iterable[int]) -> None:
        """File descriptors ``wait_live`` wakes for."""
        self.live.watch(fds)

    async def wait_live(self, vectors: Iterable[int] = (), max_block_ms: int = 200) -> tuple[set[int], set[int]]:
        """Wait for a watched descriptor or an interrupt vector."""
        wanted = set(vectors)
        fired = self.host.take_among(wanted)
        if not fired:
            await self.live.wait(self.host.vector_event, max_block_ms)
            fired = self.host.take_among(wanted)
        return self.live.take_readable(), fired

    def diagnosis(self) -> str:
        """What is outstanding, in words a person can use."""
        card, transmit, receive = self.card, self.card.transmit, self.card.receive
        busy = [str(gq) for gq, queue in enumerate(card.queues) if queue.busy]
        running = [str(gq) for gq, queue in enumerate(card.queues) if queue.running]
        lines = [
            f"simulated time {self.time_ns} ns, cycle {self.cycles}, "
            f"last progress at {self.waits.progress_ps // 1000} ns",
            f"card: busy until {card.busy_until_ps // 1000} ns, mgmt_irq={int(card.management.irq)}, "
            f"queues running {', '.join(running) or 'none'}, busy {', '.join(busy) or 'none'}",
            f"transmit: {'enabled' if transmit.enabled else 'DISABLED'}, line {'idle' if card.mac.idle else 'busy'}; "
            f"receive: {'enabled' if card.filter.enable else 'DISABLED'}, {receive.stored} bytes in the frame store",
            f"host registers: {self.host.outstanding()}",
            f"wire: {self.wire.pending} frames queued or under way",
            f"interrupts: {len(self.host.messages)} messages so far, pending {sorted(card.msix.pending)}",
            f"waiting: {'; '.join(self.waits.pending()) or 'nothing'}",
        ]
        return fold(lines)
