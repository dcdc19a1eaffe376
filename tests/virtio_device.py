# SPDX-License-Identifier: Apache-2.0
"""A virtio network device in a few lines, written from the standard, for tests of the driver.

It shares nothing with the driver: rings are read with struct from raw memory. Its identity, structure places and limits
are deliberately unlike our card's, because the driver must find everything through the capability list.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Any

import numpy as np

COMMON, NOTIFY, ISR, DEVICE, TABLE = 0x4400, 0x8000, 0x0200, 0x0600, 0x1000
MULTIPLIER = 8
BASE = 0x2_4000_0000


def run(coroutine: Any) -> Any:
    """Run control-path code to its end; on this bus nothing ever really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the code waits for something other than its bus")


class DeviceRing:
    """Device side of a split ring over raw memory."""

    def __init__(
        self, memory: np.ndarray, base: int, size: int, desc: int, avail: int, used: int, start: int = 0
    ) -> None:
        self.memory, self.base, self.size = memory, base, size
        self.desc, self.avail, self.used = desc, avail, used
        self.next_avail = self.used_index = start
        self.event_idx = True

    def read(self, address: int, length: int) -> bytes:
        at = address - self.base
        assert at >= 0 and at + length <= len(self.memory), f"device reads {address:#x}"
        return self.memory[at : at + length].tobytes()

    def write(self, address: int, data: bytes) -> None:
        at = address - self.base
        assert at >= 0 and at + len(data) <= len(self.memory), f"device writes {address:#x}"
        self.memory[at : at + len(data)] = np.frombuffer(data, np.uint8)

    def u16(self, address: int) -> int:
        return int.from_bytes(self.read(address, 2), "little")

    def pending(self) -> int:
        return (self.u16(self.avail + 2) - self.next_avail) % 65536

    def take(self) -> tuple[int, list[tuple[int, int, bool]]] | None:
        """The next chain: head and (address, length, writable) of each descriptor."""
        if not self.pending():
            return None
        head = self.u16(self.avail + 4 + 2 * (self.next_avail % self.size))
        self.next_avail = (self.next_avail + 1) % 65536
        table, limit, index, parts = self.desc, self.size, head, []
        while True:
            assert index < limit, "descriptor index beyond its table"
            address, length, flags, following = struct.unpack("<QIHH", self.read(table + 16 * index, 16))
            if flags & 4:
                assert not flags & 1 and table == self.desc and length % 16 == 0 and length
                table, limit, index = address, length // 16, 0
                continue
            parts.append((address, length, bool(flags & 2)))
            assert len(parts) <= self.size, "chain longer than the queue"
            if not flags & 1:
                break
            index = following
        writable = [part[2] for part in parts]
        assert writable == sorted(writable), "readable after writable"
        return head, parts

    def complete(self, head: int, length: int) -> None:
        slot = self.used + 4 + 8 * (self.used_index % self.size)
        self.write(slot, struct.pack("<II", head, length))
        self.used_index = (self.used_index + 1) % 65536

    def publish(self, count: int) -> bool:
        """Show ``count`` completions; True: the driver wants an interrupt."""
        old = (self.used_index - count) % 65536
        self.write(self.used + 2, struct.pack("<H", self.used_index))
        if not self.event_idx:
            return not self.u16(self.avail) & 1
        event = self.u16(self.avail + 4 + 2 * self.size)
        return any((old + step) % 65536 == event for step in range(count))

    def want_kick_at(self, index: int) -> None:
        self.write(self.used + 4 + 8 * self.size, struct.pack("<H", index % 65536))


