# SPDX-License-Identifier: Apache-2.0
"""Front ends that break the protocol: an error in words, a closed connection, nothing kept, and the card goes on."""

import os
import random
import struct
import tempfile

import pytest
from vhost_cards import left_alone, looped_card
from vhost_traffic import Stream, carry, numbered

from host_driver import NetDevice, Options
from host_driver.errors import BackEndGone, BackEndTimeout, ProtocolError, RequestRefused
from host_driver.transport.vhost_user import (
    Channel,
    FrontEnd,
    GuestMemory,
    Inflight,
    Request,
    VhostUserHost,
    VhostUserTransport,
    run,
)

PAGE = 4096
RANDOM_CONNECTIONS = {"rtl": 150, "model": 400}
U64, STATE, ADDRESS = struct.Struct("<Q"), struct.Struct("<II"), struct.Struct("<IIQQQQ")
BOOKS = struct.Struct("<QQHH4x")
TOP = (1 << 64) - 1
VERSION, NEED_REPLY = 1, 8


@pytest.fixture(scope="module", params=["model", "rtl"])
def card(request):
    with looped_card(request.param) as card:
        yield card


@pytest.fixture(autouse=True)
def alone(card):
    with left_alone(card):
        yield


@pytest.fixture
def memory():
    memory = GuestMemory(size=64 * PAGE)
    yield memory
    memory.close()


def region(guest=0, size=PAGE, user=1 << 40, offset=0):
    return struct.pack("<QQQQ", guest, size, user, offset)


def table(*regions, count=None):
    return struct.pack("<II", len(regions) if count is None else count, 0) + b"".join(regions)


