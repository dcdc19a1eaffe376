# SPDX-License-Identifier: Apache-2.0
"""A whole virtio-net driver that sends and receives, as small as it can be, for whoever wants to write one.

Numbers in brackets are sections of "Virtual I/O Device (VIRTIO) Version 1.2", https://docs.oasis-open.org/virtio/virtio.
Read ``probe`` first: it is the order in which a device is brought up. The driver knows nothing but the standard and its
bus (docs/driver.md): registers of the device, memory that both see, interrupts. It leaves out what it can live without:
the control queue, offloads, merged buffers, event indices; none of them is used unless both sides want it [2.2]. And it
trusts its device: a driver for devices that may be hostile checks every number that comes out of a ring.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from testbench.lib.driver_interface import HostBus

# PCI configuration space [4.1.2, 4.1.4]
VIRTIO_VENDOR, NETWORK_CARD = 0x1AF4, 0x1040 + 1
PCI_COMMAND, MEMORY_AND_BUS_MASTER = 0x04, 0x0006
PCI_CAPABILITIES, CAPABILITY_VENDOR, CAPABILITY_MSIX = 0x34, 0x09, 0x11
COMMON_CFG, NOTIFY_CFG, DEVICE_CFG = 1, 2, 4

# struct virtio_pci_common_cfg [4.1.4.3]: (offset, bytes)
DEVICE_FEATURE_SELECT, DEVICE_FEATURE = (0, 4), (4, 4)
DRIVER_FEATURE_SELECT, DRIVER_FEATURE = (8, 4), (12, 4)
DEVICE_STATUS, CONFIG_GENERATION = (20, 1), (21, 1)
QUEUE_SELECT, QUEUE_SIZE, QUEUE_MSIX_VECTOR = (22, 2), (24, 2), (26, 2)
QUEUE_ENABLE, QUEUE_NOTIFY_OFF = (28, 2), (30, 2)
QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE = 32, 40, 48  # of 8 bytes, written as two words of 4 [4.1.3.1]

ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8  # device status [2.1]
MAC, STATUS, VERSION_1 = 1 << 5, 1 << 16, 1 << 32  # feature bits [5.1.3, 6]
MAC_AT, STATUS_AT, LINK_UP = 0, 6, 1  # struct virtio_net_config [5.1.4]

WRITE = 2  # flag of a descriptor: the device writes [2.7.5]
NO_NOTIFY = 1  # flag of the used ring [2.7.8]

RECEIVE, TRANSMIT = 0, 1  # virtqueues [5.1.2]
ENTRIES = 256  # of each queue, or as many as the device has
HEADER = 12  # struct virtio_net_hdr [5.1.6]: all zero asks for nothing
LONGEST = 1514  # a frame of 1500 bytes with its Ethernet header [5.1.6.3]
VECTOR = 0  # the one interrupt: both queues share it


class DeviceError(Exception):
    """The device is none that this driver can use."""


class Structures(NamedTuple):
    """Where the device has its structures in the BAR."""

    common: int
    notify: int
    notify_multiplier: int
    config: int
    msix_capability: int
    msix_table: int


async def find_structures(bus: HostBus) -> Structures:
    """Walk the list of PCI capabilities: nothing about a virtio device has a fixed place [4.1.4]."""
    identity = await bus.config_read(0, 2), await bus.config_read(2, 2)
    if identity != (VIRTIO_VENDOR, NETWORK_CARD):
        raise DeviceError(f"PCI device {identity[0]:04x}:{identity[1]:04x} is no virtio network card")
    found: dict[int, int] = {}
    multiplier = msix = table = 0
    at = await bus.config_read(PCI_CAPABILITIES, 1) & ~3
    while at:
        kind = await bus.config_read(at, 1)
        if kind == CAPABILITY_VENDOR and await bus.config_read(at + 4, 1) == 0:  # in BAR 0
            structure = await bus.config_read(at + 3, 1)
            # of several structures of one type use the first [4.1.4.1]
            if structure not in found:
                found[structure] = await bus.config_read(at + 8, 4)
                if structure == NOTIFY_CFG:
                    multiplier = await bus.config_read(at + 16, 4)
        elif kind == CAPABILITY_MSIX:
            msix, table = at, await bus.config_read(at + 4, 4) & ~7
        at = await bus.config_read(at + 1, 1) & ~3
    if not {COMMON_CFG, NOTIFY_CFG, DEVICE_CFG} <= set(found) or not msix:
        raise DeviceError("a structure that every virtio network card has is missing")
    return Structures(found[COMMON_CFG], found[NOTIFY_CFG], multiplier, found[DEVICE_CFG], msix, table)


class Queue:
    """A split virtqueue [2.7]. Descriptor n always describes buffer n, so its number is all there is to remember."""

    def __init__(self, bus: HostBus, number: int, at: int, size: int, buffer_size: int) -> None:
        """``at``: where in shared memory it begins. The rings come first, the buffers behind them."""
        self.bus, self.number, self.size, self.buffer_size = bus, number, size, buffer_size
        self.memory = bus.memory.data
        self.desc = at
        self.avail = self.desc + 16 * size  # alignments 16, 2 and 4 [2.7]
        self.used = self.avail + (6 + 2 * size + 3 & ~3)
        self.buffers = self.used + 6 + 8 * size
        self.end = self.buffers + size * buffer_size
        self.memory[at : self.buffers] = bytes(self.buffers - at)  # no flag is set in either ring, both indices are 0
        self.avail_index = self.used_index = 0  # of 16 bits; they run through [2.7.6]
        self.doorbell = 0

    def buffer(self, number: int) -> int:
        """Where in shared memory a buffer begins."""
        return self.buffers + number * self.buffer_size

    def address(self, place: int) -> int:
        """The address under which the device sees a place in shared memory."""
        return self.bus.memory_base + place

    def offer(self, number: int, length: int, flags: int) -> None:
        """Give a buffer to the device [2.7.13]: the descriptor, its number in the ring, and last the index."""
        memory, address = self.memory, self.address(self.buffer(number))
        struct.pack_into("<QIHH", memory, self.desc + 16 * number, address, length, flags, 0)
        struct.pack_into("<H", memory, self.avail + 4 + 2 * (self.avail_index % self.size), number)
        self.avail_index = self.avail_index + 1 & 0xFFFF
        # The device may read the entry as soon as it sees the index: on a processor that reorders its stores a write
        # barrier belongs here [2.7.13.3.1].
        struct.pack_into("<H", memory, self.avail + 2, self.avail_index)

    def notify(self) -> None:
        """Tell the device that there is something new, unless it has said that it looks anyway [2.7.10]."""
        # and a full barrier here: the index must be visible before the flag is read [2.7.13.4.1]
        (flags,) = struct.unpack_from("<H", self.memory, self.used)
        if not flags & NO_NOTIFY:
            self.bus.bar_write(self.doorbell, self.number, 2)

    def is_used(self) -> bool:
        """The device has given a buffer back that nobody has taken."""
        return struct.unpack_from("<H", self.memory, self.used + 2)[0] != self.used_index

    def take(self) -> tuple[int, int]:
        """The oldest buffer that has come back: its number, and how many bytes the device wrote [2.7.14]."""
        number, length = struct.unpack_from("<II", self.memory, self.used + 4 + 8 * (self.used_index % self.size))
        self.used_index = self.used_index + 1 & 0xFFFF
        return number, length


class TinyDriver:
    """``probe``, then ``transmit``, ``poll`` and ``wait`` as often as you like, then ``close``; and again."""

    def __init__(self, bus: HostBus) -> None:
        self.bus = bus
        self.mac = bytes(6)
        self.mtu = LONGEST - 14  # MTU is not negotiated: what Ethernet has always had
        self.link_up = False

    async def probe(self) -> None:
        """Bring the device up, in the order that the standard prescribes [3.1.1]."""
        self.device = await find_structures(self.bus)
        self.bus.config_write(PCI_COMMAND, MEMORY_AND_BUS_MASTER, 2)
        await self._reset()
        self._write(DEVICE_STATUS, ACKNOWLEDGE)
        self._write(DEVICE_STATUS, ACKNOWLEDGE | DRIVER)

        # Of what is offered take only what this driver can do [2.2].
        accepted = await self._offered() & (MAC | STATUS | VERSION_1)
        if not accepted & VERSION_1:
            raise DeviceError("the device is older than version 1 of the standard")
        for half in range(2):
            self._write(DRIVER_FEATURE_SELECT, half)
            self._write(DRIVER_FEATURE, accepted >> 32 * half & 0xFFFF_FFFF)
        self._write(DEVICE_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK)
        if not await self._read(DEVICE_STATUS) & FEATURES_OK:
            raise DeviceError("the device cannot do without a feature that this driver has not")

        # A field exists only with its feature [5.1.4].
        if not accepted & MAC:
            raise DeviceError("the device has no address of its own")
        self.mac = bytes(await self._config(MAC_AT, 1, 6))
        self.link_up = not accepted & STATUS or bool((await self._config(STATUS_AT, 2))[0] & LINK_UP)

        # One interrupt for both queues. An entry of the MSI-X table is address, data and mask [PCI 3.0, 6.8.2]; this
        # address is where x86 processors take interrupts.
        for place, word in enumerate((0xFEE0_0000, 0, VECTOR, 0)):
            self.bus.bar_write(self.device.msix_table + 16 * VECTOR + 4 * place, word, 4)
        self.bus.config_write(self.device.msix_capability + 2, 1 << 15, 2)

        self.receive = await self._set_up(RECEIVE, 0, HEADER + LONGEST)
        self.send = await self._set_up(TRANSMIT, -(-self.receive.end // 4096) * 4096, HEADER + LONGEST)
        for number in range(self.receive.size):
            self.receive.offer(number, self.receive.buffer_size, WRITE)
        self.free = list(range(self.send.size))
        self._write(DEVICE_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
        # Writes are posted; when this read is answered, the device is live and loses no frame that comes in.
        if not await self._read(DEVICE_STATUS) & DRIVER_OK:
            raise DeviceError("the device does not go live")
        self.receive.notify()  # not before DRIVER_OK [3.1.1]

    def transmit(self, frame: bytes) -> bool:
        """Send a frame; False: every buffer is on its way, try again when some have come back [5.1.6.2]."""
        self._take_sent()
        if not self.free:
            return False
        number = self.free.pop()
        start, message = self.send.buffer(number), bytes(HEADER) + frame
        self.send.memory[start : start + len(message)] = message
        self.send.offer(number, len(message), 0)
        self.send.notify()
        return True

    def poll(self) -> list[bytes]:
        """Every frame that has come in; its buffer goes back to the device [5.1.6.4]."""
        self._take_sent()
        frames = []
        while self.receive.is_used():
            number, length = self.receive.take()
            start = self.receive.buffer(number)
            frames.append(self.receive.memory[start + HEADER : start + length].tobytes())
            self.receive.offer(number, self.receive.buffer_size, WRITE)
        if frames:
            self.receive.notify()
        return frames

    async def wait(self, timeout_ns: int) -> bool:
        """Sleep until a buffer of either queue comes back; False: none did in that time."""
        # The bus keeps an interrupt that nobody waited for, so one that fires between the two lines is not lost.
        if self.receive.is_used() or self.send.is_used():
            return True
        return bool(await self.bus.wait_interrupt({VECTOR}, timeout_ns))

    async def close(self) -> None:
        """Reset the device; only when it has said that it is done, memory is ours again [2.4, 3.3]."""
        await self._reset()
        self.bus.config_write(self.device.msix_capability + 2, 0, 2)

    def memory_ranges(self) -> list[tuple[int, int]]:
        """(address, bytes) of all that the device may touch."""
        return [(queue.address(queue.desc), queue.end - queue.desc) for queue in (self.receive, self.send)]

    def _take_sent(self) -> None:
        while self.send.is_used():
            self.free.append(self.send.take()[0])

    async def _set_up(self, number: int, at: int, buffer_size: int) -> Queue:
        """Tell the device where a queue's three parts are [4.1.5.1.3]."""
        self._write(QUEUE_SELECT, number)
        size = min(ENTRIES, await self._read(QUEUE_SIZE))  # both are powers of two [2.7]
        queue = Queue(self.bus, number, at, size, buffer_size)
        self._write(QUEUE_SIZE, size)
        for register, place in ((QUEUE_DESC, queue.desc), (QUEUE_DRIVER, queue.avail), (QUEUE_DEVICE, queue.used)):
            self._write((register, 4), queue.address(place) & 0xFFFF_FFFF)
            self._write((register + 4, 4), queue.address(place) >> 32)
        self._write(QUEUE_MSIX_VECTOR, VECTOR)
        if await self._read(QUEUE_MSIX_VECTOR) != VECTOR:  # a device may have none left [4.1.5.1.2]
            raise DeviceError(f"the device has no interrupt for queue {number}")
        doorbell = await self._read(QUEUE_NOTIFY_OFF) * self.device.notify_multiplier  # [4.1.4.4]
        queue.doorbell = self.device.notify + doorbell
        self._write(QUEUE_ENABLE, 1)
        return queue

    async def _reset(self) -> None:
        self._write(DEVICE_STATUS, 0)
        while await self._read(DEVICE_STATUS):  # it reads 0 when the reset is complete [4.1.4.3.2]
            await self.bus.sleep_ns(1_000)

    async def _offered(self) -> int:
        features = 0
        for half in range(2):
            self._write(DEVICE_FEATURE_SELECT, half)
            features |= await self._read(DEVICE_FEATURE) << 32 * half
        return features

    async def _config(self, place: int, size: int, count: int = 1) -> list[int]:
        """``count`` fields of the device configuration, which must not have changed between their reads [2.5]."""
        while True:
            before = await self._read(CONFIG_GENERATION)
            # each by an access of its own size [4.1.3.1]
            fields = [await self.bus.bar_read(self.device.config + place + step * size, size) for step in range(count)]
            if await self._read(CONFIG_GENERATION) == before:
                return fields

    async def _read(self, register: tuple[int, int]) -> int:
        return await self.bus.bar_read(self.device.common + register[0], register[1])

    def _write(self, register: tuple[int, int], value: int) -> None:
        self.bus.bar_write(self.device.common + register[0], value, register[1])


make = TinyDriver
