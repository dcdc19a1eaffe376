# SPDX-License-Identifier: Apache-2.0
"""A virtio network device in a few lines, written from the standard, for tests of the driver.

It shares nothing with the driver: rings are read with struct from raw memory (split_ring.py, packed_ring.py). Its
identity, structure places and limits are deliberately unlike our card's, because the driver must find everything
through the capability list.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Any

import numpy as np
from packed_ring import PackedRing
from split_ring import SplitRing

COMMON, NOTIFY, ISR, DEVICE, TABLE = 0x4400, 0x8000, 0x0200, 0x0600, 0x1000
MULTIPLIER = 8
BASE = 0x2_4000_0000
EVENT_IDX, PACKED, IN_ORDER, MRG_RXBUF, MQ, HASH_REPORT, RSS = 29, 34, 35, 15, 22, 57, 60
KEY_BYTES, TABLE_ENTRIES, HASH_TYPES = 52, 200, 0x1FF


def run(coroutine: Any) -> Any:
    """Run control-path code to its end; on this bus nothing ever really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the code waits for something other than its bus")


class FakeDevice:
    """The host bus of the device: registers, rings, interrupts, a wire (``sent``, ``deliver``)."""

    def __init__(
        self, features: int, queues: int | None = None, vectors: int = 8, memory_size: int = 32 << 20, mtu: int = 9000,
        pairs: int = 1, limit: int = 128, fill: int = 0,
    ) -> None:  # fmt: skip
        """``pairs`` is max_virtqueue_pairs; ``queues`` shows so many whatever was negotiated; rings of ``limit``.

        ``fill`` is in every byte of memory at first.
        """
        self.memory = np.full(memory_size, fill, np.uint8) if fill else np.zeros(memory_size, np.uint8)
        self.memory_base = BASE
        self.features, self.shown, self.vectors, self.pairs, self.limit = features, queues, vectors, pairs, limit
        self.total = max(queues or 0, 2 * pairs + 1)
        mac = bytes.fromhex("0255aa010203")
        self.config = bytearray(
            struct.pack("<6sHHHIBBHI", mac, 1, pairs, mtu, 25_000, 1, KEY_BYTES, TABLE_ENTRIES, HASH_TYPES)
        )
        self.refuse_features = self.dead_reset = self.silent_control = self.leaves_num_buffers = False
        self.sent: list[bytes] = []
        self.commands: list[bytes] = []
        self.answers: dict[tuple[int, int], bytes] = {}
        self.generation = 0
        self.time = 0
        self.fired: set[int] = set()
        self.notified: list[int] = []
        self.bar: dict[int, int] = {}
        self.hold_tx = False
        self._reset()
        caps = b""
        at = 0x50

        def vendor(kind: int, bar: int, offset: int, length: int, extra: bytes = b"") -> None:
            nonlocal caps, at
            size = 16 + len(extra)
            caps += struct.pack("<BBBBBBxxII", 9, at + size, size, kind, bar, 0, offset, length) + extra
            at += size

        vendor(1, 4, 0, 56)  # a structure in another BAR must be passed over
        vendor(77, 0, 0, 16)  # and so must a type nobody knows
        vendor(1, 0, COMMON, 64)
        vendor(2, 0, NOTIFY, 256, struct.pack("<I", MULTIPLIER))
        vendor(3, 0, ISR, 4)
        vendor(4, 0, DEVICE, len(self.config))
        caps += struct.pack("<BBHII", 0x11, 0, vectors - 1, TABLE, 0)
        self.msix_at = at
        space = bytearray(256)
        space[0:9] = struct.pack("<HHHHB", 0x1AF4, 0x1041, 0, 0x10, 1)
        space[0x34] = 0x50
        space[0x50 : 0x50 + len(caps)] = caps
        self.space = space

    def _reset(self) -> None:
        self.status = self.select = self.feature_select = self.driver_select = 0
        self.accepted = [0, 0]
        self.config_vector = 0xFFFF
        self.active = self.pairs if self.shown else 1
        self.queue = [
            {"size": self.limit, "vector": 0xFFFF, "enable": 0, "desc": 0, "avail": 0, "used": 0, "ring": None}
            for _ in range(self.total)
        ]

    def has(self, feature: int) -> int:
        return self.accepted[feature >> 5] >> (feature & 31) & 1

    @property
    def queues(self) -> int:
        multiple = self.has(MQ) or self.has(RSS)
        return self.shown or (2 * self.pairs + 1 if multiple else 3)

    # --- bus -------------------------------------------------------------------------------------------------------

    async def config_read(self, offset: int, size: int) -> int:
        return int.from_bytes(self.space[offset : offset + size], "little")

    def config_write(self, offset: int, value: int, size: int) -> None:
        self.space[offset : offset + size] = value.to_bytes(size, "little")

    def now_ns(self) -> int:
        return self.time

    async def sleep_ns(self, ns: int) -> None:
        self.time += ns

    def take_interrupts(self) -> set[int]:
        fired, self.fired = self.fired, set()
        return fired

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        hit = self.fired & set(vectors)
        self.fired -= hit
        self.time += 0 if hit else timeout_ns
        return hit

    async def bar_read(self, offset: int, size: int) -> int:
        if DEVICE <= offset < DEVICE + len(self.config):
            at = offset - DEVICE
            return int.from_bytes(self.config[at : at + size], "little")
        assert COMMON <= offset < COMMON + 64, f"read of {offset:#x}"
        nothing = dict.fromkeys(("size", "vector", "enable"), 0)
        queue = self.queue[self.select] if self.select < self.queues else nothing
        half = self.feature_select
        fields = {
            4: self.features >> 32 * half & 0xFFFFFFFF if half < 2 else 0, 12: self.accepted[self.driver_select],
            16: self.config_vector, 18: self.queues, 20: self.status, 21: self.generation, 22: self.select,
            24: queue["size"], 26: queue["vector"], 28: queue["enable"], 30: self.total - 1 - self.select, 58: 0,
        }  # fmt: skip
        return fields[offset - COMMON]

    def bar_write(self, offset: int, value: int, size: int) -> None:
        if NOTIFY <= offset < NOTIFY + 256:
            self.notified.append(value)
            assert offset == NOTIFY + MULTIPLIER * (self.total - 1 - value) and size == 2
            assert self.status & 4, "notified before DRIVER_OK"
            self.work(value)
        elif TABLE <= offset < TABLE + 16 * self.vectors:
            self.bar[offset] = value
        else:
            self._common_write(offset - COMMON, value)

    def _common_write(self, offset: int, value: int) -> None:
        queue = self.queue[self.select] if self.select < self.queues else {}
        if offset == 20:
            if not value and not self.dead_reset:
                self._reset()
            else:
                self.status = value & ~8 if self.refuse_features else value
        elif offset in (0, 8, 22):
            setattr(self, {0: "feature_select", 8: "driver_select", 22: "select"}[offset], value)
        elif offset == 12:
            self.accepted[self.driver_select] = value
        elif offset == 16:
            self.config_vector = value
        elif offset in (24, 26):
            assert not queue["enable"], "configured while enabled"
            queue[{24: "size", 26: "vector"}[offset]] = value
        elif offset == 28:
            queue["enable"] = value
            kind = PackedRing if self.has(PACKED) else SplitRing
            assert kind is PackedRing or not queue["size"] & (queue["size"] - 1)
            assert 1 <= queue["size"] <= self.limit
            ring = kind(self.memory, BASE, queue["size"], queue["desc"], queue["avail"], queue["used"])
            ring.event_idx = bool(self.has(EVENT_IDX))
            queue["ring"] = ring
        elif offset == 58:
            queue.update(size=self.limit, vector=0xFFFF, enable=0, ring=None)
        else:
            name, high = {32: "desc", 40: "avail", 48: "used"}[offset & ~7 if offset % 8 in (0, 4) else -1], offset % 8
            keep = queue[name] & (0xFFFFFFFF if high else ~0xFFFFFFFF)
            queue[name] = keep | value << (32 if high else 0)

    # --- device ----------------------------------------------------------------------------------------------------

    def interrupt(self, index: int) -> None:
        vector = self.queue[index]["vector"]
        if vector != 0xFFFF:
            assert self.bar[TABLE + 16 * vector + 12] == 0, "masked"
            assert int.from_bytes(self.space[self.msix_at + 2 : self.msix_at + 4], "little") & 0x8000, "MSI-X is off"
            self.fired.add(self.bar[TABLE + 16 * vector + 8])

    def change_config(self, status: int) -> None:
        self.config[6:8] = struct.pack("<H", status)
        self.generation = (self.generation + 1) % 256
        self.fired.add(self.config_vector)

    def arm(self, ring: SplitRing | PackedRing) -> None:
        """Ask to be told of whatever is made available next."""
        if ring.event_idx:
            ring.want_kick_in(0)
        else:
            ring.want_kicks(True)

    def give_back(self, index: int, done: list[tuple[int, int]]) -> None:
        """Complete chains by (id, length), an in-order device with one element for all, and interrupt if asked to."""
        ring = self.queue[index]["ring"]
        if self.has(IN_ORDER) and done:
            *skipped, (last, length) = done
            ring.complete(last, length, tuple(number for number, _ in skipped))
        else:
            for number, length in done:
                ring.complete(number, length)
        self.arm(ring)
        if ring.publish(len(done)) and done:
            self.interrupt(index)

    def work(self, index: int) -> None:
        ring = self.queue[index]["ring"]
        if index == self.queues - 1 and self.queues % 2:
            self._control(ring, index)
        elif index % 2 and not self.hold_tx:
            assert index < 2 * self.active, "frames on a transmit queue that is not in use"
            done = []
            while chain := ring.take():
                number, parts = chain
                assert not any(writable for _, _, writable in parts)
                self.sent.append(b"".join(ring.read(address, length) for address, length, _ in parts))
                done.append((number, 0))
            self.give_back(index, done)

    def _control(self, ring: SplitRing | PackedRing, index: int) -> None:
        if self.silent_control:
            return
        while chain := ring.take():
            number, parts = chain
            request = b"".join(ring.read(address, length) for address, length, writable in parts if not writable)
            self.commands.append(request)
            answer = self.answers.get((request[0], request[1]), b"\0")
            room = [(address, length) for address, length, writable in parts if writable]
            assert len(answer) <= sum(length for _, length in room)
            if answer == b"\0" and request[0] == 4:
                self._steer(request[1], request[2:])
            ring.write(room[0][0], answer)
            self.give_back(index, [(number, len(answer))])

    def _steer(self, code: int, data: bytes) -> None:
        """Class MQ: VQ_PAIRS_SET, RSS_CONFIG, HASH_CONFIG, each checked for what the standard demands of a driver."""
        if code == 0:
            assert self.has(MQ)
            (self.active,) = struct.unpack("<H", data)
        elif code == 1:
            assert self.has(RSS)
            types, mask, unclassified = struct.unpack_from("<IHH", data)
            assert not types & ~HASH_TYPES and mask < TABLE_ENTRIES and not mask & (mask + 1)
            table = struct.unpack_from(f"<{mask + 1}H", data, 8)
            self.active, key = struct.unpack_from("<HB", data, 10 + 2 * mask)
            assert len(data) == 13 + 2 * mask + key and 40 <= key <= KEY_BYTES
            assert all(pair < self.active for pair in (unclassified, *table))
        else:
            assert code == 2 and self.has(HASH_REPORT)
            types, *reserved, key = struct.unpack_from("<IHHHHB", data)
            assert not types & ~HASH_TYPES and not any(reserved) and len(data) == 13 + key
        assert 1 <= self.active <= self.pairs
        assert all(queue["enable"] for queue in self.queue[: 2 * self.active])

    def deliver(self, frame: bytes, pair: int = 0, flags: int = 0, report: tuple[int, int] = (0, 0)) -> bool:
        """A frame from the wire with the hash's value and type; False: no buffers."""
        assert pair < self.active
        ring = self.queue[2 * pair]["ring"]
        size = 20 if self.has(HASH_REPORT) else 12
        data = bytes(size) + frame
        used: list[tuple[int, int, bytes]] = []
        at = 0
        while at < len(data):
            chain = ring.take()
            if chain is None:
                ring.untake([number for number, _, _ in used])
                return False
            number, parts = chain
            room = sum(length for _, length, _ in parts)
            assert self.has(MRG_RXBUF) or room >= len(data), "receive buffer too small for the MTU"
            used.append((number, parts[0][0], data[at : at + room]))
            at += room
        buffers = 0 if self.leaves_num_buffers and not self.has(MRG_RXBUF) else len(used)
        header = struct.pack("<BBHHHHHIHH", flags, 0, 0, 0, 0, 0, buffers, *report, 0)[:size]
        for place, (_, address, part) in enumerate(used):
            ring.write(address, header + part[size:] if not place else part)
        self.give_back(2 * pair, [(number, len(part)) for number, _, part in used])
        return True