BAD = {
    "a request that does not exist": (99, b"", 0, "request 99"),
    "request 0": (0, b"", 0, "request 0"),
    "a log, which is not offered": (Request.SET_LOG_BASE, U64.pack(0), 0, "not offered"),
    "an IOTLB message": (Request.IOTLB_MSG, bytes(32), 0, "not offered"),
    "features that were not offered": (Request.SET_FEATURES, U64.pack(TOP), 0, "not offered"),
    "protocol features that were not offered": (Request.SET_PROTOCOL_FEATURES, U64.pack(1 << 14), 0, "not offered"),
    "features of four bytes": (Request.SET_FEATURES, bytes(4), 0, "4 bytes of payload"),
    "features without payload": (Request.SET_FEATURES, b"", 0, "0 bytes of payload"),
    "a table of nine regions": (Request.SET_MEM_TABLE, table(*[region()] * 9), 8, "9 regions"),
    "more regions than bytes": (Request.SET_MEM_TABLE, table(region(), count=8), 8, "8 regions"),
    "regions beyond counting": (Request.SET_MEM_TABLE, table(count=0xFFFFFFFF), 0, "4294967295 regions"),
    "fewer descriptors than regions": (Request.SET_MEM_TABLE, table(region(), region(PAGE)), 1, "1 descriptors"),
    "a region without descriptor": (Request.ADD_MEM_REG, bytes(8) + region(), 0, "0 descriptors"),
    "an empty region": (Request.ADD_MEM_REG, bytes(8) + region(size=0), 1, "multiples"),
    "a region that is no page": (Request.ADD_MEM_REG, bytes(8) + region(size=100), 1, "multiples"),
    "a region beyond its file": (Request.ADD_MEM_REG, bytes(8) + region(size=1 << 30), 1, "its file has"),
    "an offset beyond the file": (Request.ADD_MEM_REG, bytes(8) + region(offset=1 << 30), 1, "its file has"),
    "an offset of 2^64 - 1": (Request.ADD_MEM_REG, bytes(8) + region(offset=TOP), 1, "beyond the address space"),
    "a size of nearly 2^64": (Request.ADD_MEM_REG, bytes(8) + region(size=TOP - PAGE + 1), 1, "beyond"),
    "a region across 2^64": (Request.ADD_MEM_REG, bytes(8) + region(guest=TOP - PAGE + 1, size=2 * PAGE), 1, "beyond"),
    "user addresses across 2^64": (Request.ADD_MEM_REG, bytes(8) + region(user=TOP - 5), 1, "beyond"),
    "overlapping regions": (Request.SET_MEM_TABLE, table(region(size=2 * PAGE), region(PAGE)), 2, "overlaps"),
    "a region that was never added": (Request.REM_MEM_REG, bytes(8) + region(), 0, "none of that"),
    "a ring that does not exist": (Request.SET_VRING_NUM, STATE.pack(3, 256), 0, "no ring 3"),
    "ring 2^32 - 1": (Request.GET_VRING_BASE, STATE.pack(0xFFFFFFFF, 0), 0, "no ring"),
    "a ring of 0": (Request.SET_VRING_NUM, STATE.pack(0, 0), 0, "size 0"),
    "a ring of 2^32 - 1": (Request.SET_VRING_NUM, STATE.pack(0, 0xFFFFFFFF), 0, "size 4294967295"),
    "a ring of 100": (Request.SET_VRING_NUM, STATE.pack(0, 100), 0, "power of two"),
    "a base beyond 16 bits": (Request.SET_VRING_BASE, STATE.pack(0, 1 << 20), 0, "16 bits"),
    "a kick for a ring that does not exist": (Request.SET_VRING_KICK, U64.pack(77), 1, "no ring 77"),
    "a kick without descriptor": (Request.SET_VRING_KICK, U64.pack(0), 0, "0 descriptors"),
    "a call with three descriptors": (Request.SET_VRING_CALL, U64.pack(0), 3, "3 descriptors"),
    "a kick with bits that mean nothing": (Request.SET_VRING_KICK, U64.pack(1 << 33), 1, "mean nothing"),
    "an enable of 2": (Request.SET_VRING_ENABLE, STATE.pack(0, 2), 0, "neither 0 nor 1"),
    "a ring that starts without a size": (Request.SET_VRING_ENABLE, STATE.pack(0, 1), 0, None),
    "an in-band kick": (Request.VRING_KICK, STATE.pack(0, 0), 0, "in-band"),
    "a status of 64 bits": (Request.SET_STATUS, U64.pack(TOP), 0, "no device status"),
    "a configuration write": (Request.SET_CONFIG, struct.pack("<III", 0, 4, 0) + bytes(4), 0, "can be written"),
    "books of no queue": (Request.GET_INFLIGHT_FD, BOOKS.pack(0, 0, 0, 256), 0, "0 queues"),
    "books of many queues": (Request.GET_INFLIGHT_FD, BOOKS.pack(0, 0, 500, 256), 0, "500 queues"),
    "books without a descriptor": (Request.SET_INFLIGHT_FD, BOOKS.pack(4096, 0, 1, 256), 0, "0 desc"),
    "books beyond their file": (Request.SET_INFLIGHT_FD, BOOKS.pack(1 << 30, 0, 1, 256), 1, "is needed"),
    "books at 2^64 - 8": (Request.SET_INFLIGHT_FD, BOOKS.pack(1 << 13, TOP - 7, 1, 256), 1, "is needed"),
    "books at an odd place": (Request.SET_INFLIGHT_FD, BOOKS.pack(1 << 13, 4, 1, 256), 1, "a multiple of 8"),
    "books too small": (Request.SET_INFLIGHT_FD, BOOKS.pack(4096, 0, 1, 256), 1, "4096 bytes of 4160"),
    "books for no queue": (Request.SET_INFLIGHT_FD, BOOKS.pack(4096, 0, 0, 256), 1, "0 queues"),
    "books for too many queues": (Request.SET_INFLIGHT_FD, BOOKS.pack(1 << 16, 0, 4, 1), 1, "4 queues"),
    "books of no entries": (Request.SET_INFLIGHT_FD, BOOKS.pack(4096, 0, 1, 0), 1, "queues of 0"),
    "a request channel without a descriptor": (Request.SET_BACKEND_REQ_FD, b"", 0, "0 descriptors"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_gets_an_error_and_a_closed_connection(card, memory, name):
    request, body, fds, words = BAD[name]
    with FrontEnd(Channel.connect(card.path)) as front_end:
        front_end.negotiate()
        if words is None:
            front_end.set_features(1 << 32)
            front_end.call(request, body)  # nothing is wrong with it yet
            request, body, fds, words = Request.SET_VRING_KICK, U64.pack(0), 1, "has no size"
        front_end.channel.send(request, body, (memory.fd,) * fds, VERSION | NEED_REPLY)
        answer = front_end.channel.receive()
        assert answer.body == U64.pack(1)
        assert front_end.channel.closes()
    card.wait_for(lambda record: not record["connected"], "it is let go", 5)
    assert words in card.said[-1]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a body without end", struct.pack("<III", 1, 1, 0xFFFFFFFF)),
        ("version 0", struct.pack("<III", 1, 0, 0)),
        ("version 2", struct.pack("<III", 1, 2, 0)),
        ("a reply", struct.pack("<III", 1, 1 | 4, 0)),
        ("a web browser", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ],
)
def test_what_is_no_message_ends_the_connection(card, name, data):
    with Channel.connect(card.path) as channel:
        channel.send_raw(data)
        assert channel.closes()


def test_half_a_message_holds_up_nobody(card):
    """The card waits for the rest as long as it takes, and goes on with everything else meanwhile."""
    with Channel.connect(card.path) as channel:
        channel.send_raw(struct.pack("<II", 1, 1))
        before = card.record()["sim_ns"]
        card.wait_for(lambda record: record["connected"] and record["sim_ns"] >= before, "it answers", 5)
        channel.send_raw(struct.pack("<I", 0))
        assert len(channel.receive().body) == 8


def test_more_descriptors_than_a_message_may_have(card, memory):
    with Channel.connect(card.path) as channel:
        channel.send(Request.SET_VRING_KICK, U64.pack(0), (memory.fd,) * 20)
        assert channel.closes()


def test_a_descriptor_that_is_no_memory(card):
    for make in (lambda: os.open("/dev/null", os.O_RDWR), lambda: os.eventfd(0), lambda: os.pipe()[0]):
        fd = make()
        with FrontEnd(Channel.connect(card.path)) as front_end:
            front_end.negotiate()
            with pytest.raises(RequestRefused):
                front_end.call(Request.ADD_MEM_REG, bytes(8) + region(), (fd,))
        os.close(fd)


def test_memory_that_cannot_be_written(card):
    with tempfile.TemporaryFile() as file:
        file.truncate(64 * PAGE)
        fd = os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY)
        with FrontEnd(Channel.connect(card.path)) as front_end:
            front_end.negotiate()
            with pytest.raises(RequestRefused):
                front_end.call(Request.ADD_MEM_REG, bytes(8) + region(), (fd,))
        os.close(fd)