class FakeDevice:
    """The host bus of the device: registers, rings, interrupts, a wire (``sent``, ``deliver``)."""

    def __init__(
        self, features: int, queues: int = 3, vectors: int = 8, memory_size: int = 32 << 20, mtu: int = 9000
    ) -> None:
        self.memory = np.zeros(memory_size, np.uint8)
        self.memory_base = BASE
        self.features, self.queues, self.vectors = features, queues, vectors
        self.config = bytearray(struct.pack("<6sHHHIB", bytes.fromhex("0255aa010203"), 1, 0, mtu, 25_000, 1))
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
        self.queue = [
            {"size": 128, "vector": 0xFFFF, "enable": 0, "desc": 0, "avail": 0, "used": 0, "ring": None}
            for _ in range(self.queues)
        ]

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
        queue = self.queue[self.select] if self.select < self.queues else dict.fromkeys(("size", "vector", "enable"), 0)
        half = self.feature_select
        fields = {
            4: self.features >> 32 * half & 0xFFFFFFFF if half < 2 else 0, 12: self.accepted[self.driver_select],
            16: self.config_vector, 18: self.queues, 20: self.status, 21: self.generation, 22: self.select,
            24: queue["size"], 26: queue["vector"], 28: queue["enable"], 30: self.queues - 1 - self.select, 58: 0,
        }  # fmt: skip
        return fields[offset - COMMON]

    def bar_write(self, offset: int, value: int, size: int) -> None:
        if NOTIFY <= offset < NOTIFY + 256:
            self.notified.append(value)
            assert offset == NOTIFY + MULTIPLIER * (self.queues - 1 - value) and size == 2
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
            ring = DeviceRing(
                self.memory, BASE, queue["size"], queue["desc"], queue["avail"], queue["used"]
            )  # fmt: skip
            ring.event_idx = bool(self.accepted[0] >> 29 & 1)
            queue["ring"] = ring
        elif offset == 58:
            queue.update(size=128, vector=0xFFFF, enable=0, ring=None)
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

    def work(self, index: int) -> None:
        ring = self.queue[index]["ring"]
        if index == self.queues - 1 and self.queues % 2:
            self._control(ring, index)
        elif index % 2 and not self.hold_tx:
            done = 0
            while chain := ring.take():
                head, parts = chain
                assert not any(writable for _, _, writable in parts)
                self.sent.append(b"".join(ring.read(address, length) for address, length, _ in parts))
                ring.complete(head, 0)
                done += 1
            ring.want_kick_at(ring.next_avail)
            if done and ring.publish(done):
                self.interrupt(index)

    def _control(self, ring: DeviceRing, index: int) -> None:
        if self.silent_control:
            return
        while chain := ring.take():
            head, parts = chain
            request = b"".join(ring.read(address, length) for address, length, writable in parts if not writable)
            self.commands.append(request)
            answer = self.answers.get((request[0], request[1]), b"\0")
            room = [(address, length) for address, length, writable in parts if writable]
            assert len(answer) <= sum(length for _, length in room)
            ring.write(room[0][0], answer)
            ring.complete(head, len(answer))
            if ring.publish(1):
                self.interrupt(index)
        ring.want_kick_at(ring.next_avail)

    def deliver(self, frame: bytes, pair: int = 0, flags: int = 0) -> bool:
        """A frame from the wire; False: no buffers."""
        ring = self.queue[2 * pair]["ring"]
        merge = self.accepted[0] >> 15 & 1
        data = bytes(12) + frame
        used = []
        at = 0
        while at < len(data):
            chain = ring.take()
            if chain is None:
                ring.next_avail = (ring.next_avail - len(used)) % 65536
                return False
            head, parts = chain
            room = sum(length for _, length, _ in parts)
            assert merge or room >= len(data), "receive buffer too small for the MTU"
            used.append((head, parts[0][0], data[at : at + room]))
            at += room
        buffers = 0 if self.leaves_num_buffers and not merge else len(used)
        header = struct.pack("<BBHHHHH", flags, 0, 0, 0, 0, 0, buffers)
        for place, (head, address, part) in enumerate(used):
            ring.write(address, header + part[12:] if not place else part)
            ring.complete(head, len(part))
        ring.want_kick_at(ring.next_avail)
        if ring.publish(len(used)):
            self.interrupt(2 * pair)
        return True
