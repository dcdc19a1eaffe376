# SPDX-License-Identifier: Apache-2.0
"""A small driver by hand for whatever features are negotiated: split or packed rings, several pairs, both headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firmware import CardSettings, Firmware
from host_driver.transport.pci import PciTransport
from testbench.differential.raw_queue import RawQueue
from testbench.lib.sim_base import SimBase
from testbench.system.firmware_bus import RecordingBus
from testbench.system.packed_queue import PackedQueue
from testbench.system.rig import LIMIT_NS

ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
MRG_RXBUF, CTRL_VQ, MQ, EVENT_IDX, VERSION_1, RING_PACKED, HASH_REPORT, RSS = 15, 17, 22, 29, 32, 34, 57, 60
SLOT = 4096  # bytes of a transmit buffer, and of a command
UNTOUCHED = 0xEE


class HandDriver:
    """Firmware that runs, and a device that ``up`` makes live. ``pairs`` of the card get rings of ``size``."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.sim, self.pairs, self.size = sim, args.get("pairs", 1), args.get("size", 16)
        self.rx_bytes = args.get("rx_bytes", 2048)
        self._always = {VERSION_1, RING_PACKED} if args.get("ring") == "packed" else {VERSION_1}
        self.bus = RecordingBus(sim.mgmt)
        self.settings = CardSettings(**args.get("card", {}))
        self.firmware = Firmware(self.bus, self.settings)
        self.transport = PciTransport(sim.host)
        self.features: set[int] = set()
        self.queues: dict[int, Any] = {}
        self._slots: dict[int, dict[int, int]] = {}  # of each receive queue: where the buffer of a buffer id is
        self._buffers: dict[int, list[int]] = {}
        self._doorbells: dict[int, int] = {}
        self._task: Any = None

    # ---- life
    async def boot(self) -> HandDriver:
        """Firmware boots and runs; the device is found."""
        await self.firmware.boot()
        self.start()
        await self.transport.discover()
        return self

    def start(self) -> None:
        """Let firmware run."""
        self._task = self.sim.start_soon(self.firmware.run())

    def stop(self) -> None:
        """End firmware wherever it is."""
        self._task.cancel()

    async def up(self, features: Sequence[int]) -> int:
        """Reset the device and make it live with these features, VERSION_1 and its rings; the status it then has."""
        transport, self.features = self.transport, {*features, *self._always}
        await transport.reset()
        self.sim.host.unguard()
        transport.write("device_status", ACKNOWLEDGE)
        transport.write("device_status", ACKNOWLEDGE | DRIVER)
        transport.write_features(sum(1 << bit for bit in self.features))
        transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK)
        await transport.read("device_status")
        await transport.enable_vectors(transport.caps.msix_size)
        transport.write("config_msix_vector", 0)
        self._lay_out()
        for index, queue in self.queues.items():
            self._doorbells[index] = await transport.setup_queue(index, self.size, queue.addresses, index + 1)
        transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
        status = await transport.read("device_status")
        for pair in range(self.in_use):
            self.refill(pair)
        return status

    @property
    def in_use(self) -> int:
        """Queue pairs that the driver has set up."""
        return self.pairs if self.features & {MQ, RSS} else 1

    @property
    def control(self) -> int:
        """Index of the control queue."""
        return 2 * self.in_use

    @property
    def header_bytes(self) -> int:
        """Of struct virtio_net_hdr."""
        return 20 if HASH_REPORT in self.features else 12

    def _lay_out(self) -> None:
        """Rings and buffers anew, behind each other from the beginning of memory; the card may touch nothing else."""
        kind = PackedQueue if RING_PACKED in self.features else RawQueue
        self.queues, self._slots, self._buffers = {}, {}, {}
        offset = 0
        for index in range(2 * self.in_use + (CTRL_VQ in self.features)):
            queue: Any = kind(self.sim.host, offset, self.size)
            queue.event_idx = EVENT_IDX in self.features
            bytes_each = self.rx_bytes if index < 2 * self.in_use and not index % 2 else SLOT
            self.queues[index], self._slots[index] = queue, {}
            first = -(-queue.end // 4096) * 4096
            self._buffers[index] = [first + bytes_each * number for number in range(self.size)]
            offset = -(-(first + bytes_each * self.size) // 4096) * 4096
        self.sim.host.guard(self.sim.host.memory_base, offset)

    # ---- buffers
    def _write(self, at: int, data: bytes) -> None:
        self.sim.host.memory.data[at : at + len(data)] = data

    def _read(self, at: int, size: int) -> bytes:
        return bytes(self.sim.host.memory.data[at : at + size])

    def offer(self, index: int, parts: Sequence[tuple[int, int, bool]], indirect: bool = False) -> int:
        """Offer (offset in memory, length, device writes) in a queue; the buffer id. ``publish`` makes it count."""
        base = self.sim.host.memory_base
        return self.queues[index].add([(base + at, length, write) for at, length, write in parts], indirect)

    def publish(self, index: int) -> None:
        """Make what was offered available, and notify the device unless it wants none."""
        if self.queues[index].publish() is not False:
            self.sim.host.bar_write(self._doorbells[index], index, 2)

    def refill(self, pair: int) -> None:
        """Give a receive queue all the buffers that it does not have."""
        index = 2 * pair
        held, slots = self._slots[index], self._buffers[index]
        for at in [at for at in slots if at not in held.values()]:
            self._write(at, bytes((UNTOUCHED,)) * self.rx_bytes)
            held[self.offer(index, [(at, self.rx_bytes, True)])] = at
        self.publish(index)

    def transmit(self, pair: int, frames: Sequence[bytes], header: bytes = b"", indirect: bool = False) -> None:
        """Send frames at once, header and frame in a descriptor each; they must fit into the queue."""
        index = 2 * pair + 1
        self.queues[index].reclaim()
        for frame, at in zip(frames, self._buffers[index], strict=False):
            self._write(at, header.ljust(self.header_bytes, b"\0") + frame)
            self.offer(
                index,
                [(at, self.header_bytes, False), (at + self.header_bytes, len(frame), False)],
                indirect,
            )
        self.publish(index)

    def received(self) -> list[tuple[int, bytes, bytes]]:
        """(pair, header, frame) of everything received; the buffers are given back."""
        got = []
        for pair in range(self.in_use):
            index, parts, missing = 2 * pair, b"", 0
            for buffer_id, length in self.queues[index].reclaim():
                data = self._read(self._slots[index].pop(buffer_id), length)
                parts, missing = parts + data, missing - 1 if missing else int.from_bytes(data[10:12], "little") - 1
                if not missing:
                    got.append((pair, parts[: self.header_bytes], parts[self.header_bytes :]))
                    parts = b""
            assert not missing, "a frame whose last buffers have not come"
            self.refill(pair)
        return got

    async def command(self, request: bytes, capacity: int = 1) -> bytes:
        """Send a control command with so many writable bytes; what came back, and nothing else was written."""
        index = self.control
        at, answer = self._buffers[index][:2]
        self._write(at, request)
        self._write(answer, bytes((UNTOUCHED,)) * (capacity + 16))
        self.offer(index, [(at, len(request), False), (answer, capacity, True)])
        self.publish(index)
        end = self.sim.time_ns + LIMIT_NS
        while not (done := self.queues[index].reclaim()):
            assert self.sim.time_ns < end, f"command {request[:16].hex()} is not answered"
            await self.sim.sleep_ns(500)
        ((_, length),) = done
        content = self._read(answer, capacity + 16)
        assert length <= capacity and content[length:] == bytes((UNTOUCHED,)) * (capacity + 16 - length)
        return content[:length]
