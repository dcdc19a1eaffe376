# SPDX-License-Identifier: Apache-2.0
"""All virtqueues of a device: made, given vectors, reset one by one, and freed when the device has let go of them."""

from __future__ import annotations

from contextlib import suppress

from ..errors import QueueError, Unsupported
from ..memory import DmaMemory
from ..transport.interface import Transport
from ..virtqueue.split import SplitQueue
from .control import ControlQueue
from .features import Feature
from .header import SIZE as HEADER
from .options import Options
from .rx import LINK_HEADER, RxQueue
from .tx import LARGEST_FRAME, TxQueue

SMALL_FRAME = 2048 - HEADER
CONTROL_SIZE = 64
COUNTED = ("rx_packets", "rx_bytes", "rx_errors", "tx_packets", "tx_bytes", "tx_dropped")


class Queues:
    """receiveqN is virtqueue 2n, transmitqN 2n + 1, the control queue 2 x pairs."""

    def __init__(self, transport: Transport, memory: DmaMemory, options: Options) -> None:
        self.transport, self.memory, self.options = transport, memory, options
        self.features: frozenset[Feature] = frozenset()
        self.max_mtu = 0
        self.rx: list[RxQueue] = []
        self.tx: list[TxQueue] = []
        self.control: ControlQueue | None = None
        self.limits: dict[int, int] = {}
        self.vectors: dict[int, int] = {}
        self.past = dict.fromkeys(COUNTED, 0)
        """What queues that are gone had counted."""

    async def setup(self, features: frozenset[Feature], max_mtu: int) -> None:
        """Make and enable every queue; receive buffers are in place but not yet announced."""
        self.features, self.max_mtu = features, max_mtu
        pairs = self.options.pairs
        has_control = Feature.CTRL_VQ in features
        count = await self.transport.queue_count()
        needed = 2 * pairs + has_control
        if pairs < 1 or count < needed:
            raise QueueError(f"{pairs} pairs need {needed} queues, the device has {count}")
        # vector 0 for configuration changes and one a queue; queues share when the table is too small
        table = self.transport.vector_count
        shared = min(1, table - 1)
        self.vectors = {index: 1 + index if table > needed else shared for index in range(needed)}
        await self.transport.enable_vectors(min(table, needed + 1))
        await self.transport.set_config_vector(0)
        for pair in range(pairs):
            self.rx.append(await self._new_rx(pair))
            await self._enable(self.rx[pair])
            self.tx.append(await self._new_tx(pair))
            await self._enable(self.tx[pair])
        if has_control:
            queue = await self._new_queue(2 * pairs, CONTROL_SIZE)
            self.control = ControlQueue(
                self.memory, self.transport, queue, self.vectors[queue.index], self.options.command_limit_ns
            )  # fmt: skip
            await self._enable(self.control)

    async def _new_queue(self, index: int, wanted: int, indirect_entries: int = 0) -> SplitQueue:
        limit = await self.transport.queue_limit(index)
        if not limit:
            raise QueueError(f"queue {index} does not exist")
        self.limits[index] = limit
        size = 1 << min(limit, max(wanted, 1)).bit_length() - 1
        event_idx = Feature.RING_EVENT_IDX in self.features
        return SplitQueue(self.memory, index, size, event_idx, indirect_entries, self.options.ring_start)

    async def _enable(self, owner: RxQueue | TxQueue | ControlQueue) -> None:
        """Only what ``free`` finds is enabled, so that a device that refuses a queue leaves nothing behind."""
        queue = owner.queue
        rings = (queue.desc_address, queue.avail_address, queue.used_address)
        vector = self.vectors[queue.index]
        owner.doorbell = await self.transport.setup_queue(queue.index, queue.size, rings, vector)

    async def _new_rx(self, pair: int) -> RxQueue:
        queue = await self._new_queue(2 * pair, self.options.rx_size)
        mergeable = Feature.MRG_RXBUF in self.features
        rx = RxQueue(self.memory, self.transport.notify, queue, self.max_mtu, mergeable, self.options.rx_buffer_size)
        rx.refill()
        return rx

    async def _new_tx(self, pair: int) -> TxQueue:
        options = self.options
        indirect = options.tx_indirect and Feature.RING_INDIRECT_DESC in self.features
        queue = await self._new_queue(2 * pair + 1, options.tx_size, 2 if indirect else 0)
        slots = [(SMALL_FRAME, queue.size)]
        if self.max_mtu + LINK_HEADER > SMALL_FRAME:
            slots.append((self.max_mtu + LINK_HEADER, min(options.medium_slots, queue.size)))
        if self.features & {Feature.HOST_TSO4, Feature.HOST_TSO6}:
            slots.append((LARGEST_FRAME, min(options.large_slots, queue.size)))
        mtu = min(options.mtu, self.max_mtu)
        return TxQueue(self.memory, self.transport.notify, queue, mtu, tuple(slots), options.tx_descriptors, indirect)

    async def reset_rx(self, pair: int) -> None:
        """Reset a receive queue and start it anew (RING_RESET), with the size the options now ask for."""
        await self._reset(self.rx[pair])
        self.rx[pair] = await self._new_rx(pair)
        await self._enable(self.rx[pair])
        self.rx[pair].flush()

    async def reset_tx(self, pair: int) -> None:
        """The same for a transmit queue; frames the device had not finished are counted as dropped."""
        await self._reset(self.tx[pair])
        self.tx[pair] = await self._new_tx(pair)
        await self._enable(self.tx[pair])

    async def _reset(self, half: RxQueue | TxQueue) -> None:
        if Feature.RING_RESET not in self.features:
            raise Unsupported("the device cannot reset a single queue (RING_RESET)")
        await self.transport.reset_queue(half.queue.index)
        self._retire(half)

    def _retire(self, half: RxQueue | TxQueue) -> None:
        past = self.past
        if isinstance(half, RxQueue):
            half.detach()
            past["rx_packets"] += half.packets
            past["rx_bytes"] += half.bytes
            past["rx_errors"] += half.errors
        else:
            with suppress(QueueError):  # a ring the device has broken must not keep us from freeing it
                half.reclaim()
            past["tx_packets"] += half.packets
            past["tx_bytes"] += half.bytes
            past["tx_dropped"] += half.dropped + half.detach()
        half.free()

    def free(self) -> None:
        """Free everything; only after the device has been reset and has let go of memory."""
        for rx in self.rx:
            self._retire(rx)
        for tx in self.tx:
            self._retire(tx)
        if self.control:
            self.control.free()
        self.rx, self.tx, self.control = [], [], None
