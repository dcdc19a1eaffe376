# SPDX-License-Identifier: Apache-2.0
"""Control virtqueue: commands of the standard, one at a time, answered by interrupt."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ..errors import ControlError, DeviceNeedsReset, DeviceTimeout
from ..memory import DmaMemory
from ..transport.interface import Transport
from ..virtqueue.queue import Virtqueue

CLASS_RX, CLASS_MAC, CLASS_VLAN, CLASS_MQ, CLASS_GUEST_OFFLOADS, CLASS_NOTF_COAL = 0, 1, 2, 4, 5, 6
RX_PROMISC, RX_ALLMULTI = 0, 1
MAC_TABLE_SET, MAC_ADDR_SET = 0, 1
VLAN_ADD, VLAN_DEL = 0, 1
MQ_VQ_PAIRS_SET, MQ_RSS_CONFIG, MQ_HASH_CONFIG = 0, 1, 2
GUEST_OFFLOADS_SET = 0
COAL_TX_SET, COAL_RX_SET, COAL_VQ_SET, COAL_VQ_GET = 0, 1, 2, 3
ACK_OK = 0
NO_ANSWER = 0xFF  # what the ack byte holds until the device writes it

ANSWER_BYTES = 64
RECHECK_NS = 10_000_000
RECHECKS = 10  # at least, within the limit of a command


class ControlQueue:
    """Sends commands and waits for their answers."""

    def __init__(
        self, memory: DmaMemory, transport: Transport, queue: Virtqueue, vector: int, limit_ns: int,
        command_bytes: int,
    ) -> None:  # fmt: skip
        """A command may take ``limit_ns`` and have ``command_bytes``, a multiple of 4."""
        self.queue, self._vector = queue, vector
        self._bus, self._transport = transport.bus, transport
        self.doorbell = 0
        self._room = command_bytes
        self._buffer = memory.alloc(command_bytes + ANSWER_BYTES)
        self._busy = False
        self._unanswered = ""
        self.commands = 0
        self.limit_ns = limit_ns

    async def command(self, kind: int, code: int, data: bytes = b"", reply: int = 0) -> bytes:
        """Send one command; returns the ``reply`` bytes the device puts before its ack."""
        request = bytes((kind, code)) + data
        if len(request) > self._room or reply + 1 > ANSWER_BYTES:
            raise ControlError(f"command {kind}.{code}: {len(request)} bytes with {reply} to come back is too long")
        if self._unanswered:
            # its buffer still belongs to the device, and so does the one we would use
            raise DeviceTimeout(f"control queue stopped: {self._unanswered} was never answered; reset the device")
        deadline = self._bus.now_ns() + self.limit_ns
        while self._busy:
            await self._wait(deadline, f"command {kind}.{code} waits for the one before it", 1_000)
        self._busy = True
        try:
            view, address = self._buffer.view, self._buffer.address
            view[: len(request)] = request
            view[self._room : self._room + reply + 1] = bytes((NO_ANSWER,)) * (reply + 1)
            self.queue.add([(address, len(request)), (address + self._room, reply + 1)], 1, self)
            self.commands += 1
            self.queue.enable_interrupts()
            if self.queue.publish():
                self._transport.notify(self.doorbell, self.queue.index)
            while not self.queue.pop(1):
                remaining = deadline - self._bus.now_ns()
                if remaining <= 0:
                    self._unanswered = f"command {kind}.{code}"
                    raise DeviceTimeout(
                        f"no answer to control command {kind}.{code} in {self.limit_ns // 1_000_000} ms"
                    )
                # the vector may be shared with other queues whose owner takes the interrupt: look again now and then
                step = min(remaining, RECHECK_NS, self.limit_ns // RECHECKS)
                if not await self._bus.wait_interrupt((self._vector,), step) and await self._transport.needs_reset():
                    if self.queue.used_pending():
                        continue
                    self._unanswered = f"command {kind}.{code}"
                    raise DeviceNeedsReset(f"the device set DEVICE_NEEDS_RESET while control {self._unanswered} waited")
            answer = bytes(view[self._room : self._room + reply + 1])
        finally:
            self._busy = False
        if answer[reply] != ACK_OK:
            raise ControlError(f"the device refused control command {kind}.{code} (ack {answer[reply]:#x})")
        return answer[:reply]

    async def _wait(self, deadline: int, what: str, step_ns: int) -> None:
        if self._bus.now_ns() > deadline:
            raise DeviceTimeout(what)
        await self._bus.sleep_ns(step_ns)

    async def set_rx_mode(self, code: int, on: bool) -> None:
        """RX_PROMISC or RX_ALLMULTI."""
        await self.command(CLASS_RX, code, bytes((on,)))

    async def set_mac(self, mac: bytes) -> None:
        """The card's own address."""
        await self.command(CLASS_MAC, MAC_ADDR_SET, mac)

    async def set_mac_table(self, unicast: Sequence[bytes], multicast: Sequence[bytes]) -> None:
        """Further addresses to receive."""
        data = b"".join(struct.pack("<I", len(table)) + b"".join(table) for table in (unicast, multicast))
        await self.command(CLASS_MAC, MAC_TABLE_SET, data)

    async def set_vlan(self, vid: int, on: bool) -> None:
        """Take frames of a VLAN, or no more."""
        await self.command(CLASS_VLAN, VLAN_ADD if on else VLAN_DEL, struct.pack("<H", vid))

    async def set_guest_offloads(self, features: int) -> None:
        """Receive offloads that are on, as their feature bits; the others are off."""
        await self.command(CLASS_GUEST_OFFLOADS, GUEST_OFFLOADS_SET, struct.pack("<Q", features))

    async def set_pairs(self, count: int) -> None:
        """Queue pairs in use, with automatic receive steering."""
        await self.command(CLASS_MQ, MQ_VQ_PAIRS_SET, struct.pack("<H", count))

    async def set_rss(self, hash_types: int, table: Sequence[int], key: bytes, pairs: int) -> None:
        """Receive-side scaling over ``pairs``: a power of two of pair numbers; what has no hash goes to pair 0."""
        data = struct.pack("<IHH", hash_types, len(table) - 1, 0)
        data += struct.pack(f"<{len(table)}HHB", *table, pairs, len(key)) + key
        await self.command(CLASS_MQ, MQ_RSS_CONFIG, data)

    async def set_hash(self, hash_types: int, key: bytes) -> None:
        """What the hash report is of, where there is no RSS."""
        await self.command(CLASS_MQ, MQ_HASH_CONFIG, struct.pack("<I8xB", hash_types, len(key)) + key)

    async def set_coalescing(self, code: int, packets: int, usecs: int) -> None:
        """COAL_TX_SET or COAL_RX_SET: all transmit or receive queues."""
        await self.command(CLASS_NOTF_COAL, code, struct.pack("<II", packets, usecs))

    async def set_queue_coalescing(self, index: int, packets: int, usecs: int) -> None:
        """One queue."""
        await self.command(CLASS_NOTF_COAL, COAL_VQ_SET, struct.pack("<HHII", index, 0, packets, usecs))

    async def get_queue_coalescing(self, index: int) -> tuple[int, int]:
        """(max_packets, max_usecs) of one queue."""
        answer = await self.command(CLASS_NOTF_COAL, COAL_VQ_GET, struct.pack("<HH", index, 0), reply=8)
        packets, usecs = struct.unpack("<II", answer)
        return packets, usecs

    def free(self) -> None:
        """Give the memory back; the device must have been reset."""
        self.queue.detach()
        self.queue.free()
        self._buffer.free()
