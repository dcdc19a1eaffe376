# SPDX-License-Identifier: Apache-2.0
"""What a sequence is carried out on: firmware, queues and buffers at fixed places, brought up; and coming to rest."""

from __future__ import annotations

from firmware import CardSettings, Firmware
from host_driver.transport.pci import PciTransport
from testbench.differential.observe import Observer
from testbench.differential.operations import Sequence
from testbench.differential.raw_packed_queue import RawPackedQueue
from testbench.differential.raw_queue import RawQueue
from testbench.lib.sim_base import SimBase

REST_LIMIT_NS = 20_000_000
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
EVENT_IDX, RING_PACKED, HASH_REPORT = 29, 34, 57
RX_SLOT, TX_AREA = 4096, 1 << 20  # bytes of a receive descriptor's buffer, and of a transmit queue's buffers
COMMAND_BYTES = 8192


class Bed:
    """One card with rings written by hand. ``observer`` is told what comes back."""

    def __init__(self, sim: SimBase, sequence: Sequence) -> None:
        self.sim, self.sequence = sim, sequence
        self.transport = PciTransport(sim.host)
        self.addressed = sequence.pairs > 1 and not sequence.multiqueue
        self.firmware = Firmware(sim.mgmt, CardSettings(multi_pair_test=self.addressed))
        self.queues: list[RawQueue | RawPackedQueue] = []
        offset = 0
        for _ in range(2 * sequence.pairs + 1):
            queue = (RawPackedQueue if sequence.packed else RawQueue)(sim.host, offset, sequence.size)
            self.queues.append(queue)
            offset = -(-queue.end // 4096) * 4096
        self.rx_at, self.tx_at = [], []
        for _ in range(sequence.pairs):
            self.rx_at.append(offset)
            self.tx_at.append(offset + RX_SLOT * sequence.size)
            offset = self.tx_at[-1] + TX_AREA
        self.command_at, self.end = offset, offset + COMMAND_BYTES
        self.tx_used = [0] * sequence.pairs
        self.doorbells: list[int] = []
        self.own_mac = bytes(6)
        self.coalescing_us = 0
        self.header_bytes = 12
        self.learns = False  # the card may send flows back where they came from
        # a packed ring gives no more once it breaks: then no second frame may be under way
        self.one_by_one = False
        self.tampered = False  # by Misuse or Fail, since the device was brought up
        self.in_store = 0
        self.observer = Observer(self)

    # ---- bring-up
    async def bring_up(self, withheld: tuple[int, ...]) -> None:
        """Reset the device and make it live without these features."""
        transport = self.transport
        await transport.reset()
        transport.write("device_status", ACKNOWLEDGE)
        transport.write("device_status", ACKNOWLEDGE | DRIVER)
        features = await transport.device_features()
        for bit in (*withheld, *([] if self.sequence.packed else [RING_PACKED])):
            features &= ~(1 << bit)
        self.header_bytes = 20 if features >> HASH_REPORT & 1 else 12
        transport.write_features(features)
        transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK)
        await transport.read("device_status")
        self.own_mac = await transport.config_bytes(0, 6)
        self.coalescing_us = 0
        self.tampered = self.learns = self.one_by_one = False
        self.sim.host.inject_clear()
        await transport.enable_vectors(transport.caps.msix_size)
        await transport.set_config_vector(0)
        self.doorbells = []
        for index, queue in enumerate(self.queues):
            queue.event_idx = bool(features >> EVENT_IDX & 1)
            await self.start_queue(index, queue)
        transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
        await transport.read("device_status")

    async def start_queue(self, index: int, queue: RawQueue | RawPackedQueue) -> None:
        """Enable an empty queue."""
        await self.firmware.set_start_index(index, queue.restart(self.sequence.before_wrap))
        doorbell = await self.transport.setup_queue(index, queue.size, queue.addresses, index + 1)
        self.doorbells[index : index + 1] = [doorbell]

    # ---- coming to rest
    async def rest(self) -> bool:
        """Everything has come to rest, coalescing timers too, and descriptors are taken back; False: it does not."""
        sim = self.sim
        quiet = await sim.idle(REST_LIMIT_NS)
        if self.coalescing_us:
            await sim.sleep_ns(1000 * self.coalescing_us + 3000)
            quiet = await sim.idle(REST_LIMIT_NS) and quiet
        for queue in self.queues:
            self.observer.came_back(queue, queue.reclaim())
        self.in_store = 0
        for pair in range(self.sequence.pairs):
            if not self.queues[2 * pair + 1].outstanding:
                self.tx_used[pair] = 0
        return quiet

    def ring(self, index: int) -> None:
        """Notify the device."""
        self.sim.host.bar_write(self.doorbells[index], index, 2)

    def index_of(self, queue: str, pair: int) -> int:
        """Number of "rx", "tx" or "control"."""
        return {"rx": 2 * pair, "tx": 2 * pair + 1, "control": 2 * self.sequence.pairs}[queue]
