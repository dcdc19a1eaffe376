# SPDX-License-Identifier: Apache-2.0
"""All virtqueues of a device: made, given vectors, reset one by one, and freed when the device has let go of them."""

from __future__ import annotations

from contextlib import suppress

from ..errors import QueueError, Unsupported
from ..memory import DmaMemory
from ..transport.interface import Transport
from ..virtqueue.noncoherent import NonCoherentPackedQueue, NonCoherentSplitQueue
from ..virtqueue.packed import INVERSE_WRAP, PackedQueue
from ..virtqueue.queue import LARGEST, Virtqueue
from ..virtqueue.split import SplitQueue
from . import header
from .control import ControlQueue
from .features import Feature
from .options import Options
from .rx import LINK_HEADER, RxQueue
from .tx import TxQueue

COUNTED = ("rx_packets", "rx_bytes", "rx_errors", "tx_packets", "tx_bytes", "tx_dropped")


class Queues:
    """receiveqN is virtqueue 2n, transmitqN 2n + 1, the control queue 2 x pairs of the device.

    ``rx`` and ``tx`` have the pairs that are in use or have been (``active`` are); of the others there are rings only.
    """

    def __init__(self, transport: Transport, memory: DmaMemory, options: Options) -> None:
        self.transport, self.memory, self.options = transport, memory, options
        self.features: frozenset[Feature] = frozenset()
        self.max_mtu = 0
        self.max_pairs = self.active = options.pairs
        self.header_size = header.SIZE
        self.rx: list[RxQueue] = []
        self.tx: list[TxQueue] = []
        self.control: ControlQueue | None = None
        self.limits: dict[int, int] = {}
        self.vectors: dict[int, int] = {}
        self.past = dict.fromkeys(COUNTED, 0)
        """What queues that are gone had counted."""
        self._idle: dict[int, tuple[Virtqueue, int]] = {}  # index -> ring and doorbell of a queue that is not in use
        self._retired: set[int] = set()  # indices of halves that are freed and not yet replaced

    async def setup(self, features: frozenset[Feature], max_mtu: int, max_pairs: int | None) -> None:
        """Make and enable every queue; receive buffers are in place but not yet announced.

        ``max_pairs`` is the device's word, where MQ or RSS was negotiated.
        """
        self.features, self.max_mtu = features, max_mtu
        pairs = self.options.pairs
        if pairs < 1 or (max_pairs and pairs > max_pairs):
            raise QueueError(f"{pairs} pairs are asked for, the device has {max_pairs or 'at least one'}")
        self.active, self.max_pairs = pairs, max_pairs or pairs
        self.header_size = header.REPORT_SIZE if Feature.HASH_REPORT in features else header.SIZE
        has_control = Feature.CTRL_VQ in features
        count = await self.transport.queue_count()
        needed = 2 * self.max_pairs + has_control
        if count < needed:
            raise QueueError(f"{self.max_pairs} pairs need {needed} queues, the device has {count}")
        # vector 0 for configuration changes and one a queue; queues share when the table is too small
        table = self.transport.vector_count
        shared = min(1, table - 1)
        self.vectors = {index: 1 + index if table > needed else shared for index in range(needed)}
        await self.transport.enable_vectors(min(table, needed + 1))
        await self.transport.set_config_vector(0)
        for index in range(needed):
            await self._new_ring(index)
        self.grow(pairs)
        if has_control:
            queue, doorbell = self._idle.pop(2 * self.max_pairs)
            self.control = ControlQueue(
                self.memory, self.transport, queue, self.vectors[queue.index], self.options.command_limit_ns,
                self.options.command_bytes,
            )  # fmt: skip
            self.control.doorbell = doorbell

    async def _new_ring(self, index: int) -> None:
        """Make and enable a ring. ``free`` finds it before, so a device that refuses it leaves nothing behind."""
        options, features = self.options, self.features
        limit = await self.transport.queue_limit(index)
        if not limit:
            raise QueueError(f"queue {index} does not exist")
        self.limits[index] = limit
        is_control = index == 2 * self.max_pairs
        wanted = options.control_size if is_control else options.tx_size if index % 2 else options.rx_size
        size = min(limit, max(wanted, 1), LARGEST)
        first = options.ring_start
        coherent = self.memory.sync is None
        kind: type[PackedQueue | SplitQueue] = PackedQueue if coherent else NonCoherentPackedQueue
        if Feature.RING_PACKED in features:
            first = first & INVERSE_WRAP | (first & ~INVERSE_WRAP) % size
        else:
            kind, size = SplitQueue if coherent else NonCoherentSplitQueue, 1 << size.bit_length() - 1
        queue = kind(
            self.memory, index, size, Feature.RING_EVENT_IDX in features, 2 if index % 2 and self._has_tables else 0,
            first, Feature.IN_ORDER in features,
        )  # fmt: skip
        rings = (queue.desc_address, queue.avail_address, queue.used_address)
        self._idle[index] = queue, 0
        self._idle[index] = queue, await self.transport.setup_queue(index, queue.size, rings, self.vectors[index])

    def grow(self, pairs: int) -> None:
        """Give the rings of so many pairs their buffers; frames may then come and go on them."""
        for pair in range(len(self.rx), pairs):
            self.rx.append(self._new_rx(pair))
        for pair in range(len(self.tx), pairs):
            self.tx.append(self._new_tx(pair))

    @property
    def _has_tables(self) -> bool:
        """Transmitted frames have indirect tables."""
        return self.options.tx_indirect and Feature.RING_INDIRECT_DESC in self.features

    def _new_rx(self, pair: int) -> RxQueue:
        queue, doorbell = self._idle[2 * pair]
        mergeable, options = Feature.MRG_RXBUF in self.features, self.options
        rx = RxQueue(
            self.memory, self.transport.notify, queue, self.max_mtu, mergeable, self.header_size,
            options.rx_buffer_size, options.buffer_align,
        )  # fmt: skip
        rx.refill()
        rx.doorbell = doorbell
        del self._idle[2 * pair]
        self._retired.discard(queue.index)
        return rx

    def _new_tx(self, pair: int) -> TxQueue:
        options = self.options
        queue, doorbell = self._idle[2 * pair + 1]
        small = options.small_slot_bytes - self.header_size
        slots = [(small, queue.size if options.small_slots is None else options.small_slots)]
        if self.max_mtu + LINK_HEADER > small:
            slots.append((self.max_mtu + LINK_HEADER, options.medium_slots))
        if self.features & {Feature.HOST_TSO4, Feature.HOST_TSO6} or not options.medium_slots:
            slots.append((options.large_slot_bytes, options.large_slots))
        classes = tuple((size, min(count, queue.size)) for size, count in slots if count)
        tx = TxQueue(
            self.memory, self.transport.notify, queue, min(options.mtu, self.max_mtu), classes, self.header_size,
            options.tx_descriptors, self._has_tables, options.buffer_align,
        )  # fmt: skip
        tx.doorbell = doorbell
        del self._idle[2 * pair + 1]
        self._retired.discard(queue.index)
        return tx

    async def reset_rx(self, pair: int) -> None:
        """Reset a receive queue and start it anew (RING_RESET), with the size the options now ask for."""
        await self._reset(2 * pair, self.rx[pair : pair + 1])
        if pair < len(self.rx):
            self.rx[pair] = self._new_rx(pair)
            self.rx[pair].flush()

    async def reset_tx(self, pair: int) -> None:
        """The same for a transmit queue; frames the device had not finished are counted as dropped."""
        await self._reset(2 * pair + 1, self.tx[pair : pair + 1])
        if pair < len(self.tx):
            self.tx[pair] = self._new_tx(pair)

    async def _reset(self, index: int, halves: list[RxQueue] | list[TxQueue]) -> None:
        """A new ring in the place of that of the half, or of one that was never used."""
        if Feature.RING_RESET not in self.features:
            raise Unsupported("the device cannot reset a single queue (RING_RESET)")
        await self.transport.reset_queue(index)
        for half in halves:
            self._retire(half)
        if index in self._idle:
            self._idle.pop(index)[0].free()
        await self._new_ring(index)

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
        self._retired.add(half.queue.index)

    def free(self) -> None:
        """Free everything; only after the device has been reset and has let go of memory."""
        halves: list[RxQueue | TxQueue] = [*self.rx, *self.tx]
        for half in halves:
            if half.queue.index not in self._retired:
                self._retire(half)
        for queue, _ in self._idle.values():
            queue.free()
        if self.control:
            self.control.free()
        self.rx, self.tx, self.control, self._idle, self._retired = [], [], None, {}, set()