def test_rings_outside_memory_never_run(card, memory):
    """Ring addresses are judged when the ring starts, because memory may come after them."""
    for desc, used, avail in ((0, 0, 0), (TOP - 15, TOP - 15, TOP - 15), (memory.user_base + 64 * PAGE - 16,) * 3,
                              (memory.user_base + 1, memory.user_base + 8192, memory.user_base + 16384)):  # fmt: skip
        with FrontEnd(Channel.connect(card.path)) as front_end:
            front_end.negotiate()
            front_end.set_features(front_end.offered & ~(1 << 30))
            front_end.add_mem_region(memory.regions[0], memory.fd)
            front_end.set_vring_num(1, 256)
            front_end.set_vring_addr(1, desc, used, avail)
            front_end.set_vring_enable(1, True)
            with pytest.raises(RequestRefused):
                front_end.set_vring_fd(Request.SET_VRING_KICK, 1, memory.fd)


def test_memory_taken_from_under_a_running_ring(card, memory):
    with VhostUserHost.connect(card.path) as host:
        device = NetDevice(host, options=Options(), transport=VhostUserTransport)
        run(device.probe())
        with pytest.raises(RequestRefused):
            host.front_end.remove_mem_region(host.guest_memory.regions[0])
        assert host.front_end.channel.closes()


HEAD = struct.Struct("<QHHHHHHBB")  # of a packed ring's inflight region: features, version, entries ...
BAD_BOOKS = {
    "version 2": (HEAD.pack(0, 2, 256, 0, 0, 0, 0, 1, 1), "version 2"),
    "features": (HEAD.pack(1, 1, 256, 0, 0, 0, 0, 1, 1), "features 0x1"),
    "other entries": (HEAD.pack(0, 1, 255, 0, 0, 0, 0, 1, 1), "255 entries"),
    "a place beyond the ring": (HEAD.pack(0, 1, 256, 0, 0, 256, 0, 1, 1), "indices 256 and 0"),
    "an old place beyond the ring": (HEAD.pack(0, 1, 256, 0, 0, 0, 0xFFFF, 1, 1), "indices 0 and 65535"),
    "a wrap counter of 7": (HEAD.pack(0, 1, 256, 0, 0, 0, 0, 1, 7), "wrap counters 1 and 7"),
    "a free list beyond the entries": (HEAD.pack(0, 1, 256, 0, 257, 0, 0, 1, 1), "goes on with 257"),
    "a buffer without descriptors": (HEAD.pack(0, 1, 256, 256, 256, 0, 0, 1, 1).ljust(32, b"\0") + b"\1", "has 0 desc"),
    "random bytes": (bytes(range(1, 23)), "features 0x807060504030201"),
}


def bring_up_with(host, fd, entries=256):
    """A driver whose rings have the region of this file."""
    length = os.fstat(fd).st_size
    host.front_end.set_features(host.front_end.offered)
    host.front_end.set_inflight(Inflight(length, 0, 3, entries), fd)
    device = NetDevice(host, options=Options(), transport=VhostUserTransport)
    device.transport._books.give = lambda *_: None  # it has them
    run(device.probe())
    return device


