# SPDX-License-Identifier: Apache-2.0
"""The front end's messages against a back end of QEMU: a disk in qemu-storage-daemon.

It knows messages that DPDK's network device does not (configuration, memory slots), and it sleeps while it has nothing
to do, so that every request and every answer hangs on a notification that was asked for and not lost.
"""

import shutil
import struct
import subprocess

import pytest
from vhost_traffic import missing, short_folder

from host_driver.errors import RequestRefused
from host_driver.memory import DmaMemory
from host_driver.transport.vhost_user import WANTED, GuestMemory, ProtocolFeature, VhostUserHost, run
from host_driver.transport.vhost_user.vring import Vring
from host_driver.virtqueue.split import SplitQueue

PROGRAM, PACKAGE = "qemu-storage-daemon", "qemu-system-common"
SECTOR, SECTORS = 512, 2048
EVENT_IDX, VERSION_1 = 1 << 29, 1 << 32
READ, WRITE = 0, 1  # of struct virtio_blk_req
CAPACITY, WRITE_CACHE = (0, 8), 32  # of struct virtio_blk_config
OK = 0
QUEUE = 64
VECTOR = 1
MEMORY = 2 << 20


@pytest.fixture
def disk(rng):
    """A daemon that serves a file as a disk: its socket, and the file."""
    if not shutil.which(PROGRAM):
        missing(RuntimeError(f"{PROGRAM} is not installed: Debian package {PACKAGE}"))
    with short_folder() as folder:
        image, socket = folder / "image", folder / "vhost"
        image.write_bytes(rng.randbytes(SECTOR * SECTORS))
        daemon = subprocess.Popen(
            [PROGRAM, "--blockdev", f"driver=file,node-name=disk,filename={image}", "--export",
             f"type=vhost-user-blk,id=disk,addr.type=unix,addr.path={socket},node-name=disk,writable=on"]
        )  # fmt: skip
        try:
            yield socket, image
        finally:
            daemon.terminate()
            assert daemon.wait(10) == 0


class Disk:
    """A driver of a disk, in as few lines as it takes."""

    def __init__(self, host, features=VERSION_1 | EVENT_IDX):
        self.host, front_end, memory = host, host.front_end, host.guest_memory
        front_end.set_features(features)
        if ProtocolFeature.CONFIGURE_MEM_SLOTS in front_end.accepted:
            for region in memory.regions:
                front_end.add_mem_region(region, memory.fd)
        else:
            front_end.set_mem_table(memory.regions, memory.fd)
        self.dma = DmaMemory(memory.array, memory.base)
        self.queue = SplitQueue(self.dma, 0, QUEUE, bool(features & EVENT_IDX))
        queue = self.queue
        addresses = (queue.desc_address, queue.avail_address, queue.used_address)
        self.vring = Vring(front_end, memory, 0, QUEUE, addresses, 0)
        front_end.set_vring_enable(0, True)
        host.attach(self.vring.call_fd, VECTOR)

    def ask(self, kind, sector, head, data):
        """Offer one request; ``head`` holds its header and status byte."""
        struct.pack_into("<IIQ", head.view, 0, kind, 0, sector)
        head.view[16] = 0xFF
        parts = [(head.address, 16), (data.address, SECTOR), (head.address + 16, 1)]
        assert self.queue.add(parts, 2 if kind == READ else 1, (head, data))

    def kick(self):
        """Publish, and notify if that is wanted."""
        if self.queue.publish():
            self.vring.kick()

    def wait(self):
        """Requests that are done, asleep until there is one."""
        while not (done := self.queue.pop()):
            if self.queue.enable_interrupts():
                assert run(self.host.wait_interrupt({VECTOR}, 2_000_000_000)), "an interrupt was lost"
        for (head, _), _ in done:
            assert head.view[16] == OK
        return [data for (_, data), _ in done]


