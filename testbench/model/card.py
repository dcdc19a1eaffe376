# SPDX-License-Identifier: Apache-2.0
"""The whole card at transaction level: the map of its parts, in the order a frame meets them. It only wires."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from testbench.lib.config import CardConfig
from testbench.model.host.memory import HostMemory
from testbench.model.offload.classify import Filter
from testbench.model.offload.coalesce import Coalescer
from testbench.model.path.mac import Mac
from testbench.model.path.receive import Receive
from testbench.model.path.transmit import Transmit
from testbench.model.registers.bar import Bar
from testbench.model.registers.management import Management
from testbench.model.registers.msix import Msix
from testbench.model.registers.pci import PciConfig
from testbench.model.registers.queue_registers import QueueControl
from testbench.model.registers.statistics import Snapshots, Statistics
from testbench.model.registers.status import DeviceStatus
from testbench.model.rings.control import Control
from testbench.model.rings.queue import Virtqueue
from testbench.model.system.timeline import Timeline, Timer
from testbench.model.wire.wire import Wire

PS_PER_S = 10**12
ERRORS = (
    "vq_err_head", "vq_err_desc_index", "vq_err_chain_length", "vq_err_indirect", "vq_err_zero_length",
    "vq_err_desc_dma", "vq_err_ring_dma", "vq_err_order", "vq_err_avail_index",
)  # fmt: skip


class Card:
    """One card between host memory and a wire. ``on_message(vector, address, data)`` and ``on_firmware()`` announce."""

    config: CardConfig
    wire: Wire
    filter: Filter
    snapshots: Snapshots
    receive: Receive
    mac: Mac
    control: Control
    bar: Bar
    status: DeviceStatus

    def __init__(
        self, timeline: Timeline, config: CardConfig, memory: HostMemory, wire: Wire,
        on_message: Callable[[int, int, int], object], on_firmware: Callable[[], object],
    ) -> None:  # fmt: skip
        self.timeline, self.config, self.memory, self.wire = timeline, config, memory, wire
        self.period_ps = PS_PER_S // config.core_hz
        self.busy_until_ps = 0
        self._busy_ps = 0
        queues = 2 * config.queue_pairs + 1
        beat = config.data_w // 8
        self.stats = Statistics()
        self.snapshots = Snapshots(self.stats, self._refresh)
        count = self.stats.count
        self.filter = Filter()

        # from the rings to the wire and back
        on_chain = [self._wake_control if gq == queues - 1 else self._wake(gq) for gq in range(queues)]
        self.queues = [
            Virtqueue(timeline, memory, self.later, gq, on_chain[gq], self._queue_error, self._published)
            for gq in range(queues)
        ]
        self.receive = Receive(memory, self.later, count, self.filter, beat, self.period_ps)
        self.receive.queues = self.queues[0:-1:2]
        self.mac = Mac(
            timeline, wire, self.later, count, config.mac_kind != "stream", config.max_frame, beat, self.receive.arrived
        )
        self.receive.on_level = self.mac.pressure
        self.transmit = Transmit(
            timeline, memory, self.mac, self.later, count, wire.byte_ps, config.max_frame, beat,
            self.filter.steering,
        )  # fmt: skip
        self.transmit.queues = self.queues[1:-1:2]
        self.control = Control(
            memory, self.queues[-1], self.later, self.period_ps, count, partial(self._raise, "ctrl_command")
        )

        # from a published frame to a message
        self.coalescer = Coalescer(timeline, queues, count, self._fire)
        self.msix = Msix(queues, count, on_message)

        # registers
        self.status = DeviceStatus(timeline, count, self._raise)
        self.queue_control = QueueControl(
            self.queues, config.queue_size_max, self.msix, self.coalescer, self.later, count, self._raise
        )
        self.queue_control.on_control_stop = self.control.stop
        self.bar = Bar(self.queue_control, self.msix, self.status, self.snapshots, config.queue_pairs, count)
        self.pci = PciConfig(self.msix)
        self.management = Management(self, on_firmware)
        self.status.on_host_reset = partial(self.queue_control.set_quiesce, True)
        self.status.on_needs_reset = self.bar.announce
        wire.attach(self.mac.arrived, self._link_changed)
        if wire.link_up:
            self._link_changed(True)

    def later(self, ps: int, call: Callable[..., object], *args: object) -> Timer:
        """Do something in ``ps`` picoseconds; until then the card is busy."""
        now = self.timeline.now_ps
        due = now + ps
        if due > self.busy_until_ps:
            self._busy_ps += due - max(now, self.busy_until_ps)
            self.busy_until_ps = due
        return self.timeline.at(due, call, *args)

    @property
    def cycles(self) -> int:
        """Core clock cycles since the start."""
        return self.timeline.now_ps // self.period_ps

    @property
    def busy(self) -> bool:
        """Something is in flight, or firmware has something to do."""
        return (
            self.timeline.now_ps < self.busy_until_ps or self.management.irq or self.status.unanswered
            or self.control.pending
        )  # fmt: skip

    def _refresh(self) -> None:
        """Work out the counters that nobody counts one by one."""
        self.stats["busy_cycles"] = self._busy_ps // self.period_ps
        for name, value in self.memory.counts.items():
            self.stats[f"dma_{name}"] = value

    def clear(self) -> None:
        """Firmware's CLEAR: everything a driver had set up is forgotten."""
        self.queue_control.clear()
        self.coalescer.clear()
        self.msix.clear()
        self.bar.clear()
        self.filter.table = [entry._replace(valid=False) for entry in self.filter.table]
        self.filter.vlan_filter, self.filter.vlans = False, 0
        self.filter.steering.clear()

    # ---- what the parts tell each other
    def _raise(self, event: str) -> None:
        self.management.raise_event(event)

    def _wake(self, gq: int) -> Callable[[int], object]:
        return lambda _: (self.transmit if gq % 2 else self.receive).turn()

    def _wake_control(self, _: int) -> None:
        self.control.turn()

    def _queue_error(self, gq: int, code: int) -> None:
        self.stats.count(ERRORS[code - 1])
        self.queue_control.errors[gq] = code
        self.management.log_error(gq, code)

    def _published(self, gq: int, frames: int) -> None:
        self.coalescer.published(gq, frames)

    def _fire(self, gq: int) -> None:
        self.queues[gq].ask(self._asked)

    def _asked(self, gq: int, wanted: bool) -> None:
        if wanted:
            self.bar.queue_interrupt(gq)
        else:
            self.stats.count("irq_suppressed")

    def _link_changed(self, up: bool) -> None:
        self.stats.count("link_changes")
        self._raise("link")