@pytest.fixture
def books():
    fd = os.memfd_create("books")
    os.ftruncate(fd, 1 << 15)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("name", BAD_BOOKS)
def test_books_with_nonsense_in_them(card, books, name):
    data, words = BAD_BOOKS[name]
    os.pwrite(books, data, 0)
    with VhostUserHost.connect(card.path) as host:
        with pytest.raises((RequestRefused, BackEndGone)):
            bring_up_with(host, books)
        assert host.front_end.channel.closes()
    card.wait_for(lambda record: not record["connected"], "it is let go", 5)
    assert words in card.said[-1]


def test_books_with_too_few_entries(card, books):
    with VhostUserHost.connect(card.path) as host:
        with pytest.raises((RequestRefused, BackEndGone)):
            bring_up_with(host, books, 128)
        assert host.front_end.channel.closes()
    card.wait_for(lambda record: not record["connected"], "it is let go", 5)
    assert "128 entries, the ring has 256" in card.said[-1]


def test_books_given_to_rings_that_run(card, books):
    with VhostUserHost.connect(card.path) as host:
        bring_up_with(host, books)
        with pytest.raises(RequestRefused):
            host.front_end.set_inflight(Inflight(1 << 15, 0, 3, 256), books)
        assert host.front_end.channel.closes()


def test_books_cut_under_a_running_ring(card, books):
    with VhostUserHost.connect(card.path) as host:
        device = bring_up_with(host, books)
        os.ftruncate(books, 0)
        with pytest.raises((BackEndGone, BackEndTimeout, ProtocolError)):
            for frame in numbered(random.Random(1), 50, 1514):
                device.transmit(frame)
                run(device.wait(100_000_000))
                device.poll()
    card.wait_for(lambda record: not record["connected"], "it is let go", 5)
    assert "cut short" in card.said[-1]


def test_random_messages(card, memory, rng):
    """Known requests with random and nearly right bodies, in any order; each connection as long as it lasts."""
    requests = [*Request, *rng.sample(range(200), 20)]
    for _ in range(RANDOM_CONNECTIONS[card.settings.device]):
        front_end = FrontEnd(Channel.connect(card.path))
        try:
            if rng.random() < 0.8:
                front_end.negotiate()
                if rng.random() < 0.8:
                    front_end.set_features(front_end.offered & rng.getrandbits(64) | 1 << 32)
                    front_end.add_mem_region(memory.regions[0], memory.fd)
            for _ in range(rng.randrange(1, 12)):
                request = rng.choice(requests)
                fds = (memory.fd,) * rng.choice((0, 0, 0, 1, 1, 2, 8))
                front_end.channel.send(request, body(rng, memory), fds, rng.choice((VERSION, VERSION | NEED_REPLY)))
                if rng.random() < 0.3:
                    front_end.ask_u64(Request.GET_FEATURES)
        except (RequestRefused, BackEndGone, BackEndTimeout, ProtocolError):
            pass
        finally:
            front_end.close()
    with VhostUserHost.connect(card.path) as host:
        device = NetDevice(host, options=Options(), transport=VhostUserTransport)
        run(device.probe())
        run(device.settings.set_promisc(True))
        carry(Stream(device, device, numbered(rng, 30, 1514)))
        run(device.close())


def body(rng, memory):
    """Mostly the shape of some message, with values at the edges."""

    def value(bits):
        return rng.choice((0, 1, 2, 3, 255, 256, 4096, (1 << bits) - 1, 1 << (bits - 1), rng.getrandbits(bits)))

    near = memory.user_base + rng.choice((0, 4096, 8192, 64 * PAGE - 1, -1))
    shapes = (
        lambda: b"",
        lambda: U64.pack(value(64)),
        lambda: STATE.pack(rng.choice((0, 1, 2, value(32))), value(32)),
        lambda: ADDRESS.pack(rng.choice((0, 1, 2, value(32))), 0, near, near + 8192, near + 16384, 0),
        lambda: table(*(region(value(64), value(64), value(64), value(64)) for _ in range(rng.randrange(9)))),
        lambda: bytes(8) + region(value(64), rng.choice((PAGE, value(64))), value(64), value(64)),
        lambda: struct.pack("<III", value(32), value(32), value(32)) + rng.randbytes(rng.randrange(64)),
        lambda: rng.randbytes(rng.randrange(900)),
    )
    return rng.choice(shapes)()