def test_configuration_is_read_and_written(disk):
    socket, _ = disk
    with VhostUserHost.connect(socket) as host:
        front_end = host.front_end
        assert front_end.accepted >= {ProtocolFeature.CONFIG, ProtocolFeature.CONFIGURE_MEM_SLOTS}
        assert int.from_bytes(front_end.get_config(*CAPACITY), "little") == SECTORS
        for value in (1, 0, 1):
            front_end.set_config(WRITE_CACHE, bytes((value,)))
            # this back end ignores the offset of what is read
            assert front_end.get_config(0, WRITE_CACHE + 1)[WRITE_CACHE] == value
        with pytest.raises(RequestRefused, match="GET_CONFIG"):
            front_end.get_config(0, 255)


@pytest.mark.parametrize("features", [VERSION_1, VERSION_1 | EVENT_IDX], ids=["flags", "event index"])
@pytest.mark.parametrize("regions", [1, 4])
@pytest.mark.parametrize("slots", [True, False], ids=["slots", "table"])
def test_no_notification_is_lost(disk, rng, features, regions, slots):
    socket, image = disk
    wanted = WANTED if slots else WANTED - {ProtocolFeature.CONFIGURE_MEM_SLOTS}
    content = image.read_bytes()
    with VhostUserHost.connect(socket, GuestMemory(MEMORY, regions=regions), wanted=wanted) as host:
        disk_driver = Disk(host, features)
        heads = [disk_driver.dma.alloc(64) for _ in range(QUEUE // 3)]
        # data all over the memory, and in each piece of it a sector that goes on in the next
        places = [disk_driver.dma.alloc(3 * SECTOR, zero=False) for _ in heads[3:]]
        for edge in range(MEMORY // 4, MEMORY, MEMORY // 4):
            at = edge - SECTOR // 2
            disk_driver.dma.alloc(at - places[-1].offset - places[-1].size, align=1, zero=False)
            places.append(disk_driver.dma.alloc(SECTOR, align=1))
            assert places[-1].offset == at
        free, expected, done = list(zip(heads, places, strict=True)), {}, 0
        while done < 6000:
            for _ in range(rng.randint(1, len(free)) if free else 0):
                head, data = free.pop()
                sector = rng.randrange(SECTORS)
                disk_driver.ask(READ, sector, head, data)
                expected[data.address] = (head, sector)
            disk_driver.kick()
            for data in disk_driver.wait():
                head, sector = expected.pop(data.address)
                assert data.view[:SECTOR] == content[sector * SECTOR : (sector + 1) * SECTOR], sector
                free.append((head, data))
                done += 1
        while expected:
            for data in disk_driver.wait():
                del expected[data.address]
                done += 1
        assert disk_driver.vring.kicks <= done
        assert disk_driver.vring.stop() == done % 65536


def test_what_is_written_is_on_the_disk(disk, rng):
    socket, image = disk
    with VhostUserHost.connect(socket, GuestMemory(MEMORY)) as host:
        disk_driver = Disk(host)
        head, data = disk_driver.dma.alloc(64), disk_driver.dma.alloc(SECTOR)
        for sector in rng.sample(range(SECTORS), 20):
            data.view[:] = written = rng.randbytes(SECTOR)
            disk_driver.ask(WRITE, sector, head, data)
            disk_driver.kick()
            assert disk_driver.wait() == [data]
            assert image.read_bytes()[sector * SECTOR : (sector + 1) * SECTOR] == written
        disk_driver.vring.stop()


def test_memory_comes_and_goes(disk):
    socket, image = disk
    content = image.read_bytes()
    with VhostUserHost.connect(socket, GuestMemory(MEMORY)) as host:
        disk_driver = Disk(host)
        front_end = host.front_end
        assert front_end.max_mem_slots() >= 8
        more = GuestMemory(MEMORY, base=host.memory_base + 16 * MEMORY)
        dma = DmaMemory(more.array, more.base)
        head = disk_driver.dma.alloc(64)
        for sector in range(3):
            front_end.add_mem_region(more.regions[0], more.fd)
            data = dma.alloc(SECTOR)
            disk_driver.ask(READ, sector, head, data)
            disk_driver.kick()
            assert disk_driver.wait() == [data]
            assert data.view == content[sector * SECTOR : (sector + 1) * SECTOR]
            front_end.remove_mem_region(more.regions[0])
        more.close()
        disk_driver.vring.stop()
